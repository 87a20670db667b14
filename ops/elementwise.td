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
  let reference = "-x";
  let golden = ["neg([1.5, -2, 0]) = [-1.5, 2, -0.0]", "neg([-2147483648, 7]:i32) = [-2147483648, -7]:i32"];
  let example = ["y = -x;"];
}

def AbsOp : Unary<"abs", Numbers> {
  let summary = "The absolute value of every element";
  let description = "Integers wrap: the absolute value of the smallest i32 is itself. The derivative at 0 is 0.";
  let value = "abs(x)";
  let primitive = 1;
  let vjp = "where(x > 0.0, dy, where(x < 0.0, -dy, 0.0))";
  let reference = "np.abs(x)";
  let golden = ["abs([-1.5, 2, -0.0, -inf]) = [1.5, 2, 0, inf]", "abs([-128, 127]:i8) = [-128, 127]:i8"];
  let example = ["y = etch::abs(x);"];
}

def ExpOp : Unary<"exp"> {
  let summary = "e raised to every element";
  let description = "Within one unit in the last place; overflows to inf, underflows gradually to 0.";
  let header = "ops/math/exp.h";
  let mathText = 1;
  let vjp = "multiply_no_nan(y, dy)";
  let reference = "np.exp(x)";
  let golden = ["exp([0, 1, -1, 0.5]) = [1, 2.71828182845904524, 0.367879441171442322, 1.64872127070012815]",
                "exp([-inf, inf, nan]) = [0, inf, nan]"];
  let example = ["y = etch::exp(x);"];
}

def LogOp : Unary<"log"> {
  let summary = "The natural logarithm of every element";
  let description = "log of 0 is -inf, of a negative number NaN.";
  let header = "ops/math/log.h";
  let mathText = 1;
  let vjp = "xdivy(dy, x)";
  let reference = "np.log(x)";
  let golden = ["log([1, 2, 10, 0.1]) = [0, 0.693147180559945309, 2.30258509299404568, -2.30258509299404568]",
                "log([0, -1, inf, nan]) = [-inf, nan, inf, nan]"];
  let example = ["y = etch::log(x);"];
}

def TanhOp : Unary<"tanh"> {
  let summary = "The hyperbolic tangent of every element";
  let header = "ops/math/tanh.h";
  let mathText = 1;
  let vjp = "dy * (1.0 - y * y)";
  let reference = "np.tanh(x)";
  let golden = ["tanh([0, 1, -0.5, 20]) = [0, 0.761594155955764888, -0.462117157260009758, 1]",
                "tanh([-inf, inf, nan]) = [-1, 1, nan]"];
  let example = ["y = etch::tanh(x);"];
}

def SqrtOp : Unary<"sqrt"> {
  let summary = "The square root of every element, correctly rounded";
  let description = "The root of a negative number is NaN, of -0 it is -0.";
  let value = "sqrt(x)";
  let primitive = 1;
  let vjp = "xdivy(0.5 * dy, y)";
  let reference = "np.sqrt(x)";
  let golden = ["sqrt([0, 1, 2, 2.25]) = [0, 1, 1.41421356237309505, 1.5]", "sqrt([-1, inf, nan]) = [nan, inf, nan]"];
  let example = ["y = etch::sqrt(x);"];
}

def ErfOp : Unary<"erf"> {
  let summary = "The error function of every element";
  let header = "ops/math/erf.h";
  let mathText = 1;
  let vjp = "dy * (1.1283791670955126 * exp(-(x * x)))";
  let reference = "special.erf(x)";
  let golden = ["erf([0, 1, -0.5, 3]) = [0, 0.842700792949714869, -0.520499877813046538, 0.999977909503001415]",
                "erf([-inf, inf, nan]) = [-1, 1, nan]"];
  let example = ["y = etch::erf(x);"];
}

