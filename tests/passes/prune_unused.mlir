// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: etch-opt -etch-prune-unused %s | FileCheck %s
// RUN: etch-opt -etch-prune-unused %s -o %t
// RUN: etch-opt -etch-prune-unused -etch-prune-unused %s | diff %t -

// CHECK-LABEL: func.func @removes_chains_nobody_reads(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<2xf32>)
// CHECK-NEXT:    return %[[X]]
func.func @removes_chains_nobody_reads(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = etch.exp %x : (tensor<2xf32>) -> tensor<2xf32>
  %1 = etch.add %0, %0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %2 = etch.reduce_sum %1 {axes = array<i64: 0>, keep_dims = false} : (tensor<2xf32>) -> tensor<f32>
  %3 = etch.softmax %1 {axis = 0 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  return %x : tensor<2xf32>
}

// CHECK-LABEL: func.func @removes_unused_opaque_ops_that_cannot_fail(
// CHECK-NEXT:    return
func.func @removes_unused_opaque_ops_that_cannot_fail(%x: tensor<2xf32>) {
  %0 = etch.argmax %x {axis = 0 : i64, keep_dims = false} : (tensor<2xf32>) -> tensor<i64>
  return
}

// CHECK-LABEL: func.func @keeps_what_reaches_a_return(
// CHECK-NEXT:    %[[E:.*]] = etch.exp
// CHECK-NEXT:    %[[Y:.*]] = etch.neg %[[E]]
// CHECK-NEXT:    return %[[Y]]
func.func @keeps_what_reaches_a_return(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = etch.exp %x : (tensor<2xf32>) -> tensor<2xf32>
  %1 = etch.neg %0 : (tensor<2xf32>) -> tensor<2xf32>
  %2 = etch.log %0 : (tensor<2xf32>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// CHECK-LABEL: func.func @keeps_arguments(
// CHECK-SAME:    %{{.*}}: tensor<2xf32>, %{{.*}}: tensor<3xf32>)
func.func @keeps_arguments(%x: tensor<2xf32>, %y: tensor<3xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}

// CHECK-LABEL: func.func @keeps_op_with_effects(
// CHECK-NEXT:    %[[E:.*]] = etch.exp
// CHECK-NEXT:    etch.print %[[E]]
// CHECK-NEXT:    %[[N:.*]] = etch.neg %[[E]]
// CHECK-NEXT:    etch.assign %{{.*}}, %[[N]]
// CHECK-NEXT:    return
func.func @keeps_op_with_effects(%x: tensor<2xf32>, %w: !etch.ref<tensor<2xf32>>) {
  %0 = etch.exp %x : (tensor<2xf32>) -> tensor<2xf32>
  etch.print %0 {format = "{}"} : (tensor<2xf32>) -> ()
  %1 = etch.neg %0 : (tensor<2xf32>) -> tensor<2xf32>
  etch.assign %w, %1 : (!etch.ref<tensor<2xf32>>, tensor<2xf32>) -> ()
  return
}

// An unused gather with a bad index is an error in eager code.
// CHECK-LABEL: func.func @keeps_op_that_may_fail(
// CHECK-NEXT:    etch.gather
func.func @keeps_op_that_may_fail(%x: tensor<2xf32>, %i: tensor<i64>) {
  %0 = etch.gather %x, %i {axis = 0 : i64, mode = "error"} : (tensor<2xf32>, tensor<i64>) -> tensor<f32>
  return
}

// CHECK-LABEL: func.func @keeps_calls(
// CHECK-NEXT:    etch.call @inner
func.func @keeps_calls(%x: tensor<2xf32>) {
  %0 = etch.call @inner(%x) {index = 0 : i64, writes = array<i64>} : (tensor<2xf32>) -> tensor<2xf32>
  return
}
