// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef ETCH_OPS_LOGIC
#define ETCH_OPS_LOGIC

include "ops/elementwise.td"

class Comparison<string mnemonic, string symbol, DTypes dtypes = Numbers> : Binary<mnemonic, dtypes> {
  let cppOperator = symbol;
  let result = "bool";
  let value = "a " # symbol # " b";
  let reference = value;
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
  let reference = "np.where(condition, a, b)";
  let golden = ["where([true, false]:bool, [1, nan], [nan, 2]) = [1, 2]"];
  let example = ["y = etch::where(x > 1.0f, 1.0f, x);"];
}

class Predicate<string mnemonic> : Unary<mnemonic> {
  let result = "bool";
}
def IsNanOp : Predicate<"is_nan"> {
  let summary = "Where x is NaN, as bool";
  let value = "is_nan(x)";
  let primitive = 1;
  let reference = "np.isnan(x)";
  let golden = ["is_nan([1, nan, inf]) = [false, true, false]:bool"];
  let example = ["y = etch::is_nan(x);"];
}
def IsInfOp : Predicate<"is_inf"> {
  let summary = "Where x is infinite, as bool";
  let value = "abs(x) == std::numeric_limits<double>::infinity()";
  let reference = "np.isinf(x)";
  let golden = ["is_inf([1, nan, inf, -inf]) = [false, false, true, true]:bool"];
  let example = ["y = etch::is_inf(x);"];
}
def IsFiniteOp : Predicate<"is_finite"> {
  let summary = "Where x is neither infinite nor NaN, as bool";
  let value = "abs(x) < std::numeric_limits<double>::infinity()";
  let reference = "np.isfinite(x)";
  let golden = ["is_finite([1, nan, inf, -inf]) = [true, false, false, false]:bool"];
  let example = ["y = etch::is_finite(x);"];
}

class Logical<string mnemonic> : Elementwise<mnemonic, ["a", "b"]> {
  let operandDTypes = [Bools, Bools];
}
def LogicalAndOp : Logical<"logical_and"> {
  let summary = "Where both a and b hold";
  let value = "a & b";
  let reference = "np.logical_and(a, b)";
  let golden = ["logical_and([true, true, false]:bool, [true, false, false]:bool) = [true, false, false]:bool"];
  let example = ["y = etch::logical_and(x > 0.0f, x < 1.0f);"];
}
def LogicalOrOp : Logical<"logical_or"> {
  let summary = "Where a or b or both hold";
  let value = "a | b";
  let reference = "np.logical_or(a, b)";
  let golden = ["logical_or([true, true, false]:bool, [true, false, false]:bool) = [true, true, false]:bool"];
  let example = ["y = etch::logical_or(x < 0.0f, x > 1.0f);"];
}
def LogicalXorOp : Logical<"logical_xor"> {
  let summary = "Where exactly one of a and b holds";
  let value = "a ^ b";
  let reference = "np.logical_xor(a, b)";
  let golden = ["logical_xor([true, true, false]:bool, [true, false, false]:bool) = [false, true, false]:bool"];
  let example = ["y = etch::logical_xor(x > 0.0f, y > 0.0f);"];
}
def LogicalNotOp : Elementwise<"logical_not", ["x"]> {
  let summary = "Where x does not hold";
  let operandDTypes = [Bools];
  let value = "!x";
  let reference = "np.logical_not(x)";
  let golden = ["logical_not([true, false]:bool) = [false, true]:bool"];
  let example = ["y = etch::logical_not(x > 0.0f);"];
}

