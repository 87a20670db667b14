// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tests/random_programs/program.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace etch::test {

/// One way in which a program is compared with its eager results. A failure is repeated in the way in which it was
/// found.
struct Way {
  enum class Kind {
    types,        ///< eager results have the inferred types
    instructions, ///< eager code with vectors of the other width
    compiled,
    split,  ///< as two parts of a batch
    called, ///< as a function that stays a call in another
    taped,  ///< compiled, with a tape around it
  };
  Kind kind;
  int eager_threads = 1, threads = 1;
  std::string disabled_pass = {}; ///< of compiled code
  uint64_t batch_seed = 0;
  bool compiled_batch = false; ///< parts and whole are compiled, else eager
  bool guarded_left = false;   ///< guard pages are before the tensors, not behind them

  bool compiles() const;
  /// "compiled without fuse, eager on 1 thread, else on 3"
  std::string text() const;
};

/// How programs run, so that a test can plant faults.
struct Runs {
  using Compiled = std::function<std::vector<Outcome>(const Program &, const std::string &disabled_pass)>;
  std::function<std::vector<Outcome>(const Program &)> eagerly = run_eagerly;
  Compiled compiled = run_compiled, called = run_called, taped = run_under_tape;
};

/// What is tried with the program of a seed, in this order; all of them share the eager run.
std::vector<Way> ways_of(uint64_t seed);

/// To be called before the program is made, whose tensors are guarded as well.
void prepare(const Way &way);
std::vector<Outcome> eager_outcomes(const Program &program, const Way &way, const Runs &runs);

/// "" when the program agrees with its eager results, else what differs first; nullopt where the way does not apply.
std::optional<std::string> difference(const Program &program, const std::vector<Outcome> &eager, const Way &way,
                                      const Runs &runs);
/// The same on its own.
std::optional<std::string> difference(const Program &program, const Way &way, const Runs &runs);

} // namespace etch::test
