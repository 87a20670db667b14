// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tests/random_programs/ways.h"

namespace etch::test {

/// What is found out about a failure.
struct Finding {
  Program program; ///< reduced
  Way way;
  std::string said;                       ///< what differs, or how it died
  std::vector<std::string> guilty_passes; ///< without any of which it does not fail
};

/// What the program does wrong in this way, tried in a child process; "" for nothing.
std::string failure(const Program &program, const Way &way, const Runs &runs);

/// Reduces a program that fails in this way; nullopt where it does not fail on its own.
std::optional<Finding> investigate(const Program &program, const Way &way, const Runs &runs = {});

/// The finding with a reproducer in C++.
std::string text_of(const Finding &finding);

} // namespace etch::test
