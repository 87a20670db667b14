// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_FUNCTIONS
#define ETCH_OPS_FUNCTIONS

include "ops/base.td"

class Pieces<list<string> names> : Function<"split", names> {
  let operandDTypes = [AnyDType];
  let returnsList = 1;
}
def SplitEvenly : Pieces<["x"]> {
  let summary = "x cut into a number of equal pieces along an axis";
  let description = "At most 4096 of them.";
  let attrs = [IntegerAttrOf<"count">, IntegerAttrOf<"axis", "0">];
  let check = "check_split(call, x, count, axis);";
  let expansion = "return pieces_of(x, count, axis);";
  let reference = "np.split(x, count, axis=axis)";
  let golden = ["split([1, 2, 3, 4], count=2) = [1, 2], [3, 4]", "split([[1, 2, 3]], count=3, axis=-1) = [[1]], [[2]], [[3]]",
                "split([], count=1) = []"];
  let sample = ["split([6, 5], count=3)", "split([2, 70], count=2, axis=1)"];
  let example = ["y = etch::split(x, 3, 1)[0];"];
}
def SplitAtSizes : Pieces<["x"]> {
  let summary = "x cut into pieces of given sizes along an axis";
  let description = "One size may be -1: what the others leave.";
  let attrs = [IntegersAttrOf<"sizes">, IntegerAttrOf<"axis", "0">];
  let check = "piece_extents(call, x, sizes, axis);";
  let expansion = "return pieces_of(x, sizes, axis);";
  let reference = "np.split(x, np.cumsum([s if s >= 0 else x.shape[axis] - sum(sizes) - 1 for s in sizes])[:-1], axis=axis)";
  let golden = ["split([1, 2, 3, 4], sizes=[1, 3]) = [1], [2, 3, 4]", "split([1, 2, 3], sizes=[-1, 0]) = [1, 2, 3], []",
                "split([[1, 2, 3]], sizes=[1, -1], axis=1) = [[1]], [[2, 3]]"];
  let sample = ["split([6, 5], sizes=[1, -1, 3])", "split([2, 70], sizes=[65, 0, 5], axis=-1)"];
  let example = ["y = etch::split(x, {1, -1}, 1)[1];"];
}

def Unstack : Function<"unstack", ["x"]> {
  let summary = "The slices of x along an axis, without that axis";
  let description = "The extent of the axis must be known when the function is traced.";
  let operandDTypes = [AnyDType];
  let attrs = [IntegerAttrOf<"axis", "0">];
  let returnsList = 1;
  let check = "check_unstack(call, x, axis);";
  let expansion = [{
    std::vector<T> slices = pieces_of(x, x.dims()[axis_from_front(axis, x.rank())].value(), axis);
    for (T &piece : slices)
      piece = squeeze(piece, {axis});
    return slices;
  }];
  let reference = "list(np.moveaxis(x, axis, 0))";
  let golden = ["unstack([[1, 2], [3, 4]]) = [1, 2], [3, 4]", "unstack([[1, 2], [3, 4]], axis=-1) = [1, 3], [2, 4]", "unstack([5]) = 5"];
  let sample = ["unstack([3, 4, 5], axis=1)", "unstack([5, 65], axis=0)"];
  let example = ["y = etch::unstack(x)[1];"];
}

def TransposedMatmul : Function<"matmul", ["a", "b"]> {
  let summary = "The matrix product of a and b, either one transposed in its last two dimensions first";
  let attrs = [BoolAttrOf<"transpose_a", "">, BoolAttrOf<"transpose_b", "false">];
  let check = "check_matrix(call, a); check_matrix(call, b);";
  let expansion = "return matmul(transpose_a ? swap_last(a) : a, transpose_b ? swap_last(b) : b);";
  let referenceScale = "np.matmul(np.abs(a), np.abs(b))";
  let reference = "np.matmul(a := turned(a, transpose_a), b := turned(b, transpose_b))";
  let golden = ["matmul([[1, 3], [2, 4]], [[5, 6], [7, 8]], transpose_a=true, transpose_b=false) = [[19, 22], [43, 50]]",
                "matmul([[1, 2]], [[3, 4]], transpose_a=false, transpose_b=true) = [[11]]"];
  let sample = ["matmul([2, 7, 5], [7, 3], transpose_a=true)", "matmul([17, 33], [9, 33], transpose_a=false, transpose_b=true)"];
  let example = ["y = etch::matmul(a, b, false, true);"];
}

