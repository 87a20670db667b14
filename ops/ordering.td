// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_ORDERING
#define ETCH_OPS_ORDERING

include "ops/base.td"

def ArgsortOp : Opaque<"argsort", ["x"], [Pure]> {
  let summary = "The indices that sort x along an axis";
  let description = "Equal elements keep their order, -0 equals +0, and NaN comes last, whether descending or not.";
  let operandDTypes = [AnyDType];
  let widens = 1;
  let attrs = [IntegerAttrOf<"axis", "-1">, BoolAttrOf<"descending">];
  let shape = "normalized_axis(call, axis, x.rank()); return {TensorType(DType::i64, x.dims)};";
  let reference = "sorting_indices(x, axis, descending)";
  let golden = ["argsort([3, 1, 2]) = [1, 2, 0]:i64", "argsort([3, nan, 3, 1], descending=true) = [0, 2, 3, 1]:i64",
                "argsort([[2, 1], [1, 2]], axis=0) = [[1, 0], [0, 1]]:i64", "argsort([0, -0.0, -inf]) = [2, 0, 1]:i64"];
  let example = ["y = etch::argsort(x);"];
}

def SortOp : Composite<"sort", ["x"], [MemoryEffects<[MemWrite<Etch_Stream>]>]> {
  let summary = "The elements of x in order along an axis";
  let description = "Equal elements keep their order, -0 equals +0, and NaN comes last, whether descending or not.";
  let operandDTypes = [AnyDType];
  let attrs = [IntegerAttrOf<"axis", "-1">, BoolAttrOf<"descending">];
  let expansion = "return take_along_axis(x, argsort(x, axis, descending), axis);";
  let reference = "np.take_along_axis(x, sorting_indices(x, axis, descending), axis)";
  let golden = ["sort([3, 1, 2]) = [1, 2, 3]", "sort([3, nan, -inf, 1], descending=true) = [3, 1, -inf, nan]",
                "sort([[2, 1], [1, 2]], axis=0) = [[1, 1], [2, 2]]", "sort([3, 1, 2]:u8) = [1, 2, 3]:u8", "sort([]) = []"];
  let example = ["y = etch::sort(x, 0, true);"];
}

// What top_k is made of.
def TopKIndicesOp : Opaque<"top_k_indices", ["x"], [Pure]> {
  let summary = "Where the k largest elements along the last axis stand, the largest first";
  let operandDTypes = [AnyDType];
  let widens = 1;
  let attrs = [IntegerAttrOf<"k", "1">];
  let isPublic = 0;
  let shape = "return {top_k_type(call, x, k)};";
  let reference = "sorting_indices(x, -1, True)[..., :k]";
  let golden = ["top_k_indices([3, nan, 5, 5, 1], k=3) = [2, 3, 0]:i64", "top_k_indices([nan, nan, 1], k=3) = [2, 0, 1]:i64", "top_k_indices([1], k=0) = []:i64"];
  let sample = ["top_k_indices([5], k=2)", "top_k_indices([3, 100], k=7)", "top_k_indices([2, 3, 4], k=4)", "top_k_indices([2, 0], k=0)", "top_k_indices([1, 40], k=1)"];
}

class Scan<string mnemonic> : Opaque<mnemonic, ["x"], [Pure]> {
  let widens = 1;
  let attrs = [IntegerAttrOf<"axis", "0">, BoolAttrOf<"exclusive">, BoolAttrOf<"reverse">];
  let shape = "normalized_axis(call, axis, x.rank()); return {x};";
  let operations = "elements(x)";
}
def CumsumOp : Scan<"cumsum"> {
  let summary = "Sums of the elements up to each place along an axis";
  let description = "exclusive leaves out the place itself; reverse begins at the end. Integers wrap.";
  let vjp = "cumsum(dy, axis, exclusive, !reverse)";
  let referenceScale = "scanned(np.cumsum, 0, np.abs(x), axis, exclusive, reverse)";
  let reference = "scanned(np.cumsum, 0, x, axis, exclusive, reverse)";
  let golden = ["cumsum([1, 2, 3]) = [1, 3, 6]", "cumsum([1, 2, 3], exclusive=true) = [0, 1, 3]", "cumsum([1, 2, 3], reverse=true) = [6, 5, 3]",
                "cumsum([1, 2, 3], exclusive=true, reverse=true) = [5, 3, 0]", "cumsum([[1, 2], [3, 4]], axis=1) = [[1, 3], [3, 7]]",
                "cumsum([-0.0, -0.0]) = [-0.0, -0.0]", "cumsum([100, 100]:i8) = [100, -56]:i8", "cumsum([]) = []"];
  let example = ["y = etch::cumsum(x, 1);"];
}
def CumprodOp : Scan<"cumprod"> {
  let summary = "Products of the elements up to each place along an axis";
  let description = "exclusive leaves out the place itself; reverse begins at the end. Integers wrap.";
  let vjp = "cumprod_vjp(dy, x, y, axis, exclusive, reverse)";
  let referenceScale = "8 * np.abs(y)";
  let reference = "scanned(np.cumprod, 1, x, axis, exclusive, reverse)";
  let golden = ["cumprod([1, 2, 3]) = [1, 2, 6]", "cumprod([2, 3, 4], exclusive=true) = [1, 2, 6]", "cumprod([2, 3, 4], reverse=true) = [24, 12, 4]",
                "cumprod([[1, 2], [3, 4]], axis=0) = [[1, 2], [3, 8]]"];
  let example = ["y = etch::cumprod(x, 1);"];
}

#endif
