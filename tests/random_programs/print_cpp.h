// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tests/random_programs/program.h"

namespace etch::test {

/// How a printed program runs.
struct Shown {
  int eager_threads = 1, threads = 1;
  bool called = false; ///< the compiled one stays a call in another
};

/// A C++ program that runs `program` both ways and prints what both leave behind. It uses the public interface; calls
/// of ops without a public function need etch_internal, as a comment in it says.
std::string cpp_of(const Program &program, const Shown &shown = {});

} // namespace etch::test
