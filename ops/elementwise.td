// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_ELEMENTWISE
#define ETCH_OPS_ELEMENTWISE

include "ops/base.td"

// Goldens come from NumPy 1.24 and mpmath 1.3 at 50 digits, never from this code.

class Unary<string mnemonic, DTypes dtypes = Floats> : Elementwise<mnemonic, ["x"]> {
  let operandDTypes = [dtypes];
}

def NegOp : Unary<"neg", Numbers> {
  let summary = "The negative of every element";
  let description = "Integers wrap: the negative of the smallest i32 is itself.";
  let cppOperator = "-";
  let value = "-x";
  let vjp = "-dy";
  let golden = ["neg([1.5, -2, 0]) = [-1.5, 2, -0.0]", "neg([-2147483648, 7]:i32) = [-2147483648, -7]:i32"];
  let example = ["y = -x;"];
}

def AbsOp : Unary<"abs", Numbers> {
  let summary = "The absolute value of every element";
  let description = "Integers wrap: the absolute value of the smallest i32 is itself. The derivative at 0 is 0.";
  let value = "abs(x)";
  let primitive = 1;
  let vjp = "where(x > 0.0, dy, where(x < 0.0, -dy, 0.0))";
  let golden = ["abs([-1.5, 2, -0.0, -inf]) = [1.5, 2, 0, inf]", "abs([-128, 127]:i8) = [-128, 127]:i8"];
  let example = ["y = etch::abs(x);"];
}

def ExpOp : Unary<"exp"> {
  let summary = "e raised to every element";
  let description = "Within one unit in the last place; overflows to inf, underflows gradually to 0.";
  let header = "ops/math/exp.h";
  let mathText = 1;
  let vjp = "dy * y";
  let golden = ["exp([0, 1, -1, 0.5]) = [1, 2.71828182845904524, 0.367879441171442322, 1.64872127070012815]",
                "exp([-inf, inf, nan]) = [0, inf, nan]"];
  let example = ["y = etch::exp(x);"];
}

def LogOp : Unary<"log"> {
  let summary = "The natural logarithm of every element";
  let description = "log of 0 is -inf, of a negative number NaN.";
  let header = "ops/math/log.h";
  let mathText = 1;
  let vjp = "dy / x";
  let golden = ["log([1, 2, 10, 0.1]) = [0, 0.693147180559945309, 2.30258509299404568, -2.30258509299404568]",
                "log([0, -1, inf, nan]) = [-inf, nan, inf, nan]"];
  let example = ["y = etch::log(x);"];
}

def TanhOp : Unary<"tanh"> {
  let summary = "The hyperbolic tangent of every element";
  let header = "ops/math/tanh.h";
  let mathText = 1;
  let vjp = "dy * (1.0 - y * y)";
  let golden = ["tanh([0, 1, -0.5, 20]) = [0, 0.761594155955764888, -0.462117157260009758, 1]",
                "tanh([-inf, inf, nan]) = [-1, 1, nan]"];
  let example = ["y = etch::tanh(x);"];
}

def SqrtOp : Unary<"sqrt"> {
  let summary = "The square root of every element, correctly rounded";
  let description = "The root of a negative number is NaN, of -0 it is -0.";
  let value = "sqrt(x)";
  let primitive = 1;
  let vjp = "0.5 * dy / y";
  let golden = ["sqrt([0, 1, 2, 2.25]) = [0, 1, 1.41421356237309505, 1.5]", "sqrt([-1, inf, nan]) = [nan, inf, nan]"];
  let example = ["y = etch::sqrt(x);"];
}

def ErfOp : Unary<"erf"> {
  let summary = "The error function of every element";
  let header = "ops/math/erf.h";
  let mathText = 1;
  let vjp = "dy * (1.1283791670955126 * exp(-(x * x)))";
  let golden = ["erf([0, 1, -0.5, 3]) = [0, 0.842700792949714869, -0.520499877813046538, 0.999977909503001415]",
                "erf([-inf, inf, nan]) = [-1, 1, nan]"];
  let example = ["y = etch::erf(x);"];
}

def ErfcOp : Unary<"erfc"> {
  let summary = "One minus the error function, without cancellation for large elements";
  let header = "ops/math/erfc.h";
  let mathText = 1;
  let vjp = "dy * (-1.1283791670955126 * exp(-(x * x)))";
  let golden = ["erfc([0, 1, -0.5, 3]) = [1, 0.157299207050285131, 1.52049987781304654, 2.20904969985854414e-05]",
                "erfc([-inf, inf, nan]) = [2, 0, nan]"];
  let example = ["y = etch::erfc(x);"];
}

def ReluOp : Unary<"relu", Numbers> {
  let summary = "The larger of 0 and every element";
  let description = "NaN stays NaN. The derivative at 0 is 0.";
  let value = "maximum(x, 0.0)";
  let vjp = "where(x > 0.0, dy, 0.0)";
  let golden = ["relu([-2, 0, 3.5, nan, -inf]) = [0, 0, 3.5, nan, 0]", "relu([-2, 0, 3]:i32) = [0, 0, 3]:i32"];
  let example = ["y = etch::relu(x);"];
}

