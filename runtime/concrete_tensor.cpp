// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/concrete_tensor.h"

#include "runtime/allocator.h"
#include "runtime/strided_copy.h"

#include <memory>
#include <new>
#include <string>

namespace etch::runtime {
namespace {

std::atomic<int64_t> contiguous_copy_count{0};

struct DropReference {
  void operator()(Buffer *buffer) const { buffer->drop(); }
};
// Holds a reference until a node has adopted it, for the case that there is no memory for the node.
using BufferReference = std::unique_ptr<Buffer, DropReference>;

bool is_row_major(const Shape &shape, std::span<const int64_t> strides) {
  if (shape.size() == 0)
    return true;
  int64_t expected = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    if (shape[axis] != 1 && strides[axis] != expected)
      return false;
    expected *= shape[axis];
  }
  return true;
}

int64_t byte_count(DType dtype, const Shape &shape, Location location) {
  int64_t bytes = 0;
  if (__builtin_mul_overflow(shape.size(), static_cast<int64_t>(size_of(dtype)), &bytes)) [[unlikely]]
    throw Error(ErrorCode::too_large, "shape: the number of bytes must fit in 63 bits, got " + spec_text(dtype, shape),
                location);
  return bytes;
}

Buffer *create_buffer(DType dtype, const Shape &shape, Location location) {
  try {
    return Buffer::create(byte_count(dtype, shape, location), location);
  } catch (const OutOfMemory &shortage) {
    throw OutOfMemory(Error(ErrorCode::too_large,
                            "tensor: the elements must fit in this machine's memory, got " + spec_text(dtype, shape),
                            location),
                      shortage.bytes());
  }
}

} // namespace

Buffer *Buffer::create(int64_t bytes, Location location) {
  int64_t total = 0;
  if (__builtin_add_overflow(bytes, static_cast<int64_t>(sizeof(Buffer)), &total)) [[unlikely]]
    total = bytes;
  return new (allocate(total, location)) Buffer(bytes);
}

void Buffer::destroy() noexcept {
  const int64_t total = bytes + static_cast<int64_t>(sizeof(Buffer));
  this->~Buffer();
  release(this, total);
}

ConcreteNode::ConcreteNode(DType dtype, const Shape &shape, Buffer *buffer)
    : TensorNode(false), dtype(dtype), is_contiguous(true), shape(shape), buffer(buffer), first(buffer->elements()),
      strides(0) {}

ConcreteNode::ConcreteNode(DType dtype, const Shape &shape, Buffer *buffer, int64_t offset,
                           std::span<const int64_t> all_strides)
    : TensorNode(false), dtype(dtype), is_contiguous(is_row_major(shape, all_strides)), shape(shape), buffer(buffer),
      // The offset of an empty view may lie beyond the buffer.
      first(static_cast<char *>(buffer->elements()) +
            (shape.size() == 0 ? 0 : offset * static_cast<int64_t>(size_of(dtype)))),
      strides(is_contiguous ? std::span<const int64_t>{} : all_strides) {}

ConcreteNode::~ConcreteNode() {
  buffer->drop();
  if (Buffer *copy = contiguous_copy.load(std::memory_order_acquire))
    copy->drop();
}

void *ConcreteNode::operator new(size_t bytes) { return allocate_object(bytes); }
void ConcreteNode::operator delete(void *block) noexcept { release_object(block, sizeof(ConcreteNode)); }

const void *ConcreteNode::copied_elements() {
  if (Buffer *copy = contiguous_copy.load(std::memory_order_acquire))
    return copy->elements();
  Buffer *copy = create_buffer(dtype, shape, {});
  copy_strided(StridedSpace(shape.dims(), strides.data()), size_of(dtype), first, copy->elements());
  Buffer *other = nullptr;
  if (!contiguous_copy.compare_exchange_strong(other, copy, std::memory_order_acq_rel)) {
    copy->drop();
    return other->elements();
  }
  contiguous_copy_count.fetch_add(1, std::memory_order_relaxed);
  return copy->elements();
}

Tensor allocate_tensor(DType dtype, const Shape &shape, Location location) {
  BufferReference buffer(create_buffer(dtype, shape, location));
  Tensor tensor(new ConcreteNode(dtype, shape, buffer.get()));
  buffer.release();
  return tensor;
}

Tensor adopt_memory(const Tensor &tensor, DType dtype, const Shape &shape) {
  const ConcreteNode &node = concrete(tensor);
  if (node.dtype == dtype && node.shape == shape)
    return tensor;
  node.buffer->acquire();
  BufferReference buffer(node.buffer);
  Tensor adopted(new ConcreteNode(dtype, shape, buffer.get()));
  buffer.release();
  return adopted;
}

bool is_owned(const Tensor &tensor) {
  const ConcreteNode &node = concrete(tensor);
  // Acquire: what another thread has read through a handle that it dropped comes before our writes.
  return node.is_contiguous && node.first == node.buffer->elements() &&
         node.shape.size() * static_cast<int64_t>(size_of(node.dtype)) == node.buffer->bytes &&
         node.references.load(std::memory_order_acquire) == 1 &&
         node.buffer->references.load(std::memory_order_acquire) == 1;
}

Tensor make_view(const Tensor &base, const Shape &shape, int64_t offset, std::span<const int64_t> strides) {
  const ConcreteNode &node = concrete(base);
  node.buffer->acquire();
  BufferReference buffer(node.buffer);
  Tensor view(new ConcreteNode(node.dtype, shape, buffer.get(), offset, strides));
  buffer.release();
  return view;
}

int64_t offset_of(const ConcreteNode &node) {
  const char *begin = static_cast<const char *>(node.buffer->elements());
  return (static_cast<const char *>(node.first) - begin) / static_cast<int64_t>(size_of(node.dtype));
}

void row_major_strides(std::span<const int64_t> dims, int64_t *strides) {
  int64_t stride = 1;
  for (size_t axis = dims.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= dims[axis];
  }
}

void strides_of(const ConcreteNode &node, int64_t *strides) {
  if (node.is_contiguous)
    row_major_strides(node.shape.dims(), strides);
  else
    std::copy(node.strides.begin(), node.strides.end(), strides);
}

Tensor contiguous(const Tensor &tensor) {
  ConcreteNode &node = concrete(tensor);
  if (node.is_contiguous)
    return tensor;
  node.contiguous_elements();
  Buffer *copy = node.contiguous_copy.load(std::memory_order_acquire);
  copy->acquire();
  BufferReference buffer(copy);
  Tensor result(new ConcreteNode(node.dtype, node.shape, buffer.get()));
  buffer.release();
  return result;
}

int64_t contiguous_copies() { return contiguous_copy_count.load(std::memory_order_relaxed); }

} // namespace etch::runtime
