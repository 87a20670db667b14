// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

namespace etch::nn {

/// A named number shown at the end of the line: loss, acc, test.
struct Metric {
  std::string_view name;
  double value;
};

/// How a ProgressBar may draw.
struct ProgressStyle {
  bool redraw = false; ///< rewrite the line as work goes on; otherwise only the finished line is printed
  bool color = false;  ///< use ANSI colours

  /// For standard output: redraws on a terminal, colours there unless NO_COLOR is set.
  static ProgressStyle of_stdout();
};

/// One line of progress:
///   epoch 1/5  250/250 ━━━━━━━━━━━━━━━━━━━━ 0.2 s  0.9 ms/step  loss 0.412  acc 0.884
/// Redraws at most 20 times a second, so it may be advanced at every step. Where the output is no terminal one plain
/// line is printed at the end. Not thread-safe.
class ProgressBar {
public:
  /// Writes to standard output.
  ProgressBar(std::string label, int64_t total_steps);
  ProgressBar(std::string label, int64_t total_steps, std::ostream &out, ProgressStyle style);

  /// One step is done. Metric names need to live until the call returns.
  void advance(std::span<const Metric> metrics = {});
  /// Draws the last line and ends it; later calls do nothing.
  void finish(std::span<const Metric> metrics = {});
  double elapsed_seconds() const;

private:
  using Clock = std::chrono::steady_clock;

  void draw(std::span<const Metric> metrics);

  std::string label_;
  int64_t total_steps_;
  int64_t steps_ = 0;
  std::ostream &out_;
  ProgressStyle style_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_draw_{};
  bool finished_ = false;
};

} // namespace etch::nn
