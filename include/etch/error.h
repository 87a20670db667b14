// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <stdexcept>
#include <string>

namespace etch {

/// A place in the user's source. Captured by defaulted arguments, so it costs three register moves.
struct Location {
  const char *file = "";
  const char *function = "";
  int line = 0;

  static constexpr Location current(const char *file = __builtin_FILE(), const char *function = __builtin_FUNCTION(),
                                    int line = __builtin_LINE()) {
    return {file, function, line};
  }
  /// False where there is none, and in the headers of the C++ library, as `list.emplace_back(…)` gives them: a place
  /// that is not the user's tells nothing.
  bool known() const;
};

/// What kind of rule a caller broke.
enum class ErrorCode {
  invalid_argument, ///< a value outside its documented domain
  shape,            ///< rank or dimensions do not fit the operation
  dtype,            ///< an element type the operation does not take
  out_of_range,     ///< an axis or index beyond its bound
  tracing,          ///< a traced value was used where a host value is needed
  too_large,        ///< more elements or bytes than the machine can hold
  unsupported,      ///< a documented limit of this version
  io,               ///< a file is missing, truncated or malformed
  check,            ///< a condition given to etch::check is false
};

/// The caller's mistake. The first line (summary) is the same in eager and traced code; what() adds the user's
/// file and line, the calls of functions inside functions that lead there and, where it is certain, the fix. Nothing is
/// lost when one is thrown: the next call works.
class Error : public std::runtime_error {
public:
  Error(ErrorCode code, std::string summary, Location location = {}, std::string help = {});

  ErrorCode code() const { return code_; }
  /// The first line of what(): the broken rule and the values.
  const std::string &summary() const { return summary_; }
  /// Where the failing operation was called; unknown (line 0) for errors without a call site.
  Location location() const { return location_; }
  const std::string &help() const { return help_; }
  /// For the library: the failing operation is in a call of `function`, which another function's callable makes. Calls
  /// are added from the innermost out.
  void add_call(const std::string &function, Location location);
  const char *what() const noexcept override { return text_.c_str(); }

private:
  ErrorCode code_;
  std::string summary_;
  Location location_;
  std::string help_;
  std::string calls_; ///< lines of the text
  std::string text_;
};

/// A defect of etch itself; the text says so and names the broken invariant.
class InternalError : public std::logic_error {
public:
  explicit InternalError(const std::string &invariant);
};

} // namespace etch
