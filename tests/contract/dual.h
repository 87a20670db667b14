// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Derivatives along a direction by rules of their own, which know nothing of the vjps of the table.
#pragma once

#include "ops/expansions.h"

#include <etch/tensor.h>

#include <set>
#include <string>
#include <vector>

namespace etch::test {

/// The reading of the table's texts that carries a tensor's derivative along a direction with it: composites by their
/// expansions, elementwise ops by dual numbers in their text, the others by what they are found to be at the point:
/// linear in an operand, a choice among its elements, or of first degree in each element. f64.
class DualTensor : public expansion::DimsOfReading<DualTensor> {
public:
  class Context {
  public:
    using Tensor = DualTensor;
    DualTensor emit(const ops::OpDef &op, const std::vector<DualTensor> &operands, const ops::Attrs &attrs);
    /// Ops that no rule was found for; their tangents are missing.
    std::set<std::string> unknown;
    /// Some result was not finite.
    bool is_outside = false;
  };

  DualTensor(Context &context, etch::Tensor value, etch::Tensor tangent = {})
      : context_(&context), value_(std::move(value)), tangent_(std::move(tangent)) {}
  DType dtype() const { return value_.dtype(); }
  ops::Dims dims() const {
    const Shape shape = value_.shape();
    return {shape.begin(), shape.end()};
  }
  Context &context() const { return *context_; }
  const etch::Tensor &value() const { return value_; }
  /// Undefined where it is zero.
  const etch::Tensor &tangent() const { return tangent_; }

private:
  Context *context_;
  etch::Tensor value_, tangent_;
};

} // namespace etch::test
