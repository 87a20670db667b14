// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/scalar_expr.h"

#include "ir/types.h"
#include "ops/math/ldexp.h"
#include "support/require.h"

#include <mlir/Dialect/Arith/IR/Arith.h>
#include <mlir/Dialect/LLVMIR/LLVMDialect.h>
#include <mlir/Dialect/Math/IR/Math.h>
#include <mlir/Dialect/SCF/IR/SCF.h>
#include <mlir/Dialect/Vector/IR/VectorOps.h>

#include <utility>

namespace etch::ir {
namespace {

namespace arith = mlir::arith;
namespace math = mlir::math;

// How a value of the dtype lies in a register. bf16 stays bits: code generation would flush denormals where the
// processor converts bf16 itself, and call a library where it does not.
mlir::Type signless(mlir::MLIRContext *context, DType dtype) {
  if (dtype == DType::u8)
    return mlir::IntegerType::get(context, 8);
  return dtype == DType::bf16 ? mlir::IntegerType::get(context, 16) : to_element_type(context, dtype);
}

// `type`'s shape, scalar or vector, with another element.
mlir::Type with_element(mlir::Type type, mlir::Type element) {
  auto vector = mlir::dyn_cast<mlir::VectorType>(type);
  return vector ? mlir::Type(vector.clone(element)) : element;
}

mlir::Value constant(mlir::ImplicitLocOpBuilder &b, mlir::Type shape_of, const ops::Scalar &scalar) {
  const mlir::Type element = signless(b.getContext(), scalar.dtype);
  const llvm::APInt bits(element.getIntOrFloatBitWidth(), scalar.bits);
  mlir::TypedAttr attr;
  if (auto floating = mlir::dyn_cast<mlir::FloatType>(element))
    attr = mlir::FloatAttr::get(floating, llvm::APFloat(floating.getFloatSemantics(), bits));
  else
    attr = mlir::IntegerAttr::get(element, bits);
  if (auto vector = mlir::dyn_cast<mlir::VectorType>(shape_of))
    attr = mlir::DenseElementsAttr::get(vector.clone(element), mlir::Attribute(attr));
  return arith::ConstantOp::create(b, attr);
}

ScalarExpr like(const ScalarExpr &x, mlir::Value value) { return {value, x.builder, x.dtype}; }
ScalarExpr like(const ScalarExpr &x, mlir::Value value, DType dtype) { return {value, x.builder, dtype}; }

// x, or the literal x in the type of `other`.
ScalarExpr adopted(const ScalarExpr &x, const ScalarExpr &other) {
  if (x.value)
    return x;
  ETCH_CHECK(other.value) << "a text computes with literals alone";
  const ops::Scalar scalar =
      x.dtype == DType::f64 ? ops::Scalar::of(other.dtype, x.floating) : ops::Scalar::of(other.dtype, x.integer);
  return like(other, constant(*other.builder, other.value.getType(), scalar));
}

template <class Build>
ScalarExpr binary(const ScalarExpr &a, const ScalarExpr &b, const Build &build) {
  const ScalarExpr left = adopted(a, b), right = adopted(b, a);
  return like(left, build(*left.builder, left, right));
}

template <class FloatOp, class IntegerOp>
ScalarExpr arithmetic(const ScalarExpr &a, const ScalarExpr &b) {
  return binary(a, b, [](mlir::ImplicitLocOpBuilder &builder, const ScalarExpr &x, const ScalarExpr &y) -> mlir::Value {
    if (is_floating(x.dtype))
      return FloatOp::create(builder, x.value, y.value);
    return IntegerOp::create(builder, x.value, y.value);
  });
}

template <class Op>
ScalarExpr float_unary(const ScalarExpr &x) {
  return like(x, Op::create(*x.builder, x.value));
}

bool is_unsigned(DType dtype) { return dtype == DType::u8 || dtype == DType::boolean; }

ScalarExpr compare(const ScalarExpr &a, const ScalarExpr &b, arith::CmpFPredicate floats, arith::CmpIPredicate integers,
                   arith::CmpIPredicate unsigned_integers) {
  ScalarExpr result =
      binary(a, b, [&](mlir::ImplicitLocOpBuilder &builder, const ScalarExpr &x, const ScalarExpr &y) -> mlir::Value {
        if (is_floating(x.dtype))
          return arith::CmpFOp::create(builder, floats, x.value, y.value);
        return arith::CmpIOp::create(builder, is_unsigned(x.dtype) ? unsigned_integers : integers, x.value, y.value);
      });
  result.dtype = DType::boolean;
  return result;
}

template <class Op>
ScalarExpr shifted(const ScalarExpr &x, int n) {
  return like(x, Op::create(*x.builder, x.value, adopted(n, x).value));
}

DType bits_of(DType dtype) { return dtype == DType::f32 ? DType::i32 : DType::i64; }
DType float_of(DType dtype) { return dtype == DType::i32 ? DType::f32 : DType::f64; }

mlir::Type type_as(const ScalarExpr &x, DType dtype) {
  return with_element(x.value.getType(), signless(x.builder->getContext(), dtype));
}

} // namespace

ScalarExpr operator+(const ScalarExpr &a, const ScalarExpr &b) {
  return arithmetic<arith::AddFOp, arith::AddIOp>(a, b);
}
ScalarExpr operator-(const ScalarExpr &a, const ScalarExpr &b) {
  return arithmetic<arith::SubFOp, arith::SubIOp>(a, b);
}
ScalarExpr operator*(const ScalarExpr &a, const ScalarExpr &b) {
  return arithmetic<arith::MulFOp, arith::MulIOp>(a, b);
}

ScalarExpr operator/(const ScalarExpr &a, const ScalarExpr &b) {
  return binary(a, b, [](mlir::ImplicitLocOpBuilder &builder, const ScalarExpr &x, const ScalarExpr &y) -> mlir::Value {
    ETCH_CHECK(is_floating(x.dtype)) << "integer division needs a guarded text";
    return arith::DivFOp::create(builder, x.value, y.value);
  });
}

ScalarExpr operator-(const ScalarExpr &a) { return is_floating(a.dtype) ? float_unary<arith::NegFOp>(a) : 0 - a; }

ScalarExpr operator<(const ScalarExpr &a, const ScalarExpr &b) {
  return compare(a, b, arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt, arith::CmpIPredicate::ult);
}
ScalarExpr operator<=(const ScalarExpr &a, const ScalarExpr &b) {
  return compare(a, b, arith::CmpFPredicate::OLE, arith::CmpIPredicate::sle, arith::CmpIPredicate::ule);
}
ScalarExpr operator>(const ScalarExpr &a, const ScalarExpr &b) {
  return compare(a, b, arith::CmpFPredicate::OGT, arith::CmpIPredicate::sgt, arith::CmpIPredicate::ugt);
}
ScalarExpr operator>=(const ScalarExpr &a, const ScalarExpr &b) {
  return compare(a, b, arith::CmpFPredicate::OGE, arith::CmpIPredicate::sge, arith::CmpIPredicate::uge);
}
ScalarExpr operator==(const ScalarExpr &a, const ScalarExpr &b) {
  return compare(a, b, arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq, arith::CmpIPredicate::eq);
}
ScalarExpr operator!=(const ScalarExpr &a, const ScalarExpr &b) {
  return compare(a, b, arith::CmpFPredicate::UNE, arith::CmpIPredicate::ne, arith::CmpIPredicate::ne);
}

ScalarExpr select(const ScalarExpr &mask, const ScalarExpr &a, const ScalarExpr &b) {
  const ScalarExpr left = adopted(a, b), right = adopted(b, a);
  return like(left, arith::SelectOp::create(*left.builder, mask.value, left.value, right.value));
}

ScalarExpr operator!(const ScalarExpr &mask) { return mask ^ true; }

ScalarExpr operator&(const ScalarExpr &a, const ScalarExpr &b) {
  return arithmetic<arith::AndIOp, arith::AndIOp>(a, b);
}
ScalarExpr operator|(const ScalarExpr &a, const ScalarExpr &b) { return arithmetic<arith::OrIOp, arith::OrIOp>(a, b); }
ScalarExpr operator^(const ScalarExpr &a, const ScalarExpr &b) {
  return arithmetic<arith::XOrIOp, arith::XOrIOp>(a, b);
}
ScalarExpr operator~(const ScalarExpr &a) { return a ^ -1; }
ScalarExpr operator<<(const ScalarExpr &a, int n) { return shifted<arith::ShLIOp>(a, n); }
ScalarExpr operator>>(const ScalarExpr &a, int n) { return shifted<arith::ShRSIOp>(a, n); }
ScalarExpr shr_logical(const ScalarExpr &a, int n) { return shifted<arith::ShRUIOp>(a, n); }

ScalarExpr shl(const ScalarExpr &a, const ScalarExpr &n) { return arithmetic<arith::ShLIOp, arith::ShLIOp>(a, n); }
ScalarExpr shr(const ScalarExpr &a, const ScalarExpr &n) {
  return is_unsigned(a.dtype) ? shr_logical(a, n) : arithmetic<arith::ShRSIOp, arith::ShRSIOp>(a, n);
}
ScalarExpr shr_logical(const ScalarExpr &a, const ScalarExpr &n) {
  return arithmetic<arith::ShRUIOp, arith::ShRUIOp>(a, n);
}
ScalarExpr quotient(const ScalarExpr &a, const ScalarExpr &b) {
  return is_unsigned(b.dtype) ? arithmetic<arith::DivUIOp, arith::DivUIOp>(a, b)
                              : arithmetic<arith::DivSIOp, arith::DivSIOp>(a, b);
}
ScalarExpr remainder(const ScalarExpr &a, const ScalarExpr &b) {
  return is_unsigned(b.dtype) ? arithmetic<arith::RemUIOp, arith::RemUIOp>(a, b)
                              : arithmetic<arith::RemSIOp, arith::RemSIOp>(a, b);
}

ScalarExpr fma(const ScalarExpr &a, const ScalarExpr &b, const ScalarExpr &c) {
  const ScalarExpr &model = a.value ? a : b.value ? b : c;
  const ScalarExpr x = adopted(a, model), y = adopted(b, model), z = adopted(c, model);
  return like(model, math::FmaOp::create(*model.builder, x.value, y.value, z.value));
}

ScalarExpr sqrt(const ScalarExpr &x) { return float_unary<math::SqrtOp>(x); }
ScalarExpr round_even(const ScalarExpr &x) {
  return is_floating(x.dtype) ? float_unary<math::RoundEvenOp>(x) : x;
}
ScalarExpr trunc(const ScalarExpr &x) { return float_unary<math::TruncOp>(x); }
ScalarExpr floor(const ScalarExpr &x) { return float_unary<math::FloorOp>(x); }
ScalarExpr ceil(const ScalarExpr &x) { return float_unary<math::CeilOp>(x); }

ScalarExpr abs(const ScalarExpr &x) {
  if (is_floating(x.dtype))
    return float_unary<math::AbsFOp>(x);
  return is_unsigned(x.dtype) ? x : select(x < 0, -x, x);
}

ScalarExpr copysign(const ScalarExpr &magnitude, const ScalarExpr &sign) {
  return arithmetic<math::CopySignOp, arith::AndIOp>(magnitude, sign);
}

ScalarExpr maximum(const ScalarExpr &a, const ScalarExpr &b) {
  const ScalarExpr &model = a.value ? a : b;
  return is_unsigned(model.dtype) ? arithmetic<arith::MaximumFOp, arith::MaxUIOp>(a, b)
                                  : arithmetic<arith::MaximumFOp, arith::MaxSIOp>(a, b);
}
ScalarExpr minimum(const ScalarExpr &a, const ScalarExpr &b) {
  const ScalarExpr &model = a.value ? a : b;
  return is_unsigned(model.dtype) ? arithmetic<arith::MinimumFOp, arith::MinUIOp>(a, b)
                                  : arithmetic<arith::MinimumFOp, arith::MinSIOp>(a, b);
}

ScalarExpr is_nan(const ScalarExpr &x) { return x != x; }
bool is_f32(const ScalarExpr &x) { return x.dtype == DType::f32; }
bool is_floating_point(const ScalarExpr &x) { return is_floating(x.dtype); }
int element_bits(const ScalarExpr &x) { return 8 * static_cast<int>(size_of(x.dtype)); }

ScalarExpr ldexp(const ScalarExpr &x, const ScalarExpr &n) {
  mlir::ImplicitLocOpBuilder &b = *x.builder;
  mlir::Operation *around = b.getInsertionBlock() ? b.getInsertionBlock()->getParentOp() : nullptr;
  while (around && !around->hasAttr(kScalesByExponent))
    around = around->getParentOp();
  if (!around)
    return text::ldexp_by_products(x, n);
  const mlir::Type type = x.value.getType();
  return like(
      x, mlir::LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr("llvm.ldexp"), mlir::ValueRange{x.value, n.value})
             .getResult(0));
}

