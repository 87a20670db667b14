// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: etch-opt -etch-fuse -etch-plan-buffers %s | FileCheck %s
// RUN: etch-opt -etch-fuse -etch-plan-buffers %s -o %t
// RUN: etch-opt -etch-fuse -etch-plan-buffers -etch-plan-buffers %s | diff %t -

// The transposes keep clusters apart and rule in-place writes out.

// CHECK-LABEL: func.func @writes_results_where_they_are_returned(
// CHECK-SAME:    etch.arena_bytes = 0 : i64
// CHECK:         etch_kernel.cluster {{.*}}places = ["output 1", "output 0"]
func.func @writes_results_where_they_are_returned(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = etch.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  %1 = etch.neg %0 : (tensor<4xf32>) -> tensor<4xf32>
  return %1, %0 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @writes_an_output_through_its_view(
// CHECK:         etch_kernel.cluster {{.*}}places = ["output 0"]
// CHECK:         etch.reshape
func.func @writes_an_output_through_its_view(%x: tensor<2x2xf32>) -> tensor<4xf32> {
  %0 = etch.exp %x : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = etch.reshape %0 {shape = #etch.dims<[4]>} : (tensor<2x2xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// CHECK-LABEL: func.func @reuses_blocks_whose_value_is_dead(
// CHECK-SAME:    etch.arena_bytes = 2048 : i64
// CHECK:         etch_kernel.cluster {{.*}}places = ["arena 0"]
// CHECK:         etch_kernel.cluster {{.*}}places = ["arena 1024"]
// CHECK:         etch_kernel.cluster {{.*}}places = ["arena 0"]
// CHECK:         etch_kernel.cluster {{.*}}places = ["output 0"]
func.func @reuses_blocks_whose_value_is_dead(%x: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %0 = etch.exp %x : (tensor<16x16xf32>) -> tensor<16x16xf32>
  %1 = etch.transpose %0 {permutation = array<i64: 1, 0>} : (tensor<16x16xf32>) -> tensor<16x16xf32>
  %2 = etch.exp %1 : (tensor<16x16xf32>) -> tensor<16x16xf32>
  %3 = etch.transpose %2 {permutation = array<i64: 1, 0>} : (tensor<16x16xf32>) -> tensor<16x16xf32>
  %4 = etch.exp %3 : (tensor<16x16xf32>) -> tensor<16x16xf32>
  %5 = etch.transpose %4 {permutation = array<i64: 1, 0>} : (tensor<16x16xf32>) -> tensor<16x16xf32>
  %6 = etch.exp %5 : (tensor<16x16xf32>) -> tensor<16x16xf32>
  return %6 : tensor<16x16xf32>
}

// CHECK-LABEL: func.func @keeps_blocks_whose_value_is_read_later(
// CHECK-SAME:    etch.arena_bytes = 2048 : i64
// CHECK:         etch_kernel.cluster {{.*}}places = ["arena 0"]
// CHECK:         etch_kernel.cluster {{.*}}places = ["arena 1024"]
// CHECK:         etch_kernel.cluster {{.*}}places = ["output 0"]
func.func @keeps_blocks_whose_value_is_read_later(%x: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %0 = etch.exp %x : (tensor<16x16xf32>) -> tensor<16x16xf32>
  %1 = etch.matmul %0, %0 : (tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<16x16xf32>
  %2 = etch.matmul %0, %1 : (tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<16x16xf32>
  return %2 : tensor<16x16xf32>
}

// Blocks start on cache lines; two that were joined serve a larger value.
// CHECK-LABEL: func.func @joins_free_neighbours(
// CHECK-SAME:    etch.arena_bytes = 192 : i64
// CHECK:         etch_kernel.cluster {{.*}}places = ["arena 0"]
// CHECK:         etch_kernel.cluster {{.*}}places = ["arena 64"]
// CHECK:         etch.gather {{.*}}etch.places = ["arena 128"]
// CHECK:         etch.gather {{.*}}etch.places = ["arena 0"]
// CHECK:         etch.gather {{.*}}etch.places = ["output 0"]
func.func @joins_free_neighbours(%x: tensor<3xf32>, %y: tensor<3xi64>, %i: tensor<32xi64>) -> tensor<32xf32> {
  %0 = etch.exp %x : (tensor<3xf32>) -> tensor<3xf32>
  %1 = etch.neg %y : (tensor<3xi64>) -> tensor<3xi64>
  %2 = etch.gather %0, %1 {axis = 0 : i64, mode = "error"} : (tensor<3xf32>, tensor<3xi64>) -> tensor<3xf32>
  %3 = etch.gather %2, %i {axis = 0 : i64, mode = "error"} : (tensor<3xf32>, tensor<32xi64>) -> tensor<32xf32>
  %4 = etch.gather %3, %i {axis = 0 : i64, mode = "error"} : (tensor<32xf32>, tensor<32xi64>) -> tensor<32xf32>
  return %4 : tensor<32xf32>
}

// CHECK-LABEL: func.func @overwrites_an_operand_read_element_by_element(
// CHECK-SAME:    etch.arena_bytes = 64 : i64
// CHECK:         etch.gather {{.*}}etch.places = ["arena 0"]
// CHECK:         etch_kernel.cluster {{.*}}places = ["arena 0"]
// CHECK:         etch.gather {{.*}}etch.places = ["output 0"]
func.func @overwrites_an_operand_read_element_by_element(%x: tensor<4xf32>, %i: tensor<4xi64>) -> tensor<4xf32> {
  %0 = etch.gather %x, %i {axis = 0 : i64, mode = "error"} : (tensor<4xf32>, tensor<4xi64>) -> tensor<4xf32>
  %1 = etch.exp %0 : (tensor<4xf32>) -> tensor<4xf32>
  %2 = etch.gather %1, %i {axis = 0 : i64, mode = "error"} : (tensor<4xf32>, tensor<4xi64>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// The argument is read in the order of the result and in another one.
// CHECK-LABEL: func.func @keeps_an_operand_that_a_view_reads_too(
// CHECK:         etch.gather {{.*}}etch.places = ["arena 0"]
// CHECK:         etch_kernel.cluster {{.*}}places = ["arena 64"]
func.func @keeps_an_operand_that_a_view_reads_too(%x: tensor<4x4xf32>, %i: tensor<4xi64>) -> tensor<4x4xf32> {
  %0 = etch.gather %x, %i {axis = 0 : i64, mode = "error"} : (tensor<4x4xf32>, tensor<4xi64>) -> tensor<4x4xf32>
  %1 = etch.transpose %0 {permutation = array<i64: 1, 0>} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = etch.add %0, %1 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %3 = etch.gather %2, %i {axis = 0 : i64, mode = "error"} : (tensor<4x4xf32>, tensor<4xi64>) -> tensor<4x4xf32>
  return %3 : tensor<4x4xf32>
}

// CHECK-LABEL: func.func @keeps_an_operand_of_another_type(
// CHECK:         etch.gather {{.*}}etch.places = ["arena 0"]
// CHECK:         etch_kernel.cluster {{.*}}places = ["arena 64"]
func.func @keeps_an_operand_of_another_type(%x: tensor<4xf32>, %i: tensor<4xi64>) -> tensor<4xi32> {
  %0 = etch.gather %x, %i {axis = 0 : i64, mode = "error"} : (tensor<4xf32>, tensor<4xi64>) -> tensor<4xf32>
  %1 = etch.cast %0 {dtype = i32} : (tensor<4xf32>) -> tensor<4xi32>
  %2 = etch.gather %1, %i {axis = 0 : i64, mode = "error"} : (tensor<4xi32>, tensor<4xi64>) -> tensor<4xi32>
  return %2 : tensor<4xi32>
}

// CHECK-LABEL: func.func @keeps_an_operand_that_is_broadcast(
// CHECK:         etch.gather {{.*}}etch.places = ["arena 0"]
// CHECK:         etch_kernel.cluster {{.*}}places = ["arena 64"]
func.func @keeps_an_operand_that_is_broadcast(%x: tensor<4xf32>, %y: tensor<4x4xf32>, %i: tensor<4xi64>) -> tensor<4x4xf32> {
  %0 = etch.gather %x, %i {axis = 0 : i64, mode = "error"} : (tensor<4xf32>, tensor<4xi64>) -> tensor<4xf32>
  %1 = etch.mul %0, %y : (tensor<4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = etch.gather %1, %i {axis = 0 : i64, mode = "error"} : (tensor<4x4xf32>, tensor<4xi64>) -> tensor<4x4xf32>
  return %2 : tensor<4x4xf32>
}

// A row is read again after parts of it were written.
// CHECK-LABEL: func.func @keeps_operands_of_row_clusters(
// CHECK:         etch.gather {{.*}}etch.places = ["arena 0"]
// CHECK:         etch_kernel.cluster "row"{{.*}}places = ["arena 64"]
func.func @keeps_operands_of_row_clusters(%x: tensor<4x4xf32>, %i: tensor<4xi64>) -> tensor<4x4xf32> {
  %0 = etch.gather %x, %i {axis = 0 : i64, mode = "error"} : (tensor<4x4xf32>, tensor<4xi64>) -> tensor<4x4xf32>
  %1 = etch.reduce_sum %0 {axes = array<i64: 1>, keep_dims = true} : (tensor<4x4xf32>) -> tensor<4x1xf32>
  %2 = etch.div %0, %1 : (tensor<4x4xf32>, tensor<4x1xf32>) -> tensor<4x4xf32>
  %3 = etch.gather %2, %i {axis = 0 : i64, mode = "error"} : (tensor<4x4xf32>, tensor<4xi64>) -> tensor<4x4xf32>
  return %3 : tensor<4x4xf32>
}

// Arguments are the caller's, outputs are not scratch.
// CHECK-LABEL: func.func @never_overwrites_arguments_or_outputs(
// CHECK-SAME:    etch.arena_bytes = 64 : i64
// CHECK:         etch_kernel.cluster "map"(%arg0) {places = ["output 0"]}
// CHECK:         etch.gather {{.*}}etch.places = ["output 1"]
// CHECK:         etch_kernel.cluster {{.*}}places = ["arena 0"]
// CHECK:         etch.gather {{.*}}etch.places = ["output 2"]
func.func @never_overwrites_arguments_or_outputs(%x: tensor<4xf32>, %i: tensor<4xi64>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %0 = etch.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  %1 = etch.gather %0, %i {axis = 0 : i64, mode = "error"} : (tensor<4xf32>, tensor<4xi64>) -> tensor<4xf32>
  %2 = etch.neg %1 : (tensor<4xf32>) -> tensor<4xf32>
  %3 = etch.gather %2, %i {axis = 0 : i64, mode = "error"} : (tensor<4xf32>, tensor<4xi64>) -> tensor<4xf32>
  return %0, %1, %3 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @gives_unknown_sizes_slots(
// CHECK-SAME:    etch.arena_bytes = 0 : i64, etch.slots = #etch.dims<["4*n", "8*n"]>
// CHECK:         etch_kernel.cluster {{.*}}places = ["slot 0"]
// CHECK:         etch_kernel.cluster {{.*}}places = ["slot 1"]
// CHECK:         etch.gather {{.*}}etch.places = ["output 0"]
func.func @gives_unknown_sizes_slots(%x: tensor<?xf32, #etch.dims<["n"]>>, %y: tensor<?xi32, #etch.dims<["n"]>>) -> tensor<?xf32, #etch.dims<["n"]>> {
  %0 = etch.exp %x : (tensor<?xf32, #etch.dims<["n"]>>) -> tensor<?xf32, #etch.dims<["n"]>>
  %1 = etch.cast %y {dtype = i64} : (tensor<?xi32, #etch.dims<["n"]>>) -> tensor<?xi64, #etch.dims<["n"]>>
  %2 = etch.gather %0, %1 {axis = 0 : i64, mode = "error"} : (tensor<?xf32, #etch.dims<["n"]>>, tensor<?xi64, #etch.dims<["n"]>>) -> tensor<?xf32, #etch.dims<["n"]>>
  return %2 : tensor<?xf32, #etch.dims<["n"]>>
}

// CHECK-LABEL: func.func @shares_slots_of_equal_size(
// CHECK-SAME:    etch.slots = #etch.dims<["4*n*n", "4*n*n"]>
// CHECK:         etch_kernel.cluster {{.*}}places = ["slot 0"]
// CHECK:         etch_kernel.cluster {{.*}}places = ["slot 1"]
// CHECK:         etch_kernel.cluster {{.*}}places = ["slot 0"]
// CHECK:         etch_kernel.cluster {{.*}}places = ["output 0"]
func.func @shares_slots_of_equal_size(%x: tensor<?x?xf32, #etch.dims<["n", "n"]>>) -> tensor<?x?xf32, #etch.dims<["n", "n"]>> {
  %0 = etch.exp %x : (tensor<?x?xf32, #etch.dims<["n", "n"]>>) -> tensor<?x?xf32, #etch.dims<["n", "n"]>>
  %1 = etch.transpose %0 {permutation = array<i64: 1, 0>} : (tensor<?x?xf32, #etch.dims<["n", "n"]>>) -> tensor<?x?xf32, #etch.dims<["n", "n"]>>
  %2 = etch.exp %1 : (tensor<?x?xf32, #etch.dims<["n", "n"]>>) -> tensor<?x?xf32, #etch.dims<["n", "n"]>>
  %3 = etch.transpose %2 {permutation = array<i64: 1, 0>} : (tensor<?x?xf32, #etch.dims<["n", "n"]>>) -> tensor<?x?xf32, #etch.dims<["n", "n"]>>
  %4 = etch.exp %3 : (tensor<?x?xf32, #etch.dims<["n", "n"]>>) -> tensor<?x?xf32, #etch.dims<["n", "n"]>>
  %5 = etch.transpose %4 {permutation = array<i64: 1, 0>} : (tensor<?x?xf32, #etch.dims<["n", "n"]>>) -> tensor<?x?xf32, #etch.dims<["n", "n"]>>
  %6 = etch.exp %5 : (tensor<?x?xf32, #etch.dims<["n", "n"]>>) -> tensor<?x?xf32, #etch.dims<["n", "n"]>>
  return %6 : tensor<?x?xf32, #etch.dims<["n", "n"]>>
}

// CHECK-LABEL: func.func @gives_empty_tensors_an_address(
// CHECK-SAME:    etch.arena_bytes = 64 : i64
// CHECK:         etch_kernel.cluster {{.*}}places = ["arena 0"]
func.func @gives_empty_tensors_an_address(%x: tensor<0x4xf32>) {
  %0 = etch.exp %x : (tensor<0x4xf32>) -> tensor<0x4xf32>
  etch.print %0 {format = "{}"} : (tensor<0x4xf32>) -> ()
  return
}

// CHECK-LABEL: func.func @keeps_printed_values_until_they_are_printed(
// CHECK:         etch_kernel.cluster {{.*}}places = ["arena 0"]
// CHECK:         etch.gather {{.*}}etch.places = ["arena 64"]
// CHECK:         etch.gather {{.*}}etch.places = ["arena 128"]
// CHECK:         etch.print
// CHECK:         etch.gather {{.*}}etch.places = ["output 0"]
func.func @keeps_printed_values_until_they_are_printed(%x: tensor<4xf32>, %i: tensor<4xi64>) -> tensor<4xf32> {
  %0 = etch.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  %1 = etch.gather %0, %i {axis = 0 : i64, mode = "error"} : (tensor<4xf32>, tensor<4xi64>) -> tensor<4xf32>
  %2 = etch.gather %1, %i {axis = 0 : i64, mode = "error"} : (tensor<4xf32>, tensor<4xi64>) -> tensor<4xf32>
  etch.print %0 {format = "{}"} : (tensor<4xf32>) -> ()
  %3 = etch.gather %2, %i {axis = 0 : i64, mode = "error"} : (tensor<4xf32>, tensor<4xi64>) -> tensor<4xf32>
  return %3 : tensor<4xf32>
}

// No machine holds these; their bytes are summed with checks when the function is called, if a guard has not failed.
// CHECK-LABEL: func.func @takes_slots_for_blocks_beyond_any_memory(
// CHECK-SAME:    etch.arena_bytes = 0 : i64
// CHECK:         etch_kernel.cluster {{.*}}places = ["slot 0"]
// CHECK:         etch_kernel.cluster {{.*}}places = ["output 0"]
func.func @takes_slots_for_blocks_beyond_any_memory(%x: tensor<1073741824x1073741824xf32>) -> tensor<1073741824x1073741824xf32> {
  %0 = etch.exp %x : (tensor<1073741824x1073741824xf32>) -> tensor<1073741824x1073741824xf32>
  %1 = etch.transpose %0 {permutation = array<i64: 1, 0>} : (tensor<1073741824x1073741824xf32>) -> tensor<1073741824x1073741824xf32>
  %2 = etch.exp %1 : (tensor<1073741824x1073741824xf32>) -> tensor<1073741824x1073741824xf32>
  return %2 : tensor<1073741824x1073741824xf32>
}

// Pairs of an output and an input, whose memory the caller may have given away.
// CHECK-LABEL: func.func @lets_an_output_take_an_input(
// CHECK-SAME:    etch.takes = array<i64: 0, 0, 0, 1>
// CHECK-NOT:     etch.commits
// CHECK:         return
func.func @lets_an_output_take_an_input(%x: tensor<?x4xf32, #etch.dims<["n", 4]>>, %y: tensor<?x4xi32, #etch.dims<["n", 4]>>, %b: tensor<4xf32>) -> tensor<?x4xf32, #etch.dims<["n", 4]>> {
  %0 = etch.cast %y {dtype = f32} : (tensor<?x4xi32, #etch.dims<["n", 4]>>) -> tensor<?x4xf32, #etch.dims<["n", 4]>>
  %1 = etch.add %x, %0 : (tensor<?x4xf32, #etch.dims<["n", 4]>>, tensor<?x4xf32, #etch.dims<["n", 4]>>) -> tensor<?x4xf32, #etch.dims<["n", 4]>>
  %2 = etch.mul %1, %b : (tensor<?x4xf32, #etch.dims<["n", 4]>>, tensor<4xf32>) -> tensor<?x4xf32, #etch.dims<["n", 4]>>
  return %2 : tensor<?x4xf32, #etch.dims<["n", 4]>>
}

// CHECK-LABEL: func.func @lets_a_copy_take_what_it_copies(
// CHECK-SAME:    etch.takes = array<i64: 0, 0>
func.func @lets_a_copy_take_what_it_copies(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// CHECK-LABEL: func.func @keeps_an_input_that_is_read_later(
// CHECK-SAME:    attributes {etch.arena_bytes = 0 : i64, etch.slots = #etch.dims<[]>, etch.takes = array<i64: 1, 0>}
func.func @keeps_an_input_that_is_read_later(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = etch.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  return %0, %x : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @keeps_inputs_of_other_walks(
// CHECK-SAME:    attributes {etch.arena_bytes = 0 : i64, etch.slots = #etch.dims<[]>}
func.func @keeps_inputs_of_other_walks(%x: tensor<4x4xf32>, %y: tensor<4xf32>, %z: tensor<4x4xf64>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
  %0 = etch.transpose %x {permutation = array<i64: 1, 0>} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = etch.add %x, %0 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = etch.add %1, %y : (tensor<4x4xf32>, tensor<4xf32>) -> tensor<4x4xf32>
  %3 = etch.cast %z {dtype = f32} : (tensor<4x4xf64>) -> tensor<4x4xf32>
  %4 = etch.softmax %2 {axis = -1 : i64} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return %2, %3, %4 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
}

// CHECK-LABEL: func.func @keeps_inputs_while_a_check_may_fail(
// CHECK-SAME:    attributes {etch.arena_bytes = 0 : i64, etch.slots = #etch.dims<[]>}
func.func @keeps_inputs_while_a_check_may_fail(%x: tensor<4xf32>, %i: tensor<4xi64>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = etch.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  %1 = etch.gather %0, %i {axis = 0 : i64, mode = "error"} : (tensor<4xf32>, tensor<4xi64>) -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// The host needs memory for a contraction.
// CHECK-LABEL: func.func @commits_when_nothing_can_fail_any_more(
// CHECK-SAME:    etch.takes = array<i64: 1, 0>
// CHECK:         etch_kernel.cluster "contraction"({{[^)]*}}) {places = ["output 0"]}
// CHECK:         etch.gather
// CHECK:         etch_kernel.cluster "map"({{[^)]*}}) {etch.commits, places = ["output 1"]}
func.func @commits_when_nothing_can_fail_any_more(%x: tensor<4x4xf32>, %i: tensor<4xi64>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %0 = etch.matmul %x, %x : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = etch.gather %0, %i {axis = 0 : i64, mode = "error"} : (tensor<4x4xf32>, tensor<4xi64>) -> tensor<4x4xf32>
  %2 = etch.add %x, %1 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0, %2 : tensor<4x4xf32>, tensor<4x4xf32>
}
