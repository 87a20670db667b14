// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_INDEXING
#define ETCH_OPS_INDEXING

include "ops/base.td"

// An index outside its axis: an error; the nearest one; or the operation's way of leaving it out.
class IndexMode<string leaving_out> : ChoiceAttrOf<"mode", ["error", "clip", leaving_out], "error">;

// Ops that may report an index. Failures happen in program order.
class Indexed<string mnemonic, list<string> names> : Opaque<mnemonic, names, [MemoryEffects<[MemWrite<Etch_Stream>]>]> {
  let sameDTypes = 0;
  let mayFail = 1;
}

def GatherOp : Indexed<"gather", ["params", "indices"]> {
  let summary = "Slices of params chosen by indices along an axis";
  let description = [{
    The result's dimensions are those of params with the axis replaced by the dimensions of indices. An index outside
    [0, extent) is an error; in mode "clip" it means the nearest element, in mode "fill" zeros.
  }];
  let operandDTypes = [AnyDType, Indices];
  let attrs = [IntegerAttrOf<"axis", "0">, IndexMode<"fill">];
  let shape = "return {gather_type(call, params, indices, axis)};";
  let vjp = "scatter_add(full(context, params.dims(), Scalar::of(params.dtype(), 0.0)), indices, dy, axis, mode == \"fill\" ? \"drop\" : mode);";
  let reference = "np.take(with_zero(params, axis), resolved(indices, params.shape[axis], mode), axis=axis)";
  let golden = ["gather([[1, 2], [3, 4], [5, 6]], [2, 0]:i32) = [[5, 6], [1, 2]]",
                "gather([[1, 2, 3], [4, 5, 6]], [[2], [1]]:i64, axis=1) = [[[3], [2]], [[6], [5]]]",
                "gather([7, 8, 9], 1:i64) = 8", "gather([7, 8, 9], [2, 0]:i16) = [9, 7]", "gather([7, 8], [-5, 1, 2]:i64, mode=\"clip\") = [7, 8, 8]",
                "gather([7, 8], [-1, 1, 2]:i32, mode=\"fill\") = [0, 8, 0]", "gather([], [3]:i64, mode=\"fill\") = [0]"];
  let example = ["y = etch::gather(params, indices);", "y = etch::gather(params, indices, 0, \"clip\");"];
}

def EmbeddingLookupOp : Composite<"embedding_lookup", ["params", "ids"], [MemoryEffects<[MemWrite<Etch_Stream>]>]> {
  let summary = "Rows of params chosen by ids: gather along the first axis";
  let description = "An id outside [0, rows) is an error.";
  let operandDTypes = [AnyDType, Indices];
  let sameDTypes = 0;
  let expansion = "return gather(params, ids, 0);";
  let reference = "np.take(params, ids, axis=0)";
  let golden = ["embedding_lookup([[1, 2], [3, 4], [5, 6]], [2, 0]:i32) = [[5, 6], [1, 2]]"];
  let example = ["y = etch::embedding_lookup(params, indices);"];
}

def TakeAlongAxisOp : Indexed<"take_along_axis", ["x", "indices"]> {
  let summary = "Elements of x chosen along an axis by indices of their own for each place";
  let description = [{
    x and indices agree but for the axis, and the result has the shape of indices: along axis 0,
    y[i, j] = x[indices[i, j], j]. An index outside [0, extent) is an error; in mode "clip" it means the nearest
    element, in mode "fill" zero.
  }];
  let operandDTypes = [AnyDType, Indices];
  let attrs = [IntegerAttrOf<"axis", "-1">, IndexMode<"fill">];
  let shape = "check_along_axis(call, x, indices, axis); return {TensorType(x.dtype, indices.dims)};";
  let vjp = "add_along_axis(full(context, x.dims(), Scalar::of(x.dtype(), 0.0)), indices, dy, axis, mode == \"fill\" ? \"drop\" : mode);";
  let reference = "np.take_along_axis(with_zero(x, axis), resolved(indices, x.shape[axis], mode), axis)";
  let golden = ["take_along_axis([[1, 2], [3, 4]], [[1, 1, 0], [0, 0, 1]]:i64, axis=1) = [[2, 2, 1], [3, 3, 4]]",
                "take_along_axis([[1, 2], [3, 4]], [[1, 0]]:i32, axis=0) = [[3, 2]]",
                "take_along_axis([1, 2], [5, -1]:i64, axis=0, mode=\"clip\") = [2, 1]",
                "take_along_axis([1, 2], [1, 2]:i64, axis=0, mode=\"fill\") = [2, 0]"];
  let sample = ["take_along_axis([3, 5], [3, 2], axis=1)", "take_along_axis([70], [9], axis=0)", "take_along_axis([4, 3, 2], [6, 3, 2], axis=0)",
                "take_along_axis([4, 3, 2], [4, 5, 2], axis=-2)", "take_along_axis([2, 3], [0, 3], axis=0)"];
  let example = ["y = etch::take_along_axis(x, etch::argsort(x, 1), 1);"];
}

