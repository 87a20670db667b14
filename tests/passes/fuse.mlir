// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: etch-opt -etch-fuse %s | FileCheck %s
// RUN: etch-opt -etch-fuse %s -o %t
// RUN: etch-opt -etch-fuse -etch-fuse %s | diff %t -

// CHECK-LABEL: func.func @merges_an_elementwise_chain(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<4x5xf32>, %[[Y:[a-z0-9]+]]: tensor<4x5xf32>)
// CHECK-NEXT:    %[[OUT:.*]] = etch_kernel.cluster "map"(%[[X]], %[[Y]])
// CHECK-NEXT:    ^bb0(%[[A:.*]]: tensor<4x5xf32>, %[[B:.*]]: tensor<4x5xf32>):
// CHECK-NEXT:      %[[E:.*]] = etch.exp %[[A]]
// CHECK-NEXT:      %[[M:.*]] = etch.mul %[[E]], %[[B]]
// CHECK-NEXT:      %[[N:.*]] = etch.neg %[[M]]
// CHECK-NEXT:      etch_kernel.yield %[[N]] :
// CHECK-NEXT:    }
// CHECK-NEXT:    return %[[OUT]]
func.func @merges_an_elementwise_chain(%x: tensor<4x5xf32>, %y: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %0 = etch.exp %x : (tensor<4x5xf32>) -> tensor<4x5xf32>
  %1 = etch.mul %0, %y : (tensor<4x5xf32>, tensor<4x5xf32>) -> tensor<4x5xf32>
  %2 = etch.neg %1 : (tensor<4x5xf32>) -> tensor<4x5xf32>
  return %2 : tensor<4x5xf32>
}

