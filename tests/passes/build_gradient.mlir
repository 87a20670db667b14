// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: etch-opt -etch-build-gradient %s | FileCheck %s
// RUN: etch-opt -etch-build-gradient %s -o %t
// RUN: etch-opt -etch-build-gradient -etch-build-gradient %s | diff %t -

// CHECK-LABEL: func.func @adds_up_the_last_use_first(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<2xf32>, %[[DY:[a-z0-9]+]]: tensor<2xf32>)
// CHECK-NEXT:    %[[N:.*]] = etch.neg %[[X]]
// CHECK-NEXT:    %[[Y:.*]] = etch.sub %[[N]], %[[X]]
// CHECK-NEXT:    %[[OF_SUB:.*]] = etch.neg %[[DY]]
// CHECK-NEXT:    %[[OF_NEG:.*]] = etch.neg %[[DY]]
// CHECK-NEXT:    %[[SUM:.*]] = etch.add %[[OF_SUB]], %[[OF_NEG]]
// CHECK-NEXT:    return %[[Y]], %[[SUM]]
func.func @adds_up_the_last_use_first(%x: tensor<2xf32>, %dy: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %n = etch.neg %x : (tensor<2xf32>) -> tensor<2xf32>
  %y = etch.sub %n, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %dx = etch.gradient 0 of %y times %dy by %x : (tensor<2xf32>) (tensor<2xf32>) (tensor<2xf32>) -> tensor<2xf32>
  return %y, %dx : tensor<2xf32>, tensor<2xf32>
}

// CHECK-LABEL: func.func @goes_through_reads_of_variables(
// CHECK-NOT:     etch.gradient
// CHECK:         etch.assign_sub
func.func @goes_through_reads_of_variables(%ref: !etch.ref<tensor<2xf32>>, %dy: tensor<2xf32>) {
  %x = etch.read_variable %ref : (!etch.ref<tensor<2xf32>>) -> tensor<2xf32>
  %y = etch.exp %x : (tensor<2xf32>) -> tensor<2xf32>
  %dx = etch.gradient 3 of %y times %dy by %ref : (tensor<2xf32>) (tensor<2xf32>) (!etch.ref<tensor<2xf32>>) -> tensor<2xf32>
  etch.assign_sub %ref, %dx : (!etch.ref<tensor<2xf32>>, tensor<2xf32>) -> ()
  return
}

// What tape 1 has not noted is a constant to it alone.
// CHECK-LABEL: func.func @leaves_out_what_a_tape_has_not_noted(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<2xf32>, %[[DY:[a-z0-9]+]]: tensor<2xf32>)
// CHECK-NEXT:    %[[N:.*]] = etch.neg %[[X]] : (tensor<2xf32>) -> tensor<2xf32>
// CHECK-NEXT:    %[[Y:.*]] = etch.add %[[N]], %[[X]]
// CHECK-NEXT:    %[[OF_NEG:.*]] = etch.neg %[[DY]]
// CHECK-NEXT:    %[[BOTH:.*]] = etch.add %[[DY]], %[[OF_NEG]]
// CHECK-NEXT:    return %[[DY]], %[[BOTH]]
func.func @leaves_out_what_a_tape_has_not_noted(%x: tensor<2xf32>, %dy: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %n = etch.neg %x {etch.unnoted = array<i64: 1>} : (tensor<2xf32>) -> tensor<2xf32>
  %y = etch.add %n, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %one = etch.gradient 1 of %y times %dy by %x : (tensor<2xf32>) (tensor<2xf32>) (tensor<2xf32>) -> tensor<2xf32>
  %two = etch.gradient 2 of %y times %dy by %x : (tensor<2xf32>) (tensor<2xf32>) (tensor<2xf32>) -> tensor<2xf32>
  return %one, %two : tensor<2xf32>, tensor<2xf32>
}

// CHECK-LABEL: func.func @builds_gradients_of_gradients(
// CHECK-NOT:     etch.gradient
// CHECK:         return
func.func @builds_gradients_of_gradients(%x: tensor<f64>, %dy: tensor<f64>) -> tensor<f64> {
  %y = etch.sin %x : (tensor<f64>) -> tensor<f64>
  %first = etch.gradient 0 of %y times %dy by %x : (tensor<f64>) (tensor<f64>) (tensor<f64>) -> tensor<f64>
  %second = etch.gradient 1 of %first times %dy by %x : (tensor<f64>) (tensor<f64>) (tensor<f64>) -> tensor<f64>
  return %second : tensor<f64>
}

// CHECK-LABEL: func.func @expands_composites_that_have_no_gradient_of_their_own(
// CHECK-NOT:     etch.reduce_mean
// CHECK:         return
func.func @expands_composites_that_have_no_gradient_of_their_own(%x: tensor<3xf32>, %dy: tensor<f32>) -> tensor<3xf32> {
  %y = etch.reduce_mean %x {axes = array<i64: 0>, keep_dims = false} : (tensor<3xf32>) -> tensor<f32>
  %dx = etch.gradient 0 of %y times %dy by %x : (tensor<f32>) (tensor<f32>) (tensor<3xf32>) -> tensor<3xf32>
  return %dx : tensor<3xf32>
}

// Those that the gradient before is made of, too.
// CHECK-LABEL: func.func @expands_composites_of_gradients(
// CHECK-COUNT-3: etch.reduce_sum
// CHECK:         return
func.func @expands_composites_of_gradients(%x: tensor<3xf64>, %dy: tensor<f64>, %dx: tensor<3xf64>) -> tensor<3xf64> {
  %y = etch.reduce_std %x {axes = array<i64: 0>, ddof = 0 : i64, keep_dims = false} : (tensor<3xf64>) -> tensor<f64>
  %first = etch.gradient 0 of %y times %dy by %x : (tensor<f64>) (tensor<f64>) (tensor<3xf64>) -> tensor<3xf64>
  %second = etch.gradient 1 of %first times %dx by %x : (tensor<3xf64>) (tensor<3xf64>) (tensor<3xf64>) -> tensor<3xf64>
  return %second : tensor<3xf64>
}

// CHECK-LABEL: func.func @leaves_alone_what_has_no_gradient(
// CHECK-NEXT:    etch.reduce_mean
// CHECK-NEXT:    return
func.func @leaves_alone_what_has_no_gradient(%x: tensor<3xf32>) -> tensor<f32> {
  %y = etch.reduce_mean %x {axes = array<i64: 0>, keep_dims = false} : (tensor<3xf32>) -> tensor<f32>
  return %y : tensor<f32>
}
