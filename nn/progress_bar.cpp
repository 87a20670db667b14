// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "nn/progress_bar.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <ostream>
#include <span>
#include <string>
#include <utility>

#include <unistd.h>

namespace etch::nn {
namespace {

constexpr int kBarCells = 20;
constexpr std::chrono::milliseconds kRedrawInterval{50};
constexpr const char *kCell = "━";
constexpr const char *kEmptyCell = "─";
constexpr const char *kGreen = "\033[32m";
constexpr const char *kDim = "\033[2m";
constexpr const char *kPlain = "\033[0m";
constexpr const char *kRestartLine = "\r\033[K";

std::string decimals(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string repeat(const char *cell, int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += cell;
  return text;
}

std::string rate_text(double seconds_per_step) {
  if (seconds_per_step >= 1)
    return decimals(seconds_per_step, 1) + " s/step";
  if (seconds_per_step >= 1e-3)
    return decimals(seconds_per_step * 1e3, 1) + " ms/step";
  return decimals(seconds_per_step * 1e6, 0) + " µs/step";
}

} // namespace

ProgressStyle ProgressStyle::of_stdout() {
  const char *no_color = std::getenv("NO_COLOR");
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  return {.redraw = terminal, .color = terminal && (no_color == nullptr || *no_color == '\0')};
}

ProgressBar::ProgressBar(std::string label, int64_t total_steps)
    : ProgressBar(std::move(label), total_steps, std::cout, ProgressStyle::of_stdout()) {}

ProgressBar::ProgressBar(std::string label, int64_t total_steps, std::ostream &out, ProgressStyle style)
    : label_(std::move(label)), total_steps_(total_steps), out_(out), style_(style) {}

void ProgressBar::advance(std::span<const Metric> metrics) {
  ++steps_;
  const Clock::time_point now = Clock::now();
  if (finished_ || !style_.redraw || now - last_draw_ < kRedrawInterval)
    return;
  last_draw_ = now;
  draw(metrics);
  out_ << std::flush;
}

void ProgressBar::finish(std::span<const Metric> metrics) {
  if (finished_)
    return;
  finished_ = true;
  draw(metrics);
  out_ << '\n' << std::flush;
}

double ProgressBar::elapsed_seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

void ProgressBar::draw(std::span<const Metric> metrics) {
  const double seconds = elapsed_seconds();
  const double fraction = total_steps_ > 0 ? static_cast<double>(steps_) / static_cast<double>(total_steps_) : 1;
  const int filled = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * kBarCells);
  if (style_.redraw)
    out_ << kRestartLine;
  out_ << label_ << "  " << steps_ << '/' << total_steps_ << ' ';
  out_ << (style_.color ? kGreen : "") << repeat(kCell, filled);
  out_ << (style_.color ? kDim : "") << repeat(kEmptyCell, kBarCells - filled);
  out_ << (style_.color ? kPlain : "") << ' ' << decimals(seconds, 1) << " s";
  if (steps_ > 0)
    out_ << "  " << rate_text(seconds / static_cast<double>(steps_));
  for (const Metric &metric : metrics)
    out_ << "  " << metric.name << ' ' << decimals(metric.value, 3);
}

} // namespace etch::nn
