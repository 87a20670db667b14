// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/oracle/references.h"

#include <gtest/gtest.h>

#include <iostream>
#include <string>

namespace etch::test {
namespace {

TEST(References, AreStatedByEveryPublicOp) {
  std::string missing;
  for (const Reference &reference : references()) {
    if (reference.text.empty())
      missing += std::string(" ") + reference.op.name;
    if (reference.is_exempt())
      std::cout << reference.op.name << " has no reference: " << reference.text.substr(6) << "\n";
  }
  EXPECT_EQ(missing, "") << "add `let reference = \"…\";` to their records, an expression in NumPy";
}

} // namespace
} // namespace etch::test
