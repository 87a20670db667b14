// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_EXPONENTIAL
#define ETCH_OPS_EXPONENTIAL

include "ops/elementwise.td"

// Goldens come from mpmath 1.3 at 50 digits, never from this code.

def Exp2Op : Unary<"exp2"> {
  let summary = "2 raised to every element";
  let description = "Exact for whole numbers; overflows to inf, underflows gradually to 0.";
  let header = "ops/math/exp2.h";
  let mathText = 1;
  let vjp = "multiply_no_nan(0.6931471805599453 * y, dy)";
  let reference = "np.exp2(x)";
  let golden = ["exp2([0, 0.5, -1.5, 10]) = [1, 1.41421356237309505, 0.353553390593273762, 1024]",
                "exp2([-20]) = [9.5367431640625e-07]", "exp2([-inf, inf, nan, -0.0]) = [0, inf, nan, 1]",
                "exp2([128, -149, -150]:f32) = [inf, 1.40129846432481707e-45, 0]:f32"];
  let example = ["y = etch::exp2(x);"];
}

def Expm1Op : Unary<"expm1"> {
  let summary = "exp(x) - 1 of every element, without cancellation near 0";
  let description = "-0 stays -0.";
  let header = "ops/math/expm1.h";
  let mathText = 1;
  // exp again: y + 1 has no digits left where y is near -1.
  let vjp = "multiply_no_nan(exp(x), dy)";
  let reference = "np.expm1(x)";
  let golden = ["expm1([0.5, -1]) = [0.648721270700128147, -0.632120558828557678]",
                "expm1([9.31322574615478516e-10, 1]) = [9.31322575049159385e-10, 1.71828182845904524]",
                "expm1([-inf, inf, nan, 0, -0.0]) = [-1, inf, nan, 0, -0.0]"];
  let example = ["y = etch::expm1(x);"];
}

def Log2Op : Unary<"log2"> {
  let summary = "The logarithm to base 2 of every element";
  let description = "Exact for powers of two. log2 of 0 is -inf, of a negative number NaN.";
  let header = "ops/math/log2.h";
  let mathText = 1;
  let vjp = "xdivy(1.4426950408889634 * dy, x)";
  let reference = "np.log2(x)";
  let golden = ["log2([1, 8, 0.25, 10, 0.75]) = [0, 3, -2, 3.32192809488736235, -0.415037499278843819]",
                "log2([0, -0.0, -1, inf, nan]) = [-inf, -inf, nan, inf, nan]"];
  let example = ["y = etch::log2(x);"];
}

def Log1pOp : Unary<"log1p"> {
  let summary = "log(1 + x) of every element, without cancellation near 0";
  let description = "log1p of -1 is -inf, of less NaN; -0 stays -0.";
  let header = "ops/math/log1p.h";
  let mathText = 1;
  let vjp = "xdivy(dy, 1.0 + x)";
  let reference = "np.log1p(x)";
  let golden = ["log1p([0.5, -0.5]) = [0.405465108108164382, -0.693147180559945309]",
                "log1p([9.31322574615478516e-10]) = [9.31322574181797647e-10]",
                "log1p([-1, -2, -inf, inf, nan, 0, -0.0]) = [-inf, nan, nan, inf, nan, 0, -0.0]"];
  let example = ["y = etch::log1p(x);"];
}

def SinhOp : Unary<"sinh"> {
  let summary = "The hyperbolic sine of every element";
  let description = "-0 stays -0; overflows to infinities.";
  let header = "ops/math/sinh.h";
  let mathText = 1;
  let vjp = "multiply_no_nan(cosh(x), dy)";
  let reference = "np.sinh(x)";
  let golden = ["sinh([1, -0.5, 20]) = [1.17520119364380146, -0.521095305493747362, 242582597.704895138]",
                "sinh([0.0009765625]) = [0.000976562655220436504]",
                "sinh([-inf, inf, nan, 0, -0.0]) = [-inf, inf, nan, 0, -0.0]"];
  let example = ["y = etch::sinh(x);"];
}

def CoshOp : Unary<"cosh"> {
  let summary = "The hyperbolic cosine of every element";
  let description = "Overflows to inf.";
  let header = "ops/math/cosh.h";
  let mathText = 1;
  let vjp = "multiply_no_nan(sinh(x), dy)";
  let reference = "np.cosh(x)";
  let golden = ["cosh([0, 1, -0.5, 20]) = [1, 1.54308063481524378, 1.12762596520638079, 242582597.70489514]",
                "cosh([-inf, inf, nan, -0.0]) = [inf, inf, nan, 1]"];
  let example = ["y = etch::cosh(x);"];
}

def AsinhOp : Unary<"asinh"> {
  let summary = "The inverse hyperbolic sine of every element";
  let description = "-0 stays -0; defined everywhere.";
  let header = "ops/math/asinh.h";
  let mathText = 1;
  // The square of a huge element would overflow.
  let vjp = "where(abs(x) > 1e9, dy / abs(x), dy / sqrt(1.0 + x * x))";
  let reference = "np.arcsinh(x)";
  let golden = ["asinh([1, -0.5, 20]) = [0.881373587019543025, -0.481211825059603447, 3.68950386898890564]",
                "asinh([0.25]) = [0.247466461547263453]",
                "asinh([-inf, inf, nan, 0, -0.0]) = [-inf, inf, nan, 0, -0.0]"];
  let example = ["y = etch::asinh(x);"];
}

