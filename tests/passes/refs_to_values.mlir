// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: etch-opt -etch-refs-to-values %s | FileCheck %s
// RUN: etch-opt -etch-refs-to-values %s -o %t
// RUN: etch-opt -etch-refs-to-values -etch-refs-to-values %s | diff %t -

// The current value comes in after the inputs, the new value goes out after the results.
// CHECK-LABEL: func.func @turns_read_and_assign_into_values(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<2xf32>, %[[W:[a-z0-9]+]]: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>)
// CHECK-SAME:    etch.written_refs = array<i64: 0>
// CHECK-NEXT:    %[[Y:.*]] = etch.mul %[[X]], %[[W]]
// CHECK-NEXT:    return %[[W]], %[[Y]]
func.func @turns_read_and_assign_into_values(%x: tensor<2xf32>, %w: !etch.ref<tensor<2xf32>>) -> tensor<2xf32> {
  %0 = etch.read_variable %w : (!etch.ref<tensor<2xf32>>) -> tensor<2xf32>
  %1 = etch.mul %x, %0 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  etch.assign %w, %1 : (!etch.ref<tensor<2xf32>>, tensor<2xf32>) -> ()
  return %0 : tensor<2xf32>
}

// CHECK-LABEL: func.func @spells_updates_out(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<2xf32>, %[[W:[a-z0-9]+]]: tensor<2xf32>)
// CHECK-NEXT:    %[[SUM:.*]] = etch.add %[[W]], %[[X]]
// CHECK-NEXT:    %[[DIFFERENCE:.*]] = etch.sub %[[SUM]], %[[X]]
// CHECK-NEXT:    return %[[DIFFERENCE]]
func.func @spells_updates_out(%x: tensor<2xf32>, %w: !etch.ref<tensor<2xf32>>) {
  etch.assign_add %w, %x : (!etch.ref<tensor<2xf32>>, tensor<2xf32>) -> ()
  etch.assign_sub %w, %x : (!etch.ref<tensor<2xf32>>, tensor<2xf32>) -> ()
  return
}

// CHECK-LABEL: func.func @reads_what_was_written_last(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<2xf32>, %[[W:[a-z0-9]+]]: tensor<2xf32>)
// CHECK-NEXT:    %[[Y:.*]] = etch.add %[[W]], %[[X]]
// CHECK-NEXT:    return %[[W]], %[[X]], %[[Y]]
func.func @reads_what_was_written_last(%x: tensor<2xf32>, %w: !etch.ref<tensor<2xf32>>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = etch.read_variable %w : (!etch.ref<tensor<2xf32>>) -> tensor<2xf32>
  etch.assign %w, %x : (!etch.ref<tensor<2xf32>>, tensor<2xf32>) -> ()
  %1 = etch.read_variable %w : (!etch.ref<tensor<2xf32>>) -> tensor<2xf32>
  %2 = etch.add %0, %1 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  etch.assign %w, %2 : (!etch.ref<tensor<2xf32>>, tensor<2xf32>) -> ()
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}

// CHECK-LABEL: func.func @numbers_the_written_refs_only(
// CHECK-SAME:    %{{.*}}: tensor<2xf32>, %[[B:[a-z0-9]+]]: tensor<3xf32>, %{{.*}}: tensor<4xf32>) -> tensor<3xf32>
// CHECK-SAME:    etch.written_refs = array<i64: 1>
// CHECK-NEXT:    %[[NEW:.*]] = etch.add %[[B]], %[[B]]
// CHECK-NEXT:    return %[[NEW]]
func.func @numbers_the_written_refs_only(%a: !etch.ref<tensor<2xf32>>, %b: !etch.ref<tensor<3xf32>>, %c: !etch.ref<tensor<4xf32>>) {
  %0 = etch.read_variable %b : (!etch.ref<tensor<3xf32>>) -> tensor<3xf32>
  etch.assign_add %b, %0 : (!etch.ref<tensor<3xf32>>, tensor<3xf32>) -> ()
  %1 = etch.read_variable %c : (!etch.ref<tensor<4xf32>>) -> tensor<4xf32>
  return
}

