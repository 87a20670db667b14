// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What etch_kernel and etch_exec print parses to the same, in the custom and in the generic form.
// RUN: etch-opt %s -o %t
// RUN: FileCheck %s < %t
// RUN: etch-opt %t | diff %t -
// RUN: etch-opt -mlir-print-op-generic %s | etch-opt | diff %t -

// CHECK-LABEL: func.func @holds_clusters(
// CHECK:         etch_kernel.cluster "map"(%{{.*}}, %{{.*}}) : (tensor<4xf32>, tensor<4xi32>) -> (tensor<4xf32>, tensor<4xi1>)
// CHECK:           etch_kernel.yield %{{.*}}, %{{.*}} : tensor<4xf32>, tensor<4xi1>
// CHECK:         etch_kernel.cluster "row"(%{{.*}}) {places = ["arena 64"]}
// CHECK:         etch_kernel.cluster "map"() {places = ["slot 1"]} : () -> tensor<?xf32, #etch.dims<["n"]>>
func.func @holds_clusters(%x: tensor<4xf32>, %i: tensor<4xi32>) {
  %0:2 = etch_kernel.cluster "map"(%x, %i) : (tensor<4xf32>, tensor<4xi32>) -> (tensor<4xf32>, tensor<4xi1>) {
  ^bb0(%a: tensor<4xf32>, %b: tensor<4xi32>):
    %1 = etch.neg %a : (tensor<4xf32>) -> tensor<4xf32>
    %2 = etch.equal %b, %b : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi1>
    etch_kernel.yield %1, %2 : tensor<4xf32>, tensor<4xi1>
  }
  %3 = etch_kernel.cluster "row"(%0#0) {places = ["arena 64"]} : (tensor<4xf32>) -> tensor<f32> {
  ^bb0(%a: tensor<4xf32>):
    %1 = etch.reduce_sum %a {axes = array<i64: 0>, keep_dims = false} : (tensor<4xf32>) -> tensor<f32>
    etch_kernel.yield %1 : tensor<f32>
  }
  %4 = etch_kernel.cluster "map"() {places = ["slot 1"]} : () -> tensor<?xf32, #etch.dims<["n"]>> {
    %1 = etch.full {fill = -0.0 : f32, shape = #etch.dims<["n"]>} : () -> tensor<?xf32, #etch.dims<["n"]>>
    etch_kernel.yield %1 : tensor<?xf32, #etch.dims<["n"]>>
  }
  return
}

// CHECK:       etch_kernel.spec "map" @kernel_0 space <[4, "n", "4*m+n+1"]> {
// CHECK:         etch_kernel.load %{{.*}} strides <["4*m+n+1", 0, 1]> offset <["n"]> : !llvm.ptr -> f32
// CHECK:         etch_kernel.position strides <[0, 0, 1]> offset <[-3]> : i64
// CHECK:         etch_kernel.constant 2.500000e-01 : f32 -> f32
// CHECK:         etch_kernel.constant true -> i1
// CHECK:         etch_kernel.constant 7 : ui8 -> ui8
// CHECK:         etch_kernel.constant 0x7FC00000 : f32 -> f32
// CHECK:         etch_kernel.extent <["4*m+n+1"]> : f32
// CHECK:         etch_kernel.apply "where"(%{{.*}}, %{{.*}}, %{{.*}}) : (i1, f32, f32) -> f32
// CHECK:         etch_kernel.apply "full"() : () -> f32
// CHECK:         etch_kernel.reduce "reduce_sum" %{{.*}} : f32 -> f32
// CHECK:         etch_kernel.store %{{.*}}, %{{.*}} strides <[1, 0, 0]> offset <[0]> : f32, !llvm.ptr
etch_kernel.spec "map" @kernel_0 space <[4, "n", "4*m+n+1"]> {
^bb0(%in: !llvm.ptr, %out: !llvm.ptr):
  %0 = etch_kernel.load %in strides <["4*m+n+1", 0, 1]> offset <["n"]> : !llvm.ptr -> f32
  %1 = etch_kernel.position strides <[0, 0, 1]> offset <[-3]> : i64
  %2 = etch_kernel.constant 0.25 : f32 -> f32
  %3 = etch_kernel.constant true -> i1
  %4 = etch_kernel.constant 7 : ui8 -> ui8
  %5 = etch_kernel.constant 0x7FC00000 : f32 -> f32
  %6 = etch_kernel.extent <["4*m+n+1"]> : f32
  %7 = etch_kernel.apply "where"(%3, %2, %6) : (i1, f32, f32) -> f32
  %8 = etch_kernel.apply "full"() : () -> f32
  %9 = etch_kernel.reduce "reduce_sum" %7 : f32 -> f32
  etch_kernel.store %9, %out strides <[1, 0, 0]> offset <[0]> : f32, !llvm.ptr
}

// CHECK:       etch_kernel.spec "contraction" @kernel_1 space <[4, 5]> {
// CHECK:         etch_kernel.accumulator : f64
etch_kernel.spec "contraction" @kernel_1 space <[4, 5]> {
^bb0(%a: !llvm.ptr, %b: !llvm.ptr, %c: !llvm.ptr):
  %0 = etch_kernel.accumulator : f64
  etch_kernel.store %0, %c strides <[5, 1]> offset <[0]> : f64, !llvm.ptr
}

// CHECK:       etch_exec.program @main arena 128 slots <["4*n", 64]> {
// CHECK:         etch_exec.buffer "input" 0 : !llvm.ptr
// CHECK:         etch_exec.buffer "slot" 1 : !llvm.ptr
// CHECK:         etch_exec.launch @kernel_0(%{{.*}}, %{{.*}}) : !llvm.ptr, !llvm.ptr
// CHECK:         etch_exec.contract f64 sizes <[1, 4, 5, "k"]> a %{{.*}} <[0, "k", 1, 0]> b %{{.*}} <[0, 1, "k", 2]> c %{{[0-9]+}} : !llvm.ptr, !llvm.ptr, !llvm.ptr
// CHECK:         etch_exec.contract f64 {{.*}} epilogue @kernel_1(%{{.*}}, %{{.*}}, %{{.*}}) : !llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr
// CHECK:         etch_exec.host_call "opaque" 0(%{{.*}}) {attributes = {axis = 0 : i64}, op = "gather"} : !llvm.ptr
etch_exec.program @main arena 128 slots <["4*n", 64]> {
  %0 = etch_exec.buffer "input" 0 : !llvm.ptr
  %1 = etch_exec.buffer "output" 0 : !llvm.ptr
  %2 = etch_exec.buffer "arena" 64 : !llvm.ptr
  %3 = etch_exec.buffer "slot" 1 : !llvm.ptr
  etch_exec.launch @kernel_0(%0, %3) : !llvm.ptr, !llvm.ptr
  etch_exec.contract f64 sizes <[1, 4, 5, "k"]> a %0 <[0, "k", 1, 0]> b %1 <[0, 1, "k", 2]> c %2 : !llvm.ptr, !llvm.ptr, !llvm.ptr
  etch_exec.contract f64 sizes <[1, 4, 5, "k"]> a %0 <[0, "k", 1, 0]> b %1 <[0, 1, "k", 2]> c %2 epilogue @kernel_1(%0, %1, %2) : !llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr
  etch_exec.host_call "opaque" 0(%3) {op = "gather", attributes = {axis = 0 : i64}} : !llvm.ptr
}

// CHECK:       etch_exec.program @empty arena 0 slots <[]> {
// CHECK-NEXT:  }
etch_exec.program @empty arena 0 slots <[]> {
}
