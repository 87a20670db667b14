// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <limits>
#include <type_traits>

namespace etch::text {

/// A constant of the op table as an element: integers saturate. Not for values computed at run time (NaN).
template <class E>
constexpr E saturated(double value) {
  if constexpr (std::is_floating_point_v<E>)
    return static_cast<E>(value);
  else if (value <= static_cast<double>(std::numeric_limits<E>::min()))
    return std::numeric_limits<E>::min();
  else if (value >= static_cast<double>(std::numeric_limits<E>::max()))
    return std::numeric_limits<E>::max();
  else
    return static_cast<E>(value);
}

} // namespace etch::text