def ErfcOp : Unary<"erfc"> {
  let summary = "One minus the error function, without cancellation for large elements";
  let header = "ops/math/erfc.h";
  let mathText = 1;
  let vjp = "dy * (-1.1283791670955126 * exp(-(x * x)))";
  let reference = "special.erfc(x)";
  let referenceScale = "2 * y";
  let golden = ["erfc([0, 1, -0.5, 3]) = [1, 0.157299207050285131, 1.52049987781304654, 2.20904969985854414e-05]", "erfc([-inf, inf, nan]) = [2, 0, nan]"];
  let example = ["y = etch::erfc(x);"];
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
  let reference = "a + b";
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
  let reference = "a - b";
  let golden = ["sub([1.5, -2], [0.25, 2]) = [1.25, -4]", "sub([0]:u8, [1]:u8) = [255]:u8"];
  let example = ["y = a - b;"];
}

def MulOp : Binary<"mul"> {
  let summary = "a * b, element by element";
  let description = "Shapes broadcast as in NumPy; integers wrap. For matrix products see matmul.";
  let cppOperator = "*";
  let value = "a * b";
  let vjp = "multiply_no_nan(b, dy); multiply_no_nan(a, dy)";
  let reference = "a * b";
  let golden = ["mul([1.5, -2], [0.25, 2]) = [0.375, -4]", "mul([65536]:i32, [65536]:i32) = [0]:i32"];
  let example = ["y = a * b;"];
}

def DivOp : Binary<"div", Floats> {
  let summary = "a / b, element by element, correctly rounded";
  let description = "Floats only: what an integer quotient should do with its remainder must be said.";
  let cppOperator = "/";
  let value = "a / b";
  let vjp = "xdivy(dy, b); -multiply_no_nan(y / b, dy)";
  let reference = "a / b";
  let golden = ["div([1, -3], [4, 2]) = [0.25, -1.5]", "div([1, 0], [0, 0]) = [inf, nan]"];
  let example = ["y = a / b;"];
}

// Gradients are made of these: what a derivative is where nothing depends on it must not matter, not even when it is
// infinite or NaN, as behind where(x > 0, log(x), 0).
def MultiplyNoNanOp : Binary<"multiply_no_nan", Floats> {
  let summary = "a * b, and 0 where b is 0 even if a is infinite or NaN";
  let value = "select(b == 0.0, 0.0, a * b)";
  let vjp = "multiply_no_nan(b, dy); multiply_no_nan(a, dy)";
  let reference = "np.where(b == 0, 0, a * b)";
  let golden = ["multiply_no_nan([2, inf, nan, nan, 0], [3, 0, -0.0, 1, inf]) = [6, 0, 0, nan, nan]"];
  let example = ["y = etch::multiply_no_nan(1.0f / x, x);"];
}
def XdivyOp : Binary<"xdivy", Floats> {
  let summary = "a / b, and 0 where a is 0 even if b is 0 or NaN";
  let value = "select(a == 0.0, 0.0, a / b)";
  let vjp = "xdivy(dy, b); -multiply_no_nan(xdivy(xdivy(a, b), b), dy)";
  let reference = "np.where(a == 0, 0, a / b)";
  let golden = ["xdivy([1, 0, -0.0, 1, nan], [2, 0, nan, 0, 1]) = [0.5, 0, 0, inf, nan]"];
  let example = ["y = etch::xdivy(x, y);"];
}

def MaximumOp : Binary<"maximum"> {
  let summary = "The larger of a and b, element by element";
  let description = "NaN when either is NaN; +0 is larger than -0. Where both are equal the gradient flows to a.";
  let value = "maximum(a, b)";
  let primitive = 1;
  let vjp = "where(a >= b, dy, 0.0); where(a >= b, 0.0, dy)";
  let reference = "np.maximum(a, b)";
  let golden = ["maximum([1, -2, nan], [0.5, 2, 1]) = [1, 2, nan]", "maximum([-0.0, 0], [0, -0.0]) = [0, 0]"];
  let example = ["y = etch::maximum(a, 0.0f);"];
}

