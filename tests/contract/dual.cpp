// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/contract/dual.h"

#include "ops/scalar_vjps.h"
#include "runtime/public_call.h"
#include "tests/contract/dual_number.h"

#include <etch/etch.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace etch::test {
namespace {

using ops::OpDef;
using Tensors = std::vector<Tensor>;

bool is_double(const Tensor &x) { return x.defined() && x.dtype() == DType::f64; }

std::vector<double> elements(const Tensor &x) { return x.to_vector<double>(); }

Tensor summed(const Tensor &a, const Tensor &b) { return !a.defined() ? b : !b.defined() ? a : a + b; }

bool agree(const std::vector<double> &a, const std::vector<double> &b, double size) {
  for (size_t i = 0; i < a.size(); ++i)
    if (!(std::fabs(a[i] - b[i]) <= 1e-12 * size))
      return false;
  return true;
}

double largest(const std::vector<double> &x) {
  double size = 0;
  for (const double element : x)
    size = std::max(size, std::fabs(element));
  return size;
}

/// One op at a point, as a function of one operand.
class AtPoint {
public:
  AtPoint(const OpDef &op, Tensors operands, const ops::Attrs &attrs, size_t operand)
      : op_(op), operands_(std::move(operands)), attrs_(attrs), operand_(operand), x_(operands_[operand]),
        y_(elements((*this)(x_))) {}

  Tensor operator()(const Tensor &x) const {
    Tensors at = operands_;
    at[operand_] = x;
    return runtime::call_op(op_, at, attrs_, {});
  }

  /// f(t), where f(x + t) = f(x) + f(t).
  std::optional<Tensor> if_linear(const Tensor &t) const {
    const Tensor along = (*this)(t);
    const std::vector<double> of_t = elements(along), both = elements((*this)(x_ + t));
    std::vector<double> sum = y_;
    for (size_t i = 0; i < sum.size(); ++i)
      sum[i] += of_t[i];
    const double size = largest(y_) + largest(of_t) + largest(both);
    return agree(both, sum, size) ? std::optional(along) : std::nullopt;
  }

  /// Zeros, where a small step changes nothing.
  std::optional<Tensor> if_constant(const Tensor &t) const {
    if (elements((*this)(x_ + t * 0x1p-20)) != y_)
      return std::nullopt;
    return from_vector(std::vector<double>(y_.size()), (*this)(x_).shape());
  }

  /// The tangents of the elements that the results are, where each of them is one.
  std::optional<Tensor> if_chosen(const Tensor &t) const {
    if (std::ranges::count_if(operands_, is_double) > 1) // which may have equal elements
      return std::nullopt;
    std::map<double, double> tangents;
    const std::vector<double> x = elements(x_), along = elements(t);
    for (size_t i = 0; i < x.size(); ++i)
      if (!tangents.emplace(x[i], along[i]).second)
        return std::nullopt;
    std::vector<double> chosen;
    for (const double y : y_) {
      const auto found = tangents.find(y);
      if (found == tangents.end())
        return std::nullopt;
      chosen.push_back(found->second);
    }
    return from_vector(chosen, (*this)(x_).shape());
  }

  /// Of first degree in each element: its partial derivative is f at 1 less f at 0.
  std::optional<Tensor> if_of_first_degree(const Tensor &t) const {
    const std::vector<double> x = elements(x_), along = elements(t);
    std::vector<double> tangent(y_.size());
    for (size_t k = 0; k < x.size(); ++k) {
      const auto with = [&](double value) {
        std::vector<double> changed = x;
        changed[k] = value;
        return elements((*this)(from_vector(changed, x_.shape())));
      };
      const std::vector<double> at_0 = with(0), at_1 = with(1), at_2 = with(2);
      const double size = largest(at_0) + largest(at_1) + largest(at_2);
      for (size_t j = 0; j < y_.size(); ++j) {
        if (!(std::fabs(at_2[j] - 2 * at_1[j] + at_0[j]) <= 1e-12 * size))
          return std::nullopt;
        tangent[j] += along[k] * (at_1[j] - at_0[j]);
      }
    }
    return from_vector(tangent, (*this)(x_).shape());
  }

private:
  const OpDef &op_;
  const Tensors operands_;
  const ops::Attrs &attrs_;
  const size_t operand_;
  const Tensor x_;
  const std::vector<double> y_;
};

/// Numbers among the attributes must be the default ones, which the dual reading of the text has.
Tensor elementwise_tangent(const OpDef &op, const std::vector<DualTensor> &operands, const Tensor &result) {
  const Shape shape = result.shape();
  const auto spread = [&](const Tensor &x) { return elements(broadcast_to(cast(x, DType::f64), shape)); };
  std::vector<std::vector<double>> values, tangents;
  for (const DualTensor &operand : operands) {
    values.push_back(spread(operand.value()));
    tangents.push_back(is_double(operand.tangent()) ? spread(operand.tangent())
                                                    : std::vector<double>(values.back().size()));
  }
  std::vector<double> tangent;
  for (int64_t k = 0; k < shape.size(); ++k) {
    std::vector<Dual> x;
    for (size_t i = 0; i < operands.size(); ++i)
      x.emplace_back(values[i][static_cast<size_t>(k)], tangents[i][static_cast<size_t>(k)]);
    tangent.push_back(text::differentiable_value<Dual>(op.index, x.data()).d);
  }
  return from_vector(tangent, shape);
}

using MatrixRule = std::function<Tensor(const Tensors &x, const ops::Attrs &attrs, const Tensor &y, const Tensor &dx)>;

Tensor transposed(const Tensor &x) {
  std::vector<int64_t> axes;
  for (int64_t axis = 0; axis < x.rank(); ++axis)
    axes.push_back(axis);
  std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
  return transpose(x, axes);
}

Tensor lower(const Tensor &x, double of_diagonal) {
  const int64_t n = x.dim(-1);
  std::vector<double> mask(static_cast<size_t>(n * n));
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j <= i; ++j)
      mask[static_cast<size_t>(i * n + j)] = i == j ? of_diagonal : 1;
  return x * from_vector(mask, {n, n});
}

