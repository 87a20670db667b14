// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/expansions.h"

#include <optional>

namespace etch::ops {

/// A tensor read as its type alone: running an expansion over TypeExpr infers the composite's type.
class TypeExpr : public expansion::DimsOfReading<TypeExpr> {
public:
  class Context {
  public:
    using Tensor = TypeExpr;
    /// most_bytes_written: null, or where to note it.
    explicit Context(const InferCall &call, int64_t *most_bytes_written = nullptr)
        : call_(call), most_bytes_written_(most_bytes_written) {}
    TypeExpr emit(const OpDef &op, const std::vector<TypeExpr> &operands, const Attrs &attrs);
    /// Throws Error (too_large) where an intermediate result has too many bytes and the last one has not: of that the
    /// caller says so in terms of the op that the user called.
    void check_intermediates(const TensorType &last) const;

  private:
    void note_bytes(const OpDef &op, std::span<const TensorType> types, const Attrs &attrs, const TensorType &result);

    const InferCall &call_;
    int64_t *const most_bytes_written_;
    std::optional<TensorType> too_large_; ///< the first such result
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
