// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tools/accuracy/exact.h"

#include <etch/dtype.h>

#include <string>
#include <vector>

namespace etch::accuracy {

/// An op of the table at one dtype, with the two readings of its text that say what it should give. Their arguments
/// are the operands, then the attributes.
struct Function {
  int op_index;
  std::string name;
  DType dtype;
  int operand_count;
  std::vector<double> attributes; // the defaults
  Exact (*exact)(const Exact *x);
  /// y[i] in double, of x[0][i], x[1][i], … for i < n.
  void (*fast)(int64_t n, const float *const *x, double *y);
};

/// Every function that docs/accuracy.md has a row for, in table order.
const std::vector<Function> &functions();

} // namespace etch::accuracy
