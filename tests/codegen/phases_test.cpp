// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/codegen/parsed_module.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace etch::codegen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr Phase kPhases[] = {Phase::etch, Phase::optimized, Phase::kernels, Phase::exec, Phase::llvm, Phase::assembly};

const std::string kSoftmax = R"(
func.func @main(%x: tensor<8x256xf32>) -> tensor<8x256xf32> {
  %0 = etch.softmax %x {axis = -1 : i64} : (tensor<8x256xf32>) -> tensor<8x256xf32>
  return %0 : tensor<8x256xf32>
})";

// x * y + z: two roundings, whatever the machine could do in one.
const std::string kMultiplyThenAdd = R"(
func.func @main(%x: tensor<64xf32>, %y: tensor<64xf32>, %z: tensor<64xf32>) -> tensor<64xf32> {
  %0 = etch.mul %x, %y : (tensor<64xf32>, tensor<64xf32>) -> tensor<64xf32>
  %1 = etch.add %0, %z : (tensor<64xf32>, tensor<64xf32>) -> tensor<64xf32>
  return %1 : tensor<64xf32>
})";

size_t count(const std::string &text, const std::string &pattern) {
  const std::regex regex(pattern);
  return static_cast<size_t>(std::distance(std::sregex_iterator(text.begin(), text.end(), regex), {}));
}

TEST(Phases, ShowEachStageInItsOwnTerms) {
  EXPECT_THAT(text_in(kSoftmax, Phase::etch), AllOf(HasSubstr("etch.softmax"), Not(HasSubstr("etch_kernel"))));
  EXPECT_THAT(text_in(kSoftmax, Phase::optimized),
              AllOf(HasSubstr("etch_kernel.cluster \"row\""), HasSubstr("places = [\"output 0\"]"),
                    Not(HasSubstr("etch.softmax"))));
  EXPECT_THAT(text_in(kSoftmax, Phase::kernels),
              AllOf(HasSubstr("etch_kernel.spec"), HasSubstr("etch_exec.launch"), Not(HasSubstr("func.func"))));
  EXPECT_THAT(text_in(kSoftmax, Phase::exec), AllOf(HasSubstr("func.func"), HasSubstr("scf.for"), HasSubstr("vector<"),
                                                    Not(HasSubstr("etch_kernel.spec")), Not(HasSubstr("etch_exec"))));
  EXPECT_THAT(text_in(kSoftmax, Phase::llvm), AllOf(HasSubstr("define "), HasSubstr("target-cpu")));
  EXPECT_THAT(text_in(kSoftmax, Phase::assembly), AllOf(HasSubstr(".text"), HasSubstr("\tretq")));
}

TEST(Phases, AreDeterministic) {
  for (Phase phase : kPhases)
    EXPECT_EQ(text_in(kSoftmax, phase), text_in(kSoftmax, phase)) << static_cast<int>(phase);
}

TEST(Phases, NameNoFastMathFlag) {
  const std::string llvm = text_in(kSoftmax, Phase::llvm);
  EXPECT_THAT(llvm, HasSubstr("llvm.fma")) << "exp is written with fma";
  for (const std::string &text : {llvm, text_in(kMultiplyThenAdd, Phase::llvm)}) {
    EXPECT_EQ(count(text, R"(\b(fast|contract|reassoc|nnan|ninf|nsz|arcp|afn)\b)"), 0u) << text;
    EXPECT_THAT(text, Not(HasSubstr("unsafe-fp-math")));
  }
}

TEST(Phases, FuseOnlyTheMultiplyAddsOfTheText) {
  EXPECT_EQ(count(text_in(kMultiplyThenAdd, Phase::llvm), "llvm.fm(a|uladd)"), 0u);
  const std::string assembly = text_in(kMultiplyThenAdd, Phase::assembly);
  EXPECT_EQ(count(assembly, "vfn?m(add|sub)"), 0u) << assembly;
  EXPECT_GT(count(assembly, "vmulps"), 0u);
  EXPECT_GT(count(text_in(kSoftmax, Phase::assembly), "vfn?m(add|sub)"), 0u);
}

// The row is walked again for the quotients, but what is expensive waits in the result's memory.
TEST(Phases, ComputeTheExponentialsOfSoftmaxOnce) {
  const std::string only_the_sum = R"(
func.func @main(%x: tensor<8x256xf32>) -> tensor<8x1xf32> {
  %0 = etch.reduce_max %x {axes = array<i64: -1>, keep_dims = true} : (tensor<8x256xf32>) -> tensor<8x1xf32>
  %1 = etch.sub %x, %0 : (tensor<8x256xf32>, tensor<8x1xf32>) -> tensor<8x256xf32>
  %2 = etch.exp %1 : (tensor<8x256xf32>) -> tensor<8x256xf32>
  %3 = etch.reduce_sum %2 {axes = array<i64: -1>, keep_dims = true} : (tensor<8x256xf32>) -> tensor<8x1xf32>
  return %3 : tensor<8x1xf32>
})";
  const size_t once = count(text_in(only_the_sum, Phase::exec), R"(\bmath\.fma\b|\bvector\.fma\b)");
  EXPECT_GT(once, 0u);
  EXPECT_EQ(count(text_in(kSoftmax, Phase::exec), R"(\bmath\.fma\b|\bvector\.fma\b)"), once);
}

TEST(Phases, SkipOptionalPassesByName) {
  for (const std::string &name : optional_passes()) {
    CompileOptions options;
    options.disabled_passes = {name};
    EXPECT_NE(text_in(kSoftmax, Phase::assembly, options), "") << name;
  }
  CompileOptions unfused;
  unfused.disabled_passes = {"fuse"};
  EXPECT_EQ(count(text_in(kSoftmax, Phase::optimized, unfused), "etch_kernel.cluster"), 5u);
  EXPECT_EQ(count(text_in(kSoftmax, Phase::optimized), "etch_kernel.cluster"), 1u);
}

class Dump : public testing::Test {
protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() /
                 ("etch_dump_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string read(const std::string &name) const {
    std::ostringstream text;
    text << std::ifstream(directory_ / name).rdbuf();
    return text.str();
  }

  std::filesystem::path directory_;
};

TEST_F(Dump, WritesEveryStage) {
  CompileOptions options;
  options.name = "step";
  options.dump_directory = (directory_ / "deep").string();
  compiled(kSoftmax, options);
  const std::vector<std::string> names{"step.0-etch.mlir", "step.1-optimized.mlir", "step.2-kernels.mlir",
                                       "step.3-exec.mlir", "step.4-llvm.ll",        "step.5-assembly.s"};
  for (size_t phase = 0; phase < names.size(); ++phase)
    EXPECT_EQ(read("deep/" + names[phase]), text_in(kSoftmax, kPhases[phase])) << names[phase];
}

TEST_F(Dump, SaysWhyItCannotWrite) {
  std::ofstream(directory_.string()) << "a file";
  CompileOptions options;
  options.name = "step";
  options.dump_directory = (directory_ / "deep").string();
  try {
    compiled(kSoftmax, options);
    ADD_FAILURE() << "no etch::Error was thrown";
  } catch (const Error &error) {
    EXPECT_EQ(error.code(), ErrorCode::io);
    EXPECT_THAT(error.summary(), HasSubstr("ETCH_DUMP: cannot create directory " + options.dump_directory));
  }
}

} // namespace
} // namespace etch::codegen
