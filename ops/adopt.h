// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"

#include <etch/detail/operand.h>

#include <cstdint>

namespace etch::ops {

/// A number in another dtype, rounded to floats, and why it may not be that.
struct Adoption {
  enum class Fault : uint8_t {
    none,
    boolean,  ///< a bool for a number or the reverse
    fraction, ///< a float for an integer, whatever its value
    range     ///< an integer that does not fit
  };
  Fault fault;
  Scalar number; ///< without a fault
};
Adoption adoption(const Literal &literal, DType dtype);

/// A number of the given dtype; rounds to floats. Error when it would change: an integer that does not fit, a float for
/// an integer, a bool for a number or the reverse.
Scalar adopt(const OpDef &op, const Literal &literal, DType dtype, Location location,
             const char *float_help = "write an integer, or cast the tensor to f32");
/// The number in the dtype of its C++ type.
Scalar own_scalar(const Literal &literal);

} // namespace etch::ops
