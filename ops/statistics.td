// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_STATISTICS
#define ETCH_OPS_STATISTICS

include "ops/base.td"

// Compositions of reductions. All of them compute f16 and bf16 in f32.
class Statistic<string mnemonic, list<string> names> : Composite<mnemonic, names> {
  let operandDTypes = !listsplat(Floats, !size(names));
  let widens = 1;
}

class AlongAxes<string mnemonic> : Statistic<mnemonic, ["x"]> {
  let attrs = [IntegersAttrOf<"axes", "{}">, BoolAttrOf<"keep_dims">];
}

def ReduceMeanOp : AlongAxes<"reduce_mean"> {
  let summary = "The mean along axes: the sum divided by the number of elements";
  let description = "No axes means all. The mean of nothing is NaN.";
  let expansion = "return reduce_sum(x, axes, keep_dims) / size(x, axes, x.dtype());";
  let referenceScale = "np.mean(np.abs(x), axis=axes, keepdims=keep_dims)";
  let reference = "np.mean(x, axis=axes, keepdims=keep_dims)";
  let golden = ["reduce_mean([[1, 2], [3, 4]]) = 2.5", "reduce_mean([[1, 2], [3, 4]], axes=[0]) = [2, 3]",
                "reduce_mean([[], []], axes=[1]) = [nan, nan]"];
  let example = ["y = etch::reduce_mean(x);"];
}

class Spread<string mnemonic> : Statistic<mnemonic, ["x"]> {
  let attrs = [IntegersAttrOf<"axes", "{}">, BoolAttrOf<"keep_dims">, IntegerAttrOf<"ddof", "0">];
  let check = "check_ddof(call, axes, ddof, x.rank());";
}
def ReduceVarianceOp : Spread<"reduce_variance"> {
  let summary = "The mean squared distance from the mean along axes";
  let description = "No axes means all. Divides by the number of elements less ddof (0, or 1 for a sample); of nothing NaN.";
  let expansion = [{
    const auto d = x - reduce_mean(x, axes, true);
    return reduce_sum(d * d, axes, keep_dims) / cast(maximum(size(x, axes, DType::i64) - ddof, 0), x.dtype());
  }];
  let referenceScale = "y + np.mean(np.square(x), axis=axes, keepdims=keep_dims)";
  let reference = "np.var(x, axis=axes, keepdims=keep_dims, ddof=ddof)";
  let golden = ["reduce_variance([[1, 2], [3, 4]], ddof=0) = 1.25", "reduce_variance([[1, 2], [3, 4]], axes=[1], ddof=1) = [0.5, 0.5]",
                "reduce_variance([], ddof=0) = nan", "reduce_variance([7], ddof=0) = 0"];
  let example = ["y = etch::reduce_variance(x, {0});"];
}
def ReduceStdOp : Spread<"reduce_std"> {
  let summary = "The square root of reduce_variance";
  let description = "No axes means all. ddof is 0, or 1 for a sample.";
  let expansion = "return sqrt(reduce_variance(x, axes, keep_dims, ddof));";
  let vjp = "std_vjp(dy, x, y, axes, keep_dims, ddof)";
  let referenceScale = "y + np.sqrt(np.mean(np.square(x), axis=axes, keepdims=keep_dims))";
  let reference = "np.std(x, axis=axes, keepdims=keep_dims, ddof=ddof)";
  let golden = ["reduce_std([1, 3], ddof=0) = 1", "reduce_std([[1, 3], [2, 2]], axes=[1], ddof=0) = [1, 0]"];
  let example = ["y = etch::reduce_std(x, {0});"];
}

def ReduceLogsumexpOp : AlongAxes<"reduce_logsumexp"> {
  let summary = "log(sum(exp(x))) along axes, without overflow";
  let description = "No axes means all. Of nothing: -inf.";
  let expansion = [{
    const auto largest = reduce_max(x, axes, true);
    const auto shift = where(is_finite(largest), largest, 0.0);
    const auto sum = log(reduce_sum(exp(x - shift), axes, true)) + shift;
    return keep_dims ? sum : reshape(sum, without_axes(x.dims(), axes));
  }];
  let vjp = "spread(dy, x, axes, keep_dims) * exp(x - spread(y, x, axes, keep_dims))";
  let reference = "np.log(np.sum(np.exp(x), axis=axes, keepdims=keep_dims))";
  let referenceScale = "np.abs(y) + 2";
  let golden = ["reduce_logsumexp([0, 0]) = 0.693147180559945309", "reduce_logsumexp([1000, 1000]) = 1000.69314718055995",
                "reduce_logsumexp([[1, 2], [-inf, -inf]], axes=[1]) = [2.31326168751822283, -inf]",
                "reduce_logsumexp([]) = -inf", "reduce_logsumexp([inf, 1]) = inf"];
  let example = ["y = etch::reduce_logsumexp(x, {-1});"];
}

def SoftmaxOp : Statistic<"softmax", ["x"]> {
  let summary = "exp(x) divided by its sum along an axis";
  let description = "The largest element is subtracted first, so nothing overflows.";
  let attrs = [IntegerAttrOf<"axis", "-1">];
  let expansion = [{
    const auto e = exp(x - reduce_max(x, {axis}, keep_dims));
    return e / reduce_sum(e, {axis}, keep_dims);
  }];
  let vjp = "(dy - reduce_sum(dy * y, {axis}, keep_dims)) * y";
  let reference = "(e := np.exp(x)) / np.sum(e, axis=axis, keepdims=True)";
  let referenceScale = "2 * y";
  let golden = ["softmax([1, 2, 3]) = [0.0900305731703804580, 0.244728471054797643, 0.665240955774821899]",
                "softmax([[0, 1000], [0, 1000]], axis=0) = [[0.5, 0.5], [0.5, 0.5]]"];
  let example = ["y = etch::softmax(x);"];
}

