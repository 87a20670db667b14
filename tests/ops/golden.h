// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"

#include <string_view>
#include <vector>

namespace etch::ops {

/// A tensor written in a golden: "[[1, nan], [-0.0, inf]]", "7:i32", "[]:f32[0,3]".
struct GoldenTensor {
  TensorType type;
  bool has_dtype = false; ///< it said so; else the test chooses among the op's floats
  std::vector<double> elements;
};

/// A golden of the op table: `name(operand…, attribute=value…) = result…`.
struct Golden {
  const OpDef *op = nullptr;
  std::vector<GoldenTensor> operands;
  Attrs attrs;
  std::vector<GoldenTensor> results; ///< one but for functions
};

/// Requires a golden of this op. Tensors that name no dtype get `dtype`. Attributes left out get the public default.
/// Throws InternalError for malformed text.
Golden parse_golden(const OpDef &op, std::string_view text, DType dtype);

/// A sample of the op table: extents in the place of operands, attributes as in a golden.
struct Sample {
  std::vector<Dims> operands;
  Attrs attrs;
};
/// Numbers among the attributes have the given dtype.
Sample parse_sample(const OpDef &op, std::string_view text, DType dtype);

} // namespace etch::ops
