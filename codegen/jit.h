// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi.h"

#include "llvm/ADT/SmallVector.h"

#include <memory>

namespace etch::codegen {

/// Machine code mapped into this process; unmapped with the last owner.
struct MappedCode {
  etch_executable entry = nullptr;
  int64_t bytes = 0; ///< of whole pages, the code's constants included
  std::shared_ptr<void> owner;
};

/// Links an object file and looks up its entry point. Thread-safe.
MappedCode map_object(const llvm::SmallVector<char, 0> &object, const char *entry_name);

/// Of all the code that is mapped now.
int64_t live_code_bytes();

} // namespace etch::codegen
