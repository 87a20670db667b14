// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>

namespace mlir {
class MLIRContext;
}

namespace etch::ir {

struct ContextDeleter {
  void operator()(mlir::MLIRContext *context) const;
};
using ContextPtr = std::unique_ptr<mlir::MLIRContext, ContextDeleter>;

/// A context for one compile: single-threaded, with every dialect of etch and func loaded. Contexts are never shared
/// between compiles, since a context keeps each type it ever saw.
ContextPtr make_context();

} // namespace etch::ir
