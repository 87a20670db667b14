// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/symbolic_tensor.h"

#include <etch/tensor.h>

#include <memory>
#include <string>

namespace etch::runtime {

/// What a handle holds once f(std::move(x)) has had its tensor: dtype and dimensions, and who was given the rest.
struct DonatedNode final : detail::TensorNode {
  /// Remembers `tensor`, which is defined and not donated.
  DonatedNode(const Tensor &tensor, std::shared_ptr<const std::string> function, Location call_site);
  ~DonatedNode() override;

  static void *operator new(size_t bytes);
  static void operator delete(void *block) noexcept;

  bool is_donated() const override { return true; }
  int rank() const { return traced_ ? traced_->type.rank() : shape_.rank(); }
  Shape shape(Location location) const;
  Dim dim(int axis, Location location) const;
  std::string type_text() const;
  /// Throws Error (invalid_argument): the tensor is used, by `what`.
  [[noreturn]] void raise_used(const std::string &what, Location location) const;

  const DType dtype;

private:
  const Shape shape_; // unless it is of a trace
  // The value of a trace, whose dimensions may be unknown. Counted, but no handle: that would keep it in its trace.
  SymbolicNode *const traced_;
  const std::shared_ptr<const std::string> function_;
  const Location call_site_;
};

/// Requires: donated.
inline const DonatedNode &donated(const Tensor &tensor) { return *static_cast<const DonatedNode *>(tensor.node()); }

inline bool is_donated(const Tensor &tensor) {
  return tensor.node() && tensor.node()->symbolic && tensor.node()->is_donated();
}

/// Throws Error (invalid_argument) for a donated tensor, naming `what`.
inline void require_not_donated(const Tensor &tensor, const char *what, Location location) {
  if (is_donated(tensor)) [[unlikely]]
    donated(tensor).raise_used(what, location);
}

} // namespace etch::runtime
