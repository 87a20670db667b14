// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/op_def.h"
#include "runtime/symbolic_tensor.h"

#include <etch/tensor.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace etch::runtime {

struct SymbolicDim;

/// A recording, as its open extents see it. The tracer derives from it.
class DimScope {
public:
  virtual ~DimScope() = default;
  /// The number in this call, which the trace takes for granted from now on. Throws Error (tracing) where it may not.
  virtual int64_t settle(const SymbolicDim &dim) = 0;
  /// The number in this call, from which state may start; nothing is taken for granted. nullopt: there is no call.
  virtual std::optional<int64_t> number_now(const SymbolicDim &dim) = 0;
  /// Whether a == b or a < b, taken for granted where the expressions do not decide it. Throws as settle() does.
  virtual bool settle(detail::DimRelation relation, const ops::Dim &a, const ops::Dim &b, Location location) = 0;
  /// Notes what must be true of the symbols for the trace to serve a call.
  virtual void assume_at_least(const ops::Dim &larger, const ops::Dim &smaller, Location location) = 0;
  virtual ops::Dim assume_quotient(const ops::Dim &numerator, const ops::Dim &divisor, Location location) = 0;
  [[noreturn]] virtual void raise_misplaced(const SymbolicDim &dim, const char *what, Location location) const = 0;
};

/// What is behind a Dim that is not known.
struct SymbolicDim final : detail::DimExpression {
  SymbolicDim(ops::Dim dim, std::shared_ptr<DimScope> scope, Location location)
      : dim(std::move(dim)), scope(std::move(scope)), location(location) {}

  int64_t value() const override { return scope->settle(*this); }
  std::string text() const override { return "?"; }
  Dim combined(detail::DimOp op, const Dim &a, const Dim &b) const override;
  bool holds(detail::DimRelation relation, const Dim &a, const Dim &b) const override;

  const ops::Dim dim; ///< not static
  const std::shared_ptr<DimScope> scope;
  const Location location; ///< where a tensor was asked for it
};

/// As the user sees it.
Dim public_dim(const ops::Dim &dim, const std::shared_ptr<DimScope> &scope, Location location);
/// Of a value of a trace, along an axis from 0 on. Throws Error (tracing) for an open extent of what is of no
/// recording.
Dim dim_of(const SymbolicNode &node, int axis, Location location);
Shape shape_of(const SymbolicNode &node, Location location);
/// In terms of the current recording, for the attributes of an op. Throws Error (tracing) for a misplaced one.
ops::Dim dim_here(const Dim &dim, const char *what, Location location);
ops::Dims dims_here(const std::vector<Dim> &dims, const char *what, Location location);
/// Requires: not known.
inline const SymbolicDim &symbolic_of(const Dim &dim) { return *static_cast<const SymbolicDim *>(dim.expression()); }
/// Whether an extent can be of this dtype without being asked for.
bool holds_open_extents(DType dtype);
/// The extent as a tensor of rank 0; of a dtype that holds all extents, i32 with a guard.
Tensor open_dim_tensor(const Dim &dim, DType dtype, Location location);
/// The same beside tensors of a dtype; of a narrow one whether it fits is asked.
Tensor open_dim_tensor(const ops::OpDef &op, const Dim &dim, DType dtype, Location location);

} // namespace etch::runtime