namespace {

mlir::Value any_lane(const ScalarExpr &mask) {
  if (!mlir::isa<mlir::VectorType>(mask.value.getType()))
    return mask.value;
  return mlir::vector::ReductionOp::create(*mask.builder, mlir::vector::CombiningKind::OR, mask.value);
}

} // namespace

ScalarExpr rarely(const ScalarExpr &mask, llvm::function_ref<ScalarExpr()> slow, const ScalarExpr &fast) {
  mlir::ImplicitLocOpBuilder &b = *mask.builder;
  auto choice = mlir::scf::IfOp::create(b, fast.value.getType(), any_lane(mask), /*withElseRegion=*/true);
  {
    mlir::OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(choice.thenBlock());
    mlir::scf::YieldOp::create(b, select(mask, slow(), fast).value);
    b.setInsertionPointToStart(choice.elseBlock());
    mlir::scf::YieldOp::create(b, fast.value);
  }
  return like(fast, choice.getResult(0));
}

ScalarExpr repeat_while(const ScalarExpr &x, llvm::function_ref<ScalarExpr(const ScalarExpr &)> condition,
                        llvm::function_ref<ScalarExpr(const ScalarExpr &)> next) {
  mlir::ImplicitLocOpBuilder &b = *x.builder;
  const mlir::Type type = x.value.getType();
  auto loop = mlir::scf::WhileOp::create(b, type, x.value);
  mlir::OpBuilder::InsertionGuard guard(b);
  const ScalarExpr before = like(x, b.createBlock(&loop.getBefore(), {}, type, b.getLoc())->getArgument(0));
  mlir::scf::ConditionOp::create(b, any_lane(condition(before)), before.value);
  const ScalarExpr after = like(x, b.createBlock(&loop.getAfter(), {}, type, b.getLoc())->getArgument(0));
  mlir::scf::YieldOp::create(b, select(condition(after), next(after), after).value);
  return like(x, loop.getResult(0));
}

