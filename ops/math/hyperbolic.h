// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/exp.h"
#include "ops/math/polynomial.h"

// What sinh and cosh share: a = n ln 2 + r as for exp, and the addition theorems
//   sinh a = sinh(n ln 2) cosh r + cosh(n ln 2) sinh r,
//   cosh a = cosh(n ln 2) cosh r + sinh(n ln 2) sinh r,
// where sinh(n ln 2) and cosh(n ln 2) are sums of two powers of two. For small a, n = 0 leaves sinh r and cosh r alone,
// so nothing cancels. What rounding takes from the leading terms is kept.
// Tails from tools/coefficients: relative error 2^-34.1 (f32), 2^-61.7 (f64) of sinh r,
// 2^-33.2 (f32), 2^-58.0 (f64) of cosh r.

namespace etch::text {

/// The hyperbolic functions of r and of n ln 2, the latter halved lest they overflow before the result.
template <class X>
struct HyperbolicParts {
  X r;
  X cosh_tail;       // cosh r - 1
  X sinh_tail;       // sinh r - r, with the rounding error of r
  X half_sinh;       // sinh(n ln 2) / 2
  X half_sinh_error; // what its rounding took
  X half_cosh;       // cosh(n ln 2) / 2
  X half_cosh_error;
};

/// Requires 0 <= a or NaN; results from where they overflow on are infinite.
template <class X>
HyperbolicParts<X> hyperbolic_parts(const X &a) {
  const auto e = reduced_exp<X>(ETCH_BY_DTYPE(a, select(a > 89.5, 89.5, a), select(a > 710.5, 710.5, a)));
  const X r = e.reduced;
  const X t = r * r;
  const X cosh_quotient = ETCH_BY_DTYPE(t, horner(t, 0x1.6d514ep-10, 0x1.5554e4p-5, 0x1p-1),
                                        horner(t, 0x1.28b0f60b71767p-22, 0x1.a01995bb348dcp-16, 0x1.6c16c18606fc2p-10,
                                               0x1.555555554fe06p-5, 0x1.000000000000cp-1));
  const X sinh_quotient = ETCH_BY_DTYPE(t, horner(t, 0x1.a293d2p-13, 0x1.110fep-7, 0x1.555556p-3),
                                        horner(t, 0x1.af5f255a18547p-26, 0x1.71ddf811f5e5cp-19, 0x1.a01a01b00304dp-13,
                                               0x1.111111110f655p-7, 0x1.5555555555559p-3));
  // 2^n / 4 and 2^-n / 4; where n is bounded the latter is lost beside the former.
  const auto n =
      ETCH_BY_DTYPE(a, select(e.exponent > 100, 100, e.exponent), select(e.exponent > 1000, 1000, e.exponent));
  const X grown = ETCH_BY_DTYPE(a, from_bits((e.exponent + 125) << 23), from_bits((e.exponent + 1021) << 52));
  const X shrunk = ETCH_BY_DTYPE(a, from_bits((125 - n) << 23), from_bits((1021 - n) << 52));
  const X half_sinh = grown - shrunk;
  const X half_cosh = grown + shrunk;
  return {r,
          t * cosh_quotient,
          fma(r * t, sinh_quotient, reduction_error(e)),
          half_sinh,
          (grown - half_sinh) - shrunk,
          half_cosh,
          (grown - half_cosh) + shrunk};
}

/// 2 (leading cosh r + other sinh r).
template <class X>
X hyperbolic_sum(const HyperbolicParts<X> &parts, const X &leading, const X &leading_error, const X &other) {
  const X sum = fma(other, parts.r, leading);
  const X lost = fma(other, parts.r, leading - sum) + leading_error;
  const X half = sum + fma(leading, parts.cosh_tail, fma(other, parts.sinh_tail, lost));
  return half + half;
}

} // namespace etch::text
