// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <etch/shape.h>

#include "support/require.h"

#include <algorithm>
#include <ostream>

namespace etch {
namespace {

std::string dims_text(std::span<const int64_t> dims) {
  std::string text = "[";
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (axis > 0)
      text += ',';
    text += std::to_string(dims[axis]);
  }
  return text + "]";
}

// Apart, so that the construction of a good shape does not carry the message's machinery.
[[noreturn, gnu::noinline]] void reject(std::span<const int64_t> dims, Location location) {
  ETCH_REQUIRE(dims.size() <= Shape::kMaxRank, ErrorCode::shape, location)
      << "shape: rank must be at most " << Shape::kMaxRank << ", got " << dims.size();
  ETCH_REQUIRE(std::none_of(dims.begin(), dims.end(), [](int64_t dim) { return dim < 0; }), ErrorCode::shape, location)
      << "shape: dimensions must not be negative, got " << dims_text(dims);
  throw Error(ErrorCode::too_large, "shape: the number of elements must fit in 63 bits, got " + dims_text(dims),
              location);
}

} // namespace

Shape::Shape(std::initializer_list<int64_t> dims, Location location) { assign({dims.begin(), dims.size()}, location); }
Shape::Shape(std::span<const int64_t> dims, Location location) { assign(dims, location); }
Shape::Shape(const std::vector<int64_t> &dims, Location location) { assign(dims, location); }

void Shape::assign(std::span<const int64_t> dims, Location location) {
  if (dims.size() > kMaxRank) [[unlikely]]
    reject(dims, location);
  // Empty dimensions are left out of the product: a shape stays legal when another dimension of it becomes empty, and
  // row-major strides never overflow.
  int64_t filled = 1;
  bool empty = false;
  for (int64_t dim : dims) {
    if (dim < 0 || (dim > 0 && __builtin_mul_overflow(filled, dim, &filled))) [[unlikely]]
      reject(dims, location);
    empty |= dim == 0;
  }
  rank_ = static_cast<int>(dims.size());
  size_ = empty ? 0 : filled;
  if (rank_ <= kInline)
    std::copy(dims.begin(), dims.end(), inline_.begin());
  else
    heap_.assign(dims.begin(), dims.end());
}

bool Shape::operator==(const Shape &other) const {
  if (rank_ != other.rank_)
    return false;
  if (is_known() && other.is_known()) [[likely]]
    return std::equal(begin(), end(), other.begin());
  for (int axis = 0; axis < rank_; ++axis)
    if (!(dim(axis) == other.dim(axis)))
      return false;
  return true;
}

std::string Shape::text() const {
  if (is_known())
    return dims_text(dims());
  std::string text = "[";
  for (int axis = 0; axis < rank_; ++axis)
    text += (axis > 0 ? "," : "") + dim(axis).text();
  return text + "]";
}

std::ostream &operator<<(std::ostream &stream, const Shape &shape) { return stream << shape.text(); }

std::string spec_text(DType dtype, const Shape &shape) { return name_of(dtype) + shape.text(); }

} // namespace etch