class Bitwise<string mnemonic> : Elementwise<mnemonic, ["a", "b"]> {
  let operandDTypes = [Bits, Bits];
}
def BitwiseAndOp : Bitwise<"bitwise_and"> {
  let summary = "The bits set in both a and b; of bool, where both hold";
  let cppOperator = "&";
  let value = "a & b";
  let reference = "a & b";
  let golden = ["bitwise_and([12, -1]:i32, [10, 7]:i32) = [8, 7]:i32", "bitwise_and([true]:bool, [false]:bool) = [false]:bool"];
  let example = ["y = (x > 0.0f) & (x < 1.0f);"];
}
def BitwiseOrOp : Bitwise<"bitwise_or"> {
  let summary = "The bits set in a or b; of bool, where either holds";
  let cppOperator = "|";
  let value = "a | b";
  let reference = "a | b";
  let golden = ["bitwise_or([12, 1]:u8, [10, 128]:u8) = [14, 129]:u8", "bitwise_or([true]:bool, [false]:bool) = [true]:bool"];
  let example = ["y = (x < 0.0f) | (x > 1.0f);"];
}
def BitwiseXorOp : Bitwise<"bitwise_xor"> {
  let summary = "The bits set in exactly one of a and b; of bool, where they differ";
  let cppOperator = "^";
  let value = "a ^ b";
  let reference = "a ^ b";
  let golden = ["bitwise_xor([12, -1]:i64, [10, 1]:i64) = [6, -2]:i64"];
  let example = ["y = (x < 0.0f) ^ (y < 0.0f);"];
}
def BitwiseNotOp : Elementwise<"bitwise_not", ["x"]> {
  let summary = "Every bit inverted; of bool, where x does not hold";
  let operandDTypes = [Bits];
  let cppOperator = "~";
  let value = "~x";
  let reference = "~x";
  let golden = ["bitwise_not([0, -1, 5]:i32) = [-1, 0, -6]:i32", "bitwise_not([0, 255]:u8) = [255, 0]:u8",
                "bitwise_not([true, false]:bool) = [false, true]:bool"];
  let example = ["y = ~(x > 0.0f);"];
}

def CanShiftOp : IntegerCheck<"can_shift", ["x", "count"]> {
  let summary = "count must not be negative and must be less than the number of bits";
  let value = "is_shift_count(count)";
  let golden = ["can_shift([1, 1, 1, 1]:i8, [-1, 0, 7, 8]:i8) = [false, true, true, false]:bool"];
}
class Shift<string mnemonic, string symbol> : Elementwise<mnemonic, ["x", "count"]> {
  let operandDTypes = [Integers, Integers];
  let cppOperator = symbol;
  let header = "ops/math/shift.h";
  let integerCheck = "can_shift";
}
def LeftShiftOp : Shift<"left_shift", "<<"> {
  let summary = "The bits of x moved up by count places";
  let description = "0 where count is negative or not smaller than the number of bits.";
  let reference = "np.where((count < 0) | (count >= 8 * x.itemsize), 0, np.left_shift(x, count))";
  let golden = ["left_shift([1, -1, 3]:i32, [4, 31, 32]:i32) = [16, -2147483648, 0]:i32", "left_shift([1, 1, 255]:u8, [7, 8, 1]:u8) = [128, 0, 254]:u8",
                "left_shift([1]:i8, [-1]:i8) = [0]:i8"];
  let example = ["y = etch::cast(x, etch::DType::i32) << 2;"];
}
def RightShiftOp : Shift<"right_shift", ">>"> {
  let summary = "The bits of x moved down by count places";
  let description = [{
    Signed dtypes keep their sign: where count is negative or not smaller than the number of bits, negative elements
    become -1 and the others 0.
  }];
  let reference = "np.where((count < 0) | (count >= 8 * x.itemsize), np.where(x < 0, -1, 0), np.right_shift(x, count))";
  let golden = ["right_shift([16, -16, -1]:i32, [2, 2, 40]:i32) = [4, -4, -1]:i32", "right_shift([128, 255]:u8, [7, 8]:u8) = [1, 0]:u8",
                "right_shift([-128, 127]:i8, [-1, -1]:i8) = [-1, 0]:i8"];
  let example = ["y = etch::cast(x, etch::DType::i32) >> 2;"];
}

#endif
