// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/index_map.h"

#include "support/require.h"

#include <algorithm>

namespace etch::ops {
namespace {

Dims row_major(const Dims &sizes) {
  Dims strides(sizes.size());
  Dim stride = 1;
  for (size_t axis = sizes.size(); axis-- > 0;) {
    strides[axis] = stride;
    // An empty tensor may have extents whose product leaves 64 bits; nothing is ever addressed with these strides.
    if (axis > 0)
      stride = sizes[axis].is(0) ? Dim(0) : stride * sizes[axis];
  }
  return strides;
}

bool any_zero(const Dims &dims) {
  return std::any_of(dims.begin(), dims.end(), [](const Dim &dim) { return dim.is(0); });
}

// Which of two different products must take in another dimension to catch up; nullopt when symbols leave it open.
std::optional<bool> first_is_smaller(const Dim &a, const Dim &b) {
  if (a.is_static() && b.is_static())
    return a.value() < b.value();
  if (b.divide_exactly(a))
    return true;
  if (a.divide_exactly(b))
    return false;
  return std::nullopt;
}

} // namespace

bool names_axis(const std::vector<int64_t> &axes, size_t axis, size_t rank) {
  const auto here = static_cast<int64_t>(axis);
  return axes.empty() || std::any_of(axes.begin(), axes.end(),
                                     [&](int64_t a) { return a == here || a + static_cast<int64_t>(rank) == here; });
}

IndexMap IndexMap::contiguous(Dims sizes) {
  Dims strides = row_major(sizes);
  return {std::move(sizes), std::move(strides), 0};
}

bool IndexMap::is_contiguous() const {
  if (any_zero(sizes))
    return true;
  const Dims expected = row_major(sizes);
  for (size_t axis = 0; axis < sizes.size(); ++axis)
    if (!sizes[axis].is(1) && !(strides[axis] == expected[axis]))
      return false;
  return true;
}

IndexMap IndexMap::reverse(const std::vector<int64_t> &axes) const {
  IndexMap result = *this;
  for (size_t axis = 0; axis < sizes.size(); ++axis) {
    if (!names_axis(axes, axis, sizes.size()) || sizes[axis].is(0) || sizes[axis].is(1))
      continue;
    result.offset = result.offset + (sizes[axis] - 1) * strides[axis];
    result.strides[axis] = strides[axis] * -1;
  }
  return result;
}

IndexMap IndexMap::diagonal(int64_t axis1, int64_t axis2) const {
  const auto rank = static_cast<int64_t>(sizes.size());
  const auto from_front = [rank](int64_t axis) { return static_cast<size_t>(axis < 0 ? axis + rank : axis); };
  const size_t first = from_front(axis1), second = from_front(axis2);
  IndexMap result{{}, {}, offset};
  for (size_t axis = 0; axis < sizes.size(); ++axis)
    if (axis != first && axis != second) {
      result.sizes.push_back(sizes[axis]);
      result.strides.push_back(strides[axis]);
    }
  result.sizes.push_back(sizes[first]);
  result.strides.push_back(strides[first] + strides[second]);
  return result;
}

IndexMap IndexMap::permute(std::span<const int64_t> permutation) const {
  ETCH_CHECK(permutation.size() == sizes.size());
  IndexMap result{{}, {}, offset};
  for (int64_t axis : permutation) {
    result.sizes.push_back(sizes[static_cast<size_t>(axis)]);
    result.strides.push_back(strides[static_cast<size_t>(axis)]);
  }
  return result;
}

IndexMap IndexMap::broadcast_to(const Dims &result) const {
  ETCH_CHECK(result.size() >= sizes.size());
  const size_t added = result.size() - sizes.size();
  IndexMap map{result, Dims(result.size(), Dim(0)), offset};
  for (size_t axis = 0; axis < sizes.size(); ++axis)
    if (!sizes[axis].is(1) || result[added + axis].is(1))
      map.strides[added + axis] = strides[axis];
  return map;
}

IndexMap IndexMap::slice(const Dims &begin, const Dims &extent) const {
  ETCH_CHECK(begin.size() == sizes.size() && extent.size() == sizes.size());
  IndexMap map{extent, strides, offset};
  for (size_t axis = 0; axis < sizes.size(); ++axis)
    map.offset = map.offset + begin[axis] * strides[axis];
  return map;
}

std::optional<IndexMap> IndexMap::reshape(const Dims &result) const {
  if (is_contiguous()) {
    IndexMap map = contiguous(result);
    map.offset = offset;
    return map;
  }
  IndexMap map{result, Dims(result.size(), Dim(1)), offset};
  size_t source = 0, target = 0;
  const auto skip_ones = [](const Dims &dims, size_t &axis) {
    while (axis < dims.size() && dims[axis].is(1))
      ++axis;
  };
  // Each round matches the shortest runs of source and result dimensions that have equal products.
  for (;;) {
    skip_ones(sizes, source);
    skip_ones(result, target);
    if (source == sizes.size() || target == result.size())
      break;
    const size_t target_begin = target;
    Dim old_product = sizes[source], new_product = result[target++];
    size_t last = source++;
    while (!(old_product == new_product)) {
      const auto grow_old = first_is_smaller(old_product, new_product);
      if (!grow_old || (*grow_old ? source : target) == (*grow_old ? sizes.size() : result.size()))
        return std::nullopt;
      if (!*grow_old) {
        new_product = new_product * result[target++];
        continue;
      }
      old_product = old_product * sizes[source];
      if (!sizes[source].is(1)) {
        if (!(strides[last] == sizes[source] * strides[source]))
          return std::nullopt;
        last = source;
      }
      ++source;
    }
    Dim stride = strides[last];
    for (size_t axis = target; axis-- > target_begin;) {
      map.strides[axis] = stride;
      stride = stride * result[axis];
    }
  }
  if (source != sizes.size() || target != result.size())
    return std::nullopt;
  return map;
}

} // namespace etch::ops
