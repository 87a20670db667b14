// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_COMPOSITES
#define ETCH_OPS_COMPOSITES

include "ops/base.td"

class Filled<string mnemonic, string value> : Composite<mnemonic, []> {
  let attrs = [DimsAttrOf<"shape">, DTypeAttrOf<"dtype", "DType::f32">];
  let result = "dtype";
  let expansion = "return full(context, shape, Scalar::of(dtype, " # value # "));";
}
def ZerosOp : Filled<"zeros", "0.0"> {
  let summary = "A tensor of zeros";
  let golden = ["zeros(shape=[2], dtype=f32) = [0, 0]:f32", "zeros(shape=[1], dtype=bool) = [false]:bool"];
  let example = ["y = etch::zeros({2, 3});", "y = etch::zeros({4}, etch::DType::i32);"];
}
def OnesOp : Filled<"ones", "1.0"> {
  let summary = "A tensor of ones";
  let golden = ["ones(shape=[2], dtype=f64) = [1, 1]:f64", "ones(shape=[1, 0], dtype=i32) = [[]]:i32"];
  let example = ["y = etch::ones({2, 3});"];
}

def RangeOp : Composite<"range", []> {
  let summary = "start, start + delta, start + 2 delta, … before limit";
  let description = [{
    The three numbers adopt the dtype. Element i is start + i * delta, each operation rounded on its own; there are
    ceil((limit - start) / delta) of them, none if that is negative.
  }];
  let attrs = [ScalarAttrOf<"start", "", Numbers>, ScalarAttrOf<"limit", "", Numbers>, ScalarAttrOf<"delta", "1", Numbers>, DTypeAttrOf<"dtype", "DType::i64", Numbers>];
  let result = "dtype";
  let check = "check_range(call, start, limit, delta, dtype);";
  let expansion = [{
    return full(context, {}, start) + full(context, {}, delta) * iota(context, range_count(start, limit, delta), dtype);
  }];
  let golden = ["range(start=2, limit=10, delta=3, dtype=i64) = [2, 5, 8]:i64",
                "range(start=3, limit=0, delta=-1, dtype=i32) = [3, 2, 1]:i32",
                "range(start=0, limit=1, delta=0.25, dtype=f32) = [0, 0.25, 0.5, 0.75]:f32",
                "range(start=5, limit=5, delta=1, dtype=i64) = []:i64"];
  let example = ["y = etch::range(0, 10);", "y = etch::range(0, 1, 0.25, etch::DType::f32);"];
}

def SizeOp : Composite<"size", ["x"]> {
  let summary = "The number of elements along axes, as a tensor of rank 0";
  let description = "No axes means all.";
  let operandDTypes = [AnyDType];
  let attrs = [IntegersAttrOf<"axes", "{}">, DTypeAttrOf<"dtype", "DType::i64", Numbers>];
  let result = "dtype";
  let check = "normalized_axes(call, axes, x.rank());";
  let expansion = [{
    const Dim count = extent_along(x.dims(), axes);
    return count.is_static() ? full(context, {}, Scalar::of(dtype, count.value())) : extent(context, count, dtype);
  }];
  let golden = ["size([[1, 2, 3], [4, 5, 6]]) = 6:i64", "size([[1, 2, 3], [4, 5, 6]], axes=[1], dtype=f32) = 3:f32"];
  let example = ["y = etch::size(x);"];
}

def ReduceMeanOp : Composite<"reduce_mean", ["x"]> {
  let summary = "The mean along axes: the sum divided by the number of elements";
  let description = "No axes means all. The mean of nothing is NaN.";
  let operandDTypes = [Floats];
  let attrs = [IntegersAttrOf<"axes", "{}">, BoolAttrOf<"keep_dims">];
  let expansion = "return reduce_sum(x, axes, keep_dims) / size(x, axes, x.dtype());";
  let golden = ["reduce_mean([[1, 2], [3, 4]]) = 2.5", "reduce_mean([[1, 2], [3, 4]], axes=[0]) = [2, 3]",
                "reduce_mean([[], []], axes=[1]) = [nan, nan]"];
  let example = ["y = etch::reduce_mean(x);"];
}

def OneHotOp : Composite<"one_hot", ["indices"]> {
  let summary = "Rows that are 1 at an index and 0 elsewhere, along a new last dimension";
  let description = "An index outside [0, depth) gives a row of zeros.";
  let operandDTypes = [Integers];
  let attrs = [DimAttrOf<"depth">, DTypeAttrOf<"dtype", "DType::f32">];
  let result = "dtype";
  let check = "given_dims(call, Dims{depth});";
  let expansion = [{
    // Indices too narrow to count to the depth would meet their own wrapped numbers.
    const auto wide = counts_to(indices.dtype(), depth) ? indices : cast(indices, DType::i64);
    return cast(reshape(wide, appended(indices.dims(), 1)) == iota(context, depth, wide.dtype()), dtype);
  }];
  let golden = ["one_hot([2, 0, -1, 3]:i32, depth=3, dtype=f32) = [[0, 0, 1], [1, 0, 0], [0, 0, 0], [0, 0, 0]]:f32",
                "one_hot(1:i64, depth=2, dtype=i32) = [0, 1]:i32"];
  let example = ["y = etch::one_hot(labels, 10);"];
}

def SoftmaxOp : Composite<"softmax", ["x"]> {
  let summary = "exp(x) divided by its sum along an axis";
  let description = "The largest element is subtracted first, so nothing overflows.";
  let operandDTypes = [Floats];
  let attrs = [IntegerAttrOf<"axis", "-1">];
  let expansion = [{
    const auto e = exp(x - reduce_max(x, {axis}, keep_dims));
    return e / reduce_sum(e, {axis}, keep_dims);
  }];
  let vjp = "(dy - reduce_sum(dy * y, {axis}, keep_dims)) * y";
  let golden = ["softmax([1, 2, 3]) = [0.0900305731703804580, 0.244728471054797643, 0.665240955774821899]",
                "softmax([[0, 1000], [0, 1000]], axis=0) = [[0.5, 0.5], [0.5, 0.5]]"];
  let example = ["y = etch::softmax(x);"];
}

def SoftmaxCrossEntropyOp : Composite<"softmax_cross_entropy", ["logits", "labels"]> {
  let summary = "The cross entropy between labels and the softmax of logits along the last dimension";
  let description = [{
    Labels are either probabilities of the dtype and shape of the logits (one-hot rows, say) or integer class ids with
    the logits' shape but for the last dimension. One loss per row. A class id out of range selects no class and costs 0.
  }];
  let operandDTypes = [Floats, LabelDTypes];
  let sameDTypes = 0;
  let check = "check_cross_entropy(call, logits, labels);";
  let expansion = [{
    const auto rows = is_floating(labels.dtype()) ? labels : one_hot(labels, logits.dim(-1), logits.dtype());
    const auto shifted = logits - reduce_max(logits, {-1}, keep_dims);
    return reduce_sum(rows * (log(reduce_sum(exp(shifted), {-1}, keep_dims)) - shifted), {-1});
  }];
  let vjp = "cross_entropy_logits_vjp(logits, labels, dy); ";
  let golden = ["softmax_cross_entropy([[1, 2, 3]], [[0, 0, 1]]) = [0.407605964444380305]",
                "softmax_cross_entropy([[1, 2, 3], [0, 0, 0]], [2, 1]:i32) = [0.407605964444380305, 1.09861228866810969]"];
  let example = ["y = etch::reduce_mean(etch::softmax_cross_entropy(logits, labels));"];
}

#endif
