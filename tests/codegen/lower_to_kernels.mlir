// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: etch-opt -split-input-file -etch-expand-composites -etch-split-reductions -etch-fuse -etch-plan-buffers -etch-lower-to-kernels %s | FileCheck %s
// RUN: etch-opt -split-input-file -etch-expand-composites -etch-split-reductions -etch-fuse -etch-plan-buffers -etch-lower-to-kernels %s -o %t
// RUN: etch-opt -split-input-file -etch-expand-composites -etch-split-reductions -etch-fuse -etch-plan-buffers -etch-lower-to-kernels -etch-lower-to-kernels %s | diff %t -

// CHECK:       etch_kernel.spec "map" @[[K:.*]] space <[4, 5]> {
// CHECK-NEXT:  ^bb0(%[[X:.*]]: !llvm.ptr, %[[Y:.*]]: !llvm.ptr, %[[OUT:.*]]: !llvm.ptr):
// CHECK-NEXT:    %[[A:.*]] = etch_kernel.load %[[X]] strides <[5, 1]> offset <[0]> : !llvm.ptr -> f32
// CHECK-NEXT:    %[[E:.*]] = etch_kernel.apply "exp"(%[[A]])
// CHECK-NEXT:    %[[B:.*]] = etch_kernel.load %[[Y]] strides <[0, 1]> offset <[0]>
// CHECK-NEXT:    %[[M:.*]] = etch_kernel.apply "mul"(%[[E]], %[[B]])
// CHECK-NEXT:    etch_kernel.store %[[M]], %[[OUT]] strides <[5, 1]> offset <[0]>
// CHECK:       etch_exec.program @main arena 0 slots <[]> {
// CHECK-DAG:     %[[X_IN:.*]] = etch_exec.buffer "input" 0
// CHECK-DAG:     %[[Y_IN:.*]] = etch_exec.buffer "input" 1
// CHECK-DAG:     %[[RESULT:.*]] = etch_exec.buffer "output" 0
// CHECK:         etch_exec.launch @[[K]](%[[X_IN]], %[[Y_IN]], %[[RESULT]])
// CHECK-NOT:   func.func
func.func @broadcasts_by_strides_of_zero(%x: tensor<4x5xf32>, %y: tensor<5xf32>) -> tensor<4x5xf32> {
  %0 = etch.exp %x : (tensor<4x5xf32>) -> tensor<4x5xf32>
  %1 = etch.mul %0, %y : (tensor<4x5xf32>, tensor<5xf32>) -> tensor<4x5xf32>
  return %1 : tensor<4x5xf32>
}

// -----
// CHECK:       etch_kernel.spec "map" {{.*}} space <[120]>
// CHECK:         etch_kernel.load {{.*}} strides <[1]>
// CHECK:         etch_kernel.store {{.*}} strides <[1]>
func.func @joins_dims_that_are_one_walk(%x: tensor<2x3x1x20xf32>) -> tensor<2x3x1x20xf32> {
  %0 = etch.exp %x : (tensor<2x3x1x20xf32>) -> tensor<2x3x1x20xf32>
  return %0 : tensor<2x3x1x20xf32>
}