/// Factors that lie one after the other in the last dimension.
class Packed {
public:
  explicit Packed(Tensor packed) : packed_(std::move(packed)) {}

  Tensor next(std::vector<int64_t> matrix) {
    std::vector<int64_t> begin(static_cast<size_t>(packed_.rank())), size, shape;
    for (int axis = 0; axis + 1 < packed_.rank(); ++axis) {
      size.push_back(packed_.dim(axis));
      shape.push_back(packed_.dim(axis));
    }
    int64_t count = 1;
    for (const int64_t extent : matrix) {
      count *= extent;
      shape.push_back(extent);
    }
    begin.back() = std::exchange(used_, used_ + count);
    size.push_back(count);
    return reshape(slice(packed_, begin, size), shape);
  }

private:
  const Tensor packed_;
  int64_t used_ = 0;
};

Tensor packed(const Tensors &factors, int64_t batch_rank) {
  Tensors rows;
  for (const Tensor &factor : factors) {
    std::vector<int64_t> shape;
    int64_t count = 1;
    for (int axis = 0; axis < factor.rank(); ++axis)
      axis < batch_rank ? shape.push_back(factor.dim(axis)) : void(count *= factor.dim(axis));
    shape.push_back(count);
    rows.push_back(reshape(factor, shape));
  }
  return concat(rows, -1);
}

Tensor rows_of(const Tensor &values) { return expand_dims(values, -1); }
Tensor columns_of(const Tensor &values) { return expand_dims(values, -2); }

/// 1 / (values_j - values_i) beside the diagonal.
Tensor gaps(const Tensor &values) {
  const Tensor gap = columns_of(values) - rows_of(values), diagonal = eye(values.dim(-1), -1, DType::f64);
  return where(diagonal == 1.0, 0.0, 1.0 / (gap + diagonal));
}

/// First order perturbation theory: the eigenvectors move within their own span.
Tensor eigh_rule(const Tensors &x, const ops::Attrs &, const Tensor &y, const Tensor &dx) {
  const int64_t n = x[0].dim(-1);
  Packed factors(y);
  const Tensor e = factors.next({n}), v = factors.next({n, n});
  const Tensor symmetric = lower(dx, 0.5) + transposed(lower(dx, 0.5));
  const Tensor inside = matmul(transposed(v), matmul(symmetric, v));
  return packed({diagonal(inside, -2, -1), matmul(v, gaps(e) * inside)}, y.rank() - 1);
}

/// d(u s v^T) between the singular vectors, and what leaves their spans.
Tensor svd_rule(const Tensors &x, const ops::Attrs &, const Tensor &y, const Tensor &dx) {
  const int64_t m = x[0].dim(-2), n = x[0].dim(-1), k = std::min(m, n);
  Packed factors(y);
  const Tensor s = factors.next({k}), u = factors.next({m, k}), v = factors.next({n, k});
  const Tensor inside = matmul(transposed(u), matmul(dx, v)), f = gaps(s * s);
  const Tensor of_u = f * (inside * columns_of(s) + rows_of(s) * transposed(inside));
  const Tensor of_v = f * (rows_of(s) * inside + transposed(inside) * columns_of(s));
  const Tensor right = matmul(dx, v), left = matmul(transposed(dx), u);
  const Tensor du = matmul(u, of_u) + (right - matmul(u, matmul(transposed(u), right))) / columns_of(s);
  const Tensor dv = matmul(v, of_v) + (left - matmul(v, matmul(transposed(v), left))) / columns_of(s);
  return packed({diagonal(inside, -2, -1), du, dv}, y.rank() - 1);
}