ScalarExpr to_bits(const ScalarExpr &x) {
  const DType dtype = bits_of(x.dtype);
  return like(x, arith::BitcastOp::create(*x.builder, type_as(x, dtype), x.value), dtype);
}
ScalarExpr from_bits(const ScalarExpr &bits) {
  const DType dtype = float_of(bits.dtype);
  return like(bits, arith::BitcastOp::create(*bits.builder, type_as(bits, dtype), bits.value), dtype);
}
ScalarExpr to_int(const ScalarExpr &x) {
  const DType dtype = bits_of(x.dtype);
  return like(x, arith::FPToSIOp::create(*x.builder, type_as(x, dtype), x.value), dtype);
}
ScalarExpr to_float(const ScalarExpr &x) {
  const DType dtype = float_of(x.dtype);
  return like(x, arith::SIToFPOp::create(*x.builder, type_as(x, dtype), x.value), dtype);
}

namespace {

// A float outside the range would be poison; so the conversion sees a bounded number and selects replace its result.
ScalarExpr saturating_integer(const ScalarExpr &x, DType dtype) {
  const ops::Scalar lowest = ops::Scalar::of(dtype, -HUGE_VAL), highest = ops::Scalar::of(dtype, HUGE_VAL);
  const double lower = static_cast<double>(lowest.as_integer());
  // The largest integer may not be a float; the power of two above it is.
  const double upper = 2.0 * (static_cast<double>((highest.as_integer() >> 1) + 1));
  // Unsigned bounds lie within the next wider signed type, so one conversion serves all.
  const DType wide = dtype == DType::u8 ? DType::i16 : dtype;
  const ScalarExpr inside = (x >= lower) & (x < upper);
  const ScalarExpr bounded = select(inside, x, 0.0);
  const auto as_integer = [&](const ScalarExpr &number) {
    ScalarExpr result = like(x, arith::FPToSIOp::create(*x.builder, type_as(x, wide), number.value), wide);
    return wide == dtype ? result : convert(result, dtype);
  };
  const ScalarExpr exact = as_integer(bounded);
  const ScalarExpr high = select(x >= upper, highest.as_integer(), exact);
  return select(x < lower, lowest.as_integer(), high);
}

ScalarExpr to_boolean(const ScalarExpr &x) { return is_floating(x.dtype) ? x != 0.0 : x != 0; }

} // namespace