def AcoshOp : Unary<"acosh"> {
  let summary = "The inverse hyperbolic cosine of every element";
  let description = "NaN below 1. The derivative at 1 is infinite.";
  let header = "ops/math/acosh.h";
  let mathText = 1;
  // Two roots: x^2 - 1 would cancel near 1 and overflow far away.
  let vjp = "xdivy(dy, sqrt(x - 1.0) * sqrt(x + 1.0))";
  let reference = "np.arccosh(x)";
  let golden = ["acosh([1, 1.125, 2, 100]) = [0, 0.494932923094526906, 1.31695789692481671, 5.29829236561048459]",
                "acosh([0.5, -1, -inf, inf, nan]) = [nan, nan, nan, inf, nan]"];
  let example = ["y = etch::acosh(x);"];
}

def AtanhOp : Unary<"atanh"> {
  let summary = "The inverse hyperbolic tangent of every element";
  let description = "Infinite at 1 and -1, NaN beyond; -0 stays -0.";
  let header = "ops/math/atanh.h";
  let mathText = 1;
  let vjp = "xdivy(dy, (1.0 - x) * (1.0 + x))";
  let reference = "np.arctanh(x)";
  let golden = ["atanh([0.5, -0.75, 0.25]) = [0.549306144334054846, -0.972955074527656653, 0.255412811882995342]",
                "atanh([1, -1, 2, -inf, nan, 0, -0.0]) = [inf, -inf, nan, nan, nan, 0, -0.0]"];
  let example = ["y = etch::atanh(x);"];
}

def SoftplusOp : Unary<"softplus"> {
  let summary = "log(1 + exp(x)) of every element, accurate in both tails";
  let description = "Close to x for large elements and to exp(x) for small ones; never overflows before x does.";
  let header = "ops/math/softplus.h";
  let mathText = 1;
  let vjp = "dy * sigmoid(x)";
  let reference = "np.logaddexp(0, x)";
  let golden = ["softplus([0, 1, -1]) = [0.693147180559945309, 1.31326168751822283, 0.313261687518222834]",
                "softplus([-30]) = [9.35762296883973678e-14]", "softplus([-inf, inf, nan, 100]) = [0, inf, nan, 100]"];
  let example = ["y = etch::softplus(x);"];
}

def CanRaiseOp : IntegerCheck<"can_raise", ["a", "b"]> {
  let summary = "b must not be negative";
  let value = "b >= 0";
  let golden = ["can_raise([2, 2, 2]:i32, [-1, 0, 1]:i32) = [false, true, true]:bool", "can_raise([0]:u8, [255]:u8) = [true]:bool"];
}
def PowOp : Binary<"pow", Numbers> {
  let summary = "a raised to the power b, element by element";
  let description = [{
    The cases are those of C: pow(a, 0) and pow(1, b) are 1 even beside NaN, a negative finite a needs a whole b and
    gives NaN otherwise, and the sign of a, of -0 too, survives where b is odd. The derivative by b is NaN for
    negative a and 0 where the result is 0. Integers wrap; a negative b gives 1 / a^-b rounded toward zero, with -1 for 0.
  }];
  let header = "ops/math/pow.h";
  let integerCheck = "can_raise";
  let mathText = 1;
  // At b = 0 the derivative by a is 0 even where pow(a, -1) is infinite. By b it is 0 at 0^0 as on all of b > 0.
  let vjp = "where(b == 0.0, 0.0, multiply_no_nan(b * pow(a, b - 1.0), dy)); "
            "where(y == 0.0, 0.0, multiply_no_nan(y * log(where(a == 0.0, where(b == 0.0, 1.0, a), a)), dy))";
  let reference = [{ np.power(a, b) if is_float(a) else np.where(
        b >= 0, np.power(a, np.maximum(b, 0)), np.where(a == 0, np.int64(-1), np.where(np.abs(a) == 1, a ** (b & 1), 0))) }];
  let golden = ["pow([2, 10], [0.5, -0.25]) = [1.41421356237309505, 0.56234132519034908]",
                "pow([1.5, -0.75], [2.5, 20]) = [2.75567596063107536, 0.00317121193893399322]",
                "pow([-2, -2, -8, 0, -0.0, -0.0], [3, -2, 0.5, -1, -3, 2]) = [-8, 0.25, nan, inf, -inf, 0]",
                "pow([nan, 1, nan, 2, 0, -1], [0, nan, 1, nan, nan, inf]) = [1, 1, nan, nan, nan, 1]",
                "pow([3, -2, 2, -1, 0, 0, 3]:i32, [4, 3, 31, -3, 0, -1, -2]:i32) = [81, -8, -2147483648, -1, 1, -1, 0]:i32",
                "pow([3, -1]:i8, [-128, -128]:i8) = [0, 1]:i8", "pow([3, 16]:u8, [5, 2]:u8) = [243, 0]:u8",
                "pow([inf, -inf, -inf, 0.5, 0.5, 2], [-1, 3, 0.5, inf, -inf, -inf]) = [0, -inf, inf, 0, inf, 0]"];
  let example = ["y = etch::pow(a, b);"];
}

#endif
