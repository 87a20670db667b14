// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tests/random_programs/program.h"

#include <array>
#include <functional>
#include <optional>
#include <string>

namespace etch::test {

/// A program all of whose results are computed row by row: row i of each depends on row i of some inputs alone. By the
/// numeric contract, the rows of a part are the rows of the whole, bit for bit.
struct BatchSplit {
  Program whole;
  std::array<Program, 2> parts; ///< on the first rows of those inputs, and on the others
};

/// What of the program can be computed so, its effects left out; nullopt where nothing can.
std::optional<BatchSplit> split_batch(const Program &program, uint64_t seed);

/// "" when the results of the parts, one after the other, are those of the whole; else what differs first.
std::string batch_difference(const BatchSplit &split, const std::function<Outcome(const Program &)> &run);

} // namespace etch::test
