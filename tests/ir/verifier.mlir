// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: etch-opt -split-input-file -verify-diagnostics %s

func.func @rejects_shapes_that_do_not_broadcast(%a: tensor<2x3xf32>, %b: tensor<4xf32>) {
  // expected-error @below {{add: shapes must broadcast, got a: f32[2,3] and b: f32[4]}}
  %0 = etch.add %a, %b : (tensor<2x3xf32>, tensor<4xf32>) -> tensor<2x3xf32>
  return
}

// -----
func.func @rejects_different_dtypes(%a: tensor<2xf32>, %b: tensor<2xi32>) {
  // expected-error @below {{add: operands must have the same dtype, got a: f32[2] and b: i32[2]}}
  %0 = etch.add %a, %b : (tensor<2xf32>, tensor<2xi32>) -> tensor<2xf32>
  return
}

// -----
func.func @rejects_integers_where_floats_are_needed(%a: tensor<2xi32>) {
  // expected-error @below {{exp: takes f16, bf16, f32 or f64, got i32[2]}}
  %0 = etch.exp %a : (tensor<2xi32>) -> tensor<2xi32>
  return
}

// -----
func.func @rejects_inner_dimensions_that_differ(%a: tensor<2x3xf32>, %b: tensor<4x5xf32>) {
  // expected-error @below {{matmul: inner dimensions must match, got a: f32[2,3] and b: f32[4,5] (3 != 4)}}
  %0 = etch.matmul %a, %b : (tensor<2x3xf32>, tensor<4x5xf32>) -> tensor<2x5xf32>
  return
}

// -----
func.func @rejects_a_vector_in_a_matmul(%a: tensor<3xf32>, %b: tensor<3x5xf32>) {
  // expected-error @below {{matmul: a must have rank 2 or more, got a: f32[3] and b: f32[3,5]}}
  %0 = etch.matmul %a, %b : (tensor<3xf32>, tensor<3x5xf32>) -> tensor<5xf32>
  return
}

// -----
func.func @rejects_batches_that_do_not_broadcast(%a: tensor<2x2x3xf32>, %b: tensor<3x3x5xf32>) {
  // expected-error @below {{matmul: leading dimensions must broadcast, got a: f32[2,2,3] and b: f32[3,3,5]}}
  %0 = etch.matmul %a, %b : (tensor<2x2x3xf32>, tensor<3x3x5xf32>) -> tensor<2x2x5xf32>
  return
}

