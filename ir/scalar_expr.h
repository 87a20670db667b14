// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/attrs.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <mlir/IR/ImplicitLocOpBuilder.h>

#include <span>
#include <type_traits>

namespace etch::ir {

/// A unit attribute of any op around the code that is written: the target has an instruction for x * 2^n on vectors.
inline constexpr const char *kScalesByExponent = "etch_kernel.scales_by_exponent";

/// The reading of the scalar text that writes kernel bodies: each operation builds its arith or math op. The value's
/// type is a scalar or a vector of signless elements (bool is i1), whichever the operands have; `dtype` keeps the sign.
/// A number without value is a literal that adopts the other operand's type.
struct ScalarExpr {
  mlir::Value value;
  mlir::ImplicitLocOpBuilder *builder = nullptr;
  DType dtype = DType::f64;
  double floating = 0;
  int64_t integer = 0;

  ScalarExpr(mlir::Value value, mlir::ImplicitLocOpBuilder *builder, DType dtype)
      : value(value), builder(builder), dtype(dtype) {}
  template <class Literal>
    requires std::is_arithmetic_v<Literal>
  ScalarExpr(Literal literal)
      : dtype(std::is_floating_point_v<Literal> ? DType::f64 : DType::i64), floating(static_cast<double>(literal)),
        integer(std::is_floating_point_v<Literal> ? 0 : static_cast<int64_t>(literal)) {}
};

ScalarExpr operator+(const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr operator-(const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr operator*(const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr operator/(const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr operator-(const ScalarExpr &a);

ScalarExpr operator<(const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr operator<=(const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr operator>(const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr operator>=(const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr operator==(const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr operator!=(const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr select(const ScalarExpr &mask, const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr operator!(const ScalarExpr &mask);

ScalarExpr operator&(const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr operator|(const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr operator^(const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr operator~(const ScalarExpr &a);
ScalarExpr operator<<(const ScalarExpr &a, int n);
ScalarExpr operator>>(const ScalarExpr &a, int n);
ScalarExpr shr_logical(const ScalarExpr &a, int n);
/// Counts lane by lane, each in [0, width of the element).
ScalarExpr shl(const ScalarExpr &a, const ScalarExpr &n);
ScalarExpr shr(const ScalarExpr &a, const ScalarExpr &n);
ScalarExpr shr_logical(const ScalarExpr &a, const ScalarExpr &n);
/// Integers, rounded toward zero. b is never 0, nor -1 beside the smallest a.
ScalarExpr quotient(const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr remainder(const ScalarExpr &a, const ScalarExpr &b);

ScalarExpr fma(const ScalarExpr &a, const ScalarExpr &b, const ScalarExpr &c);
ScalarExpr sqrt(const ScalarExpr &x);
ScalarExpr abs(const ScalarExpr &x);
ScalarExpr round_even(const ScalarExpr &x);
ScalarExpr trunc(const ScalarExpr &x);
ScalarExpr floor(const ScalarExpr &x);
ScalarExpr ceil(const ScalarExpr &x);
ScalarExpr copysign(const ScalarExpr &magnitude, const ScalarExpr &sign);
ScalarExpr maximum(const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr minimum(const ScalarExpr &a, const ScalarExpr &b);
ScalarExpr is_nan(const ScalarExpr &x);
ScalarExpr ldexp(const ScalarExpr &x, const ScalarExpr &n);
bool is_f32(const ScalarExpr &x);
bool is_floating_point(const ScalarExpr &x);
int element_bits(const ScalarExpr &x);

/// slow() where the mask holds, else fast. The code of slow runs only if some lane needs it.
ScalarExpr rarely(const ScalarExpr &mask, llvm::function_ref<ScalarExpr()> slow, const ScalarExpr &fast);
/// x after `next` as long as the condition holds, lane by lane.
ScalarExpr repeat_while(const ScalarExpr &x, llvm::function_ref<ScalarExpr(const ScalarExpr &)> condition,
                        llvm::function_ref<ScalarExpr(const ScalarExpr &)> next);

ScalarExpr to_bits(const ScalarExpr &x);
ScalarExpr from_bits(const ScalarExpr &bits);
ScalarExpr to_int(const ScalarExpr &x);
ScalarExpr to_float(const ScalarExpr &x);

/// The element as another dtype, as `cast` defines it: floats saturate, NaN becomes 0, narrower integers drop bits.
ScalarExpr convert(const ScalarExpr &x, DType dtype);
ScalarExpr scalar_constant(mlir::ImplicitLocOpBuilder &builder, const ops::Scalar &scalar);

/// The text of Elementwise op number op_index over its parameters: operands, scalar attributes, position.
ScalarExpr build_scalar(int op_index, std::span<const ScalarExpr> parameters);
/// The parts of Reduction number op_index.
ScalarExpr build_reduction_init(int op_index, mlir::ImplicitLocOpBuilder &builder, DType dtype);
ScalarExpr build_reduction_empty(int op_index, mlir::ImplicitLocOpBuilder &builder, DType dtype);
ScalarExpr build_reduction_combine(int op_index, const ScalarExpr &a, const ScalarExpr &b);

} // namespace etch::ir