def MinimumOp : Binary<"minimum"> {
  let summary = "The smaller of a and b, element by element";
  let description = "NaN when either is NaN; -0 is smaller than +0. Where both are equal the gradient flows to a.";
  let value = "minimum(a, b)";
  let primitive = 1;
  let vjp = "where(a <= b, dy, 0.0); where(a <= b, 0.0, dy)";
  let reference = "np.minimum(a, b)";
  let golden = ["minimum([1, -2, nan], [0.5, 2, 1]) = [0.5, -2, nan]", "minimum([-0.0, 0], [0, -0.0]) = [-0.0, -0.0]"];
  let example = ["y = etch::minimum(a, b);"];
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
  let reference = "x != 0 if dtype == bool else saturated(x, dtype) if is_float(x) else x.astype(dtype)";
  let golden = ["cast([1.9, -1.9, nan, 1e20], dtype=i32) = [1, -1, 0, 2147483647]:i32",
                "cast([300, -1]:i32, dtype=u8) = [44, 255]:u8", "cast([0, 2, nan], dtype=bool) = [false, true, true]:bool",
                "cast([16777217]:i32, dtype=f32) = [16777216]:f32"];
  let example = ["y = etch::cast(x, etch::DType::i32);"];
}

def FullOp : Elementwise<"full", []> {
  let summary = "A tensor filled with one number";
  let description = "The dtype is that of the number's C++ type: full({2}, 1.0f) is f32.";
  let attrs = [DimsAttrOf<"shape">, ScalarAttrOf<"fill">];
  let openForm = "return broadcast_to(Operand(open_dim_tensor(*fill.open_dim(), DType::i64, at), at.file, at.function, at.line), shape);";
  let result = "fill";
  let shape = "return given_dims(call, shape);";
  let value = "fill";
  let reference = "np.full(shape, fill)";
  let golden = ["full(shape=[2, 2], fill=1.5) = [[1.5, 1.5], [1.5, 1.5]]", "full(shape=[], fill=7:i32) = 7:i32",
                "full(shape=[0], fill=7:i32) = []:i32"];
  let example = ["y = etch::full({2, 3}, 0.5f);"];
}

def IotaOp : Elementwise<"iota", []> {
  let summary = "0, 1, 2, … in a tensor of rank 1";
  let description = "The count may be an extent that a trace leaves open.";
  let attrs = [DimAttrOf<"count">, DTypeAttrOf<"dtype", "DType::i64", Numbers>];
  let result = "dtype";
  let usesPosition = 1;
  let shape = "return given_dims(call, Dims{count});";
  let value = "position";
  let reference = "np.arange(count)";
  let golden = ["iota(count=3, dtype=i64) = [0, 1, 2]:i64", "iota(count=2, dtype=f32) = [0, 1]:f32"];
  let example = ["y = etch::iota(x.dim(0));"];
}

def ExtentOp : Elementwise<"extent", []> {
  let summary = "The value of a dimension expression as a rank-0 tensor";
  let attrs = [DimInTextOf<"count">, DTypeAttrOf<"dtype", "DType::i64", Numbers>];
  let result = "dtype";
  let isPublic = 0;
  let shape = "return {};";
  let value = "count";
  let reference = "np.asarray(count)";
  let golden = ["extent(count=12, dtype=f32) = 12:f32"];
}

def SignOp : Unary<"sign", Numbers> {
  let summary = "1 for positive elements, -1 for negative ones";
  let description = "Zeros keep their sign, NaN stays NaN.";
  let value = "select(x > 0, 1, select(x < 0, -1, x))";
  let reference = "np.sign(x)";
  let golden = ["sign([-2.5, 0, -0.0, 3, nan, -inf]) = [-1, 0, -0.0, 1, nan, -1]", "sign([-7, 0, 9]:i32) = [-1, 0, 1]:i32",
                "sign([0, 200]:u8) = [0, 1]:u8"];
  let example = ["y = etch::sign(x);"];
}

def SquareOp : Unary<"square", Numbers> {
  let summary = "Every element times itself";
  let description = "Integers wrap.";
  let value = "x * x";
  let vjp = "multiply_no_nan(2.0 * x, dy)";
  let reference = "np.square(x)";
  let golden = ["square([-1.5, 2, inf]) = [2.25, 4, inf]", "square([65536, -3]:i32) = [0, 9]:i32"];
  let example = ["y = etch::square(x);"];
}

