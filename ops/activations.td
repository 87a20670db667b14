// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_ACTIVATIONS
#define ETCH_OPS_ACTIVATIONS

include "ops/elementwise.td"

def ReluOp : Unary<"relu", Numbers> {
  let summary = "The larger of 0 and every element";
  let description = "NaN stays NaN. The derivative at 0 is 0.";
  let value = "maximum(x, 0.0)";
  let vjp = "where(x > 0.0, dy, 0.0)";
  let reference = "np.maximum(x, 0)";
  let golden = ["relu([-2, 0, 3.5, nan, -inf]) = [0, 0, 3.5, nan, 0]", "relu([-2, 0, 3]:i32) = [0, 0, 3]:i32"];
  let example = ["y = etch::relu(x);"];
}

def SigmoidOp : Unary<"sigmoid"> {
  let summary = "1 / (1 + exp(-x)) of every element, accurate in both tails";
  let header = "ops/math/sigmoid.h";
  let mathText = 1;
  let vjp = "dy * (y * (1.0 - y))";
  let reference = "special.expit(x)";
  let golden = ["sigmoid([0, 1, -1, -30]) = [0.5, 0.731058578630004879, 0.268941421369995121, 9.35762296883929895e-14]",
                "sigmoid([-inf, inf, nan]) = [0, 1, nan]"];
  let example = ["y = etch::sigmoid(x);"];
}

def GeluOp : Unary<"gelu"> {
  let summary = "Gaussian error linear unit, exact (erf) form";
  let description = "Accurate in the negative tail, too; -inf gives -0, the limit.";
  let header = "ops/math/gelu.h";
  let mathText = 1;
  let vjp = "dy * (0.5 * erfc(-0.7071067811865476 * x) + 0.3989422804014327 * clip(x, -100.0, 100.0) * exp(-0.5 * (x * x)))";
  let reference = "np.where(x == -np.inf, -0.0, x * special.ndtr(x))";
  let referenceScale = "np.abs(y) * (1 + np.minimum(x * x, 1500))";
  let golden = ["gelu([-inf, inf, nan]) = [-0.0, inf, nan]", "gelu([0, -1, 2, -5]) = [0, -0.158655253931457051, 1.95449973610364159, -1.43325785939596956e-06]"];
  let example = ["y = etch::gelu(x);"];
}

def Relu6Op : Unary<"relu6", Numbers> {
  let summary = "Every element bounded to [0, 6]";
  let description = "NaN stays NaN. The derivative at 0 and 6 is 0.";
  let value = "minimum(maximum(x, 0.0), 6.0)";
  let vjp = "where(x > 0.0, where(x < 6.0, dy, 0.0), 0.0)";
  let reference = "np.clip(x, 0, 6)";
  let golden = ["relu6([-1, 0.5, 7, nan, inf]) = [0, 0.5, 6, nan, 6]", "relu6([-1, 3, 100]:i8) = [0, 3, 6]:i8"];
  let example = ["y = etch::relu6(x);"];
}

def HardSigmoidOp : Unary<"hard_sigmoid"> {
  let summary = "relu6(x + 3) / 6: a sigmoid of straight lines";
  let description = "NaN stays NaN. The derivative at -3 and 3 is 0.";
  let value = "minimum(maximum(x + 3.0, 0.0), 6.0) / 6.0";
  let vjp = "where(abs(x) < 3.0, dy / 6.0, 0.0)";
  let golden = ["hard_sigmoid([-4, -3, 0, 1.5, 3, inf]) = [0, 0, 0.5, 0.75, 1, 1]", "hard_sigmoid([1, nan]) = [0.666666666666666667, nan]"];
  let reference = "np.clip(x + 3, 0, 6) / 6";
  let example = ["y = etch::hard_sigmoid(x);"];
}

def LeakyReluOp : Unary<"leaky_relu"> {
  let summary = "Positive elements as they are, the others times alpha";
  let attrs = [ScalarAttrOf<"alpha", "0.2", Floats>];
  let value = "select(x > 0.0, x, alpha * x)";
  let vjp = "where(x > 0.0, dy, alpha * dy)";
  let reference = "np.where(x > 0, x, alpha * x)";
  let golden = ["leaky_relu([-2, 0, 3, nan], alpha=0.25) = [-0.5, 0, 3, nan]"];
  let example = ["y = etch::leaky_relu(x, 0.1);"];
}

def EluOp : Unary<"elu"> {
  let summary = "Exponential linear unit: positive elements as they are, alpha * (exp(x) - 1) of the others";
  let attrs = [ScalarAttrOf<"alpha", "1.0", Floats>];
  let mathText = 1;
  let value = "select(x > 0.0, x, alpha * expm1(x))";
  let vjp = "where(x > 0.0, dy, dy * (y + alpha))";
  let reference = "np.where(x > 0, x, alpha * np.expm1(x))";
  let golden = ["elu([-1, 0, 2, -inf], alpha=1) = [-0.632120558828557678, 0, 2, -1]",
                "elu([-0.001], alpha=2) = [-0.00199900033325001667]"];
  let example = ["y = etch::elu(x);"];
}

def SeluOp : Unary<"selu"> {
  let summary = "Scaled exponential linear unit";
  let description = "1.0507… times elu with alpha 1.6732…; after Klambauer and others, Self-Normalizing Neural Networks, 2017.";
  let header = "ops/math/selu.h";
  let mathText = 1;
  let vjp = "where(x > 0.0, 1.0507009873554805 * dy, dy * (y + 1.7580993408473768))";
  let reference = "1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))";
  let golden = ["selu([-1, 0, 2, -inf]) = [-1.11133073781256272, 0, 2.10140197471096105, -1.75809934084737687]"];
  let example = ["y = etch::selu(x);"];
}

def SiluOp : Unary<"silu"> {
  let summary = "x * sigmoid(x), also called swish";
  let description = "-inf gives -0, the limit.";
  let header = "ops/math/silu.h";
  let mathText = 1;
  let vjp = "dy * (sigmoid(x) * (1.0 + maximum(x, -1000.0) * sigmoid(-x)))";
  let reference = "np.where(x == -np.inf, -0.0, x * special.expit(x))";
  let golden = ["silu([0, 1, -1, -inf, inf]) = [0, 0.731058578630004879, -0.268941421369995121, -0.0, inf]"];
  let example = ["y = etch::silu(x);"];
}

def SoftsignOp : Unary<"softsign"> {
  let summary = "x / (1 + |x|)";
  let mathText = 1;
  let value = "select(abs(x) == std::numeric_limits<double>::infinity(), copysign(1.0, x), x / (1.0 + abs(x)))";
  let vjp = "dy / ((1.0 + abs(x)) * (1.0 + abs(x)))";
  let reference = "np.where(np.isinf(x), np.sign(x), x / (1 + np.abs(x)))";
  let golden = ["softsign([1, -3, 0, inf, -inf, nan]) = [0.5, -0.75, 0, 1, -1, nan]"];
  let example = ["y = etch::softsign(x);"];
}

#endif
