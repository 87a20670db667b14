// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The texts that users read, one in each file of cases/: <name>.cpp makes it, <name>.txt holds it whole.
#pragma once

#include <etch/etch.h>

#include <string>

namespace etch::test {

enum class Kind {
  mistake,         ///< throws the same error, traced or not
  tracing_mistake, ///< throws where functions are traced, and has no meaning or no error where they are not
  text,            ///< returns what it is about
  warning          ///< says it on standard error
};

struct Case {
  const char *name, *file;
  Kind kind;
  std::string (*run)();
};

/// Notes a case; to be made before main.
struct RegisteredCase {
  explicit RegisteredCase(const Case &noted);
};

} // namespace etch::test

#define ETCH_CASE(name, kind)                                                                                          \
  namespace etch::test {                                                                                               \
  static std::string case_##name();                                                                                    \
  static const RegisteredCase registered_##name({#name, __FILE__, Kind::kind, case_##name});                           \
  }                                                                                                                    \
  std::string etch::test::case_##name()
// Files are compiled several at a time, so a case's own types bear names of their own or are local to it.
#define MISTAKE_BODY(name, kind)                                                                                       \
  namespace etch::test {                                                                                               \
  static void mistake_##name();                                                                                        \
  }                                                                                                                    \
  ETCH_CASE(name, kind) {                                                                                              \
    mistake_##name();                                                                                                  \
    return {};                                                                                                         \
  }                                                                                                                    \
  void etch::test::mistake_##name()

#define MISTAKE(name) MISTAKE_BODY(name, mistake)
#define TRACING_MISTAKE(name) MISTAKE_BODY(name, tracing_mistake)
#define TEXT(name) ETCH_CASE(name, text)
#define WARNING(name) MISTAKE_BODY(name, warning)
