// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/math/log.h"

// Method: x = 2^e (1 + f) as for log, log2 x = e + f / ln 2 + f^2 tail(f) with 1 / ln 2 in two words. Product and sum
// of the leading terms are kept with their rounding errors, so that the result is rounded nearly once. Powers of two
// have f = 0 and exact results.
// Tail from tools/coefficients: relative error 2^-27.7 (f32), 2^-56.8 (f64).
// Maximal error measured (all f32, 40 million f64): 0.90 ulp (f32), 0.91 ulp (f64).

namespace etch::text {

template <class X>
X log2(const X &x) {
  const auto parts = log_parts_of_any(x);
  const X e = parts.exponent, f = parts.f;
  const X product = ETCH_BY_DTYPE(x, f * 0x1.715476p+0, f * 0x1.71547652b82fep+0);
  const X product_rounding = ETCH_BY_DTYPE(x, fma(f, 0x1.715476p+0, -product), fma(f, 0x1.71547652b82fep+0, -product));
  const X product_error =
      ETCH_BY_DTYPE(x, fma(f, 0x1.4ae0cp-26, product_rounding), fma(f, 0x1.777d0ffda0d24p-56, product_rounding));
  const X sum = e + product;
  const X lost = product - (sum - e);
  const X square = f * f;
  // The square's error times the tail's leading coefficient.
  const X low = fma(fma(f, f, -square), -0.7213, lost + product_error);
  const X tail =
      ETCH_BY_DTYPE(x,
                    horner(f, -0x1.c32002p-4, 0x1.7dfb8p-3, -0x1.877f02p-3, 0x1.a2e932p-3, -0x1.eab168p-3,
                           0x1.277ee8p-2, -0x1.715ac8p-2, 0x1.ec7094p-2, -0x1.71547p-1),
                    horner(f, 0x1.352ee9149041ep-5, -0x1.62d16ba56f6fbp-4, 0x1.81d64e5779f7bp-4, -0x1.4f91b1025fbp-4,
                           0x1.4e6a6e56bac82p-4, -0x1.6e09b92e41393p-4, 0x1.8b16999b4bcfdp-4, -0x1.a6828e2ba8f77p-4,
                           0x1.c68229cae2f28p-4, -0x1.ec69847741a92p-4, 0x1.0c9aa7bfc3cddp-3, -0x1.2776e7c6e6b5fp-3,
                           0x1.484b13d4ed303p-3, -0x1.7154758ee1f93p-3, 0x1.a61762a499c98p-3, -0x1.ec709dc5f22b7p-3,
                           0x1.2776c50eff393p-2, -0x1.71547652b699cp-2, 0x1.ec709dc3a03adp-2, -0x1.71547652b8303p-1));
  return with_log_edges<X>(x, sum + fma(square, tail, low));
}

} // namespace etch::text
