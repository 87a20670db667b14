// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/dim.h"

#include <etch/dtype.h>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace etch::ops {

/// One element with its dtype: the value of a literal. `bits` holds the element's bytes in its low end.
struct Scalar {
  DType dtype = DType::f32;
  uint64_t bits = 0;

  static Scalar of(DType dtype, double value);  ///< rounds; integers saturate, NaN becomes 0
  static Scalar of(DType dtype, int64_t value); ///< rounds; narrower integers drop high bits
  double as_double() const;
  int64_t as_integer() const;
  /// "1.5", "-7", "true".
  std::string text() const;
  bool operator==(const Scalar &) const = default;
};

/// The kinds a record may give an attribute. Order equals the variant's.
enum class AttrKind { integer, boolean, dtype, integers, dims, scalar, string, dim };
using Attr = std::variant<int64_t, bool, DType, std::vector<int64_t>, Dims, Scalar, std::string, Dim>;
/// In the order of OpDef::attrs.
using Attrs = std::vector<Attr>;

} // namespace etch::ops
