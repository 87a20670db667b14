// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

// Members that take arguments of any types and, after them, the caller's line. A parameter pack would take the line for
// an argument, so each number of arguments has an overload: ETCH_EACH_COUNT(M) is M() M(a1) M(a1, a2) … up to 16, and M
// lists its parameters by ETCH_PARAMETERS(…) and passes them on, after the line, by ETCH_ARGUMENTS(…). function.h
// undefines all of this.
#define ETCH_PARAMETERS(...) __VA_OPT__(ETCH_LIST(ETCH_PARAMETER, __VA_ARGS__), )
#define ETCH_ARGUMENTS(...) __VA_OPT__(, ETCH_LIST(ETCH_FORWARDED, __VA_ARGS__))
#define ETCH_PARAMETER(name) auto &&name
#define ETCH_FORWARDED(name) static_cast<decltype(name)>(name)

// The same for types that something else determines: class Ta1, Ta1 and const Lent<Ta1> &a1.
#define ETCH_CLASS(name) class T##name
#define ETCH_TYPE(name) T##name
#define ETCH_LENT(name) const detail::Lent<std::decay_t<T##name>> &name

// of(a1), of(a2), …: a macro cannot expand itself, so each step leaves the next one to another scan.
#define ETCH_LIST(of, ...) ETCH_SCAN(ETCH_LIST_STEP(of, __VA_ARGS__))
#define ETCH_LIST_STEP(of, first, ...) of(first) __VA_OPT__(, ETCH_LIST_AGAIN ETCH_PARENTHESES(of, __VA_ARGS__))
#define ETCH_LIST_AGAIN() ETCH_LIST_STEP
#define ETCH_PARENTHESES ()
#define ETCH_SCAN(...) ETCH_SCAN_9(ETCH_SCAN_9(ETCH_SCAN_9(__VA_ARGS__)))
#define ETCH_SCAN_9(...) ETCH_SCAN_3(ETCH_SCAN_3(ETCH_SCAN_3(__VA_ARGS__)))
#define ETCH_SCAN_3(...) ETCH_SCAN_1(ETCH_SCAN_1(ETCH_SCAN_1(__VA_ARGS__)))
#define ETCH_SCAN_1(...) __VA_ARGS__

// clang-format off
#define ETCH_EACH_COUNT(M)                                                                                             \
  M()                                                                                                                  \
  M(a1)                                                                                                                \
  M(a1, a2)                                                                                                            \
  M(a1, a2, a3)                                                                                                        \
  M(a1, a2, a3, a4)                                                                                                    \
  M(a1, a2, a3, a4, a5)                                                                                                \
  M(a1, a2, a3, a4, a5, a6)                                                                                            \
  M(a1, a2, a3, a4, a5, a6, a7)                                                                                        \
  M(a1, a2, a3, a4, a5, a6, a7, a8)                                                                                    \
  M(a1, a2, a3, a4, a5, a6, a7, a8, a9)                                                                                \
  M(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10)                                                                           \
  M(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11)                                                                      \
  M(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12)                                                                 \
  M(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13)                                                            \
  M(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14)                                                       \
  M(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15)                                                  \
  M(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16)
// clang-format on