// -----
// CHECK:       etch_kernel.spec "map" {{.*}} space <[4, 2]>
// CHECK:         etch_kernel.load {{.*}} strides <[1, 5]> offset <[11]>
// CHECK:         etch_kernel.store {{.*}} strides <[2, 1]> offset <[0]>
func.func @turns_views_into_strides_and_offset(%x: tensor<4x5xf32>) -> tensor<4x2xf32> {
  %0 = etch.slice %x {begin = #etch.dims<[2, 1]>, size = #etch.dims<[2, 4]>} : (tensor<4x5xf32>) -> tensor<2x4xf32>
  %1 = etch.transpose %0 {permutation = array<i64: 1, 0>} : (tensor<2x4xf32>) -> tensor<4x2xf32>
  %2 = etch.exp %1 : (tensor<4x2xf32>) -> tensor<4x2xf32>
  return %2 : tensor<4x2xf32>
}

// -----
// CHECK:       etch_kernel.spec "row" {{.*}} space <[4, 5]>
// CHECK:         %[[MAX:.*]] = etch_kernel.reduce "reduce_max"
// CHECK:         %[[SHIFTED:.*]] = etch_kernel.apply "sub"({{.*}}, %[[MAX]])
// CHECK-NEXT:    %[[E:.*]] = etch_kernel.apply "exp"(%[[SHIFTED]])
// CHECK-NEXT:    %[[SUM:.*]] = etch_kernel.reduce "reduce_sum" %[[E]]
// CHECK-NEXT:    %[[Y:.*]] = etch_kernel.apply "div"(%[[E]], %[[SUM]])
// CHECK-NEXT:    etch_kernel.store %[[Y]]
// CHECK-NOT:   etch_kernel.spec
// CHECK:       etch_exec.program
func.func @makes_softmax_one_row_program(%x: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %0 = etch.softmax %x {axis = -1 : i64} : (tensor<4x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// -----
// CHECK:       etch_kernel.spec "column" {{.*}} space <[3, 4, 30]>
// CHECK:         etch_kernel.load {{.*}} strides <[120, 30, 1]>
// CHECK-NEXT:    %[[SUM:.*]] = etch_kernel.reduce "reduce_sum"
// CHECK-NEXT:    etch_kernel.store %[[SUM]], {{.*}} strides <[30, 0, 1]>
func.func @groups_dims_around_a_reduced_one(%x: tensor<3x4x5x6xf32>) -> tensor<3x5x6xf32> {
  %0 = etch.reduce_sum %x {axes = array<i64: 1>, keep_dims = false} : (tensor<3x4x5x6xf32>) -> tensor<3x5x6xf32>
  return %0 : tensor<3x5x6xf32>
}

// -----
// CHECK:       etch_kernel.spec "contraction" @[[K:.*]] space <[4, 5]>
// CHECK:         %[[C:.*]] = etch_kernel.accumulator : f32
// CHECK:         %[[Y:.*]] = etch_kernel.apply "add"(%[[C]],
// CHECK-NEXT:    etch_kernel.store %[[Y]]
// CHECK:       %[[OUT:.*]] = etch_exec.buffer "output" 0
// CHECK-NEXT:  etch_exec.contract f32 sizes <[1, 4, 5, 3]> a %{{.*}} <[0, 1, 4, 0]> b %{{.*}} <[0, 5, 1, 0]> c %[[OUT]] epilogue @[[K]](
func.func @hands_transposed_operands_on_as_strides(%x: tensor<3x4xf32>, %w: tensor<3x5xf32>, %b: tensor<5xf32>) -> tensor<4x5xf32> {
  %t = etch.transpose %x {permutation = array<i64: 1, 0>} : (tensor<3x4xf32>) -> tensor<4x3xf32>
  %0 = etch.matmul %t, %w : (tensor<4x3xf32>, tensor<3x5xf32>) -> tensor<4x5xf32>
  %1 = etch.add %0, %b : (tensor<4x5xf32>, tensor<5xf32>) -> tensor<4x5xf32>
  return %1 : tensor<4x5xf32>
}

// -----
// CHECK-NOT:   etch_kernel.spec
// CHECK:       etch_exec.contract f32 sizes <[2, 4, 5, 3]> a %{{.*}} <[12, 3, 1, 0]> b %{{.*}} <[0, 5, 1, 0]> c %{{[0-9]+}} :
func.func @leaves_plain_contractions_to_the_runtime(%x: tensor<2x4x3xf32>, %w: tensor<3x5xf32>) -> tensor<2x4x5xf32> {
  %0 = etch.matmul %x, %w : (tensor<2x4x3xf32>, tensor<3x5xf32>) -> tensor<2x4x5xf32>
  return %0 : tensor<2x4x5xf32>
}

// -----
// CHECK:       etch_kernel.spec "map" @[[LEFT:.*]] space <[2, 4]>
// CHECK:         etch_kernel.store {{.*}} strides <[7, 1]> offset <[0]>
// CHECK:       etch_kernel.spec "map" @[[RIGHT:.*]] space <[2, 3]>
// CHECK:         etch_kernel.store {{.*}} strides <[7, 1]> offset <[4]>
// CHECK:       %[[OUT:.*]] = etch_exec.buffer "output" 0
// CHECK-NEXT:  etch_exec.launch @[[LEFT]](%{{.*}}, %[[OUT]])
// CHECK-NEXT:  etch_exec.launch @[[RIGHT]](%{{.*}}, %[[OUT]])
func.func @copies_each_operand_of_a_concat(%x: tensor<2x4xf32>, %y: tensor<2x3xf32>) -> tensor<2x7xf32> {
  %1 = etch.concat %x, %y {axis = 1 : i64} : (tensor<2x4xf32>, tensor<2x3xf32>) -> tensor<2x7xf32>
  return %1 : tensor<2x7xf32>
}

// -----
// CHECK:       etch_kernel.spec "map"
// CHECK:         %[[P:.*]] = etch_kernel.position strides <[0, 1]> offset <[0]> : f32
// CHECK-NEXT:    %[[I:.*]] = etch_kernel.apply "iota"(%[[P]])
// CHECK:         %[[C:.*]] = etch_kernel.constant 2.0
// CHECK-NEXT:    %[[F:.*]] = etch_kernel.apply "full"(%[[C]])
// CHECK-NEXT:    etch_kernel.apply "add"(%[[I]], %[[F]])
func.func @computes_positions_and_constants_in_place(%x: tensor<4x3xf32>) -> tensor<4x3xf32> {
  %0 = etch.iota {count = #etch.dims<[3]>, dtype = f32} : () -> tensor<3xf32>
  %1 = etch.full {fill = 2.0 : f32, shape = #etch.dims<[4, 3]>} : () -> tensor<4x3xf32>
  %2 = etch.add %0, %1 : (tensor<3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
  return %2 : tensor<4x3xf32>
}

// -----
// CHECK:       etch_kernel.spec "map" @[[K:.*]] space <[4]>
// CHECK-NOT:   etch_kernel.spec
// CHECK:       etch_exec.launch @[[K]](
// CHECK:       etch_exec.launch @[[K]](
func.func @makes_equal_specs_one_kernel(%x: tensor<4xf32>, %y: tensor<2x2xf32>) -> (tensor<4xf32>, tensor<2x2xf32>) {
  %0 = etch.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  %1 = etch.exp %y : (tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0, %1 : tensor<4xf32>, tensor<2x2xf32>
}

// -----
// CHECK:       etch_kernel.spec "row" {{.*}} space <["4*n"]>
// CHECK:         %[[COUNT:.*]] = etch_kernel.extent <["4*n"]> : f32
// CHECK-NEXT:    etch_kernel.apply "extent"(%[[COUNT]])
func.func @keeps_unknown_dims_as_expressions(%x: tensor<?x4xf32, #etch.dims<["n", 4]>>) -> tensor<f32> {
  %0 = etch.reduce_mean %x {axes = array<i64>, keep_dims = false} : (tensor<?x4xf32, #etch.dims<["n", 4]>>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----
// CHECK:       etch_exec.program @main arena 0 slots <["4*n"]>
// CHECK:         %[[SLOT:.*]] = etch_exec.buffer "slot" 0
// CHECK:         etch_exec.launch @{{.*}}(%{{.*}}, %[[SLOT]])
func.func @names_slots_for_unknown_sizes(%x: tensor<?xf32, #etch.dims<["n"]>>, %i: tensor<3xi64>) -> tensor<3xf32> {
  %0 = etch.exp %x : (tensor<?xf32, #etch.dims<["n"]>>) -> tensor<?xf32, #etch.dims<["n"]>>
  %1 = etch.gather %0, %i {axis = 0 : i64, mode = "error"} : (tensor<?xf32, #etch.dims<["n"]>>, tensor<3xi64>) -> tensor<3xf32>
  return %1 : tensor<3xf32>
}

// -----
// CHECK:       %[[X:.*]] = etch_exec.buffer "arena" 0
// CHECK-NEXT:  etch_exec.launch
// CHECK-NEXT:  etch_exec.host_call "print" 0(%[[X]]) {{.*}}format = "first {}"
// CHECK:       %[[Y:.*]] = etch_exec.buffer "output" 0
// CHECK-NEXT:  etch_exec.host_call "opaque" 0(%[[X]], %{{.*}}, %[[Y]]) {{.*}}etch.op_id = 2{{.*}}op = "gather"{{.*}}result_types = [tensor<2xf32>]
// CHECK-NEXT:  etch_exec.host_call "print" 1(%[[Y]]) {{.*}}format = "second {}"
func.func @keeps_ops_with_effects_in_order(%x: tensor<4xf32>, %i: tensor<2xi64>) -> tensor<2xf32> {
  %0 = etch.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  etch.print %0 {format = "first {}", etch.op_id = 1 : i64} : (tensor<4xf32>) -> ()
  %1 = etch.gather %0, %i {axis = 0 : i64, mode = "error", etch.op_id = 2 : i64} : (tensor<4xf32>, tensor<2xi64>) -> tensor<2xf32>
  etch.print %1 {format = "second {}", etch.op_id = 3 : i64} : (tensor<2xf32>) -> ()
  return %1 : tensor<2xf32>
}

// -----
// A view of memory in the same order is that memory.
// CHECK:       %[[OUT:.*]] = etch_exec.buffer "output" 0
// CHECK-NEXT:  etch_exec.launch @{{.*}}(%{{.*}}, %[[OUT]])
// CHECK-NEXT:  etch_exec.host_call "print" 0(%[[OUT]])
func.func @needs_no_step_for_views_in_order(%x: tensor<2x2xf32>) -> tensor<4xf32> {
  %0 = etch.exp %x : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = etch.reshape %0 {shape = #etch.dims<[4]>} : (tensor<2x2xf32>) -> tensor<4xf32>
  etch.print %1 {format = "{}"} : (tensor<4xf32>) -> ()
  return %1 : tensor<4xf32>
}

// -----
// From there on inputs may be overwritten.
// CHECK:       etch_exec.contract
// CHECK:       etch_exec.launch @{{[^ ]*}}(%{{.*}}, %{{.*}}, %{{.*}}) {etch.commits}
func.func @marks_the_launch_that_commits(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = etch.matmul %x, %x : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = etch.transpose %0 {permutation = array<i64: 1, 0>} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = etch.add %x, %1 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %2 : tensor<4x4xf32>
}

// -----
// CHECK:       etch_exec.program @main arena 0 slots <[]> {
// CHECK-NEXT:  }
func.func @makes_an_empty_program_of_an_empty_function() {
  return
}
