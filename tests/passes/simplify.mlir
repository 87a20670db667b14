// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: etch-opt -etch-simplify %s | FileCheck %s
// RUN: etch-opt -etch-simplify %s -o %t
// RUN: etch-opt -etch-simplify -etch-simplify %s | diff %t -

// CHECK-LABEL: func.func @drops_movements_that_move_nothing(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<2x3xf32>)
// CHECK-NEXT:    return %[[X]]
func.func @drops_movements_that_move_nothing(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = etch.reshape %x {shape = #etch.dims<[2, 3]>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = etch.transpose %0 {permutation = array<i64: 0, 1>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = etch.broadcast_to %1 {shape = #etch.dims<[2, 3]>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %3 = etch.slice %2 {begin = #etch.dims<[0, 0]>, size = #etch.dims<[2, 3]>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %3 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @keeps_a_transpose_of_a_square(
// CHECK:         etch.transpose
func.func @keeps_a_transpose_of_a_square(%x: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %0 = etch.transpose %x {permutation = array<i64: 1, 0>} : (tensor<3x3xf32>) -> tensor<3x3xf32>
  return %0 : tensor<3x3xf32>
}

// CHECK-LABEL: func.func @drops_a_transpose_of_a_row(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<1x1x3xf32>)
// CHECK-NEXT:    return %[[X]]
func.func @drops_a_transpose_of_a_row(%x: tensor<1x1x3xf32>) -> tensor<1x1x3xf32> {
  %0 = etch.transpose %x {permutation = array<i64: 1, 0, 2>} : (tensor<1x1x3xf32>) -> tensor<1x1x3xf32>
  return %0 : tensor<1x1x3xf32>
}

// CHECK-LABEL: func.func @drops_casts_to_the_same_dtype(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<2xf32>)
// CHECK-NEXT:    return %[[X]]
func.func @drops_casts_to_the_same_dtype(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = etch.cast %x {dtype = f32} : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// A round trip through a wider or narrower dtype may change values.
// CHECK-LABEL: func.func @keeps_casts_to_other_dtypes(
// CHECK-NEXT:    etch.cast
// CHECK-NEXT:    etch.cast
func.func @keeps_casts_to_other_dtypes(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = etch.cast %x {dtype = i32} : (tensor<2xf32>) -> tensor<2xi32>
  %1 = etch.cast %0 {dtype = f32} : (tensor<2xi32>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// CHECK-LABEL: func.func @moves_constants_by_filling(
// CHECK:         %[[Y:.*]] = etch.full {fill = 5.000000e-01 : f32, shape = #etch.dims<[3, 2]>}
// CHECK-NEXT:    return %[[Y]]
func.func @moves_constants_by_filling() -> tensor<3x2xf32> {
  %0 = etch.full {shape = #etch.dims<[]>, fill = 0.5 : f32} : () -> tensor<f32>
  %1 = etch.broadcast_to %0 {shape = #etch.dims<[2, 3]>} : (tensor<f32>) -> tensor<2x3xf32>
  %2 = etch.transpose %1 {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return %2 : tensor<3x2xf32>
}

// CHECK-LABEL: func.func @fills_a_concat_of_equal_constants(
// CHECK-NOT:     etch.concat
// CHECK:         %[[Y:.*]] = etch.full {{.*}}shape = #etch.dims<[5]>
// CHECK:         return %[[Y]]
func.func @fills_a_concat_of_equal_constants() -> tensor<5xi32> {
  %0 = etch.full {shape = #etch.dims<[2]>, fill = 7 : i32} : () -> tensor<2xi32>
  %1 = etch.full {shape = #etch.dims<[3]>, fill = 7 : i32} : () -> tensor<3xi32>
  %2 = etch.concat %0, %1 {axis = 0 : i64} : (tensor<2xi32>, tensor<3xi32>) -> tensor<5xi32>
  return %2 : tensor<5xi32>
}

// CHECK-LABEL: func.func @tells_zeros_of_either_sign_apart(
// CHECK:         etch.full {fill = 0.000000e+00
// CHECK:         etch.full {fill = -0.000000e+00
// CHECK:         etch.concat
func.func @tells_zeros_of_either_sign_apart() -> tensor<4xf32> {
  %0 = etch.full {shape = #etch.dims<[2]>, fill = 0.0 : f32} : () -> tensor<2xf32>
  %1 = etch.full {shape = #etch.dims<[2]>, fill = -0.0 : f32} : () -> tensor<2xf32>
  %2 = etch.concat %0, %1 {axis = 0 : i64} : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// CHECK-LABEL: func.func @merges_equal_ops(
// CHECK-NEXT:    %[[E:.*]] = etch.exp
// CHECK-NEXT:    etch.mul %[[E]], %[[E]]
func.func @merges_equal_ops(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = etch.exp %x : (tensor<2xf32>) -> tensor<2xf32>
  %1 = etch.exp %x : (tensor<2xf32>) -> tensor<2xf32>
  %2 = etch.mul %0, %1 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %2 : tensor<2xf32>
}

// x + 0, x * 1 and a + b = b + a may change a zero's sign or a NaN's payload.
// CHECK-LABEL: func.func @keeps_arithmetic_that_only_looks_idle(
// CHECK:         etch.add
// CHECK:         etch.mul
// CHECK:         etch.add
// CHECK:         etch.add
func.func @keeps_arithmetic_that_only_looks_idle(%x: tensor<2xf32>, %y: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %zero = etch.full {shape = #etch.dims<[2]>, fill = 0.0 : f32} : () -> tensor<2xf32>
  %one = etch.full {shape = #etch.dims<[2]>, fill = 1.0 : f32} : () -> tensor<2xf32>
  %0 = etch.add %x, %zero : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %1 = etch.mul %0, %one : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %2 = etch.add %x, %y : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %3 = etch.add %y, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %1, %2, %3 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// CHECK-LABEL: func.func @compares_unknown_dimensions_by_symbol(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<?x4xf32, #etch.dims<["n", 4]>>)
// CHECK-NEXT:    %[[FLAT:.*]] = etch.reshape %[[X]]
// CHECK-NEXT:    return %[[X]], %[[FLAT]]
func.func @compares_unknown_dimensions_by_symbol(%x: tensor<?x4xf32, #etch.dims<["n", 4]>>) -> (tensor<?x4xf32, #etch.dims<["n", 4]>>, tensor<?xf32, #etch.dims<["4*n"]>>) {
  %0 = etch.reshape %x {shape = #etch.dims<["n", 4]>} : (tensor<?x4xf32, #etch.dims<["n", 4]>>) -> tensor<?x4xf32, #etch.dims<["n", 4]>>
  %1 = etch.reshape %x {shape = #etch.dims<["4*n"]>} : (tensor<?x4xf32, #etch.dims<["n", 4]>>) -> tensor<?xf32, #etch.dims<["4*n"]>>
  return %0, %1 : tensor<?x4xf32, #etch.dims<["n", 4]>>, tensor<?xf32, #etch.dims<["4*n"]>>
}

// CHECK-LABEL: func.func @keeps_ops_with_effects(
// CHECK-COUNT-2: etch.print
// CHECK-COUNT-2: etch.assign_add
func.func @keeps_ops_with_effects(%x: tensor<2xf32>, %w: !etch.ref<tensor<2xf32>>) {
  etch.print %x {format = "{}"} : (tensor<2xf32>) -> ()
  etch.print %x {format = "{}"} : (tensor<2xf32>) -> ()
  etch.assign_add %w, %x : (!etch.ref<tensor<2xf32>>, tensor<2xf32>) -> ()
  etch.assign_add %w, %x : (!etch.ref<tensor<2xf32>>, tensor<2xf32>) -> ()
  return
}

// CHECK-LABEL: func.func @keeps_reads_around_a_write(
// CHECK:         %[[OLD:.*]] = etch.read_variable
// CHECK-NEXT:    etch.assign
// CHECK-NEXT:    %[[NEW:.*]] = etch.read_variable
// CHECK-NEXT:    return %[[OLD]], %[[NEW]]
func.func @keeps_reads_around_a_write(%x: tensor<2xf32>, %w: !etch.ref<tensor<2xf32>>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = etch.read_variable %w : (!etch.ref<tensor<2xf32>>) -> tensor<2xf32>
  etch.assign %w, %x : (!etch.ref<tensor<2xf32>>, tensor<2xf32>) -> ()
  %1 = etch.read_variable %w : (!etch.ref<tensor<2xf32>>) -> tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}

// Both would report the same bad index: each call of the user's is checked.
// CHECK-LABEL: func.func @keeps_ops_that_may_fail(
// CHECK-COUNT-2: etch.gather
func.func @keeps_ops_that_may_fail(%x: tensor<2xf32>, %i: tensor<i64>) -> (tensor<f32>, tensor<f32>) {
  %0 = etch.gather %x, %i {axis = 0 : i64, mode = "error"} : (tensor<2xf32>, tensor<i64>) -> tensor<f32>
  %1 = etch.gather %x, %i {axis = 0 : i64, mode = "error"} : (tensor<2xf32>, tensor<i64>) -> tensor<f32>
  return %0, %1 : tensor<f32>, tensor<f32>
}
