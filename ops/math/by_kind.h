// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <type_traits>

namespace etch::text {

/// on_float(x...) or on_integer(x...), by what the first operand reads. Only a reading whose dtype is known at run time
/// (kernel bodies being built) instantiates both, and answers `is_floating_point(x)`.
template <class OnFloat, class OnInteger, class X, class... Rest>
auto by_kind(const OnFloat &on_float, const OnInteger &on_integer, const X &x, const Rest &...rest) {
  if constexpr (requires { typename X::Element; }) {
    if constexpr (std::is_floating_point_v<typename X::Element>)
      return on_float(x, rest...);
    else
      return on_integer(x, rest...);
  } else {
    return is_floating_point(x) ? on_float(x, rest...) : on_integer(x, rest...);
  }
}

/// The bits of an element.
template <class X>
int bit_width(const X &x) {
  if constexpr (requires { typename X::Element; })
    return 8 * static_cast<int>(sizeof(typename X::Element));
  else
    return element_bits(x);
}

} // namespace etch::text
