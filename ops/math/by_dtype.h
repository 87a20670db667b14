// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <type_traits>

/// The first expression if `x` reads f32, the second if it reads f64. Both must compile for every reading; one whose
/// dtype is known only at run time (kernel bodies being built) must give them one type, and answers `is_f32(x)`.
#define ETCH_BY_DTYPE(x, f32_expression, f64_expression)                                                               \
  ::etch::text::by_dtype((x), [&] { return (f32_expression); }, [&] { return (f64_expression); })

namespace etch::text {

template <class X, class OnF32, class OnF64>
auto by_dtype(const X &x, OnF32 on_f32, OnF64 on_f64) {
  if constexpr (requires { typename X::Element; }) {
    if constexpr (std::is_same_v<typename X::Element, float>)
      return on_f32();
    else
      return on_f64();
  } else {
    return is_f32(x) ? on_f32() : on_f64();
  }
}

} // namespace etch::text
