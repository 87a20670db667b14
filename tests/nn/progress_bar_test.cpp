// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "nn/progress_bar.h"

#include <array>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace etch::nn {
namespace {

size_t count_of(const std::string &text, const std::string &part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++count;
  return count;
}

TEST(ProgressBar, PrintsOnePlainLineWithoutATerminal) {
  std::ostringstream out;
  ProgressBar bar("epoch 1/5", 4, out, {});
  for (int i = 0; i < 4; ++i)
    bar.advance();
  EXPECT_EQ(out.str(), "");
  bar.finish(std::array<Metric, 2>{{{"loss", 0.4121}, {"acc", 0.8838}}});
  bar.finish();
  EXPECT_EQ(out.str().rfind("epoch 1/5  4/4 ━━━━━━━━━━━━━━━━━━━━ ", 0), 0u) << out.str();
  EXPECT_NE(out.str().find("/step  loss 0.412  acc 0.884\n"), std::string::npos) << out.str();
  EXPECT_EQ(out.str().find('\033'), std::string::npos);
  EXPECT_EQ(count_of(out.str(), "\n"), 1u);
}

TEST(ProgressBar, RedrawsInPlaceAndKeepsTheRateOfRedrawsLow) {
  std::ostringstream out;
  ProgressBar bar("", 100000, out, {.redraw = true, .color = false});
  for (int i = 0; i < 50000; ++i)
    bar.advance();
  bar.finish();
  const double redraws = static_cast<double>(count_of(out.str(), "\r"));
  EXPECT_GE(redraws, 2);
  EXPECT_LE(redraws, 3 + 21 * bar.elapsed_seconds());
  EXPECT_EQ(count_of(out.str(), "\n"), 1u);
  EXPECT_EQ(count_of(out.str().substr(out.str().rfind('\r')), "━"), 10u);
}

TEST(ProgressBar, ColorsOnlyWhenAsked) {
  std::ostringstream out;
  ProgressBar bar("x", 0, out, {.redraw = false, .color = true});
  bar.finish();
  EXPECT_NE(out.str().find("\033[32m"), std::string::npos);
}

} // namespace
} // namespace etch::nn
