// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

// Between Tensor and Eigen; the only header of etch that needs Eigen, and not part of etch/etch.h.
#include <etch/tensor.h>

#include <Eigen/Core>

namespace etch {

template <Element T>
using RowMajorMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

namespace detail {
[[noreturn]] void eigen_rank(const char *what, int wanted, const Tensor &tensor, Location location);
} // namespace detail

/// The elements of a rank-2 tensor, in place: valid while a handle to the tensor lives. Throws Error (shape) for another
/// rank, (dtype) for another element type, (tracing) for a traced tensor.
template <Element T>
Eigen::Map<const RowMajorMatrix<T>> as_eigen(const Tensor &tensor, Location location = Location::current()) {
  const T *elements = tensor.data<T>(location);
  if (tensor.rank() != 2)
    detail::eigen_rank("as_eigen", 2, tensor, location);
  return {elements, static_cast<Eigen::Index>(tensor.dim(0)), static_cast<Eigen::Index>(tensor.dim(1))};
}
/// A tensor that nobody holds would leave nothing to look at.
template <Element T>
void as_eigen(const Tensor &&tensor, Location location = {}) = delete;

/// The same for a rank-1 tensor, as a column vector.
template <Element T>
Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, 1>> as_eigen_vector(const Tensor &tensor,
                                                                      Location location = Location::current()) {
  const T *elements = tensor.data<T>(location);
  if (tensor.rank() != 1)
    detail::eigen_rank("as_eigen_vector", 1, tensor, location);
  return {elements, static_cast<Eigen::Index>(tensor.dim(0))};
}
template <Element T>
void as_eigen_vector(const Tensor &&tensor, Location location = {}) = delete;

/// A tensor with a copy of the coefficients of any Eigen expression: rank 1 for a type that is a vector at compile time,
/// else rank 2.
template <class Derived>
Tensor from_eigen(const Eigen::DenseBase<Derived> &expression, Location location = Location::current()) {
  using T = typename Derived::Scalar;
  const RowMajorMatrix<T> rows = expression.derived();
  const Shape shape = Derived::IsVectorAtCompileTime ? Shape({rows.size()}, location)
                                                     : Shape({rows.rows(), rows.cols()}, location);
  return from_span(std::span<const T>(rows.data(), static_cast<size_t>(rows.size())), shape, location);
}

} // namespace etch
