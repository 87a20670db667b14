// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/error.h>

#include <sstream>
#include <string>

// The two verbs of error handling. ETCH_REQUIRE reports the caller's mistake as etch::Error, ETCH_CHECK our own as
// etch::InternalError. Both take a streamed message; ETCH_REQUIRE's may end in << etch::help("…").
#define ETCH_REQUIRE(condition, code, location)                                                                        \
  if (condition) [[likely]] {                                                                                          \
  } else                                                                                                               \
    ::etch::detail::RaiseError{code, location} & ::etch::detail::Message()

#define ETCH_CHECK(condition)                                                                                          \
  if (condition) [[likely]] {                                                                                          \
  } else                                                                                                               \
    ::etch::detail::RaiseInternalError{#condition} & ::etch::detail::Message()

namespace etch {

/// " at train.cpp:12", or nothing for an unknown one.
std::string place(Location location, const char *words = " at ");

/// The last part of a streamed message: advice that is certain to help.
struct help {
  std::string text;
  explicit help(std::string text) : text(std::move(text)) {}
};

namespace detail {

class Message {
public:
  template <class T>
  Message &&operator<<(const T &value) && {
    stream_ << value;
    return std::move(*this);
  }
  Message &&operator<<(const help &advice) && {
    help_ = advice.text;
    return std::move(*this);
  }
  std::string text() const { return stream_.str(); }
  std::string advice() const { return help_; }

private:
  std::ostringstream stream_;
  std::string help_;
};

struct RaiseError {
  ErrorCode code;
  Location location;
  [[noreturn]] void operator&(const Message &message) const;
};

struct RaiseInternalError {
  const char *invariant;
  [[noreturn]] void operator&(const Message &message) const;
};

} // namespace detail
} // namespace etch