// CHECK-LABEL: func.func @lets_several_results_leave_one_cluster(
// CHECK:         %[[OUT:.*]]:2 = etch_kernel.cluster "map"
// CHECK:           %[[E:.*]] = etch.exp
// CHECK-NEXT:      %[[N:.*]] = etch.neg %[[E]]
// CHECK-NEXT:      etch_kernel.yield %[[E]], %[[N]]
// CHECK:         return %[[OUT]]#0, %[[OUT]]#1
func.func @lets_several_results_leave_one_cluster(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = etch.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  %1 = etch.neg %0 : (tensor<4xf32>) -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @keeps_maps_over_different_spaces_apart(
// CHECK:         etch_kernel.cluster "map"
// CHECK:           etch.exp
// CHECK:         etch_kernel.cluster "map"
// CHECK:           etch.add
func.func @keeps_maps_over_different_spaces_apart(%x: tensor<5xf32>, %y: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %0 = etch.exp %x : (tensor<5xf32>) -> tensor<5xf32>
  %1 = etch.add %0, %y : (tensor<5xf32>, tensor<4x5xf32>) -> tensor<4x5xf32>
  return %1 : tensor<4x5xf32>
}

// CHECK-LABEL: func.func @merges_a_map_into_a_row_reduction(
// CHECK:         etch_kernel.cluster "row"
// CHECK:           etch.exp
// CHECK-NEXT:      %[[SUM:.*]] = etch.reduce_sum
// CHECK-NEXT:      etch_kernel.yield %[[SUM]] :
// CHECK-NOT:     etch_kernel.cluster
// CHECK:         return
func.func @merges_a_map_into_a_row_reduction(%x: tensor<4x5xf32>) -> tensor<4xf32> {
  %0 = etch.exp %x : (tensor<4x5xf32>) -> tensor<4x5xf32>
  %1 = etch.reduce_sum %0 {axes = array<i64: 1>, keep_dims = false} : (tensor<4x5xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// CHECK-LABEL: func.func @merges_softmax_into_one_row_cluster(
// CHECK:         etch_kernel.cluster "row"
// CHECK:           etch.reduce_max
// CHECK-NEXT:      etch.sub
// CHECK-NEXT:      etch.exp
// CHECK-NEXT:      etch.reduce_sum
// CHECK-NEXT:      %[[Y:.*]] = etch.div
// CHECK-NEXT:      etch_kernel.yield %[[Y]] :
// CHECK-NOT:     etch_kernel.cluster
// CHECK:         return
func.func @merges_softmax_into_one_row_cluster(%x: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %0 = etch.reduce_max %x {axes = array<i64: 1>, keep_dims = true} : (tensor<4x5xf32>) -> tensor<4x1xf32>
  %1 = etch.sub %x, %0 : (tensor<4x5xf32>, tensor<4x1xf32>) -> tensor<4x5xf32>
  %2 = etch.exp %1 : (tensor<4x5xf32>) -> tensor<4x5xf32>
  %3 = etch.reduce_sum %2 {axes = array<i64: 1>, keep_dims = true} : (tensor<4x5xf32>) -> tensor<4x1xf32>
  %4 = etch.div %2, %3 : (tensor<4x5xf32>, tensor<4x1xf32>) -> tensor<4x5xf32>
  return %4 : tensor<4x5xf32>
}

// CHECK-LABEL: func.func @merges_a_map_over_what_a_reduction_keeps(
// CHECK:         etch_kernel.cluster "row"
// CHECK:           %[[SUM:.*]] = etch.reduce_sum
// CHECK-NEXT:      %[[MEAN:.*]] = etch.mul %[[SUM]]
// CHECK-NEXT:      etch_kernel.yield %[[MEAN]] :
// CHECK-NOT:     etch_kernel.cluster
// CHECK:         return
func.func @merges_a_map_over_what_a_reduction_keeps(%x: tensor<4x5xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %0 = etch.reduce_sum %x {axes = array<i64: 1>, keep_dims = false} : (tensor<4x5xf32>) -> tensor<4xf32>
  %1 = etch.mul %0, %b : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// CHECK-LABEL: func.func @keeps_a_reshape_by_one_in_registers(
// CHECK:         etch_kernel.cluster "row"
// CHECK:           %[[SUM:.*]] = etch.reduce_sum
// CHECK-NEXT:      %[[WIDE:.*]] = etch.reshape %[[SUM]]
// CHECK-NEXT:      %[[Y:.*]] = etch.div %{{.*}}, %[[WIDE]]
// CHECK-NEXT:      etch_kernel.yield %[[Y]] :
// CHECK-NOT:     etch_kernel.cluster
// CHECK:         return
func.func @keeps_a_reshape_by_one_in_registers(%x: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %0 = etch.reduce_sum %x {axes = array<i64: 1>, keep_dims = false} : (tensor<4x5xf32>) -> tensor<4xf32>
  %1 = etch.reshape %0 {shape = #etch.dims<[4, 1]>} : (tensor<4xf32>) -> tensor<4x1xf32>
  %2 = etch.div %x, %1 : (tensor<4x5xf32>, tensor<4x1xf32>) -> tensor<4x5xf32>
  return %2 : tensor<4x5xf32>
}

// CHECK-LABEL: func.func @folds_two_reductions_in_one_walk(
// CHECK:         etch_kernel.cluster "row"
// CHECK:           %[[E:.*]] = etch.exp
// CHECK-NEXT:      %[[SUM:.*]] = etch.reduce_sum %[[E]]
// CHECK-NEXT:      %[[MAX:.*]] = etch.reduce_max %[[E]]
// CHECK-NEXT:      etch_kernel.yield %[[SUM]], %[[MAX]] :
// CHECK-NOT:     etch_kernel.cluster
// CHECK:         return
func.func @folds_two_reductions_in_one_walk(%x: tensor<4x5xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = etch.exp %x : (tensor<4x5xf32>) -> tensor<4x5xf32>
  %1 = etch.reduce_sum %0 {axes = array<i64: 1>, keep_dims = false} : (tensor<4x5xf32>) -> tensor<4xf32>
  %2 = etch.reduce_max %0 {axes = array<i64: 1>, keep_dims = false} : (tensor<4x5xf32>) -> tensor<4xf32>
  return %1, %2 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @keeps_reductions_along_different_axes_apart(
// CHECK-DAG:     etch_kernel.cluster "row"
// CHECK-DAG:     etch_kernel.cluster "column"
func.func @keeps_reductions_along_different_axes_apart(%x: tensor<4x5xf32>) -> (tensor<4xf32>, tensor<5xf32>) {
  %0 = etch.reduce_sum %x {axes = array<i64: 1>, keep_dims = false} : (tensor<4x5xf32>) -> tensor<4xf32>
  %1 = etch.reduce_sum %x {axes = array<i64: 0>, keep_dims = false} : (tensor<4x5xf32>) -> tensor<5xf32>
  return %0, %1 : tensor<4xf32>, tensor<5xf32>
}

// CHECK-LABEL: func.func @merges_a_column_reduction_with_its_epilogue(
// CHECK:         etch_kernel.cluster "column"
// CHECK:           etch.exp
// CHECK-NEXT:      %[[SUM:.*]] = etch.reduce_sum
// CHECK-NEXT:      %[[Y:.*]] = etch.add %[[SUM]]
// CHECK-NEXT:      etch_kernel.yield %[[Y]] :
// CHECK-NOT:     etch_kernel.cluster
// CHECK:         return
func.func @merges_a_column_reduction_with_its_epilogue(%x: tensor<4x5xf32>, %b: tensor<5xf32>) -> tensor<5xf32> {
  %0 = etch.exp %x : (tensor<4x5xf32>) -> tensor<4x5xf32>
  %1 = etch.reduce_sum %0 {axes = array<i64: 0>, keep_dims = false} : (tensor<4x5xf32>) -> tensor<5xf32>
  %2 = etch.add %1, %b : (tensor<5xf32>, tensor<5xf32>) -> tensor<5xf32>
  return %2 : tensor<5xf32>
}

// Columns are finished one strip after the other: nobody can read the sums while walking down the rows.
// CHECK-LABEL: func.func @keeps_a_map_that_spreads_column_sums_apart(
// CHECK:         etch_kernel.cluster "column"
// CHECK:         etch_kernel.cluster "map"
// CHECK:           etch.div
func.func @keeps_a_map_that_spreads_column_sums_apart(%x: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %0 = etch.reduce_sum %x {axes = array<i64: 0>, keep_dims = true} : (tensor<4x5xf32>) -> tensor<1x5xf32>
  %1 = etch.div %x, %0 : (tensor<4x5xf32>, tensor<1x5xf32>) -> tensor<4x5xf32>
  return %1 : tensor<4x5xf32>
}

// CHECK-LABEL: func.func @merges_a_matmul_with_its_epilogue(
// CHECK:         etch_kernel.cluster "contraction"
// CHECK:           %[[C:.*]] = etch.matmul
// CHECK-NEXT:      %[[S:.*]] = etch.add %[[C]]
// CHECK-NEXT:      %[[Y:.*]] = etch.relu %[[S]]
// CHECK-NEXT:      etch_kernel.yield %[[Y]] :
// CHECK-NOT:     etch_kernel.cluster
// CHECK:         return
func.func @merges_a_matmul_with_its_epilogue(%x: tensor<4x3xf32>, %w: tensor<3x5xf32>, %b: tensor<5xf32>) -> tensor<4x5xf32> {
  %0 = etch.matmul %x, %w : (tensor<4x3xf32>, tensor<3x5xf32>) -> tensor<4x5xf32>
  %1 = etch.add %0, %b : (tensor<4x5xf32>, tensor<5xf32>) -> tensor<4x5xf32>
  %2 = etch.relu %1 : (tensor<4x5xf32>) -> tensor<4x5xf32>
  return %2 : tensor<4x5xf32>
}

// The sums need memory of their own type between blocks of k.
// CHECK-LABEL: func.func @yields_the_sums_where_no_result_can_hold_them(
// CHECK:         etch_kernel.cluster "contraction"
// CHECK:           %[[C:.*]] = etch.matmul
// CHECK-NEXT:      %[[Y:.*]] = etch.cast %[[C]]
// CHECK-NEXT:      etch_kernel.yield %[[Y]], %[[C]] :
func.func @yields_the_sums_where_no_result_can_hold_them(%x: tensor<4x3xf32>, %w: tensor<3x5xf32>) -> tensor<4x5xi32> {
  %0 = etch.matmul %x, %w : (tensor<4x3xf32>, tensor<3x5xf32>) -> tensor<4x5xf32>
  %1 = etch.cast %0 {dtype = i32} : (tensor<4x5xf32>) -> tensor<4x5xi32>
  return %1 : tensor<4x5xi32>
}

// CHECK-LABEL: func.func @keeps_operands_of_a_matmul_apart(
// CHECK:         etch_kernel.cluster "map"
// CHECK:           etch.exp
// CHECK:         etch_kernel.cluster "contraction"
// CHECK:           etch.matmul
// CHECK:         etch_kernel.cluster "contraction"
// CHECK:           etch.matmul
func.func @keeps_operands_of_a_matmul_apart(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = etch.exp %x : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = etch.matmul %0, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = etch.matmul %1, %w : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %2 : tensor<4x4xf32>
}

// exp and add would fit into one cluster, but the gather between them needs one and feeds the other.
// CHECK-LABEL: func.func @closes_no_cycle_through_an_outside_op(
// CHECK:         %[[E:.*]] = etch_kernel.cluster "map"
// CHECK:           etch.exp
// CHECK:         %[[G:.*]] = etch.gather %[[E]]
// CHECK:         etch_kernel.cluster "map"({{.*}}%[[G]]
// CHECK:           etch.add
func.func @closes_no_cycle_through_an_outside_op(%x: tensor<4xf32>, %i: tensor<4xi64>) -> tensor<4xf32> {
  %0 = etch.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  %1 = etch.gather %0, %i {axis = 0 : i64, mode = "error"} : (tensor<4xf32>, tensor<4xi64>) -> tensor<4xf32>
  %2 = etch.add %0, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// The gather is older than both ops of the second pair, but it needs the cluster of a younger op that needs one of them.
// CHECK-LABEL: func.func @closes_no_cycle_through_a_merged_cluster(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<3x4xf32>, %[[Y:[a-z0-9]+]]: tensor<4xf32>,
// CHECK:         %[[A:.*]] = etch_kernel.cluster "map"(%[[Y]])
// CHECK:         %[[PQ:.*]]:2 = etch_kernel.cluster "map"(%[[X]], %[[A]])
// CHECK:         %[[G:.*]] = etch.gather %[[PQ]]#0
// CHECK:         etch_kernel.cluster "map"(%[[A]], %[[G]])
func.func @closes_no_cycle_through_a_merged_cluster(%x: tensor<3x4xf32>, %y: tensor<4xf32>, %i: tensor<i64>) -> (tensor<3x4xf32>, tensor<4xf32>) {
  %p = etch.exp %x : (tensor<3x4xf32>) -> tensor<3x4xf32>
  %g = etch.gather %p, %i {axis = 0 : i64, mode = "error"} : (tensor<3x4xf32>, tensor<i64>) -> tensor<4xf32>
  %a = etch.exp %y : (tensor<4xf32>) -> tensor<4xf32>
  %q = etch.add %p, %a : (tensor<3x4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  %c = etch.add %a, %g : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %q, %c : tensor<3x4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @stores_a_member_before_its_view_is_read(
// CHECK:         %[[E:.*]] = etch_kernel.cluster "map"
// CHECK:           etch.exp
// CHECK:         etch_kernel.cluster "map"(%[[E]])
// CHECK-NEXT:    ^bb0(%[[A:.*]]: tensor<4x4xf32>):
// CHECK-NEXT:      %[[T:.*]] = etch.transpose %[[A]]
// CHECK-NEXT:      etch.add %[[A]], %[[T]]
func.func @stores_a_member_before_its_view_is_read(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = etch.exp %x : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = etch.transpose %0 {permutation = array<i64: 1, 0>} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = etch.add %0, %1 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %2 : tensor<4x4xf32>
}

// CHECK-LABEL: func.func @repeats_views_and_constants_in_each_cluster(
// CHECK:         etch_kernel.cluster "map"
// CHECK-DAG:       etch.transpose
// CHECK-DAG:       etch.full
// CHECK:           etch.mul
// CHECK:         etch_kernel.cluster "row"
// CHECK-DAG:       etch.transpose
// CHECK-DAG:       etch.full
// CHECK:           etch.add
// CHECK-NOT:     etch_kernel.cluster
// CHECK:         return
func.func @repeats_views_and_constants_in_each_cluster(%x: tensor<4x5xf32>, %y: tensor<3x5x4xf32>) -> (tensor<5x4xf32>, tensor<3x5xf32>) {
  %c = etch.full {shape = #etch.dims<[]>, fill = 2.0 : f32} : () -> tensor<f32>
  %t = etch.transpose %x {permutation = array<i64: 1, 0>} : (tensor<4x5xf32>) -> tensor<5x4xf32>
  %0 = etch.mul %t, %c : (tensor<5x4xf32>, tensor<f32>) -> tensor<5x4xf32>
  %1 = etch.mul %y, %t : (tensor<3x5x4xf32>, tensor<5x4xf32>) -> tensor<3x5x4xf32>
  %2 = etch.add %1, %c : (tensor<3x5x4xf32>, tensor<f32>) -> tensor<3x5x4xf32>
  %3 = etch.reduce_sum %2 {axes = array<i64: 2>, keep_dims = false} : (tensor<3x5x4xf32>) -> tensor<3x5xf32>
  return %0, %3 : tensor<5x4xf32>, tensor<3x5xf32>
}

// No strides walk a transposed tensor in the order of its reshape.
// CHECK-LABEL: func.func @copies_before_a_view_without_strides(
// CHECK:         %[[COPY:.*]] = etch_kernel.cluster "map"
// CHECK:           etch.transpose
// CHECK:         etch_kernel.cluster "map"(%[[COPY]])
// CHECK:           etch.reshape
// CHECK-NEXT:      etch.exp
func.func @copies_before_a_view_without_strides(%x: tensor<4x5xf32>) -> tensor<20xf32> {
  %0 = etch.transpose %x {permutation = array<i64: 1, 0>} : (tensor<4x5xf32>) -> tensor<5x4xf32>
  %1 = etch.reshape %0 {shape = #etch.dims<[20]>} : (tensor<5x4xf32>) -> tensor<20xf32>
  %2 = etch.exp %1 : (tensor<20xf32>) -> tensor<20xf32>
  return %2 : tensor<20xf32>
}

// Two reduced axes become one loop, which has one stride.
// CHECK-LABEL: func.func @copies_what_a_reduction_cannot_walk(
// CHECK:         etch_kernel.cluster "{{row|map}}"
// CHECK-NEXT:    ^bb0(%[[X:.*]]: tensor<5x4xf32>):
// CHECK-NEXT:      %[[T:.*]] = etch.transpose %[[X]]
// CHECK-NEXT:      %[[COPY:.*]] = etch.cast %[[T]]
// CHECK:         etch_kernel.cluster "row"
// CHECK-NOT:       etch.transpose
// CHECK:           etch.reduce_sum
func.func @copies_what_a_reduction_cannot_walk(%x: tensor<5x4xf32>) -> tensor<f32> {
  %0 = etch.transpose %x {permutation = array<i64: 1, 0>} : (tensor<5x4xf32>) -> tensor<4x5xf32>
  %1 = etch.reduce_sum %0 {axes = array<i64: 0, 1>, keep_dims = false} : (tensor<4x5xf32>) -> tensor<f32>
  return %1 : tensor<f32>
}

// CHECK-LABEL: func.func @spreads_batches_without_one_stride(
// CHECK-SAME:    %[[A:[a-z0-9]+]]: tensor<2x3x4x5xf32>, %[[B:[a-z0-9]+]]: tensor<2x1x5x6xf32>)
// CHECK:         %[[WIDE:.*]] = etch_kernel.cluster "map"(%[[B]])
// CHECK:           etch.broadcast_to
// CHECK:         etch_kernel.cluster "contraction"(%[[A]], %[[WIDE]])
func.func @spreads_batches_without_one_stride(%a: tensor<2x3x4x5xf32>, %b: tensor<2x1x5x6xf32>) -> tensor<2x3x4x6xf32> {
  %0 = etch.matmul %a, %b : (tensor<2x3x4x5xf32>, tensor<2x1x5x6xf32>) -> tensor<2x3x4x6xf32>
  return %0 : tensor<2x3x4x6xf32>
}

// CHECK-LABEL: func.func @gives_concat_a_kernel_of_its_own(
// CHECK:         etch_kernel.cluster "map"
// CHECK:           etch.exp
// CHECK:         etch_kernel.cluster "concat"
// CHECK:           etch.concat
// CHECK:         etch_kernel.cluster "map"
// CHECK:           etch.neg
func.func @gives_concat_a_kernel_of_its_own(%x: tensor<4xf32>, %y: tensor<3xf32>) -> tensor<7xf32> {
  %0 = etch.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  %1 = etch.concat %0, %y {axis = 0 : i64} : (tensor<4xf32>, tensor<3xf32>) -> tensor<7xf32>
  %2 = etch.neg %1 : (tensor<7xf32>) -> tensor<7xf32>
  return %2 : tensor<7xf32>
}

// CHECK-LABEL: func.func @proves_unknown_dimensions_equal_by_symbol(
// CHECK:         etch_kernel.cluster "row"
// CHECK:           etch.exp
// CHECK-NEXT:      etch.add
// CHECK-NEXT:      etch.reduce_sum
// CHECK-NOT:     etch_kernel.cluster
// CHECK:         return
func.func @proves_unknown_dimensions_equal_by_symbol(%x: tensor<?x4xf32, #etch.dims<["n", 4]>>, %y: tensor<?x4xf32, #etch.dims<["n", 4]>>) -> tensor<?xf32, #etch.dims<["n"]>> {
  %0 = etch.exp %x : (tensor<?x4xf32, #etch.dims<["n", 4]>>) -> tensor<?x4xf32, #etch.dims<["n", 4]>>
  %1 = etch.add %0, %y : (tensor<?x4xf32, #etch.dims<["n", 4]>>, tensor<?x4xf32, #etch.dims<["n", 4]>>) -> tensor<?x4xf32, #etch.dims<["n", 4]>>
  %2 = etch.reduce_sum %1 {axes = array<i64: 1>, keep_dims = false} : (tensor<?x4xf32, #etch.dims<["n", 4]>>) -> tensor<?xf32, #etch.dims<["n"]>>
  return %2 : tensor<?xf32, #etch.dims<["n"]>>
}

// n and m may differ, so exp's space is not add's.
// CHECK-LABEL: func.func @keeps_spaces_of_different_symbols_apart(
// CHECK:         etch_kernel.cluster "map"
// CHECK:           etch.exp
// CHECK:         etch_kernel.cluster "map"
// CHECK:           etch.add
func.func @keeps_spaces_of_different_symbols_apart(%x: tensor<?xf32, #etch.dims<["n"]>>, %y: tensor<?x?xf32, #etch.dims<["m", "n"]>>) -> tensor<?x?xf32, #etch.dims<["m", "n"]>> {
  %0 = etch.exp %x : (tensor<?xf32, #etch.dims<["n"]>>) -> tensor<?xf32, #etch.dims<["n"]>>
  %1 = etch.add %0, %y : (tensor<?xf32, #etch.dims<["n"]>>, tensor<?x?xf32, #etch.dims<["m", "n"]>>) -> tensor<?x?xf32, #etch.dims<["m", "n"]>>
  return %1 : tensor<?x?xf32, #etch.dims<["m", "n"]>>
}

// CHECK-LABEL: func.func @keeps_ops_with_effects_outside_and_in_order(
// CHECK:         %[[E:.*]]:2 = etch_kernel.cluster "map"
// CHECK:         etch.print %[[E]]#0 {format = "first {}"}
// CHECK:         %[[G:.*]] = etch.gather %[[E]]#0
// CHECK:         etch.print %[[G]] {format = "second {}"}
// CHECK:         return %[[E]]#1
func.func @keeps_ops_with_effects_outside_and_in_order(%x: tensor<4xf32>, %i: tensor<i64>) -> tensor<4xf32> {
  %0 = etch.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  etch.print %0 {format = "first {}"} : (tensor<4xf32>) -> ()
  %1 = etch.gather %0, %i {axis = 0 : i64, mode = "error"} : (tensor<4xf32>, tensor<i64>) -> tensor<f32>
  etch.print %1 {format = "second {}"} : (tensor<f32>) -> ()
  %2 = etch.neg %0 : (tensor<4xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// CHECK-LABEL: func.func @materializes_views_for_ops_outside(
// CHECK:         %[[COPY:.*]] = etch_kernel.cluster "map"
// CHECK:           etch.transpose
// CHECK:         %[[FLAT:.*]] = etch.reshape %[[COPY]]
// CHECK:         etch.print %[[FLAT]]
func.func @materializes_views_for_ops_outside(%x: tensor<4x5xf32>) {
  %0 = etch.transpose %x {permutation = array<i64: 1, 0>} : (tensor<4x5xf32>) -> tensor<5x4xf32>
  %1 = etch.reshape %0 {shape = #etch.dims<[20]>} : (tensor<5x4xf32>) -> tensor<20xf32>
  etch.print %1 {format = "{}"} : (tensor<20xf32>) -> ()
  return
}

// CHECK-LABEL: func.func @copies_a_returned_argument(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<4xf32>)
// CHECK-NEXT:    %[[OUT:.*]] = etch_kernel.cluster "map"(%[[X]])
// CHECK-NEXT:    ^bb0(%[[A:.*]]: tensor<4xf32>):
// CHECK-NEXT:      etch_kernel.yield %[[A]]
// CHECK-NEXT:    }
// CHECK-NEXT:    return %[[OUT]]
func.func @copies_a_returned_argument(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// CHECK-LABEL: func.func @gives_duplicate_returns_two_outputs(
// CHECK:         %[[E:.*]] = etch_kernel.cluster "map"
// CHECK:           etch.exp
// CHECK:         %[[COPY:.*]] = etch_kernel.cluster "map"(%[[E]])
// CHECK:         %[[FLAT:.*]] = etch.reshape %[[E]]
// CHECK-NEXT:    %[[FLAT_COPY:.*]] = etch_kernel.cluster "map"(%[[FLAT]])
// CHECK:         return %[[E]], %[[COPY]], %[[FLAT_COPY]]
func.func @gives_duplicate_returns_two_outputs(%x: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<4xf32>) {
  %0 = etch.exp %x : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = etch.reshape %0 {shape = #etch.dims<[4]>} : (tensor<2x2xf32>) -> tensor<4xf32>
  return %0, %0, %1 : tensor<2x2xf32>, tensor<2x2xf32>, tensor<4xf32>
}

// A call stays where it is among effects, its operands and results are whole tensors in memory.
// CHECK-LABEL: func.func @keeps_calls(
// CHECK:         %[[T:.*]] = etch_kernel.cluster "map"
// CHECK:         %[[CALL:.*]]:2 = etch.call @inner(%[[T]])
// CHECK:         etch_kernel.cluster "map"(%[[CALL]]#1)
func.func @keeps_calls(%x: tensor<2x3xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  %0 = etch.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %1:2 = etch.call @inner(%0) {index = 0 : i64, writes = array<i64>} : (tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>)
  %2 = etch.exp %1#1 : (tensor<3x2xf32>) -> tensor<3x2xf32>
  return %1#0, %2 : tensor<3x2xf32>, tensor<3x2xf32>
}
