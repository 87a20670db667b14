// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: etch-opt -etch-expand-composites %s | FileCheck %s
// RUN: etch-opt -etch-expand-composites %s -o %t
// RUN: etch-opt -etch-expand-composites -etch-expand-composites %s | diff %t -

// CHECK-LABEL: func.func @expands_softmax(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<2x3xf32>)
// CHECK-NEXT:    %[[MAX:.*]] = etch.reduce_max %[[X]] {axes = array<i64: -1>, keep_dims = true}
// CHECK-NEXT:    %[[SHIFTED:.*]] = etch.sub %[[X]], %[[MAX]]
// CHECK-NEXT:    %[[E:.*]] = etch.exp %[[SHIFTED]]
// CHECK-NEXT:    %[[SUM:.*]] = etch.reduce_sum %[[E]] {axes = array<i64: -1>, keep_dims = true}
// CHECK-NEXT:    %[[Y:.*]] = etch.div %[[E]], %[[SUM]]
// CHECK-NEXT:    return %[[Y]]
func.func @expands_softmax(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = etch.softmax %x {axis = -1 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @expands_composites_inside_expansions(
// CHECK-NOT:     etch.{{reduce_mean|size}}
// CHECK-DAG:     %[[SUM:.*]] = etch.reduce_sum
// CHECK-DAG:     %[[COUNT:.*]] = etch.full {fill = 3.0
// CHECK:         etch.div %[[SUM]], %[[COUNT]]
func.func @expands_composites_inside_expansions(%x: tensor<3xf32>) -> tensor<f32> {
  %0 = etch.reduce_mean %x {axes = array<i64>, keep_dims = false} : (tensor<3xf32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: func.func @expands_over_unknown_dimensions(
// CHECK-DAG:     %[[SUM:.*]] = etch.reduce_sum
// CHECK-DAG:     %[[COUNT:.*]] = etch.extent {count = #etch.dims<["n"]>
// CHECK:         etch.div %[[SUM]], %[[COUNT]]
func.func @expands_over_unknown_dimensions(%x: tensor<?xf32, #etch.dims<["n"]>>) -> tensor<f32> {
  %0 = etch.reduce_mean %x {axes = array<i64>, keep_dims = false} : (tensor<?xf32, #etch.dims<["n"]>>) -> tensor<f32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: func.func @expands_the_first_and_the_last_op(
// CHECK-NOT:     etch.{{zeros|ones}}
// CHECK:         return
func.func @expands_the_first_and_the_last_op() -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = etch.zeros {shape = #etch.dims<[2]>, dtype = f32} : () -> tensor<2xf32>
  %1 = etch.ones {shape = #etch.dims<[2]>, dtype = f32} : () -> tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}

// CHECK-LABEL: func.func @leaves_other_ops_alone(
// CHECK-NEXT:    etch.exp
// CHECK-NEXT:    etch.reduce_sum
// CHECK-NEXT:    return
func.func @leaves_other_ops_alone(%x: tensor<3xf32>) -> tensor<f32> {
  %0 = etch.exp %x : (tensor<3xf32>) -> tensor<3xf32>
  %1 = etch.reduce_sum %0 {axes = array<i64: 0>, keep_dims = false} : (tensor<3xf32>) -> tensor<f32>
  return %1 : tensor<f32>
}

// CHECK-LABEL: func.func @keeps_ops_with_effects_where_they_are(
// CHECK:         etch.print {{.*}}"before {}"
// CHECK-NEXT:    etch.reduce_max
// CHECK:         %[[Y:.*]] = etch.div
// CHECK-NEXT:    etch.print %[[Y]] {format = "after {}"}
// CHECK-NEXT:    etch.assign %{{.*}}, %[[Y]]
func.func @keeps_ops_with_effects_where_they_are(%x: tensor<3xf32>, %w: !etch.ref<tensor<3xf32>>) {
  etch.print %x {format = "before {}"} : (tensor<3xf32>) -> ()
  %0 = etch.softmax %x {axis = -1 : i64} : (tensor<3xf32>) -> tensor<3xf32>
  etch.print %0 {format = "after {}"} : (tensor<3xf32>) -> ()
  etch.assign %w, %0 : (!etch.ref<tensor<3xf32>>, tensor<3xf32>) -> ()
  return
}
