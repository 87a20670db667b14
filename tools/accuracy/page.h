// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tools/accuracy/measure.h"

#include <string>
#include <vector>

namespace etch::accuracy {

/// A row of docs/accuracy.md, as far as it is published.
struct Row {
  std::string name, dtype;
  double ulps = 0; ///< rounded up to three decimals
  std::string at;
  uint64_t inputs = 0;
  uint64_t wrong = 0;
  std::string first_wrong;
};

Row row_of(const Function &function, const Accuracy &accuracy);

/// docs/accuracy.md.
class Page {
public:
  /// Reads the rows of the text; what is not a row is not kept.
  static Page parse(const std::string &text);

  const Row *find(const Function &function) const;
  void put(const Row &row);
  /// The whole page: the explanation, then the rows of functions in table order. Rows of others are dropped.
  std::string text() const;

private:
  std::vector<Row> rows_;
};

} // namespace etch::accuracy
