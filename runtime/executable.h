// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"
#include "runtime/abi.h"

#include <memory>
#include <string>
#include <vector>

namespace etch::runtime {

class CallPlan;

/// Machine code of one concrete function together with what its host needs to call it. Built by codegen, run by the
/// tracer. Immutable after construction; any number of threads may run it at once.
struct Executable {
  /// Where the value of a symbol comes from: axis `axis` of input `input`.
  struct SymbolSource {
    std::string symbol;
    int input;
    int axis;
  };
  /// An op computed by the runtime's own routine, a print, or a call of another Executable.
  struct HostCall {
    const ops::OpDef *op; ///< null for a call
    ops::Attrs attrs;
    int64_t op_id; ///< position in program order
    std::vector<ops::TensorType> operands, results;
    std::shared_ptr<const Executable> callee = nullptr; ///< of a call
  };

  /// An output that may be written into the memory of an input: the code reads that memory before it writes there, and
  /// no check fails afterwards.
  struct Take {
    int output;
    int input;
  };

  etch_executable entry = nullptr;
  std::vector<ops::TensorType> inputs, outputs;
  std::vector<SymbolSource> symbols;
  /// By output, the better ones first.
  std::vector<Take> takes;
  /// Evaluated at entry, in order, into etch_frame::dims.
  std::vector<ops::Dim> dims;
  /// Index into dims of each arena slot's offset is implied: slot offsets follow the dims. Bytes per slot of a dynamic
  /// arena; the offsets are their 64-byte-aligned running sums, written to etch_frame::dims after the expressions.
  std::vector<ops::Dim> slot_bytes;
  /// Bytes of the static part of the arena, which comes first.
  int64_t static_arena_bytes = 0;
  std::vector<HostCall> opaque_calls, print_calls;
  /// Of its own or of what it calls.
  bool has_prints = false;

  // Counters for stats and tests.
  int kernel_count = 0;   ///< launches per call: loop nests, contractions and opaque calls
  int op_count = 0;       ///< ops of the accepted trace
  int fused_op_count = 0; ///< ops that share a kernel with others, after simplification
  int64_t code_bytes = 0; ///< of the pages that hold the code and its constants
  double compile_ms = 0;

  /// Keeps the code mapped; the last owner unmaps it.
  std::shared_ptr<void> code;

  /// To be called once, when all of the above is set and before the first run: compiles the dimension expressions.
  void finalize();
  /// What finalize() made of them (runtime/call_plan.h).
  std::shared_ptr<const CallPlan> plan;
};

} // namespace etch::runtime
