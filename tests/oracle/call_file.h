// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tests/oracle/references.h"

#include <etch/tensor.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace etch::test {

/// Calls and what came of them, in a folder where check.py finds them: calls.json describes every call, elements.bin
/// holds the elements of its operands and results in that order.
class CallFile {
public:
  /// Throws std::ios_base::failure where the folder cannot be written.
  explicit CallFile(const std::filesystem::path &folder);
  ~CallFile();
  CallFile(const CallFile &) = delete;

  void add(const Reference &reference, const std::vector<Tensor> &operands, const ops::Attrs &attrs,
           const std::vector<Tensor> &results);
  int count() const { return count_; }

private:
  void add_tensors(const char *title, const std::vector<Tensor> &tensors);

  std::ofstream calls_, elements_;
  int count_ = 0;
};

} // namespace etch::test
