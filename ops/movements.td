// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_MOVEMENTS
#define ETCH_OPS_MOVEMENTS

include "ops/base.td"

def ReshapeOp : Movement<"reshape", ["x"]> {
  let summary = "The same elements in row-major order under other dimensions";
  let description = "One dimension may be -1: it takes what the others leave.";
  let attrs = [DimsAttrOf<"shape">];
  let shape = "return reshape_dims(call, x, shape);";
  let index = "source.reshape(result.dims)";
  let vjp = "reshape(dy, x.dims())";
  let reference = "np.reshape(x, shape)";
  let golden = ["reshape([[1, 2, 3], [4, 5, 6]], shape=[3, -1]) = [[1, 2], [3, 4], [5, 6]]",
                "reshape([5], shape=[]) = 5", "reshape([]:f32[0,3], shape=[3, 0]) = []:f32[3,0]"];
  let example = ["y = etch::reshape(x, {-1, 2});"];
}

def TransposeOp : Movement<"transpose", ["x"]> {
  let summary = "The dimensions in another order";
  let description = "Dimension i of the result is dimension permutation[i] of x. No permutation means the reverse order.";
  let attrs = [IntegersAttrOf<"permutation", "{}">];
  let shape = "return transpose_dims(call, x, permutation);";
  let index = "source.permute(full_permutation(permutation, static_cast<int>(source.sizes.size())))";
  let vjp = "transpose(dy, inverse_permutation(permutation, x.rank()))";
  let reference = "np.transpose(x, permutation)";
  let golden = ["transpose([[1, 2, 3], [4, 5, 6]]) = [[1, 4], [2, 5], [3, 6]]",
                "transpose([[[1, 2]], [[3, 4]]], permutation=[1, 0, 2]) = [[[1, 2], [3, 4]]]"];
  let example = ["y = etch::transpose(x);", "y = etch::transpose(x, {1, 0});"];
}

def BroadcastToOp : Movement<"broadcast_to", ["x"]> {
  let summary = "x repeated along dimensions of extent 1 and along new leading dimensions";
  let attrs = [DimsAttrOf<"shape">];
  let shape = "return broadcast_to_dims(call, x, shape);";
  let index = "source.broadcast_to(result.dims)";
  let vjp = "sum_to(dy, x)";
  let reference = "np.broadcast_to(x, shape)";
  let golden = ["broadcast_to([[1], [2]], shape=[2, 3]) = [[1, 1, 1], [2, 2, 2]]",
                "broadcast_to(7, shape=[2, 1]) = [[7], [7]]", "broadcast_to([1], shape=[0]) = []"];
  let example = ["y = etch::broadcast_to(x, {3, 2, 2});"];
}

def SliceOp : Movement<"slice", ["x"]> {
  let summary = "A block of x";
  let description = "The block starts at begin and has the given size along each dimension; a size of -1 reaches to the end.";
  let attrs = [DimsAttrOf<"begin">, DimsAttrOf<"size">];
  let shape = "return slice_dims(call, x, begin, size);";
  let index = "source.slice(begin, result.dims)";
  let vjp = "pad_like(dy, x, begin)";
  let reference = "x[tuple(slice(b, None if s < 0 else b + s) for b, s in zip(begin, size))]";
  let golden = ["slice([[1, 2, 3], [4, 5, 6]], begin=[0, 1], size=[2, -1]) = [[2, 3], [5, 6]]",
                "slice([1, 2, 3], begin=[3], size=[0]) = []"];
  let example = ["y = etch::slice(x, {0, 1}, {-1, 1});"];
}

def ConcatOp : Movement<"concat", ["xs"]> {
  let summary = "Tensors one after the other along an axis";
  let description = "All other dimensions must agree.";
  let variadic = 1;
  let attrs = [IntegerAttrOf<"axis", "0">];
  let shape = "return concat_dims(call, xs, axis);";
  let vjp = "split_like(dy, xs, axis)";
  let reference = "np.concatenate(xs, axis=axis)";
  let golden = ["concat([[1, 2]], [[3, 4]], axis=0) = [[1, 2], [3, 4]]",
                "concat([[1, 2]], [[3, 4]], axis=-1) = [[1, 2, 3, 4]]", "concat([1], [], [2]) = [1, 2]"];
  let example = ["y = etch::concat({a, b}, 1);"];
}

