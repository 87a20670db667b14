// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: etch-opt -etch-split-reductions %s | FileCheck %s
// RUN: etch-opt -etch-split-reductions %s -o %t
// RUN: etch-opt -etch-split-reductions -etch-split-reductions %s | diff %t -

// CHECK-LABEL: func.func @splits_groups_innermost_first(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<4x5x6xf32>)
// CHECK-NEXT:    %[[ROWS:.*]] = etch.reduce_sum %[[X]] {axes = array<i64: 2>, keep_dims = true} : {{.*}} -> tensor<4x5x1xf32>
// CHECK-NEXT:    %[[BOTH:.*]] = etch.reduce_sum %[[ROWS]] {axes = array<i64: 0>, keep_dims = true} : {{.*}} -> tensor<1x5x1xf32>
// CHECK-NEXT:    %[[Y:.*]] = etch.reshape %[[BOTH]] {{.*}} -> tensor<5xf32>
// CHECK-NEXT:    return %[[Y]]
func.func @splits_groups_innermost_first(%x: tensor<4x5x6xf32>) -> tensor<5xf32> {
  %0 = etch.reduce_sum %x {axes = array<i64: 0, 2>, keep_dims = false} : (tensor<4x5x6xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// CHECK-LABEL: func.func @needs_no_reshape_when_dims_are_kept(
// CHECK-NEXT:    etch.reduce_max {{.*}}axes = array<i64: 2>
// CHECK-NEXT:    etch.reduce_max {{.*}}axes = array<i64: 0>
// CHECK-NEXT:    return
func.func @needs_no_reshape_when_dims_are_kept(%x: tensor<4x5x6xf32>) -> tensor<1x5x1xf32> {
  %0 = etch.reduce_max %x {axes = array<i64: 2, 0>, keep_dims = true} : (tensor<4x5x6xf32>) -> tensor<1x5x1xf32>
  return %0 : tensor<1x5x1xf32>
}

// CHECK-LABEL: func.func @keeps_adjacent_axes_in_one_group(
// CHECK-NEXT:    etch.reduce_sum {{.*}}axes = array<i64: 2, 3>
// CHECK-NEXT:    etch.reduce_sum {{.*}}axes = array<i64: 0>
// CHECK-NEXT:    etch.reshape
func.func @keeps_adjacent_axes_in_one_group(%x: tensor<2x3x4x5xf32>) -> tensor<3xf32> {
  %0 = etch.reduce_sum %x {axes = array<i64: 3, 0, 2>, keep_dims = false} : (tensor<2x3x4x5xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// CHECK-LABEL: func.func @names_all_axes_where_none_is_given(
// CHECK-NEXT:    etch.reduce_sum {{.*}}axes = array<i64: 0, 1>, keep_dims = false
// CHECK-NEXT:    return
func.func @names_all_axes_where_none_is_given(%x: tensor<2x3xf32>) -> tensor<f32> {
  %0 = etch.reduce_sum %x {axes = array<i64>, keep_dims = false} : (tensor<2x3xf32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: func.func @counts_negative_axes_from_the_front(
// CHECK-NEXT:    etch.reduce_sum {{.*}}axes = array<i64: 1>
// CHECK-NEXT:    return
func.func @counts_negative_axes_from_the_front(%x: tensor<2x3xf32>) -> tensor<2xf32> {
  %0 = etch.reduce_sum %x {axes = array<i64: -1>, keep_dims = false} : (tensor<2x3xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// CHECK-LABEL: func.func @replaces_reductions_of_rank_zero_by_their_operand(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<f32>)
// CHECK-NEXT:    return %[[X]]
func.func @replaces_reductions_of_rank_zero_by_their_operand(%x: tensor<f32>) -> tensor<f32> {
  %0 = etch.reduce_sum %x {axes = array<i64>, keep_dims = false} : (tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: func.func @splits_unknown_dimensions(
// CHECK:         etch.reduce_sum {{.*}}axes = array<i64: 2>{{.*}} -> tensor<?x5x1xf32, #etch.dims<["n", 5, 1]>>
// CHECK-NEXT:    etch.reduce_sum {{.*}}axes = array<i64: 0>{{.*}} -> tensor<1x5x1xf32>
// CHECK-NEXT:    etch.reshape {{.*}} -> tensor<5xf32>
func.func @splits_unknown_dimensions(%x: tensor<?x5x?xf32, #etch.dims<["n", 5, "m"]>>) -> tensor<5xf32> {
  %0 = etch.reduce_sum %x {axes = array<i64: 0, 2>, keep_dims = false} : (tensor<?x5x?xf32, #etch.dims<["n", 5, "m"]>>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// CHECK-LABEL: func.func @leaves_one_group_alone(
// CHECK-NEXT:    %[[Y:.*]] = etch.reduce_sum {{.*}}axes = array<i64: 1, 2>
// CHECK-NEXT:    return %[[Y]]
func.func @leaves_one_group_alone(%x: tensor<4x5x6xf32>) -> tensor<4xf32> {
  %0 = etch.reduce_sum %x {axes = array<i64: 1, 2>, keep_dims = false} : (tensor<4x5x6xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// CHECK-LABEL: func.func @keeps_ops_with_effects_where_they_are(
// CHECK:         etch.print {{.*}}"before {}"
// CHECK-NEXT:    etch.reduce_sum
// CHECK-NEXT:    etch.reduce_sum
// CHECK-NEXT:    %[[Y:.*]] = etch.reshape
// CHECK-NEXT:    etch.print %[[Y]] {format = "after {}"}
func.func @keeps_ops_with_effects_where_they_are(%x: tensor<4x5x6xf32>) {
  etch.print %x {format = "before {}"} : (tensor<4x5x6xf32>) -> ()
  %0 = etch.reduce_sum %x {axes = array<i64: 0, 2>, keep_dims = false} : (tensor<4x5x6xf32>) -> tensor<5xf32>
  etch.print %0 {format = "after {}"} : (tensor<5xf32>) -> ()
  return
}
