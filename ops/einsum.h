// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/rules.h"

#include <algorithm>
#include <string>
#include <vector>

namespace etch::ops {

/// One label per dimension: a letter, or a dimension that "..." stands for, counted from the right. Equal labels are
/// one index.
using Labels = std::vector<int>;
inline constexpr int kFirstEllipsisLabel = 256; ///< of the last dimension of an ellipsis; the one before is the next
inline bool is_ellipsis(int label) { return label >= kFirstEllipsisLabel; }
inline bool has_label(const Labels &labels, int label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}
inline int64_t place_of(const Labels &labels, int label) {
  return std::find(labels.begin(), labels.end(), label) - labels.begin();
}
inline void append_label(Labels &labels, int label) {
  if (!has_label(labels, label))
    labels.push_back(label);
}

/// An equation with the operands that check_einsum() has accepted.
struct Einsum {
  Einsum(const std::vector<int> &ranks, const std::string &equation);

  std::vector<Labels> operands;
  Labels result;
};

/// How two operands are contracted to the labels that are still needed (docs/numerics.md, section 6).
struct PairPlan {
  PairPlan(const Labels &a, const Labels &b, const Labels &needed);

  Labels batch; ///< in both operands and needed
  Labels a_free, b_free;
  Labels contracted; ///< in both operands and not needed, in a's order
  Labels result;     ///< batch, a_free, b_free
};

/// The places of labels in another order of them: a permutation for transpose.
std::vector<int64_t> places_of(const Labels &labels, const Labels &among);
/// Axes counted from the front.
std::vector<int64_t> axes_from_front(std::vector<int64_t> axes, int rank);
/// One axis counted from the front.
inline size_t axis_from_front(int64_t axis, int rank) { return static_cast<size_t>(axis < 0 ? axis + rank : axis); }

} // namespace etch::ops
