// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/adopt.h"

#include "support/require.h"

namespace etch::ops {

Scalar own_scalar(const Literal &literal) {
  return is_floating(literal.dtype) ? Scalar::of(literal.dtype, literal.floating)
                                    : Scalar::of(literal.dtype, literal.integer);
}

Scalar adopt(const OpDef &op, const Literal &literal, DType dtype, Location location, const char *float_help) {
  if (literal.is_any_zero)
    return Scalar::of(dtype, int64_t{0});
  const auto text = [&] { return own_scalar(literal).text(); }; // only worth making for a message
  ETCH_REQUIRE((literal.dtype == DType::boolean) == (dtype == DType::boolean), ErrorCode::dtype, location)
      << op.name << ": bool and numbers do not mix, got " << text() << " beside " << dtype;
  ETCH_REQUIRE(is_floating(dtype) || !is_floating(literal.dtype), ErrorCode::dtype, location)
      << op.name << ": a float cannot become an integer unasked, got " << text() << " beside " << dtype
      << help(float_help);
  if (is_floating(literal.dtype))
    return Scalar::of(dtype, literal.floating);
  const Scalar scalar = Scalar::of(dtype, literal.integer);
  ETCH_REQUIRE(is_floating(dtype) || scalar.as_integer() == literal.integer, ErrorCode::dtype, location)
      << op.name << ": the number must fit " << dtype << ", got " << text();
  return scalar;
}

} // namespace etch::ops