def Einsum : Function<"einsum", ["xs"]> {
  let summary = "Sums of products in the notation of Einstein: \"ij,jk->ik\" is a matrix product";
  let description = [{
    One letter names one dimension; letters that the result leaves out are summed. A letter repeated within an operand
    takes its diagonal. "..." stands for dimensions that broadcast. Without "->" the result has the letters that occur
    once, in alphabetical order. More than two operands are contracted from the left. The order of additions is in
    docs/numerics.md.
  }];
  let variadic = 1;
  let attrsFirst = 1;
  let attrs = [StringAttrOf<"equation">];
  let check = "check_einsum(call, xs, equation);";
  let expansion = "return einsum(xs, equation);";
  let reference = "np.einsum(equation, *xs)";
  let referenceScale = "np.einsum(equation, *map(np.abs, xs))";
  let golden = ["einsum([[1, 2], [3, 4]], [[5, 6], [7, 8]], equation=\"ij,jk->ik\") = [[19, 22], [43, 50]]",
                "einsum([[1, 2], [3, 4]], equation=\"ii\") = 5", "einsum([[1, 2], [3, 4]], equation=\"ij->ji\") = [[1, 3], [2, 4]]",
                "einsum([1, 2], [3, 4], equation=\"i,i->\") = 11", "einsum([1, 2], [3, 4], equation=\"i,j->ij\") = [[3, 4], [6, 8]]",
                "einsum([[1, 2], [3, 4]], equation=\"ij->i\") = [3, 7]", "einsum([[1, 2], [3, 4]], equation=\"ii->i\") = [1, 4]",
                "einsum([[[1, 2]], [[3, 4]]], [[1], [10]], equation=\"...ij,jk->...ik\") = [[[21]], [[43]]]",
                "einsum([1, 2], [3, 4], [5, 6], equation=\"i,i,i\") = 63", "einsum([[], []], []:f32[0,2], equation=\"ij,jk\") = [[0, 0], [0, 0]]"];
  let sample = ["einsum([2, 3, 17], [5, 17], equation=\"bij,kj->bik\")", "einsum([4, 4, 6], equation=\"iij->ji\")", "einsum([3, 1, 8], [2, 8], equation=\"a...j,...j->...a\")",
                "einsum([3, 4], [4, 5], [5, 2], equation=\"ij,jk,kl->il\")", "einsum([33, 9], [9, 33], equation=\"ij,ji\")"];
  let example = ["y = etch::einsum(\"ij,jk->ik\", {a, b});"];
}

class Tensordot : Function<"tensordot", ["a", "b"]> {
  let summary = "The sum of products of a and b over pairs of axes";
}
def TensordotOfCount : Tensordot {
  let description = "The last axes of a are paired with the first ones of b. The result has the other axes of a, then those of b.";
  let attrs = [IntegerAttrOf<"axes">];
  let check = "check_tensordot(call, a, b, axes);";
  let expansion = "return tensordot(a, b, last_axes(a.rank(), axes), first_axes(axes));";
  let referenceScale = "np.tensordot(np.abs(a), np.abs(b), axes)";
  let reference = "np.tensordot(a, b, axes)";
  let golden = ["tensordot([[1, 2], [3, 4]], [[5, 6], [7, 8]], axes=1) = [[19, 22], [43, 50]]",
                "tensordot([[1, 2], [3, 4]], [[5, 6], [7, 8]], axes=2) = 70", "tensordot([1, 2], [3, 4], axes=0) = [[3, 4], [6, 8]]"];
  let sample = ["tensordot([3, 4, 5], [4, 5, 2], axes=2)", "tensordot([2, 33], [33, 7], axes=1)"];
  let example = ["y = etch::tensordot(a, b, 1);"];
}
def TensordotOfAxes : Tensordot {
  let description = "Axis a_axes[i] of a is paired with b_axes[i] of b. The result has the other axes of a, then those of b.";
  let attrs = [IntegersAttrOf<"a_axes">, IntegersAttrOf<"b_axes">];
  let check = "check_tensordot(call, a, b, a_axes, b_axes);";
  let expansion = "return tensordot(a, b, a_axes, b_axes);";
  let referenceScale = "np.tensordot(np.abs(a), np.abs(b), (a_axes or (), b_axes or ()))";
  let reference = "np.tensordot(a, b, (a_axes or (), b_axes or ()))";
  let golden = ["tensordot([[1, 2], [3, 4]], [[5, 6], [7, 8]], a_axes=[0], b_axes=[1]) = [[23, 31], [34, 46]]"];
  let sample = ["tensordot([3, 4, 5], [5, 2, 3], a_axes=[0, 2], b_axes=[-1, 0])", "tensordot([2, 3], [4], a_axes=[], b_axes=[])"];
  let example = ["y = etch::tensordot(a, b, {0}, {1});"];
}

def TopK : Function<"top_k", ["x"]> {
  let summary = "The k largest elements along the last axis, the largest first, and where they stand";
  let description = "Of equal elements the one with the lower index comes first; NaN counts as smaller than all numbers.";
  let operandDTypes = [AnyDType];
  let attrs = [IntegerAttrOf<"k", "1">];
  let results = ["values", "indices"];
  let expansion = [{
    const T indices = top_k_indices(x, k);
    return std::vector<T>{take_along_axis(x, indices, -1), indices};
  }];
  let reference = "[np.take_along_axis(x, i := sorting_indices(x, -1, True)[..., :k], -1), i]";
  let golden = ["top_k([3, nan, 5, 5, 1], k=3) = [5, 5, 3], [2, 3, 0]:i64", "top_k([[1, 2], [4, 3]]) = [[2], [4]], [[1], [0]]:i64"];
  let sample = ["top_k([3, 100], k=7)", "top_k([40], k=40)", "top_k([2, 3, 4], k=0)"];
  let example = ["auto [values, where] = etch::top_k(x, 2);"];
}

#endif
