// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/inline_vector.h"

#include <etch/tensor.h>

#include <atomic>
#include <utility>

namespace etch::runtime {

/// A counted block of elements, shared by a tensor and the views of it. The elements follow the header, so that a
/// tensor costs two allocations.
struct alignas(64) Buffer {
  std::atomic<int32_t> references{1};
  int64_t bytes;

  void *elements() { return this + 1; }
  /// Throws OutOfMemory.
  static Buffer *create(int64_t bytes, Location location);
  void acquire() { references.fetch_add(1, std::memory_order_relaxed); }
  void drop() noexcept {
    if (references.fetch_sub(1, std::memory_order_acq_rel) == 1)
      destroy();
  }

private:
  explicit Buffer(int64_t bytes) : bytes(bytes) {}
  void destroy() noexcept;
};

/// The node of a tensor that has elements: a strided window onto a Buffer. Immutable once it is shared, but for the
/// contiguous copy of a strided view, which is made once, on first use.
struct ConcreteNode final : detail::TensorNode {
  /// Adopts one reference to the buffer.
  ConcreteNode(DType dtype, const Shape &shape, Buffer *buffer);
  ConcreteNode(DType dtype, const Shape &shape, Buffer *buffer, int64_t offset, std::span<const int64_t> strides);
  ~ConcreteNode() override;

  static void *operator new(size_t bytes);
  static void operator delete(void *block) noexcept;

  const DType dtype;
  bool is_contiguous;
  const Shape shape;
  Buffer *const buffer;
  /// Element 0.
  void *const first;
  /// In elements; empty when contiguous.
  InlineVector<int64_t, 6> strides;
  std::atomic<Buffer *> contiguous_copy{nullptr};

  /// Row-major elements. Thread-safe. Throws OutOfMemory.
  const void *contiguous_elements() { return is_contiguous ? first : copied_elements(); }

private:
  const void *copied_elements();
};

/// Throws Error (invalid_argument) for a donated tensor.
[[noreturn]] void raise_without_elements(const Tensor &tensor);

/// Requires: defined and not symbolic. Throws Error (invalid_argument) for a donated tensor, but who knows the
/// operation and the user's line should have said so before.
inline ConcreteNode &concrete(const Tensor &tensor) {
  if (tensor.node()->symbolic) [[unlikely]]
    raise_without_elements(tensor);
  return *static_cast<ConcreteNode *>(tensor.node());
}

/// A tensor with elements yet to be written through mutable_elements(), which only its maker may do, before the handle
/// is shared. Throws OutOfMemory.
Tensor allocate_tensor(DType dtype, const Shape &shape, Location location);
inline void *mutable_elements(const Tensor &tensor) { return concrete(tensor).first; }

/// A tensor of another type in the same buffer, for its maker to write. Requires: as many bytes.
Tensor adopt_memory(const Tensor &tensor, DType dtype, const Shape &shape);
/// Whether this handle alone knows of the elements, which fill their buffer: nobody else can ever see what is written
/// there.
bool is_owned(const Tensor &tensor);

/// A window onto the tensor's buffer. `offset` and `strides` count elements from the buffer's first one.
Tensor make_view(const Tensor &base, const Shape &shape, int64_t offset, std::span<const int64_t> strides);

/// In elements, from the buffer's first one.
int64_t offset_of(const ConcreteNode &node);
/// Row-major strides of these dimensions; those of empty shapes are never used and may be 0.
void row_major_strides(std::span<const int64_t> dims, int64_t *strides);
/// Writes the node's strides, one per axis.
void strides_of(const ConcreteNode &node, int64_t *strides);

/// The same values with row-major elements: the tensor itself where they are.
Tensor contiguous(const Tensor &tensor);

/// Strided tensors that had to be copied where row-major elements were needed, since the process started.
int64_t contiguous_copies();

} // namespace etch::runtime
