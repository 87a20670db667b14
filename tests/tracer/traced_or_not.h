// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/etch.h>

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

namespace etch::test {

/// A test that runs with functions traced, and with functions run eagerly where its parameter is true.
class TracedOrNot : public testing::TestWithParam<bool> {
public:
  static std::string name(const testing::TestParamInfo<bool> &info) { return info.param ? "Eagerly" : "Traced"; }

protected:
  bool traced() const { return !GetParam(); }
  /// Expects a count of traces, where there are any.
  template <class F>
  void expect_traces(const F &function, int64_t count) const {
    EXPECT_EQ(function.trace_count(), traced() ? count : 0);
  }

private:
  void SetUp() override { run_functions_eagerly(GetParam()); }
  void TearDown() override { run_functions_eagerly(false); }
};

} // namespace etch::test