def ScatterAddOp : Indexed<"scatter_add", ["destination", "indices", "updates"]> {
  let summary = "destination with slices of updates added where indices say along an axis: the reverse of gather";
  let description = [{
    updates has the shape that gather(destination, indices, axis) would give. Updates of one element are added in the
    order of their indices. An index outside [0, extent) is an error; in mode "clip" it means the nearest element, in
    mode "drop" the update is left out.
  }];
  let operandDTypes = [Numbers, Indices, Numbers];
  let widens = 1;
  let attrs = [IntegerAttrOf<"axis", "0">, IndexMode<"drop">];
  let shape = "check_updates(call, destination, updates); return {scatter_type(call, destination, indices, updates, axis)};";
  let vjp = "dy; ; gather(dy, indices, axis, mode == \"drop\" ? \"fill\" : mode)";
  let reference = "added_at(destination, indices, updates, axis, mode)";
  let referenceScale = "added_at(np.abs(destination), indices, np.abs(updates), axis, mode)";
  let golden = ["scatter_add([1, 2, 3], [2, 0, 2]:i32, [10, 20, 30]) = [21, 2, 43]",
                "scatter_add([[1, 2], [3, 4]], [1]:i64, [[10, 20]]) = [[1, 2], [13, 24]]",
                "scatter_add([[1, 2], [3, 4]], [1, 1]:i64, [[10, 20], [30, 40]], axis=1) = [[1, 32], [3, 74]]",
                "scatter_add([1, 2], [5, -1]:i64, [10, 20], mode=\"drop\") = [1, 2]",
                "scatter_add([1, 2], [5, -1]:i64, [10, 20], mode=\"clip\") = [21, 12]", "scatter_add([1], 0:i64, 5) = [6]"];
  let sample = ["scatter_add([5, 3], [4], [4, 3], axis=0)", "scatter_add([5, 3], [2, 2], [5, 2, 2], axis=1)", "scatter_add([40], [100], [100], axis=0)",
                "scatter_add([2, 3, 4], [], [2, 4], axis=1)", "scatter_add([3], [0], [0], axis=0)"];
  let example = ["y = etch::scatter_add(x, indices, x);"];
}

// What the gradient of take_along_axis is made of.
def AddAlongAxisOp : Indexed<"add_along_axis", ["destination", "indices", "updates"]> {
  let summary = "destination with updates added along an axis at indices of their own for each place";
  let operandDTypes = [Numbers, Indices, Numbers];
  let widens = 1;
  let attrs = [IntegerAttrOf<"axis", "-1">, IndexMode<"drop">];
  let isPublic = 0;
  let shape = "check_updates(call, destination, updates); return {add_along_axis_type(call, destination, indices, updates, axis)};";
  let vjp = "dy; ; take_along_axis(dy, indices, axis, mode == \"drop\" ? \"fill\" : mode)";
  let golden = ["add_along_axis([[1, 2], [3, 4]], [[1, 1, 0], [0, 0, 1]]:i64, [[1, 10, 100], [1, 10, 100]], axis=1) = [[101, 13], [14, 104]]",
                "add_along_axis([1, 2], [5, 1]:i32, [10, 20], axis=0, mode=\"drop\") = [1, 22]"];
  let sample = ["add_along_axis([3, 5], [3, 2], [3, 2], axis=1)", "add_along_axis([70], [9], [9], axis=0)", "add_along_axis([4, 3, 2], [6, 3, 2], [6, 3, 2], axis=0)"];
}

def SegmentSumOp : Composite<"segment_sum", ["x", "ids"], [MemoryEffects<[MemWrite<Etch_Stream>]>]> {
  let summary = "The sums of the slices of x that have one id, for ids 0 to count - 1";
  let description = [{
    ids has one number for each slice along the first axis, in any order; a segment without slices is 0. An id outside
    [0, count) is an error; in mode "clip" it means the nearest segment, in mode "drop" the slice is left out.
  }];
  let operandDTypes = [Numbers, Indices];
  let sameDTypes = 0;
  let widens = 1;
  let attrs = [DimAttrOf<"count">, IndexMode<"drop">];
  let check = "check_segments(call, x, ids, count);";
  let expansion = [{
    Dims dims = x.dims();
    dims[0] = count;
    return scatter_add(full(context, dims, Scalar::of(x.dtype(), 0.0)), ids, x, 0, mode);
  }];
  let reference = "added_at(np.zeros((count, *x.shape[1:]), x.dtype), ids, x, 0, mode)";
  let referenceScale = "added_at(np.zeros(y.shape), ids, np.abs(x), 0, mode)";
  let golden = ["segment_sum([1, 2, 3], [0, 2, 0]:i32, count=3) = [4, 0, 2]", "segment_sum([[1, 2], [3, 4]], [1, 1]:i64, count=2) = [[0, 0], [4, 6]]",
                "segment_sum([1, 2], [5, 0]:i32, count=2, mode=\"drop\") = [2, 0]"];
  let sample = ["segment_sum([6, 3], [6], count=4)", "segment_sum([100], [100], count=1)"];
  let example = ["y = etch::segment_sum(x, indices, 2);"];
}

#endif
