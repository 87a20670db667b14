// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/dtype.h>
#include <etch/error.h>
#include <etch/shape.h>

#include <atomic>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace etch {

class Tensor;

namespace detail {

/// The counted object behind a handle. Concrete nodes (runtime) own elements, symbolic ones (tracer) name a value of
/// the trace being recorded, donated ones remember what a call was given.
struct TensorNode {
  explicit TensorNode(bool symbolic) : symbolic(symbolic) {}
  virtual ~TensorNode() = default;

  std::atomic<int32_t> references{1};
  const bool symbolic; ///< it has no elements; of donated nodes, too
  virtual bool is_donated() const { return false; }

  /// Only called for symbolic nodes: the recorder learns of every live handle.
  virtual void handle_created(Tensor *) {}
  virtual void handle_destroyed(Tensor *) {}
};

/// Throws Error (tracing) for a symbolic tensor whose elements are asked for.
[[noreturn]] void host_read_of_symbolic(const Tensor &tensor, const char *what, Location location);
const void *checked_data(const Tensor &tensor, DType wanted, const char *what, Location location);
Tensor from_dim(const Dim &dim);
Tensor from_elements(const void *elements, int64_t count, DType dtype, const Shape &shape, Location location);

} // namespace detail

/// An immutable multi-dimensional value. A Tensor is a counted handle: copying is cheap and shares the elements, which
/// nobody can change. Default-constructed handles are undefined. Handles may be copied between threads freely; one
/// handle object must not be assigned while another thread uses it.
class Tensor {
public:
  Tensor() noexcept = default;
  /// A rank-0 tensor of the dtype of the C++ type.
  template <Element T>
  Tensor(T value) : Tensor(detail::from_elements(&value, 1, dtype_of<T>(), Shape{}, {})) {}

  /// An extent, as i64.
  Tensor(const Dim &dim) : Tensor(detail::from_dim(dim)) {}

  Tensor(const Tensor &other) noexcept : node_(other.node_) { acquire(); }
  Tensor(Tensor &&other) noexcept : node_(other.node_) {
    if (node_) {
      if (node_->symbolic) [[unlikely]] {
        node_->handle_destroyed(&other);
        node_->handle_created(this);
      }
      other.node_ = nullptr;
    }
  }
  Tensor &operator=(const Tensor &other) noexcept {
    if (node_ != other.node_) {
      Tensor copy(other);
      *this = std::move(copy);
    }
    return *this;
  }
  Tensor &operator=(Tensor &&other) noexcept {
    if (this != &other) {
      drop();
      node_ = other.node_;
      if (node_) {
        if (node_->symbolic) [[unlikely]] {
          node_->handle_destroyed(&other);
          node_->handle_created(this);
        }
        other.node_ = nullptr;
      }
    }
    return *this;
  }
  ~Tensor() { drop(); }

  bool defined() const { return node_ != nullptr; }
  DType dtype() const;
  /// While a function is traced some of the extents may be open.
  Shape shape(Location location = Location::current()) const;
  int rank() const;
  /// Extent along an axis; negative axes count from the end. Throws Error (out_of_range).
  Dim dim(int axis, Location location = Location::current()) const;
  /// Number of elements.
  Dim size(Location location = Location::current()) const;

  /// The only element, which must have exactly this dtype. Throws Error (dtype, shape).
  template <Element T>
  T item(Location location = Location::current()) const {
    ensure_single(location);
    return *static_cast<const T *>(detail::checked_data(*this, dtype_of<T>(), "item", location));
  }
  /// Row-major elements; valid while any handle to this tensor lives. Views are made contiguous once, on first use.
  template <Element T>
  const T *data(Location location = Location::current()) const {
    return static_cast<const T *>(detail::checked_data(*this, dtype_of<T>(), "data", location));
  }
  template <Element T>
  std::vector<T> to_vector(Location location = Location::current()) const {
    const T *begin = static_cast<const T *>(detail::checked_data(*this, dtype_of<T>(), "to_vector", location));
    return std::vector<T>(begin, begin + size());
  }
  /// The single element as a condition. Throws Error (tracing) while tracing.
  explicit operator bool() const;

  /// True for a value of a trace being recorded: it has a dtype and dimensions but no elements yet.
  bool is_symbolic() const { return node_ && node_->symbolic && !node_->is_donated(); }

