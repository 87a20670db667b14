// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What einsum and tensordot are expanded by. Included by generated/ops/expansions.h.
#pragma once

#include "ops/einsum.h"

#include <numeric>

namespace etch::expansion {

/// A tensor whose dimensions have labels.
template <TensorReading T>
struct Labelled {
  T tensor;
  Labels labels;

  Dim extent(int label) const {
    return has_label(labels, label) ? tensor.dims()[static_cast<size_t>(place_of(labels, label))] : Dim(1);
  }
  Dim extents(const Labels &of) const {
    Dim all = 1;
    for (const int label : of)
      all = all * extent(label);
    return all;
  }
  Dims dims_of(const Labels &of) const {
    Dims dims;
    for (const int label : of)
      dims.push_back(extent(label));
    return dims;
  }
};

/// Repeated labels give their diagonal, labels not among `needed` are summed.
template <TensorReading T>
Labelled<T> reduced_to(Labelled<T> x, const Labels &needed) {
  for (size_t i = 0; i < x.labels.size(); ++i)
    for (size_t j = i + 1; j < x.labels.size(); ++j)
      if (x.labels[i] == x.labels[j]) {
        const int label = x.labels[i];
        x.tensor = diagonal(x.tensor, static_cast<int64_t>(i), static_cast<int64_t>(j));
        x.labels.erase(x.labels.begin() + static_cast<std::ptrdiff_t>(j));
        x.labels.erase(x.labels.begin() + static_cast<std::ptrdiff_t>(i));
        x.labels.push_back(label);
        return reduced_to(x, needed);
      }
  std::vector<int64_t> summed;
  Labels kept;
  for (size_t i = 0; i < x.labels.size(); ++i)
    if (has_label(needed, x.labels[i]))
      kept.push_back(x.labels[i]);
    else
      summed.push_back(static_cast<int64_t>(i));
  return summed.empty() ? x : Labelled<T>{reduce_sum(x.tensor, summed, false), kept};
}

/// Dimensions in another order; without an op where it is the same.
template <TensorReading T>
T ordered(const Labelled<T> &x, const Labels &order) {
  Labels own;
  for (const int label : order)
    if (has_label(x.labels, label))
      own.push_back(label);
  return own == x.labels ? x.tensor : transpose(x.tensor, places_of(own, x.labels));
}

/// Dimensions grouped: those of the batch, one each, then one of each group's product.
template <TensorReading T>
T grouped(const Labelled<T> &x, const Labels &batch, const std::vector<Labels> &groups) {
  Labels order = batch;
  for (const Labels &group : groups)
    order.insert(order.end(), group.begin(), group.end());
  Dims dims = x.dims_of(batch);
  for (const Labels &group : groups)
    dims.push_back(x.extents(group));
  const T moved = ordered(x, order);
  return moved.dims() == dims ? moved : reshape(moved, dims);
}

template <TensorReading T>
Labelled<T> contract_pair(const Labelled<T> &a, const Labelled<T> &b, const Labels &needed) {
  const PairPlan plan(a.labels, b.labels, needed);
  T result = a.tensor;
  if (plan.contracted.empty()) // products alone; the numbers are those of a contraction over one element
    result = grouped(a, plan.batch, {plan.a_free, {}}) * grouped(b, plan.batch, {{}, plan.b_free});
  else if (plan.a_free.empty() && plan.b_free.empty())
    result =
        reduce_sum(grouped(a, plan.batch, {plan.contracted}) * grouped(b, plan.batch, {plan.contracted}), {-1}, false);
  else
    result = matmul(grouped(a, plan.batch, {plan.a_free, plan.contracted}),
                    grouped(b, plan.batch, {plan.contracted, plan.b_free}));
  Dims dims = result.dims();
  dims.resize(plan.batch.size());
  for (const Dim &dim : a.dims_of(plan.a_free))
    dims.push_back(dim);
  for (const Dim &dim : b.dims_of(plan.b_free))
    dims.push_back(dim);
  return {result.dims() == dims ? result : reshape(result, dims), plan.result};
}

template <TensorReading T>
T einsum(std::span<const T> xs, const std::string &equation) {
  std::vector<int> ranks;
  for (const T &x : xs)
    ranks.push_back(x.rank());
  const Einsum plan(ranks, equation);
  const auto needed_from = [&](size_t first) {
    Labels needed = plan.result;
    for (size_t i = first; i < xs.size(); ++i)
      for (const int label : plan.operands[i])
        append_label(needed, label);
    return needed;
  };
  Labelled<T> all = reduced_to(Labelled<T>{xs[0], plan.operands[0]}, needed_from(1));
  for (size_t i = 1; i < xs.size(); ++i) {
    Labels with_all = needed_from(i + 1);
    for (const int label : all.labels)
      append_label(with_all, label);
    const Labelled<T> next = reduced_to(Labelled<T>{xs[i], plan.operands[i]}, with_all);
    Labels with_next = needed_from(i + 1);
    for (const int label : next.labels)
      append_label(with_next, label);
    all = contract_pair(reduced_to(all, with_next), next, needed_from(i + 1));
  }
  return ordered(all, plan.result);
}

template <TensorReading T>
T tensordot(const T &a, const T &b, const std::vector<int64_t> &a_axes, const std::vector<int64_t> &b_axes) {
  Labels a_labels(static_cast<size_t>(a.rank())), b_labels(static_cast<size_t>(b.rank()));
  std::iota(a_labels.begin(), a_labels.end(), 0);
  std::iota(b_labels.begin(), b_labels.end(), a.rank());
  const auto a_from_front = axes_from_front(a_axes, a.rank()), b_from_front = axes_from_front(b_axes, b.rank());
  for (size_t i = 0; i < a_axes.size(); ++i)
    b_labels[static_cast<size_t>(b_from_front[i])] = a_labels[static_cast<size_t>(a_from_front[i])];
  Labels needed;
  for (const Labels *labels : {&a_labels, &b_labels})
    for (const int label : *labels)
      if (has_label(a_labels, label) != has_label(b_labels, label))
        needed.push_back(label);
  return contract_pair(Labelled<T>{a, a_labels}, Labelled<T>{b, b_labels}, needed).tensor;
}

} // namespace etch::expansion