// -----
func.func @rejects_an_axis_out_of_range(%a: tensor<2x3xf32>) {
  // expected-error @below {{reduce_sum: axis must be in [-2, 2) for f32[2,3], got 2}}
  %0 = etch.reduce_sum %a {axes = array<i64: 2>, keep_dims = false} : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// -----
func.func @rejects_an_axis_given_twice(%a: tensor<2x3xf32>) {
  // expected-error @below {{reduce_sum: axes must differ, got axis 1 twice}}
  %0 = etch.reduce_sum %a {axes = array<i64: 1, -1>, keep_dims = false} : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// -----
func.func @rejects_a_sum_of_booleans(%a: tensor<2x3xi1>) {
  // expected-error @below {{reduce_sum: takes u8, i8, i16, i32, i64, f16, bf16, f32 or f64, got bool[2,3]}}
  %0 = etch.reduce_sum %a {axes = array<i64: 1>, keep_dims = false} : (tensor<2x3xi1>) -> tensor<2xi1>
  return
}

// -----
func.func @rejects_a_result_without_kept_dims(%a: tensor<2x3xf32>) {
  // expected-error @below {{'etch.reduce_sum' op must have result type 'tensor<2x1xf32>', got 'tensor<2xf32>'}}
  %0 = etch.reduce_sum %a {axes = array<i64: 1>, keep_dims = true} : (tensor<2x3xf32>) -> tensor<2xf32>
  return
}

// -----
func.func @rejects_a_reshape_to_another_size(%a: tensor<2x3xf32>) {
  // expected-error @below {{reshape: the number of elements must stay, got f32[2,3] and shape [4,2]}}
  %0 = etch.reshape %a {shape = #etch.dims<[4, 2]>} : (tensor<2x3xf32>) -> tensor<4x2xf32>
  return
}

// -----
func.func @rejects_a_permutation_with_a_repeated_axis(%a: tensor<2x3xf32>) {
  // expected-error @below {{transpose: permutation must name every axis of f32[2,3] once, got [0,0]}}
  %0 = etch.transpose %a {permutation = array<i64: 0, 0>} : (tensor<2x3xf32>) -> tensor<2x2xf32>
  return
}

// -----
func.func @rejects_a_broadcast_that_shrinks(%a: tensor<2x3xf32>) {
  // expected-error @below {{broadcast_to: x must broadcast to the shape, got f32[2,3] and shape [2,4]}}
  %0 = etch.broadcast_to %a {shape = #etch.dims<[2, 4]>} : (tensor<2x3xf32>) -> tensor<2x4xf32>
  return
}

// -----
func.func @rejects_a_slice_beyond_the_end(%a: tensor<4xf32>) {
  // expected-error @below {{slice: the block must lie within f32[4], got begin [3] and size [2] (axis 0)}}
  %0 = etch.slice %a {begin = #etch.dims<[3]>, size = #etch.dims<[2]>} : (tensor<4xf32>) -> tensor<2xf32>
  return
}

// -----
func.func @rejects_a_concat_of_unlike_shapes(%a: tensor<2x3xf32>, %b: tensor<2x4xf32>) {
  // expected-error @below {{concat: tensors must agree but for axis 0, got xs[0]: f32[2,3] and xs[1]: f32[2,4]}}
  %0 = etch.concat %a, %b {axis = 0 : i64} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<4x3xf32>
  return
}

// -----
func.func @rejects_indices_that_are_floats(%a: tensor<2x3xf32>, %i: tensor<2xf32>) {
  // expected-error @below {{gather: takes i16, i32 or i64, got params: f32[2,3] and indices: f32[2]}}
  %0 = etch.gather %a, %i {axis = 0 : i64, mode = "error"} : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<2x3xf32>
  return
}

// -----
func.func @rejects_an_argmax_of_nothing(%a: tensor<2x0xf32>) {
  // expected-error @below {{argmax: the axis must have an element, got f32[2,0] and axis 1}}
  %0 = etch.argmax %a {axis = 1 : i64, keep_dims = false} : (tensor<2x0xf32>) -> tensor<2xi64>
  return
}

// -----
func.func @rejects_labels_of_another_shape(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{softmax_cross_entropy: labels must have the shape of the logits, got logits: f32[2,3] and labels: f32[3]}}
  %0 = etch.softmax_cross_entropy %a, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2xf32>
  return
}

// -----
func.func @rejects_a_composite_with_a_bad_axis(%a: tensor<2x3xf32>) {
  // expected-error @below {{softmax: axis must be in [-2, 2) for f32[2,3], got 2}}
  %0 = etch.softmax %a {axis = 2 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----
func.func @rejects_a_condition_that_is_no_boolean(%a: tensor<2xf32>) {
  // expected-error @below {{where: takes bool, got condition: f32[2], a: f32[2] and b: f32[2]}}
  %0 = etch.where %a, %a, %a : (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----
func.func @rejects_a_value_of_another_shape_than_its_variable(%w: !etch.ref<tensor<2xf32>>, %a: tensor<3xf32>) {
  // expected-error @below {{assign: the value must have the Variable's shape, got variable: f32[2] and value: f32[3]}}
  etch.assign %w, %a : (!etch.ref<tensor<2xf32>>, tensor<3xf32>) -> ()
  return
}

// -----
func.func @rejects_a_read_of_another_type_than_its_variable(%w: !etch.ref<tensor<2xf32>>) {
  // expected-error @below {{'etch.read_variable' op must have result type 'tensor<2xf32>', got 'tensor<3xf32>'}}
  %0 = etch.read_variable %w : (!etch.ref<tensor<2xf32>>) -> tensor<3xf32>
  return
}

// -----
func.func @rejects_a_variable_where_a_tensor_is_needed(%w: !etch.ref<tensor<2xf32>>) {
  // expected-error @below {{'etch.exp' op operand #0 must be ranked tensor of any type values, but got '!etch.ref<tensor<2xf32>>'}}
  %0 = etch.exp %w : (!etch.ref<tensor<2xf32>>) -> tensor<2xf32>
  return
}

// -----
func.func @rejects_a_tensor_where_a_variable_is_needed(%a: tensor<2xf32>) {
  // expected-error @below {{'etch.read_variable' op operand #0 must be A Variable: named mutable state of one tensor type, but got 'tensor<2xf32>'}}
  %0 = etch.read_variable %a : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----
func.func @rejects_a_missing_operand(%a: tensor<2xf32>) {
  // expected-error @below {{'etch.add' op expected 2 operands, but found 1}}
  %0 = "etch.add"(%a) : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----
func.func @rejects_an_empty_list_of_operands(%a: tensor<2xf32>) {
  // expected-error @below {{concat: needs at least one tensor, got none}}
  %0 = "etch.concat"() {axis = 0 : i64} : () -> tensor<2xf32>
  return
}

// -----
func.func @rejects_a_missing_attribute(%a: tensor<2xf32>) {
  // expected-error @below {{'etch.softmax' op requires attribute 'axis'}}
  %0 = etch.softmax %a : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----
func.func @rejects_a_dtype_that_tensors_do_not_have(%a: tensor<2xf32>) {
  // expected-error @below {{'etch.cast' op has attributes that its record does not describe}}
  %0 = etch.cast %a {dtype = i4} : (tensor<2xf32>) -> tensor<2xi4>
  return
}

// -----
// Guarded at entry: n and m may be equal, or one of them 1.
func.func @accepts_unknown_dimensions_that_may_agree(%a: tensor<?xf32, #etch.dims<["n"]>>, %b: tensor<?xf32, #etch.dims<["m"]>>) {
  %0 = etch.add %a, %b : (tensor<?xf32, #etch.dims<["n"]>>, tensor<?xf32, #etch.dims<["m"]>>) -> tensor<?xf32, #etch.dims<["n"]>>
  return
}

// -----
func.func @rejects_a_result_with_another_symbol(%a: tensor<?xf32, #etch.dims<["n"]>>) {
  // expected-error @below {{'etch.exp' op must have result type 'tensor<?xf32, #etch.dims<["n"]>>', got 'tensor<?xf32, #etch.dims<["n+1"]>>'}}
  %0 = etch.exp %a : (tensor<?xf32, #etch.dims<["n"]>>) -> tensor<?xf32, #etch.dims<["n+1"]>>
  return
}

// -----
func.func @rejects_dimensions_that_can_never_agree(%a: tensor<?xf32, #etch.dims<["n"]>>, %b: tensor<?xf32, #etch.dims<["n+1"]>>) {
  // expected-error @below {{add: shapes must broadcast, got a: f32[?] and b: f32[?]}}
  %0 = etch.add %a, %b : (tensor<?xf32, #etch.dims<["n"]>>, tensor<?xf32, #etch.dims<["n+1"]>>) -> tensor<?xf32, #etch.dims<["n"]>>
  return
}

// -----
func.func @rejects_a_result_of_another_dtype(%a: tensor<2xf32>) {
  // expected-error @below {{'etch.exp' op must have result type 'tensor<2xf32>', got 'tensor<2xf64>'}}
  %0 = etch.exp %a : (tensor<2xf32>) -> tensor<2xf64>
  return
}

// -----
func.func @rejects_an_unranked_operand(%a: tensor<*xf32>) {
  // expected-error @below {{'etch.exp' op operand #0 must be ranked tensor of any type values, but got 'tensor<*xf32>'}}
  %0 = etch.exp %a : (tensor<*xf32>) -> tensor<2xf64>
  return
}

// -----
func.func @rejects_a_negative_dimension() {
  // expected-error @below {{full: dimensions must be 0 or more, got [-1]}}
  %0 = etch.full {fill = 1.0 : f32, shape = #etch.dims<[-1]>} : () -> tensor<2xf32>
  return
}

// -----
func.func @rejects_a_constant_of_a_dtype_that_tensors_do_not_have() {
  // expected-error @below {{'etch.full' op has attributes that its record does not describe}}
  %0 = etch.full {fill = 1 : i4, shape = #etch.dims<[1]>} : () -> tensor<1xi4>
  return
}

// -----
// expected-error @below {{dimension must be an integer or an expression in canonical form, got "1+n"}}
func.func private @rejects_expressions_that_are_not_canonical(tensor<?xf32, #etch.dims<["1+n"]>>)

// -----
// expected-error @below {{etch.dims must have one entry per dimension, got 1 for rank 2}}
func.func private @rejects_dims_of_another_rank(tensor<?x4xf32, #etch.dims<["n"]>>)

// -----
// expected-error @below {{etch.dims must repeat known dimensions and name unknown ones, got}}
func.func private @rejects_dims_that_contradict_the_shape(tensor<?x4xf32, #etch.dims<["n", 5]>>)