def LogSoftmaxOp : Statistic<"log_softmax", ["x"]> {
  let summary = "log(softmax(x)) along an axis, accurate where the probability is small";
  let attrs = [IntegerAttrOf<"axis", "-1">];
  let expansion = [{
    const auto shifted = x - reduce_max(x, {axis}, keep_dims);
    return shifted - log(reduce_sum(exp(shifted), {axis}, keep_dims));
  }];
  let vjp = "dy - exp(y) * reduce_sum(dy, {axis}, keep_dims)";
  let reference = "x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))";
  let referenceScale = "np.abs(y) + 2";
  let golden = ["log_softmax([1, 2, 3]) = [-2.40760596444438030, -1.40760596444438030, -0.407605964444380305]",
                "log_softmax([[0, 1000], [0, 0]]) = [[-1000, 0], [-0.693147180559945309, -0.693147180559945309]]"];
  let example = ["y = etch::log_softmax(x);"];
}

def SoftmaxCrossEntropyOp : Statistic<"softmax_cross_entropy", ["logits", "labels"]> {
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
  let vjp = "cross_entropy_logits_vjp(logits, labels, dy); cross_entropy_labels_vjp(logits, dy)";
  let reference = [{ np.sum((rows := labels if is_float(labels) else one_hot(labels, logits.shape[-1])) * (
        costs := np.log(np.sum(np.exp(logits), axis=-1, keepdims=True)) - logits), axis=-1) }];
  let referenceScale = "np.sum(np.abs(rows) * (np.abs(costs) + 2), axis=-1)";
  let golden = ["softmax_cross_entropy([[1, 2, 3]], [[0, 0, 1]]) = [0.407605964444380305]",
                "softmax_cross_entropy([[1, 2, 3], [0, 0, 0]], [2, 1]:i32) = [0.407605964444380305, 1.09861228866810969]"];
  let example = ["y = etch::reduce_mean(etch::softmax_cross_entropy(logits, labels));"];
}

def LayerNormOp : Statistic<"layer_norm", ["x", "scale", "offset"]> {
  let summary = "(x - mean) / sqrt(variance + epsilon) * scale + offset, mean and variance along the last dimension";
  let description = "scale and offset broadcast. After Ba, Kiros and Hinton, Layer Normalization, 2016.";
  let attrs = [ScalarAttrOf<"epsilon", "1e-5", Floats>];
  let check = "check_has_axis(call, x);";
  let expansion = [{
    const auto d = x - reduce_mean(x, {-1}, keep_dims);
    const auto variance = reduce_mean(d * d, {-1}, keep_dims);
    return d / sqrt(variance + epsilon) * scale + offset;
  }];
  let referenceScale = [{ (np.abs(x) + np.abs(d) * (1 + (v + abs(epsilon)) / np.abs(v + epsilon))) / np.sqrt(
        v + epsilon) * np.abs(scale) + np.abs(offset) }];
  let reference = [{ (d := x - np.mean(x, axis=-1, keepdims=True)) / np.sqrt(
        (v := np.mean(d * d, axis=-1, keepdims=True)) + epsilon) * scale + offset }];
  let golden = ["layer_norm([[1, 3]], [2, 2], [0.5, 0.5], epsilon=0) = [[-1.5, 2.5]]",
                "layer_norm([[1, 2, 3]], [1, 1, 1], [0, 0, 0], epsilon=0.00001) = [[-1.22473568590839017, 0, 1.22473568590839017]]"];
  let example = ["y = etch::layer_norm(x, 1.0f, 0.0f);"];
}

def RmsNormOp : Statistic<"rms_norm", ["x", "scale"]> {
  let summary = "x / sqrt(mean(x * x) + epsilon) * scale, the mean along the last dimension";
  let description = "scale broadcasts. After Zhang and Sennrich, Root Mean Square Layer Normalization, 2019.";
  let attrs = [ScalarAttrOf<"epsilon", "1e-6", Floats>];
  let check = "check_has_axis(call, x);";
  let expansion = "return x / sqrt(reduce_mean(x * x, {-1}, keep_dims) + epsilon) * scale;";
  let referenceScale = "np.abs(y) * (1 + (v + abs(epsilon)) / np.abs(v + epsilon))";
  let reference = "x / np.sqrt((v := np.mean(x * x, axis=-1, keepdims=True)) + epsilon) * scale";
  let golden = ["rms_norm([[3, 4]], [1, 2], epsilon=0) = [[0.848528137423857029, 2.26274169979695208]]"];
  let example = ["y = etch::rms_norm(x, 1.0f);"];
}

def BatchNormOp : Statistic<"batch_norm", ["x", "mean", "variance", "scale", "offset"]> {
  let summary = "(x - mean) / sqrt(variance + epsilon) * scale + offset with given statistics";
  let description = "All broadcast against x. After Ioffe and Szegedy, Batch Normalization, 2015.";
  let attrs = [ScalarAttrOf<"epsilon", "1e-3", Floats>];
  let expansion = "return (x - mean) / sqrt(variance + epsilon) * scale + offset;";
  let referenceScale = "np.abs(y - offset) * (1 + (np.abs(variance) + abs(epsilon)) / np.abs(variance + epsilon)) + np.abs(offset)";
  let reference = "(x - mean) / np.sqrt(variance + epsilon) * scale + offset";
  let golden = ["batch_norm([[1, 5]], [1, 1], [4, 4], [1, 0.5], [0, 1], epsilon=0) = [[0, 2]]"];
  let example = ["y = etch::batch_norm(x, 0.0f, 1.0f, 1.0f, 0.0f);"];
}

#endif