def ReciprocalOp : Unary<"reciprocal"> {
  let summary = "1 / x of every element, correctly rounded";
  let value = "1.0 / x";
  let vjp = "-multiply_no_nan(y * y, dy)";
  let reference = "1 / x";
  let golden = ["reciprocal([2, -4, 0, -0.0, inf]) = [0.5, -0.25, inf, -inf, 0]"];
  let example = ["y = etch::reciprocal(x);"];
}

class Rounding<string mnemonic> : Unary<mnemonic> {
  let primitive = 1;
}
def FloorOp : Rounding<"floor"> {
  let summary = "The largest whole number that is not larger than the element";
  let value = "floor(x)";
  let reference = "np.floor(x)";
  let golden = ["floor([1.5, -1.5, -0.0, 0.5, -inf, nan]) = [1, -2, -0.0, 0, -inf, nan]"];
  let example = ["y = etch::floor(x);"];
}
def CeilOp : Rounding<"ceil"> {
  let summary = "The smallest whole number that is not smaller than the element";
  let value = "ceil(x)";
  let reference = "np.ceil(x)";
  let golden = ["ceil([1.5, -1.5, -0.5, 0.5, inf, nan]) = [2, -1, -0.0, 1, inf, nan]"];
  let example = ["y = etch::ceil(x);"];
}
def TruncOp : Rounding<"trunc"> {
  let summary = "Every element without its fraction";
  let value = "trunc(x)";
  let reference = "np.trunc(x)";
  let golden = ["trunc([1.5, -1.5, -0.5, inf, nan]) = [1, -1, -0.0, inf, nan]"];
  let example = ["y = etch::trunc(x);"];
}
def RoundOp : Unary<"round", Numbers> {
  let summary = "The whole number nearest to every element, ties to even";
  let description = "Integers are whole numbers already.";
  let value = "round_even(x)";
  let reference = "np.rint(x) if is_float(x) else x";
  let golden = ["round([0.5, 1.5, 2.5, -0.5, -1.7, inf, nan]) = [0, 2, 2, -0.0, -2, inf, nan]",
                "round([-128, 7]:i8) = [-128, 7]:i8"];
  let example = ["y = etch::round(x);"];
}

def SquaredDifferenceOp : Binary<"squared_difference"> {
  let summary = "(a - b) squared, element by element";
  let description = "Integers wrap.";
  let value = "(a - b) * (a - b)";
  let vjp = "multiply_no_nan(2.0 * (a - b), dy); multiply_no_nan(2.0 * (b - a), dy)";
  let reference = "np.square(a - b)";
  let golden = ["squared_difference([1.5, -2], [0.5, 1]) = [1, 9]", "squared_difference([1]:u8, [3]:u8) = [4]:u8"];
  let example = ["y = etch::squared_difference(a, b);"];
}

def FmaOp : Elementwise<"fma", ["a", "b", "c"]> {
  let summary = "a * b + c, rounded once";
  let operandDTypes = [Floats, Floats, Floats];
  let value = "fma(a, b, c)";
  let primitive = 1;
  let vjp = "multiply_no_nan(b, dy); multiply_no_nan(a, dy); dy";
  let reference = "np.longdouble(a) * b + c";
  let golden = ["fma([2, 3], [4, 0.5], [1, -1]) = [9, 0.5]", "fma([inf], [0], [1]) = [nan]"];
  let example = ["y = etch::fma(a, b, 1.0f);"];
}

