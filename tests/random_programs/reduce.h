// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tests/random_programs/program.h"

#include <functional>

namespace etch::test {

/// Whether a program still fails.
using Fails = std::function<bool(const Program &)>;

/// What all values of a program are, to put one in the place of its call; undefined tensors for calls without a result.
using Values = std::function<std::vector<Tensor>(const Program &)>;
/// What eager code computes; from a call that throws on, made-up elements.
std::vector<Tensor> eager_values(const Program &program);
/// Made-up elements: nothing runs.
std::vector<Tensor> made_up_values(const Program &program);

/// Without calls and inputs that no result needs, calls with an effect aside where those are kept.
Program without_dead(const Program &program, bool keeps_effects = true);
/// A program with few calls and plain elements that still fails. Requires: `program` does.
Program reduced(const Program &program, const Fails &fails, const Values &values = eager_values);

} // namespace etch::test
