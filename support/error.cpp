// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/require.h"

#include <string_view>

namespace etch {

bool Location::known() const {
  // "/usr/include/c++/12/bits/…", "/usr/lib/llvm-18/include/c++/v1/…"
  return line > 0 && std::string_view(file).find("/include/c++/") == std::string_view::npos;
}

namespace {

std::string full_text(const std::string &summary, const Location &location, const std::string &help) {
  std::string text = summary;
  if (location.known()) {
    text += "\n  note: at ";
    text += location.file;
    text += ":" + std::to_string(location.line);
    if (*location.function)
      text += std::string(" in function '") + location.function + "'";
  }
  if (!help.empty())
    text += "\n  help: " + help;
  return text;
}

} // namespace

Error::Error(ErrorCode code, std::string summary, Location location, std::string help)
    : std::runtime_error(full_text(summary, location, help)), code_(code), summary_(std::move(summary)),
      location_(location), help_(std::move(help)) {}

InternalError::InternalError(const std::string &invariant)
    : std::logic_error("internal error: " + invariant + "; this is a bug in etch") {}

namespace detail {

void RaiseError::operator&(const Message &message) const { throw Error(code, message.text(), location, message.advice()); }

void RaiseInternalError::operator&(const Message &message) const {
  std::string text = invariant;
  if (std::string detail = message.text(); !detail.empty())
    text += " (" + detail + ")";
  throw InternalError(text);
}

} // namespace detail
} // namespace etch
