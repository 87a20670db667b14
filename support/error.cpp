// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/require.h"

#include <algorithm>
#include <string_view>

namespace etch {

bool Location::known() const {
  // "/usr/include/c++/12/bits/…", "/usr/lib/llvm-18/include/c++/v1/…"
  return line > 0 && std::string_view(file).find("/include/c++/") == std::string_view::npos;
}

std::string place(Location location, const char *words) {
  return location.known() ? words + std::string(location.file) + ":" + std::to_string(location.line) : "";
}

namespace {

std::string place_of(const Location &location) { return location.file + (":" + std::to_string(location.line)); }

/// The innermost ones of a deep recursion.
std::string first_lines(const std::string &lines) {
  constexpr int kMost = 8;
  size_t end = 0;
  for (int line = 0; line < kMost && end < lines.size(); ++line)
    end = std::min(lines.find('\n', end + 1), lines.size());
  const auto left_out = std::count(lines.begin() + static_cast<std::ptrdiff_t>(end), lines.end(), '\n');
  return lines.substr(0, end) + (left_out ? "\n  note: in " + std::to_string(left_out) + " calls around these" : "");
}

std::string full_text(const std::string &summary, const Location &location, const std::string &calls,
                      const std::string &help) {
  std::string text = summary;
  if (location.known()) {
    text += "\n  note: at " + place_of(location);
    if (*location.function)
      text += std::string(" in function '") + location.function + "'";
  }
  text += first_lines(calls);
  if (!help.empty())
    text += "\n  help: " + help;
  return text;
}

} // namespace

Error::Error(ErrorCode code, std::string summary, Location location, std::string help)
    : std::runtime_error(summary), code_(code), summary_(std::move(summary)), location_(location),
      help_(std::move(help)), text_(full_text(summary_, location_, calls_, help_)) {}

void Error::add_call(const std::string &function, Location location) {
  // An error about the call itself has its place already.
  if (calls_.empty() && location.line == location_.line && location.file == std::string_view(location_.file))
    return;
  calls_ += "\n  note: in a call of '" + function + "'" + (location.known() ? " at " + place_of(location) : "");
  text_ = full_text(summary_, location_, calls_, help_);
}

InternalError::InternalError(const std::string &invariant)
    : std::logic_error("internal error: " + invariant + "; this is a bug in etch") {}

namespace detail {

void RaiseError::operator&(const Message &message) const {
  throw Error(code, message.text(), location, message.advice());
}

void RaiseInternalError::operator&(const Message &message) const {
  std::string text = invariant;
  if (std::string detail = message.text(); !detail.empty())
    text += " (" + detail + ")";
  throw InternalError(text);
}

} // namespace detail
} // namespace etch
