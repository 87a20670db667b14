// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/hooks/matrices.h"

#include "runtime/allocator.h"

#include <limits>

namespace etch::runtime::hooks {
namespace {

// Calls body with the buffer's elements from `first` on.
template <class Body>
void with_elements(const OpaqueBuffer &buffer, int64_t first, const Body &body) {
  if (buffer.dtype == DType::f32)
    body(buffer.as<float>() + first);
  else
    body(buffer.as<double>() + first);
}

} // namespace

void read_matrix(const OpaqueBuffer &from, int64_t first, int64_t rows, int64_t columns, double *to) {
  with_elements(from, first, [&](const auto *elements) {
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j)
        to[j * rows + i] = static_cast<double>(elements[i * columns + j]);
  });
}

void read_transposed(const OpaqueBuffer &from, int64_t first, int64_t rows, int64_t columns, double *to) {
  with_elements(from, first, [&](const auto *elements) { std::copy_n(elements, rows * columns, to); });
}

void write_matrix(const OpaqueBuffer &to, int64_t first, int64_t rows, int64_t columns, const double *from) {
  with_elements(to, first, [&](auto *elements) {
    using T = std::remove_pointer_t<decltype(elements)>;
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j)
        elements[i * columns + j] = static_cast<T>(from[j * rows + i]);
  });
}

void write_nan(const OpaqueBuffer &to, int64_t first, int64_t count) {
  with_elements(to, first, [&](auto *elements) {
    using T = std::remove_pointer_t<decltype(elements)>;
    std::fill_n(elements, count, std::numeric_limits<T>::quiet_NaN());
  });
}

int64_t BroadcastBatch::operator[](int64_t position) const {
  int64_t at = 0, stride = 1;
  for (size_t back = 1; back <= operand_.size(); ++back) {
    const int64_t extent = operand_[operand_.size() - back], whole = result_[result_.size() - back];
    at += extent == 1 ? 0 : position % whole * stride;
    position /= whole;
    stride *= extent;
  }
  return at;
}

void MatrixLoop::reject(int64_t position) {
  int64_t first = first_rejected_;
  while (position < first && !first_rejected_.compare_exchange_weak(first, position))
    ;
}

void MatrixLoop::finish() const {
  if (lacks_memory_)
    throw OutOfMemory(INT64_MAX); // for their factors
}

void MatrixLoop::report_rejected(const char *property) const {
  if (first_rejected_ == INT64_MAX)
    return;
  report(call_, kBadMatrix, first_rejected_);
  if (call_.message)
    *call_.message = std::string(call_.op.name) + ": matrix must be " + property +
                     ", got one that is not at position " + std::to_string(first_rejected_);
}

} // namespace etch::runtime::hooks