def ExpandDimsOp : Movement<"expand_dims", ["x"]> {
  let summary = "x with a new dimension of extent 1 at an axis";
  let attrs = [IntegerAttrOf<"axis", "0">];
  let shape = "return expand_dims(call, x, axis);";
  let index = "source.reshape(result.dims)";
  let vjp = "reshape(dy, x.dims())";
  let reference = "np.expand_dims(x, axis)";
  let golden = ["expand_dims([1, 2], axis=0) = [[1, 2]]", "expand_dims([1, 2], axis=-1) = [[1], [2]]"];
  let example = ["y = etch::expand_dims(x, -1);"];
}

def SqueezeOp : Movement<"squeeze", ["x"]> {
  let summary = "x without dimensions of extent 1";
  let description = "No axes means all dimensions of extent 1.";
  let attrs = [IntegersAttrOf<"axes", "{}">];
  let shape = "return squeeze_dims(call, x, axes);";
  let index = "source.reshape(result.dims)";
  let vjp = "reshape(dy, x.dims())";
  let reference = "np.squeeze(x, axis=axes)";
  let golden = ["squeeze([[[1], [2]]], axes=[0]) = [[1], [2]]", "squeeze([[[1], [2]]]) = [1, 2]", "squeeze([[3]], axes=[-1, 0]) = 3"];
  let example = ["y = etch::squeeze(etch::expand_dims(x, 0), {0});"];
}

def ReverseOp : Movement<"reverse", ["x"]> {
  let summary = "The elements along axes in the opposite order";
  let description = "No axes means all.";
  let attrs = [IntegersAttrOf<"axes", "{}">];
  let shape = "normalized_axes(call, axes, x.rank()); return x.dims;";
  let index = "source.reverse(axes)";
  let vjp = "reverse(dy, axes)";
  let reference = "np.flip(x, axis=axes)";
  let golden = ["reverse([[1, 2, 3], [4, 5, 6]], axes=[1]) = [[3, 2, 1], [6, 5, 4]]", "reverse([[1, 2], [3, 4]]) = [[4, 3], [2, 1]]",
                "reverse([], axes=[0]) = []"];
  let example = ["y = etch::reverse(x, {0});"];
}

def DiagonalOp : Movement<"diagonal", ["x"]> {
  let summary = "The elements whose indices along two axes are equal, along a new last dimension";
  let description = "Both axes must have one extent.";
  let attrs = [IntegerAttrOf<"axis1", "0">, IntegerAttrOf<"axis2", "1">];
  let shape = "return diagonal_dims(call, x, axis1, axis2);";
  let index = "source.diagonal(axis1, axis2)";
  let vjp = "on_diagonal(dy, x, axis1, axis2)";
  let reference = "np.diagonal(x, axis1=axis1, axis2=axis2)";
  let golden = ["diagonal([[1, 2], [3, 4]]) = [1, 4]", "diagonal([[[1, 2]], [[3, 4]]], axis1=0, axis2=-1) = [[1, 4]]"];
  let sample = ["diagonal([5, 5], axis1=0, axis2=1)", "diagonal([3, 4, 3], axis1=-1, axis2=0)", "diagonal([70, 70], axis1=1, axis2=0)"];
  let example = ["y = etch::diagonal(a);"];
}

def StopGradientOp : Movement<"stop_gradient", ["x"]> {
  let summary = "x itself, which gradients treat as a constant";
  let shape = "return x.dims;";
  let index = "source";
  let reference = "x";
  let golden = ["stop_gradient([1, nan]) = [1, nan]"];
  let example = ["y = x - etch::stop_gradient(x);"];
}

// What recompute_grad puts before what it computes again: the same values, which nothing knows to be the same.
def RecomputedOp : Elementwise<"recomputed", ["x"]> {
  let summary = "x itself, under another name";
  let operandDTypes = [AnyDType];
  let isPublic = 0;
  let value = "x";
  let vjp = "dy";
  let golden = ["recomputed([1, nan]) = [1, nan]"];
}

#endif