  /// For the library: adopts one reference.
  explicit Tensor(detail::TensorNode *node) noexcept : node_(node) {
    if (node_ && node_->symbolic) [[unlikely]]
      node_->handle_created(this);
  }
  detail::TensorNode *node() const { return node_; }

private:
  void acquire() noexcept {
    if (node_) {
      node_->references.fetch_add(1, std::memory_order_relaxed);
      if (node_->symbolic) [[unlikely]]
        node_->handle_created(this);
    }
  }
  void drop() noexcept {
    if (node_) {
      if (node_->symbolic) [[unlikely]]
        node_->handle_destroyed(this);
      if (node_->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
        delete node_;
      node_ = nullptr;
    }
  }
  void ensure_single(Location location) const;

  detail::TensorNode *node_ = nullptr;
};

/// "f32[2,3]", with ? for dimensions unknown while tracing; "undefined" for an undefined handle.
std::string spec_text(const Tensor &tensor);

/// Prints the elements in NumPy's layout; a symbolic tensor prints its spec, never throws.
std::ostream &operator<<(std::ostream &stream, const Tensor &tensor);
/// The text that operator<< prints.
std::string to_string(const Tensor &tensor);

/// A tensor of these elements in row-major order. Throws Error (shape) when the counts differ.
template <Element T>
Tensor from_span(std::span<const T> elements, const Shape &shape, Location location = Location::current()) {
  return detail::from_elements(elements.data(), static_cast<int64_t>(elements.size()), dtype_of<T>(), shape, location);
}
template <Element T>
Tensor from_vector(const std::vector<T> &elements, const Shape &shape, Location location = Location::current()) {
  if constexpr (std::is_same_v<T, bool>) {
    std::vector<uint8_t> bytes(elements.begin(), elements.end());
    return detail::from_elements(bytes.data(), static_cast<int64_t>(bytes.size()), DType::boolean, shape, location);
  } else {
    return detail::from_elements(elements.data(), static_cast<int64_t>(elements.size()), dtype_of<T>(), shape,
                                 location);
  }
}
template <Element T>
Tensor from_vector(const std::vector<T> &elements, Location location = Location::current()) {
  return from_vector(elements, Shape({static_cast<int64_t>(elements.size())}), location);
}

/// Literal tensors of rank 0 to 3: constant({{1.f, 2.f}, {3.f, 4.f}}). Throws Error (shape) for ragged rows.
template <Element T>
Tensor constant(T value) {
  return Tensor(value);
}
inline Tensor constant(const Dim &dim) { return Tensor(dim); }
template <Element T>
Tensor constant(std::initializer_list<T> row, Location location = Location::current()) {
  return detail::from_elements(row.begin(), static_cast<int64_t>(row.size()), dtype_of<T>(),
                               Shape({static_cast<int64_t>(row.size())}), location);
}
namespace detail {
[[noreturn]] void ragged_constant(size_t expected, size_t got, Location location);
} // namespace detail
template <Element T>
Tensor constant(std::initializer_list<std::initializer_list<T>> rows, Location location = Location::current()) {
  std::vector<T> elements;
  const size_t columns = rows.size() ? rows.begin()->size() : 0;
  for (const auto &row : rows) {
    if (row.size() != columns)
      detail::ragged_constant(columns, row.size(), location);
    elements.insert(elements.end(), row.begin(), row.end());
  }
  return from_vector(elements, Shape({static_cast<int64_t>(rows.size()), static_cast<int64_t>(columns)}), location);
}
template <Element T>
Tensor constant(std::initializer_list<std::initializer_list<std::initializer_list<T>>> planes,
                Location location = Location::current()) {
  std::vector<T> elements;
  const size_t rows = planes.size() ? planes.begin()->size() : 0;
  const size_t columns = rows ? planes.begin()->begin()->size() : 0;
  for (const auto &plane : planes) {
    if (plane.size() != rows)
      detail::ragged_constant(rows, plane.size(), location);
    for (const auto &row : plane) {
      if (row.size() != columns)
        detail::ragged_constant(columns, row.size(), location);
      elements.insert(elements.end(), row.begin(), row.end());
    }
  }
  return from_vector(
      elements, Shape({static_cast<int64_t>(planes.size()), static_cast<int64_t>(rows), static_cast<int64_t>(columns)}),
      location);
}

} // namespace etch
