// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/dim.h"

#include <map>
#include <string>
#include <vector>

namespace etch::codegen {

/// The dimension expressions that compiled code reads from its frame, each once.
class DimTable {
public:
  int64_t index_of(const ops::Dim &dim) {
    auto [it, inserted] = indices_.insert({dim.text(), static_cast<int64_t>(dims_.size())});
    if (inserted)
      dims_.push_back(dim);
    return it->second;
  }
  const std::vector<ops::Dim> &dims() const { return dims_; }

private:
  std::map<std::string, int64_t> indices_;
  std::vector<ops::Dim> dims_;
};

} // namespace etch::codegen
