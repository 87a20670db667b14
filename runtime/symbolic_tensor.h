// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/tensor_type.h"

#include <etch/tensor.h>

#include <memory>
#include <string>
#include <utility>

namespace etch::runtime {

class DimScope;

/// The node of a value of a trace being recorded. The tracer derives from it.
struct SymbolicNode : detail::TensorNode {
  SymbolicNode(ops::TensorType type, Location created_at)
      : TensorNode(true), type(std::move(type)), created_at(created_at) {}

  ops::TensorType type;
  /// The call of the op that makes the value, or of the function that it is an argument of.
  Location created_at;

  /// What the value comes from, for messages: "argument 0", "argument 'images'"; empty when it depends on none.
  virtual std::string origin() const { return {}; }
  /// What open extents are over; null: they cannot be computed with.
  virtual std::shared_ptr<DimScope> dim_scope() const { return nullptr; }
  /// False: it can have no value any more, or never had a trace.
  virtual bool is_being_recorded() const { return true; }
  /// Throws Error (tracing): the value is used outside its recording, by `what`.
  [[noreturn]] virtual void raise_misplaced(const std::string &what, Location location) const;
};

/// Requires: symbolic.
inline SymbolicNode &symbolic(const Tensor &tensor) { return *static_cast<SymbolicNode *>(tensor.node()); }

/// Throws Error (tracing) for a symbolic one.
inline void require_concrete(const Tensor &tensor, const char *what, Location location) {
  if (tensor.is_symbolic())
    symbolic(tensor).raise_misplaced(what, location);
}

/// What shape rules need to know of a tensor, concrete or symbolic. Throws Error (invalid_argument) for an undefined
/// one, naming `what`.
ops::TensorType type_of(const Tensor &tensor, const char *what, Location location);

} // namespace etch::runtime
