// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/jit.h"
#include "tests/codegen/parsed_module.h"
#include "tests/tracer/bits.h"
#include "tests/tracer/memory.h"

#include <fstream>
#include <sstream>

#include <unistd.h>

namespace etch::codegen {
namespace {

using test::ramp;
using test::resident_bytes;

/// Bytes of anonymous memory that may be executed: what compiled functions occupy.
int64_t executable_bytes() {
  int64_t bytes = 0;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::string range, permissions, offset, device, inode, path;
    words >> range >> permissions >> offset >> device >> inode >> path;
    if (permissions[2] == 'x' && path.empty())
      bytes += std::stoll(range.substr(range.find('-') + 1), nullptr, 16) - std::stoll(range, nullptr, 16);
  }
  return bytes;
}

TEST(CodeLifetime, EndsWithTheLastUser) {
  compiled(map_text(16)); // whatever the first compile of a process leaves behind
  const int64_t before = executable_bytes();
  std::shared_ptr<const runtime::Executable> first = compiled(map_text(17)).executable, second = first;
  const std::weak_ptr<void> code = first->code;
  EXPECT_GT(executable_bytes(), before);
  EXPECT_GT(first->code_bytes, 0);
  first.reset();
  EXPECT_FALSE(code.expired());
  EXPECT_GT(executable_bytes(), before);
  second.reset();
  EXPECT_TRUE(code.expired());
  EXPECT_EQ(executable_bytes(), before);
}

TEST(CodeLifetime, CountsThePagesThatAreMapped) {
  compiled(map_text(16));
  const int64_t executable_before = executable_bytes(), before = live_code_bytes();
  const auto first = compiled(map_text(17)).executable;
  auto second = compiled(map_text(18)).executable;
  EXPECT_EQ(live_code_bytes() - before, first->code_bytes + second->code_bytes);
  EXPECT_GE(live_code_bytes() - before, executable_bytes() - executable_before) << "constants have pages of their own";
  EXPECT_GT(executable_bytes(), executable_before);
  EXPECT_EQ(first->code_bytes % sysconf(_SC_PAGESIZE), 0);
  second.reset();
  EXPECT_EQ(live_code_bytes() - before, first->code_bytes);
}

TEST(CodeLifetime, IsIndependentOfTheOrderOfCompiles) {
  const int64_t before = executable_bytes();
  std::vector<std::shared_ptr<const runtime::Executable>> alive;
  for (int64_t elements = 1; elements <= 20; ++elements)
    alive.push_back(compiled(map_text(elements)).executable);
  for (size_t i = 0; i < alive.size(); i += 2)
    alive[i].reset();
  EXPECT_GT(executable_bytes(), before);
  alive.clear();
  EXPECT_EQ(executable_bytes(), before);
}

TEST(CodeLifetime, EndsWithTheFunctionAndItsConcreteFunctions) {
  const int64_t before = executable_bytes();
  {
    auto concrete = function([](Tensor x) { return exp(x) * x; }).trace(ramp({7})).compile();
    EXPECT_GT(executable_bytes(), before);
    EXPECT_TRUE(test::same_bits(concrete(ramp({7})), exp(ramp({7})) * ramp({7}))) << "outlives its Function";
  }
  EXPECT_EQ(executable_bytes(), before);
}

TEST(CodeLifetime, KeepsMemoryFlatOverManyCompiles) {
  if (test::kFreedMemoryStays)
    GTEST_SKIP() << "sanitizers keep freed memory";
  const auto compile_and_call = [](int64_t elements) {
    const Tensor x = ramp({elements});
    function([](Tensor y) { return y * y + 1.0f; })(x);
  };
  constexpr int kWarm = 500, kCompiles = 1500;
  int64_t warm = 0;
  for (int i = 1; i <= kCompiles; ++i) {
    compile_and_call(i);
    if (i == kWarm)
      warm = resident_bytes();
  }
  const int64_t growth = resident_bytes() - warm;
  RecordProperty("growth_bytes", static_cast<int>(growth));
  EXPECT_LT(growth, 4 << 20) << "bytes per compile: " << growth / (kCompiles - kWarm);
}

} // namespace
} // namespace etch::codegen
