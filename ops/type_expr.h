// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/expansions.h"

namespace etch::ops {

/// A tensor read as its type alone: running an expansion over TypeExpr infers the composite's type.
class TypeExpr : public expansion::DimsOfReading<TypeExpr> {
public:
  class Context {
  public:
    using Tensor = TypeExpr;
    explicit Context(const InferCall &call) : call_(call) {}
    TypeExpr emit(const OpDef &op, const std::vector<TypeExpr> &operands, const Attrs &attrs);

  private:
    const InferCall &call_;
  };

  TypeExpr(Context &context, TensorType type) : context_(&context), type_(std::move(type)) {}
  DType dtype() const { return type_.dtype; }
  const Dims &dims() const { return type_.dims; }
  const TensorType &type() const { return type_; }
  Context &context() const { return *context_; }

private:
  Context *context_;
  TensorType type_;
};

} // namespace etch::ops
