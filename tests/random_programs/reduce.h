// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tests/random_programs/program.h"

#include <functional>

namespace etch::test {

/// Whether a program still fails.
using Fails = std::function<bool(const Program &)>;

/// Without calls and inputs that no result needs, calls with an effect aside where those are kept.
Program without_dead(const Program &program, bool keeps_effects = true);
/// A program with few calls and plain elements that still fails. Requires: `program` does.
Program reduced(const Program &program, const Fails &fails);

} // namespace etch::test
