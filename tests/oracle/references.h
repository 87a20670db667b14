// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"

#include <string_view>
#include <vector>

namespace etch::test {

/// What a record says its results are in NumPy.
struct Reference {
  const ops::OpDef &op;
  bool is_function;
  std::string_view text;  ///< "" where the record says nothing
  std::string_view scale; ///< of rounding errors; "": the result itself

  bool is_exempt() const { return text.starts_with("none: "); }
};

/// One for each op and function with a result that users can call, and those that other ops state.
std::vector<Reference> references();

} // namespace etch::test
