// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/donated_tensor.h"

#include "runtime/allocator.h"
#include "runtime/concrete_tensor.h"
#include "runtime/symbolic_dim.h"
#include "support/require.h"

#include <utility>

namespace etch::runtime {

DonatedNode::DonatedNode(const Tensor &tensor, std::shared_ptr<const std::string> function, Location call_site)
    : TensorNode(true), dtype(tensor.dtype()), shape_(tensor.is_symbolic() ? Shape() : concrete(tensor).shape),
      traced_(tensor.is_symbolic() ? &runtime::symbolic(tensor) : nullptr), function_(std::move(function)),
      call_site_(call_site) {
  if (traced_)
    traced_->references.fetch_add(1, std::memory_order_relaxed);
}

DonatedNode::~DonatedNode() {
  if (traced_ && traced_->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    delete traced_;
}

// From the caches of the allocator: a warm call that donates must not reach the system either.
void *DonatedNode::operator new(size_t bytes) { return allocate_object(bytes); }
void DonatedNode::operator delete(void *block) noexcept { release_object(block, sizeof(DonatedNode)); }

Shape DonatedNode::shape(Location location) const { return traced_ ? shape_of(*traced_, location) : shape_; }

Dim DonatedNode::dim(int axis, Location location) const {
  return traced_ ? dim_of(*traced_, axis, location) : Dim(shape_[axis]);
}

std::string DonatedNode::type_text() const { return traced_ ? traced_->type.message_text() : spec_text(dtype, shape_); }

void DonatedNode::raise_used(const std::string &what, Location location) const {
  std::string text = what + ": a donated tensor has no value, got " + type_text() + ", donated to " + *function_;
  text += place(call_site_);
  throw Error(ErrorCode::invalid_argument, text, location,
              "to keep it pass the tensor itself, without std::move, or a copy of the handle: " + *function_ +
                  "(Tensor(x))");
}

void raise_without_elements(const Tensor &tensor) {
  require_not_donated(tensor, "tensor", {});
  ETCH_CHECK(false) << "a traced tensor where one with elements is expected, " << spec_text(tensor);
  __builtin_unreachable();
}

} // namespace etch::runtime