def ClipOp : Elementwise<"clip", ["x", "low", "high"]> {
  let summary = "The elements bounded to [low, high]";
  let description = "high wins where low is larger. NaN stays NaN. At a bound the gradient flows to x.";
  let operandDTypes = [Numbers, Numbers, Numbers];
  let value = "minimum(maximum(x, low), high)";
  let vjp = [{ where(x < low, 0.0, where(x > high, 0.0, dy)); where(x < low, where(low > high, 0.0, dy), 0.0);
               where(maximum(x, low) > high, dy, 0.0) }];
  let reference = "np.minimum(np.maximum(x, low), high)";
  let golden = ["clip([-2, 0.5, 3, nan], [0, 0, 0, 0], [1, 1, 1, 1]) = [0, 0.5, 1, nan]",
                "clip([-5, 2, 9]:i32, -1:i32, 4:i32) = [-1, 2, 4]:i32"];
  let example = ["y = etch::clip(x, 0.0f, 1.0f);"];
}

def CanDivideOp : IntegerCheck<"can_divide", ["a", "b"]> {
  let summary = "b must not be 0, nor -1 where a is the smallest integer";
  let header = "ops/math/division.h";
  let golden = ["can_divide([7, 0, -128, -128, 127]:i8, [0, 0, -1, 1, -1]:i8) = [false, false, false, true, true]:bool",
                "can_divide([128, 0]:u8, [255, 0]:u8) = [true, false]:bool"];
}

class IntegerDivision<string mnemonic> : Binary<mnemonic> {
  let header = "ops/math/division.h";
  let integerCheck = "can_divide";
}

def FloordivOp : IntegerDivision<"floordiv"> {
  let summary = "The largest whole number not larger than a / b, element by element";
  let description = [{
    floor(a / b) on floats. Integers: by zero -1 (255 for u8); the smallest number by -1 is itself.
  }];
  let reference = "np.floor(rounded(a / b)) if is_float(a) else np.where(b == 0, np.int64(-1), a // np.where(b == 0, 1, b))";
  let golden = ["floordiv([7, -7, 7.5], [2, 2, -2]) = [3, -4, -4]", "floordiv([7, -7, 7, -7]:i32, [2, 2, -2, -2]:i32) = [3, -4, -4, 3]:i32",
                "floordiv([5, -128, -128]:i8, [0, -1, 0]:i8) = [-1, -128, -1]:i8", "floordiv([9, 9]:u8, [0, 2]:u8) = [255, 4]:u8"];
  let example = ["y = etch::floordiv(a, b);"];
}

def TruncdivOp : IntegerDivision<"truncdiv"> {
  let summary = "a / b without its fraction, element by element";
  let description = [{
    trunc(a / b) on floats. Integers: by zero -1 (255 for u8); the smallest number by -1 is itself.
  }];
  let reference = "np.trunc(rounded(a / b)) if is_float(a) else np.where(b == 0, np.int64(-1), (a - np.fmod(a, b)) // np.where(b == 0, 1, b))";
  let golden = ["truncdiv([7, -7, 7.5], [2, 2, -2]) = [3, -3, -3]", "truncdiv([7, -7, 7, -7]:i32, [2, 2, -2, -2]:i32) = [3, -3, -3, 3]:i32",
                "truncdiv([5, -128]:i8, [0, -1]:i8) = [-1, -128]:i8"];
  let example = ["y = etch::truncdiv(a, b);"];
}

def ModOp : IntegerDivision<"mod"> {
  let summary = "The remainder of floordiv, with the sign of b, element by element";
  let description = [{
    Exact on floats, where a remainder by zero is NaN. Integers: by zero a; the smallest number by -1 leaves 0.
  }];
  let vjp = "dy; -multiply_no_nan(floordiv(a, b), dy)";
  let reference = [{ np.where((r := np.fmod(a, b)) * np.sign(b) < 0, r + b, r) if is_float(a) else np.where(
        b == 0, a, a % np.where(b == 0, 1, b)) }];
  let golden = ["mod([7, -7, 7, -7], [2.5, 2.5, -2.5, -2.5]) = [2, 0.5, -0.5, -2]", "mod([1, 1, inf, -1], [0, inf, 2, inf]) = [nan, 1, nan, inf]",
                "mod([7, -7, 7, -7]:i32, [3, 3, -3, -3]:i32) = [1, 2, -2, -1]:i32",
                "mod([5, -128]:i8, [0, -1]:i8) = [5, 0]:i8"];
  let example = ["y = etch::mod(a, b);"];
}

#endif
