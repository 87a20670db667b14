// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/etch.h>

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

namespace etch::test {

/// Equal dtype, shape and bytes.
inline ::testing::AssertionResult same_bits(const Tensor &a, const Tensor &b) {
  if (!a.defined() || !b.defined())
    return a.defined() == b.defined() ? ::testing::AssertionSuccess()
                                      : ::testing::AssertionFailure() << spec_text(a) << " and " << spec_text(b);
  if (spec_text(a) != spec_text(b))
    return ::testing::AssertionFailure() << spec_text(a) << " and " << spec_text(b);
  const size_t bytes = static_cast<size_t>(a.size()) * size_of(a.dtype());
  if (bytes == 0 || std::memcmp(detail::checked_data(a, a.dtype(), "test", {}),
                                detail::checked_data(b, b.dtype(), "test", {}), bytes) == 0)
    return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "\n" << to_string(a) << "\nand\n" << to_string(b);
}

/// 0.5, 1.5, 2.5, …
inline Tensor ramp(const Shape &shape) {
  std::vector<float> elements(static_cast<size_t>(shape.size()));
  std::iota(elements.begin(), elements.end(), 0.5f);
  return from_vector(elements, shape);
}

/// Runs `body` and returns the Error it throws, which is a failure if it throws none.
template <class Body>
Error error_of(Body &&body) {
  try {
    body();
  } catch (const Error &error) {
    return error;
  }
  ADD_FAILURE() << "no etch::Error was thrown";
  return Error(ErrorCode::invalid_argument, "none");
}

/// What a case sees run eagerly and traced, in turn.
template <class Case>
void both_ways(Case run) {
  for (const bool eagerly : {true, false}) {
    const RunFunctionsEagerly scope(eagerly);
    SCOPED_TRACE(eagerly ? "eagerly" : "traced");
    run();
  }
}

} // namespace etch::test
