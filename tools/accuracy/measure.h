// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/cpu_level.h"
#include "tools/accuracy/functions.h"

#include <array>
#include <cstdint>
#include <set>
#include <string>

namespace etch::accuracy {

/// What a function's results were found to be worth.
struct Accuracy {
  using Input = std::array<uint64_t, 2>; ///< the bits of the operands as f64

  double ulps = 0;           ///< the largest error that is finite
  std::string at;            ///< the first input that has it
  uint64_t inputs = 0;       ///< how many were tried
  std::set<Input> wrong;     ///< where NaN, infinity or the sign of a zero is wrong; the first million
  std::string first_wrong;   ///< "f(-inf) = nan, not -0"
  double understatement = 0; ///< how many hairs the double reading claimed less than the exact one, at most
  std::string understated_at;
};

struct Effort {
  bool full;
  int threads;
  runtime::CpuLevel level;
};

/// A sample tries hard inputs, 10^4 random ones and every 4099th f32. Full measurements begin with it and go on to all
/// f32, 10^9 pairs of f32, or 10^7 f64. The result does not depend on the number of threads.
Accuracy measure(const Function &function, const Effort &effort);

/// "0x1.8p+1, -inf": the operands in hexadecimal.
std::string spelled_input(const Function &function, const Accuracy::Input &input);

/// How many inputs a full measurement tries.
uint64_t full_count(const Function &function);

} // namespace etch::accuracy