namespace {

ScalarExpr float_from_half(const ScalarExpr &x) {
  mlir::ImplicitLocOpBuilder &b = *x.builder;
  const mlir::Type type = type_as(x, DType::f32);
  if (x.dtype == DType::f16)
    return like(x, arith::ExtFOp::create(b, type, x.value), DType::f32);
  const ScalarExpr bits = like(x, arith::ExtUIOp::create(b, type_as(x, DType::i32), x.value), DType::i32);
  return from_bits(bits << 16);
}

ScalarExpr half_from_float(const ScalarExpr &x, DType dtype) {
  mlir::ImplicitLocOpBuilder &b = *x.builder;
  if (dtype == DType::f16)
    return like(x, arith::TruncFOp::create(b, type_as(x, dtype), x.value), dtype);
  const ScalarExpr bits = to_bits(x);
  const ScalarExpr rounded = shr_logical(bits + 0x7fff + (shr_logical(bits, 16) & 1), 16);
  const ScalarExpr quiet = shr_logical(bits, 16) | 0x40;
  const ScalarExpr chosen = select(is_nan(x), quiet, rounded);
  return like(x, arith::TruncIOp::create(b, type_as(x, dtype), chosen.value), dtype);
}

// The float with an odd last bit next to x unless x is a float: rounded further, it gives what x would.
ScalarExpr to_odd(const ScalarExpr &x) {
  const ScalarExpr nearest = convert(x, DType::f32), back = convert(nearest, DType::f64);
  const ScalarExpr bits = to_bits(nearest);
  const ScalarExpr lower = select(abs(back) > abs(x), bits - 1, bits);
  return from_bits(select((back < x) | (back > x), lower | 1, bits));
}

// A double that rounds to every narrower dtype as the integer does.
ScalarExpr narrowing_double(const ScalarExpr &x) {
  constexpr int64_t exact = int64_t{1} << 53;
  const ScalarExpr sticky = select((x & 0x7ff) != 0, (x >> 11) | 1, x >> 11);
  return select((x > -exact) & (x < exact), convert(x, DType::f64), convert(sticky, DType::f64) * 2048.0);
}

ScalarExpr to_half(const ScalarExpr &x, DType dtype) {
  if (x.dtype == DType::f32)
    return half_from_float(x, dtype);
  if (x.dtype == DType::f64)
    return half_from_float(to_odd(x), dtype);
  if (x.dtype == DType::i64)
    return half_from_float(to_odd(narrowing_double(x)), dtype);
  return to_half(convert(x, x.dtype == DType::i32 ? DType::f64 : DType::f32), dtype);
}

ScalarExpr to_float_dtype(const ScalarExpr &x, DType dtype) {
  mlir::ImplicitLocOpBuilder &b = *x.builder;
  const mlir::Type type = type_as(x, dtype);
  if (is_floating(x.dtype)) {
    if (size_of(dtype) > size_of(x.dtype))
      return like(x, arith::ExtFOp::create(b, type, x.value), dtype);
    return like(x, arith::TruncFOp::create(b, type, x.value), dtype);
  }
  if (is_unsigned(x.dtype))
    return like(x, arith::UIToFPOp::create(b, type, x.value), dtype);
  return like(x, arith::SIToFPOp::create(b, type, x.value), dtype);
}

ScalarExpr to_integer_dtype(const ScalarExpr &x, DType dtype) {
  mlir::ImplicitLocOpBuilder &b = *x.builder;
  const mlir::Type type = type_as(x, dtype);
  if (is_floating(x.dtype))
    return saturating_integer(x, dtype);
  const size_t from = x.dtype == DType::boolean ? 0 : size_of(x.dtype);
  if (size_of(dtype) == from)
    return like(x, x.value, dtype);
  if (size_of(dtype) < from)
    return like(x, arith::TruncIOp::create(b, type, x.value), dtype);
  if (is_unsigned(x.dtype))
    return like(x, arith::ExtUIOp::create(b, type, x.value), dtype);
  return like(x, arith::ExtSIOp::create(b, type, x.value), dtype);
}

} // namespace

ScalarExpr convert(const ScalarExpr &x, DType dtype) {
  if (x.dtype == dtype)
    return x;
  if (is_half(x.dtype))
    return convert(float_from_half(x), dtype);
  if (dtype == DType::boolean)
    return to_boolean(x);
  if (is_half(dtype))
    return to_half(x, dtype);
  return is_floating(dtype) ? to_float_dtype(x, dtype) : to_integer_dtype(x, dtype);
}

ScalarExpr scalar_constant(mlir::ImplicitLocOpBuilder &builder, const ops::Scalar &scalar) {
  return {constant(builder, builder.getNoneType(), scalar), &builder, scalar.dtype};
}

} // namespace etch::ir
