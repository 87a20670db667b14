// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/adopt.h"

#include "support/require.h"

namespace etch::ops {

Scalar own_scalar(const Literal &literal) {
  return is_floating(literal.dtype) ? Scalar::of(literal.dtype, literal.floating)
                                    : Scalar::of(literal.dtype, literal.integer);
}

Adoption adoption(const Literal &literal, DType dtype) {
  using Fault = Adoption::Fault;
  if (literal.is_any_zero)
    return {Fault::none, Scalar::of(dtype, int64_t{0})};
  if ((literal.dtype == DType::boolean) != (dtype == DType::boolean))
    return {Fault::boolean, {}};
  if (is_floating(literal.dtype))
    return is_floating(dtype) ? Adoption{Fault::none, Scalar::of(dtype, literal.floating)}
                              : Adoption{Fault::fraction, {}};
  const Scalar number = Scalar::of(dtype, literal.integer);
  return {is_floating(dtype) || number.as_integer() == literal.integer ? Fault::none : Fault::range, number};
}

Scalar adopt(const OpDef &op, const Literal &literal, DType dtype, Location location, const char *float_help) {
  const auto [fault, number] = adoption(literal, dtype);
  if (fault == Adoption::Fault::none) [[likely]]
    return number;
  const std::string text = own_scalar(literal).text();
  ETCH_REQUIRE(fault != Adoption::Fault::boolean, ErrorCode::dtype, location)
      << op.name << ": bool and numbers do not mix, got " << text << " beside " << dtype;
  ETCH_REQUIRE(fault != Adoption::Fault::fraction, ErrorCode::dtype, location)
      << op.name << ": a float cannot become an integer unasked, got " << text << " beside " << dtype
      << help(float_help);
  ETCH_REQUIRE(fault != Adoption::Fault::range, ErrorCode::dtype, location)
      << op.name << ": the number must fit " << dtype << ", got " << text;
  __builtin_unreachable();
}

} // namespace etch::ops
