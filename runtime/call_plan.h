// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/dim_program.h"
#include "runtime/executable.h"

#include <etch/shape.h>

#include <cstdint>
#include <vector>

namespace etch::runtime {

/// What a call of an Executable needs to know beforehand. Every dimension expression of the Executable is evaluated by
/// one DimProgram into one array of values: etch_frame::dims, then the offsets of the arena's slots, then the dimensions
/// of outputs, operands and results.
class CallPlan {
public:
  explicit CallPlan(const Executable &executable);

  /// The dimensions of a tensor: `rank` values from `first_value` on.
  struct Dims {
    int32_t first_value;
    int32_t rank;
  };
  struct Output {
    Dims dims;
    bool is_static;
    Shape shape; ///< of static outputs
  };
  struct HostCall {
    std::vector<Dims> operands, results;
  };

  DimProgram program;
  std::vector<Output> outputs;
  std::vector<HostCall> opaque_calls, print_calls;
  size_t first_slot = 0;
  size_t slot_count = 0;
};

} // namespace etch::runtime
