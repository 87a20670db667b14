// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/by_kind.h"
#include "ops/math/mod.h"

// Quotients and remainders of floats and integers, defined for every pair: x / 0 has all bits set, x mod 0 is x, and
// the smallest number by -1 wraps to itself and leaves nothing.

namespace etch::text {

/// Where b is -1; never for unsigned elements, whose largest number a literal -1 would be.
template <class X>
auto is_minus_one(const X &b) {
  return (b < 0) & (b == -1);
}

/// b, or 1 where a processor's division would fault.
template <class X>
X safe_divisor(const X &b) {
  return select((b == 0) | is_minus_one(b), 1, b);
}

/// Whether a quotient exists and is an integer of their dtype.
template <class X>
auto can_divide(const X &a, const X &b) {
  const auto is_smallest = (a != 0) & (-a == a);
  return (b != 0) & !(is_minus_one(b) & is_smallest);
}

template <class X>
X integer_truncdiv(const X &a, const X &b) {
  return select(b == 0, -1, select(is_minus_one(b), -a, quotient(a, safe_divisor(b))));
}

/// Where the quotient rounded toward zero is one too large: there is a remainder r, and its sign is not b's.
template <class X>
auto rounds_up(const X &r, const X &b) {
  return (r != 0) & ((r < 0) ^ (b < 0)) & (b != 0);
}

template <class A, class B>
auto truncdiv(const A &dividend, const B &divisor) {
  return by_kind([](const auto &a, const auto &b) { return trunc(a / b); },
                 [](const auto &a, const auto &b) { return integer_truncdiv(a, b); }, dividend, divisor);
}

template <class A, class B>
auto floordiv(const A &dividend, const B &divisor) {
  return by_kind([](const auto &a, const auto &b) { return floor(a / b); },
                 [](const auto &a, const auto &b) {
                   const auto q = integer_truncdiv(a, b);
                   return select(rounds_up(remainder(a, safe_divisor(b)), b), q - 1, q);
                 },
                 dividend, divisor);
}

template <class A, class B>
auto mod(const A &dividend, const B &divisor) {
  return by_kind([](const auto &a, const auto &b) { return float_mod(a, b); },
                 [](const auto &a, const auto &b) {
                   const auto r = remainder(a, safe_divisor(b));
                   return select(b == 0, a, select(rounds_up(r, b), r + b, r));
                 },
                 dividend, divisor);
}

} // namespace etch::text
