// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/executable.h"

#include <memory>
#include <string>
#include <vector>

namespace mlir {
class ModuleOp;
}

namespace etch::codegen {

/// The stages at which a function can be looked at, in order.
enum class Phase { etch, optimized, kernels, exec, llvm, assembly };

struct CompileOptions {
  std::string name;
  std::string dump_directory;               ///< every stage is written there when set
  std::vector<std::string> disabled_passes; ///< names of optional passes
  // What is said on standard error while it is compiled.
  bool log_passes = false;  ///< the time that each pass takes, and how many operations are left
  bool log_kernels = false; ///< the operations of each kernel, with name scopes and lines
  bool log_timing = false;  ///< the time it takes in all
  /// What the calls of the module run, by etch.call's index; empty where nothing is compiled.
  std::vector<std::shared_ptr<const runtime::Executable>> callees = {};
};

struct Compiled {
  std::shared_ptr<const runtime::Executable> executable;
  /// The ref that each output after the function's own results belongs to.
  std::vector<int> written_refs;
  bool is_shared = false; ///< another compilation has made it
};

/// Compiles @main of `module`, which is consumed. The inputs are the tensor arguments, then the current value of every
/// ref; the outputs are the results, then the new value of every written ref, in order. Throws InternalError.
Compiled compile(mlir::ModuleOp module, const CompileOptions &options);

/// The text of one stage; `module` is consumed.
std::string lower_to_text(mlir::ModuleOp module, Phase phase, const CompileOptions &options);

/// The fused function as a picture in Graphviz's language, one box per kernel; `module` is consumed.
std::string graph_text(mlir::ModuleOp module, const CompileOptions &options);

/// Passes that ETCH_DISABLE may name.
const std::vector<std::string> &optional_passes();

} // namespace etch::codegen
