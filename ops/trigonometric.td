// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_TRIGONOMETRIC
#define ETCH_OPS_TRIGONOMETRIC

include "ops/elementwise.td"

// Goldens come from mpmath 1.3 at 50 digits, never from this code.

def SinOp : Unary<"sin"> {
  let summary = "The sine of every element, in radians";
  let description = "Accurate for arguments of any size; the sine of an infinity is NaN, of -0 it is -0.";
  let header = "ops/math/sin.h";
  let mathText = 1;
  let vjp = "multiply_no_nan(cos(x), dy)";
  let reference = "np.sin(x)";
  let golden = ["sin([0, 1, -2.5, 1e6]) = [0, 0.841470984807896507, -0.598472144103956494, -0.349993502171292952]",
                "sin([1267650600228229401496703205376, 1048576]) = [-0.87218360541826731, 0.330493140021734672]",
                "sin([-0.0, inf, -inf, nan]) = [-0.0, nan, nan, nan]"];
  let example = ["y = etch::sin(x);"];
}

def CosOp : Unary<"cos"> {
  let summary = "The cosine of every element, in radians";
  let description = "Accurate for arguments of any size; the cosine of an infinity is NaN.";
  let header = "ops/math/cos.h";
  let mathText = 1;
  let vjp = "-multiply_no_nan(sin(x), dy)";
  let reference = "np.cos(x)";
  let golden = ["cos([0, 1, -2.5, 1e6]) = [1, 0.540302305868139717, -0.801143615546933715, 0.936752127533144787]",
                "cos([1267650600228229401496703205376]) = [0.48917865697472145]",
                "cos([-0.0, inf, -inf, nan]) = [1, nan, nan, nan]"];
  let example = ["y = etch::cos(x);"];
}

def TanOp : Unary<"tan"> {
  let summary = "The tangent of every element, in radians";
  let description = "Accurate for arguments of any size; the tangent of an infinity is NaN, of -0 it is -0.";
  let header = "ops/math/tan.h";
  let mathText = 1;
  let vjp = "multiply_no_nan(1.0 + y * y, dy)";
  let reference = "np.tan(x)";
  let golden = ["tan([0, 1, -2.5, 1e6]) = [0, 1.55740772465490223, 0.747022297238660279, -0.373624453987599029]",
                "tan([1267650600228229401496703205376]) = [-1.78295514937671909]",
                "tan([-0.0, inf, -inf, nan]) = [-0.0, nan, nan, nan]"];
  let example = ["y = etch::tan(x);"];
}

def AsinOp : Unary<"asin"> {
  let summary = "The angle in [-pi/2, pi/2] whose sine every element is";
  let description = "NaN outside [-1, 1]; of -0 it is -0. The derivative at -1 and 1 is inf.";
  let header = "ops/math/asin.h";
  let mathText = 1;
  let vjp = "xdivy(dy, sqrt((1.0 - x) * (1.0 + x)))";
  let reference = "np.arcsin(x)";
  let golden = ["asin([0, 1, -0.5, 0.75]) = [0, 1.57079632679489662, -0.523598775598298873, 0.848062078981481008]",
                "asin([-0.0, -1, 1.5, -inf, nan]) = [-0.0, -1.57079632679489662, nan, nan, nan]"];
  let example = ["y = etch::asin(x);"];
}

def AcosOp : Unary<"acos"> {
  let summary = "The angle in [0, pi] whose cosine every element is";
  let description = "NaN outside [-1, 1]. The derivative at -1 and 1 is -inf.";
  let header = "ops/math/acos.h";
  let mathText = 1;
  let vjp = "-xdivy(dy, sqrt((1.0 - x) * (1.0 + x)))";
  let reference = "np.arccos(x)";
  let golden = ["acos([1, -1, 0.5, -0.75]) = [0, 3.14159265358979324, 1.04719755119659775, 2.41885840577637763]",
                "acos([-0.0, 1.5, -inf, nan]) = [1.57079632679489662, nan, nan, nan]"];
  let example = ["y = etch::acos(x);"];
}

