// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/oracle/references.h"

namespace etch::test {

std::vector<Reference> references() {
  std::vector<Reference> references;
#define ETCH_REFERENCE(op_index, text, scale) references.push_back({ops::registry()[op_index], false, text, scale});
#define ETCH_FUNCTION_REFERENCE(function_index, text, scale)                                                           \
  references.push_back({ops::functions()[function_index], true, text, scale});
#include "ops/contract_rows.inc"
  return references;
}

} // namespace etch::test