def SigmoidOp : Unary<"sigmoid"> {
  let summary = "1 / (1 + exp(-x)) of every element, accurate in both tails";
  let header = "ops/math/sigmoid.h";
  let mathText = 1;
  let vjp = "dy * (y * (1.0 - y))";
  let golden = ["sigmoid([0, 1, -1, -30]) = [0.5, 0.731058578630004879, 0.268941421369995121, 9.35762296883929895e-14]",
                "sigmoid([-inf, inf, nan]) = [0, 1, nan]"];
  let example = ["y = etch::sigmoid(x);"];
}

def GeluOp : Unary<"gelu"> {
  let summary = "Gaussian error linear unit, exact (erf) form";
  // 1 + erf(…) would lose every digit at x = -5.
  let value = "0.5 * x * erfc(-0.7071067811865476 * x)";
  let vjp = "dy * (0.5 * erfc(-0.7071067811865476 * x) + 0.3989422804014327 * x * exp(-0.5 * (x * x)))";
  let golden = ["gelu([0, -1, 2, -5]) = [0, -0.158655253931457051, 1.95449973610364159, -1.43325785939596956e-06]"];
  let example = ["y = etch::gelu(x);"];
}

class Binary<string mnemonic, DTypes dtypes = Numbers> : Elementwise<mnemonic, ["a", "b"]> {
  let operandDTypes = [dtypes, dtypes];
}

def AddOp : Binary<"add"> {
  let summary = "a + b, element by element";
  let description = "Shapes broadcast as in NumPy; integers wrap.";
  let cppOperator = "+";
  let value = "a + b";
  let vjp = "dy; dy";
  let golden = ["add([1.5, -2], [0.25, 2]) = [1.75, 0]", "add([[1], [2]], [10, 20]) = [[11, 21], [12, 22]]",
                "add([2147483647]:i32, [1]:i32) = [-2147483648]:i32"];
  let example = ["y = a + b;", "y = a + 1.0f;"];
}

def SubOp : Binary<"sub"> {
  let summary = "a - b, element by element";
  let description = "Shapes broadcast as in NumPy; integers wrap.";
  let cppOperator = "-";
  let value = "a - b";
  let vjp = "dy; -dy";
  let golden = ["sub([1.5, -2], [0.25, 2]) = [1.25, -4]", "sub([0]:u8, [1]:u8) = [255]:u8"];
  let example = ["y = a - b;"];
}

def MulOp : Binary<"mul"> {
  let summary = "a * b, element by element";
  let description = "Shapes broadcast as in NumPy; integers wrap. For matrix products see matmul.";
  let cppOperator = "*";
  let value = "a * b";
  let vjp = "dy * b; dy * a";
  let golden = ["mul([1.5, -2], [0.25, 2]) = [0.375, -4]", "mul([65536]:i32, [65536]:i32) = [0]:i32"];
  let example = ["y = a * b;"];
}

def DivOp : Binary<"div", Floats> {
  let summary = "a / b, element by element, correctly rounded";
  let description = "Floats only: what an integer quotient should do with its remainder must be said.";
  let cppOperator = "/";
  let value = "a / b";
  let vjp = "dy / b; -(dy * y) / b";
  let golden = ["div([1, -3], [4, 2]) = [0.25, -1.5]", "div([1, 0], [0, 0]) = [inf, nan]"];
  let example = ["y = a / b;"];
}

def MaximumOp : Binary<"maximum"> {
  let summary = "The larger of a and b, element by element";
  let description = "NaN when either is NaN; +0 is larger than -0. Where both are equal the gradient flows to a.";
  let value = "maximum(a, b)";
  let primitive = 1;
  let vjp = "where(a >= b, dy, 0.0); where(a >= b, 0.0, dy)";
  let golden = ["maximum([1, -2, nan], [0.5, 2, 1]) = [1, 2, nan]", "maximum([-0.0, 0], [0, -0.0]) = [0, 0]"];
  let example = ["y = etch::maximum(a, 0.0f);"];
}

def MinimumOp : Binary<"minimum"> {
  let summary = "The smaller of a and b, element by element";
  let description = "NaN when either is NaN; -0 is smaller than +0. Where both are equal the gradient flows to a.";
  let value = "minimum(a, b)";
  let primitive = 1;
  let vjp = "where(a <= b, dy, 0.0); where(a <= b, 0.0, dy)";
  let golden = ["minimum([1, -2, nan], [0.5, 2, 1]) = [0.5, -2, nan]", "minimum([-0.0, 0], [0, -0.0]) = [-0.0, -0.0]"];
  let example = ["y = etch::minimum(a, b);"];
}

class Comparison<string mnemonic, string symbol, DTypes dtypes = Numbers> : Binary<mnemonic, dtypes> {
  let cppOperator = symbol;
  let result = "bool";
  let value = "a " # symbol # " b";
}