// CHECK-LABEL: func.func @leaves_functions_without_refs_alone(
// CHECK-NOT:     etch.written_refs
// CHECK:         %[[Y:.*]] = etch.exp
// CHECK-NEXT:    return %[[Y]]
func.func @leaves_functions_without_refs_alone(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = etch.exp %x : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// CHECK-LABEL: func.func @keeps_ops_with_effects_in_order(
// CHECK-SAME:    %[[W:[a-z0-9]+]]: tensor<2xf32>)
// CHECK-NEXT:    etch.print %[[W]] {format = "before {}"}
// CHECK-NEXT:    %[[NEW:.*]] = etch.add %[[W]], %[[W]]
// CHECK-NEXT:    etch.print %[[NEW]] {format = "after {}"}
// CHECK-NEXT:    return %[[NEW]]
func.func @keeps_ops_with_effects_in_order(%w: !etch.ref<tensor<2xf32>>) {
  %0 = etch.read_variable %w : (!etch.ref<tensor<2xf32>>) -> tensor<2xf32>
  etch.print %0 {format = "before {}"} : (tensor<2xf32>) -> ()
  etch.assign_add %w, %0 : (!etch.ref<tensor<2xf32>>, tensor<2xf32>) -> ()
  %1 = etch.read_variable %w : (!etch.ref<tensor<2xf32>>) -> tensor<2xf32>
  etch.print %1 {format = "after {}"} : (tensor<2xf32>) -> ()
  return
}

// CHECK-LABEL: func.func @gives_calls_the_values_of_their_refs(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<2xf32>, %[[V:[a-z0-9]+]]: tensor<2xf32>, %[[W:[a-z0-9]+]]: tensor<3xf32>)
// CHECK-SAME:    etch.written_refs = array<i64: 1>
// CHECK-NEXT:    %[[CALL:.*]]:2 = etch.call @inner(%[[X]], %[[V]], %[[W]]) {{.*}} -> (tensor<2xf32>, tensor<3xf32>)
// CHECK-NEXT:    %[[NEW:.*]] = etch.add %[[CALL]]#1, %[[W]]
// CHECK-NEXT:    return %[[CALL]]#0, %[[NEW]]
func.func @gives_calls_the_values_of_their_refs(%x: tensor<2xf32>, %v: !etch.ref<tensor<2xf32>>, %w: !etch.ref<tensor<3xf32>>) -> tensor<2xf32> {
  %0 = etch.read_variable %w : (!etch.ref<tensor<3xf32>>) -> tensor<3xf32>
  %1 = etch.call @inner(%x, %v, %w) {index = 0 : i64, writes = array<i64: 1>} : (tensor<2xf32>, !etch.ref<tensor<2xf32>>, !etch.ref<tensor<3xf32>>) -> tensor<2xf32>
  etch.assign_add %w, %0 : (!etch.ref<tensor<3xf32>>, tensor<3xf32>) -> ()
  return %1 : tensor<2xf32>
}

// What is assigned has the extents of the Variable, which only the trace's assumptions say.
// CHECK-LABEL: func.func @gives_readers_the_type_of_the_variable(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<?xf32
// CHECK-NEXT:    %[[V:.*]] = etch.reshape %[[X]] {{.*}} -> tensor<3xf32>
// CHECK-NEXT:    %[[Y:.*]] = etch.exp %[[V]]
// CHECK-NEXT:    return %[[Y]], %[[V]] : tensor<3xf32>, tensor<3xf32>
func.func @gives_readers_the_type_of_the_variable(%x: tensor<?xf32, #etch.dims<["n"]>>, %ref: !etch.ref<tensor<3xf32>>) -> tensor<3xf32> {
  etch.assign %ref, %x : (!etch.ref<tensor<3xf32>>, tensor<?xf32, #etch.dims<["n"]>>) -> ()
  %0 = etch.read_variable %ref : (!etch.ref<tensor<3xf32>>) -> tensor<3xf32>
  %1 = etch.exp %0 : (tensor<3xf32>) -> tensor<3xf32>
  return %1 : tensor<3xf32>
}