def AtanOp : Unary<"atan"> {
  let summary = "The angle in [-pi/2, pi/2] whose tangent every element is";
  let description = "Of an infinity it is pi/2 with its sign, of -0 it is -0.";
  let header = "ops/math/atan.h";
  let mathText = 1;
  let vjp = "dy / (1.0 + x * x)";
  let reference = "np.arctan(x)";
  let golden = ["atan([0, 1, -0.5, 1e6]) = [0, 0.78539816339744831, -0.463647609000806116, 1.57079532679489662]",
                "atan([-0.0, inf, -inf, nan]) = [-0.0, 1.57079632679489662, -1.57079632679489662, nan]"];
  let example = ["y = etch::atan(x);"];
}

// b / (a^2 + b^2) and -a / (a^2 + b^2), both terms divided by the larger of a and b, so that no square overflows. The
// choice is among operands, not results, for the sake of second derivatives.
class Atan2Gradient {
  string larger = "where(abs(b) >= abs(a), b, a)";
  string smaller = "where(abs(b) >= abs(a), a, b)";
  string quotient = "(" # smaller # " / " # larger # ")";
  string divisor = "(" # larger # " + " # smaller # " * " # quotient # ")";
  string towards_a = "multiply_no_nan(where(abs(b) >= abs(a), 1.0, " # quotient # ") / " # divisor # ", dy)";
  string towards_b = "-multiply_no_nan(where(abs(b) >= abs(a), " # quotient # ", 1.0) / " # divisor # ", dy)";
}

def Atan2Op : Binary<"atan2", Floats> {
  let summary = "The angle in [-pi, pi] of the point that lies b to the right and a up";
  let description = [{
    The quadrant is that of the signs, zeros included: atan2(-0, -1) is -pi. Two zeros or two infinities count as equal
    lengths along their axes, as in C: atan2(0, -0) is pi, atan2(inf, inf) is pi/4. The gradient at two zeros is NaN.
  }];
  let header = "ops/math/atan2.h";
  let mathText = 1;
  let vjp = Atan2Gradient<>.towards_a # "; " # Atan2Gradient<>.towards_b;
  let reference = "np.arctan2(a, b)";
  let golden = ["atan2([1, -1], [1, 2]) = [0.78539816339744831, -0.463647609000806116]",
                "atan2([3, -2], [-4, -1]) = [2.49809154479650885, -2.03444393579570274]",
                "atan2([0, -0.0, 0, -0.0], [0, 0, -0.0, -0.0]) = [0, -0.0, 3.14159265358979324, -3.14159265358979324]",
                "atan2([0, -0.0, 0, -0.0], [1, 1, -1, -1]) = [0, -0.0, 3.14159265358979324, -3.14159265358979324]",
                "atan2([1, -1, 1], [0, 0, -0.0]) = [1.57079632679489662, -1.57079632679489662, 1.57079632679489662]",
                "atan2([inf, inf], [inf, -inf]) = [0.78539816339744831, 2.35619449019234493]",
                "atan2([-inf, -inf], [-inf, 1]) = [-2.35619449019234493, -1.57079632679489662]",
                "atan2([1, -1, nan, inf], [inf, -inf, inf, nan]) = [0, -3.14159265358979324, nan, nan]"];
  let example = ["y = etch::atan2(a, b);"];
}

def RsqrtOp : Unary<"rsqrt"> {
  let summary = "One over the square root of every element";
  let description = "Of 0 it is inf, of -0 -inf, of inf 0, of a negative number NaN.";
  let header = "ops/math/rsqrt.h";
  let mathText = 1;
  let vjp = "multiply_no_nan(-0.5 * (y / x), dy)";
  let reference = "1 / np.sqrt(x)";
  let golden = ["rsqrt([1, 2, 0.25, 10]) = [1, 0.707106781186547524, 2, 0.316227766016837933]",
                "rsqrt([0, -0.0, inf, -1, nan]) = [inf, -inf, 0, nan, nan]"];
  let example = ["y = etch::rsqrt(x);"];
}

#endif
