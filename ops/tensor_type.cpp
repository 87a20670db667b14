// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/tensor_type.h"

#include "support/require.h"

#include <algorithm>

namespace etch::ops {

bool TensorType::is_static() const {
  return std::all_of(dims.begin(), dims.end(), [](const Dim &dim) { return dim.is_static(); });
}

Shape TensorType::shape(Location location) const {
  std::vector<int64_t> extents;
  for (const Dim &dim : dims) {
    ETCH_CHECK(dim.is_static()) << "shape of " << text();
    extents.push_back(dim.value());
  }
  return Shape(extents, location);
}

std::string TensorType::text() const { return std::string(name_of(dtype)) + "[" + text_of(dims) + "]"; }

std::string TensorType::message_text() const {
  std::string text = std::string(name_of(dtype)) + "[";
  for (size_t i = 0; i < dims.size(); ++i)
    text += (i ? "," : "") + (dims[i].is_static() ? dims[i].text() : "?");
  return text + "]";
}

} // namespace etch::ops
