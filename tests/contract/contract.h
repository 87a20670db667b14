// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tests/random_programs/elements.h"
#include "tests/random_programs/program.h"

namespace etch::test {

/// What the agreements of this process compared: calls of ops, each in so many ways beside the eager one.
struct ComparedCalls {
  int64_t compiled = 0, unknown_sizes = 0, threads = 0;
};
ComparedCalls &compared_calls();

/// Eager and compiled runs of the program agree bit for bit, and its values have their inferred types. A failure
/// prints `title` and the program as C++.
void expect_agreement(const Program &program, const std::string &title);

/// One trace of the program, with unknown extents in place of `marked` ones, serves arguments of all these sizes.
void expect_agreement_at_sizes(Program program, int64_t marked, const std::vector<int64_t> &sizes,
                               const std::string &title);

/// Eager and compiled results on `threads` threads are the eager ones on one.
void expect_agreement_on_threads(const Program &program, int threads, const std::string &title);

/// Ops that compute from tensors alone: no Variables, no prints.
std::vector<const ops::OpDef *> pure_ops();

} // namespace etch::test