def EqualOp : Comparison<"equal", "==", AnyDType> {
  let summary = "Where a equals b, as bool";
  let description = "NaN equals nothing; -0 equals +0.";
  let golden = ["equal([1, nan, -0.0], [1, nan, 0]) = [true, false, true]:bool"];
  let example = ["y = a == b;"];
}
def NotEqualOp : Comparison<"not_equal", "!=", AnyDType> {
  let summary = "Where a differs from b, as bool";
  let golden = ["not_equal([1, nan, 2], [1, nan, 3]) = [false, true, true]:bool"];
  let example = ["y = a != b;"];
}
def LessOp : Comparison<"less", "<"> {
  let summary = "Where a is less than b, as bool";
  let golden = ["less([1, nan, 2], [2, 1, 2]) = [true, false, false]:bool"];
  let example = ["y = a < b;"];
}
def LessEqualOp : Comparison<"less_equal", "<="> {
  let summary = "Where a is at most b, as bool";
  let golden = ["less_equal([1, nan, 2], [2, 1, 2]) = [true, false, true]:bool"];
  let example = ["y = a <= b;"];
}
def GreaterOp : Comparison<"greater", ">"> {
  let summary = "Where a is greater than b, as bool";
  let golden = ["greater([1, nan, 3], [2, 1, 2]) = [false, false, true]:bool"];
  let example = ["y = a > b;"];
}
def GreaterEqualOp : Comparison<"greater_equal", ">="> {
  let summary = "Where a is at least b, as bool";
  let golden = ["greater_equal([1, nan, 2], [2, 1, 2]) = [false, false, true]:bool"];
  let example = ["y = a >= b;"];
}

def WhereOp : Elementwise<"where", ["condition", "a", "b"]> {
  let summary = "a where the condition holds, else b";
  let description = "All three broadcast together. The element not chosen never matters, not even when it is NaN.";
  let operandDTypes = [Bools, AnyDType, AnyDType];
  let value = "select(condition, a, b)";
  let vjp = "; where(condition, dy, 0.0); where(condition, 0.0, dy)";
  let golden = ["where([true, false]:bool, [1, nan], [nan, 2]) = [1, 2]"];
  let example = ["y = etch::where(x > 1.0f, 1.0f, x);"];
}

def CastOp : Elementwise<"cast", ["x"]> {
  let summary = "The elements converted to another dtype";
  let description = [{
    Floats round to nearest, ties to even. Floats become integers by dropping the fraction; what does not fit saturates
    and NaN becomes 0. Integers become narrower integers by dropping high bits. To bool: whatever is not 0 is true.
  }];
  let operandDTypes = [AnyDType];
  let attrs = [DTypeAttrOf<"dtype">];
  let result = "dtype";
  let converts = 1;
  let vjp = "cast(dy, x.dtype())";
  let golden = ["cast([1.9, -1.9, nan, 1e20], dtype=i32) = [1, -1, 0, 2147483647]:i32",
                "cast([300, -1]:i32, dtype=u8) = [44, 255]:u8", "cast([0, 2, nan], dtype=bool) = [false, true, true]:bool",
                "cast([16777217]:i32, dtype=f32) = [16777216]:f32"];
  let example = ["y = etch::cast(x, etch::DType::i32);"];
}

def FullOp : Elementwise<"full", []> {
  let summary = "A tensor filled with one number";
  let description = "The dtype is that of the number's C++ type: full({2}, 1.0f) is f32.";
  let attrs = [DimsAttrOf<"shape">, ScalarAttrOf<"fill">];
  let result = "fill";
  let shape = "return given_dims(call, shape);";
  let value = "fill";
  let golden = ["full(shape=[2, 2], fill=1.5) = [[1.5, 1.5], [1.5, 1.5]]", "full(shape=[], fill=7:i32) = 7:i32",
                "full(shape=[0], fill=7:i32) = []:i32"];
  let example = ["y = etch::full({2, 3}, 0.5f);"];
}

def IotaOp : Elementwise<"iota", []> {
  let summary = "0, 1, 2, … in a tensor of rank 1";
  let attrs = [DimAttrOf<"count">, DTypeAttrOf<"dtype", "DType::i64", Numbers>];
  let result = "dtype";
  let usesPosition = 1;
  let isPublic = 0;
  let shape = "return given_dims(call, Dims{count});";
  let value = "position";
  let golden = ["iota(count=3, dtype=i64) = [0, 1, 2]:i64", "iota(count=2, dtype=f32) = [0, 1]:f32"];
}

def ExtentOp : Elementwise<"extent", []> {
  let summary = "The value of a dimension expression as a rank-0 tensor";
  let attrs = [DimInTextOf<"count">, DTypeAttrOf<"dtype", "DType::i64", Numbers>];
  let result = "dtype";
  let isPublic = 0;
  let shape = "return {};";
  let value = "count";
  let golden = ["extent(count=12, dtype=f32) = 12:f32"];
}

#endif