/// q^T dq is skew and dr r^-1 upper triangular; the columns behind the first k follow.
Tensor qr_rule(const Tensors &x, const ops::Attrs &, const Tensor &y, const Tensor &dx) {
  const int64_t m = x[0].dim(-2), n = x[0].dim(-1), k = std::min(m, n);
  Packed factors(y);
  const Tensor q = factors.next({m, k}), r = factors.next({k, n});
  const Tensor first = split(dx, std::vector<int64_t>{k, n - k}, -1)[0],
               inverse = inv(split(r, std::vector<int64_t>{k, n - k}, -1)[0]);
  const Tensor c = matmul(transposed(q), matmul(first, inverse));
  const Tensor upper = transposed(lower(transposed(c) + c, 0.5));
  const Tensor dq = matmul(first, inverse) - matmul(q, upper);
  return packed({dq, matmul(transposed(q), dx - matmul(dq, r))}, y.rank() - 1);
}

/// How matrix functions change with their first operand, by the rule of the implicit function.
const std::map<std::string, MatrixRule> &matrix_rules() {
  static const std::map<std::string, MatrixRule> rules{
      {"inv", [](const Tensors &, const ops::Attrs &, const Tensor &y,
                 const Tensor &dx) { return -matmul(matmul(y, dx), y); }},
      {"solve",
       [](const Tensors &x, const ops::Attrs &attrs, const Tensor &y, const Tensor &dx) {
         const Tensor change = std::get<bool>(attrs[0]) ? transposed(dx) : dx;
         return -runtime::call_op(*ops::find_op("solve"), Tensors{x[0], matmul(change, y)}, attrs, {});
       }},
      {"triangular_solve",
       [](const Tensors &x, const ops::Attrs &attrs, const Tensor &y, const Tensor &dx) {
         const bool is_lower = std::get<bool>(attrs[0]), adjoint = std::get<bool>(attrs[1]);
         const Tensor triangle = is_lower ? lower(dx, 1) : transposed(lower(transposed(dx), 1));
         const Tensor change = adjoint ? transposed(triangle) : triangle;
         return -runtime::call_op(*ops::find_op("triangular_solve"), Tensors{x[0], matmul(change, y)}, attrs, {});
       }},
      {"cholesky",
       [](const Tensors &, const ops::Attrs &, const Tensor &y, const Tensor &dx) {
         // It reads the lower triangle.
         const Tensor symmetric = lower(dx, 0.5) + transposed(lower(dx, 0.5)), inverse = inv(y);
         return matmul(y, lower(matmul(matmul(inverse, symmetric), transposed(inverse)), 0.5));
       }},
      {"eigh_factors", eigh_rule},
      {"svd_factors", svd_rule},
      {"qr_factors", qr_rule}};
  return rules;
}

bool is_finite(const Tensor &x) {
  return std::ranges::all_of(elements(x), [](double element) { return std::isfinite(element); });
}

} // namespace

DualTensor DualTensor::Context::emit(const OpDef &op, const std::vector<DualTensor> &operands,
                                     const ops::Attrs &attrs) {
  if (op.op_class == ops::OpClass::composite && !operands.empty())
    return expansion::expand<DualTensor>(op, *this, operands, attrs);
  Tensors values;
  for (const DualTensor &operand : operands)
    values.push_back(operand.value());
  const etch::Tensor result = runtime::call_op(op, values, attrs, {});
  const bool any = std::ranges::any_of(operands, [](const DualTensor &x) { return x.tangent().defined(); });
  if (!any || !is_double(result) || op.name == std::string("stop_gradient"))
    return {*this, result};
  if (!is_finite(result)) {
    is_outside = true;
    return {*this, result};
  }
  if (op.op_class == ops::OpClass::elementwise && !op.converts)
    return {*this, result, elementwise_tangent(op, operands, result)};
  etch::Tensor tangent;
  for (size_t i = 0; i < operands.size(); ++i) {
    const etch::Tensor &along = operands[i].tangent();
    if (!along.defined())
      continue;
    if (const auto rule = matrix_rules().find(op.name); rule != matrix_rules().end() && i == 0) {
      tangent = summed(tangent, rule->second(values, attrs, result, along));
      continue;
    }
    const AtPoint at(op, values, attrs, i);
    std::optional<etch::Tensor> part = at.if_constant(along);
    if (!part)
      part = at.if_linear(along);
    if (!part)
      part = at.if_chosen(along);
    if (!part)
      part = at.if_of_first_degree(along);
    if (!part)
      unknown.insert(op.name);
    else
      tangent = summed(tangent, *part);
  }
  return {*this, result, tangent};
}

} // namespace etch::test
