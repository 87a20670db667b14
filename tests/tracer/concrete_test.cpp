// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Concrete functions: made from specs, looked at, called.
#include "tests/tracer/bits.h"

#include <bit>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

TEST(Concrete, IsMadeFromSpecs) {
  auto f = function([](Tensor x, int n) { return x * static_cast<float>(n); }, {.arguments = {"x", "n"}});
  const auto open = f.concrete(spec<float>({dyn, 2}), 3);
  EXPECT_EQ(f.trace_count(), 1);
  for (const int64_t rows : {0, 1, 2, 7})
    EXPECT_TRUE(same_bits(open(ramp({rows, 2}), 3), ramp({rows, 2}) * 3.0f));
  EXPECT_EQ(f.trace_count(), 1);
  EXPECT_TRUE(open == f.concrete(spec<float>({dyn, 2}), 3));
  EXPECT_FALSE(open == f.concrete(spec<float>({2, 2}), 3));
  EXPECT_TRUE(f.concrete(spec<float>({2, 2}), 3) == f.concrete(ramp({2, 2}), 3)) << "a tensor is as good as its spec";
  f(ramp({2, 2}), 3);
  EXPECT_EQ(f.trace_count(), 2) << "and the call has the same signature";
}

TEST(Concrete, ChecksItsArguments) {
  auto f = function([](Tensor x, int n) { return x * static_cast<float>(n); }, {.name = "f", .arguments = {"x", "n"}});
  const auto open = f.concrete(spec<float>({dyn, 2}), 5);
  const auto wrong = [&](const Tensor &x, int n) { return error_of([&] { open(x, n); }).summary(); };
  EXPECT_EQ(wrong(ramp({3, 2}), 8), "f: argument 'n' must be 5, as it was traced, got 8");
  EXPECT_EQ(wrong(ramp({3, 4}), 5), "f: argument 'x' must be f32[?,2], as it was traced, got f32[3,4]");
  EXPECT_EQ(wrong(ramp({2}), 5), "f: argument 'x' must be f32[?,2], as it was traced, got f32[2]");
  EXPECT_EQ(wrong(constant({{1, 2}}), 5), "f: argument 'x' must be f32[?,2], as it was traced, got i32[1,2]");
  EXPECT_EQ(wrong(Tensor(), 5), "f: argument 'x' must be f32[?,2], as it was traced, got undefined");
  EXPECT_TRUE(same_bits(open(ramp({3, 2}), 5), ramp({3, 2}) * 5.0f)) << "a mistake is not sticky";
  auto scalar = function([](Tensor x) { return x + 1.0f; }).concrete(spec<float>());
  EXPECT_EQ(scalar(1.0f).item<float>(), 2.0f) << "a number is converted";
}

TEST(Concrete, TellsValuesApartThatLookAlike) {
  auto f = function([](Tensor x, const std::string &name) { return name[50] == 'a' ? x : x * 2.0f; });
  const std::string z(50, 'z'), a = z + "a" + z, b = z + "b" + z;
  const auto concrete = f.concrete(spec<float>({2}), a);
  EXPECT_NO_THROW(concrete(ramp({2}), a));
  EXPECT_EQ(error_of([&] { concrete(ramp({2}), b); }).summary(),
            "function: argument 1 must be \"" + z.substr(10) + "…" + z.substr(30) +
                "\" (after 50 letters: \"azzzzzzzzzzzzzzz\"), as it was traced, got \"" + z.substr(10) + "…" +
                z.substr(30) + "\" (after 50 letters: \"bzzzzzzzzzzzzzzz\")");
  auto g = function([](Tensor x, float scale) { return x * scale; });
  const auto of_nan = g.concrete(spec<float>({2}), std::bit_cast<float>(0x7fc00000u));
  EXPECT_EQ(error_of([&] { of_nan(ramp({2}), std::bit_cast<float>(0x7fc00001u)); }).summary(),
            "function: argument 1 must be nan (bits 0x7fc00000), as it was traced, got nan (bits 0x7fc00001)");
}

TEST(Concrete, DescribesItself) {
  Variable w(ramp({2, 3}), "w");
  const Tensor table = ramp({64, 3}), one = 1.0f;
  auto f = function(
      [&](Tensor x, const std::vector<Tensor> &rest, int n) {
        w.assign_add(ones({2, 3}));
        return std::pair(matmul(x, w) + reduce_sum(table, {0}) + one, rest[0] * static_cast<float>(n));
      },
      {.name = "step", .arguments = {"x", "rest", "n"}});
  const auto concrete = f.concrete(spec<float>({dyn, 2}), {spec<double>({4})}, 7);
  EXPECT_EQ(error_of([&] { f.concrete(spec<float>({dyn, 5}), {spec<float>({4})}, 7); }).code(), ErrorCode::shape);
  EXPECT_EQ(concrete.to_string(), "step(x: f32[?,2], rest.size() = 1, rest[0]: f64[4], n = 7) -> (f32[?,3], f64[4]) "
                                  "captures {w: Variable f32[2,3], f32[64,3]}");
  const std::string details = concrete.details();
  EXPECT_NE(details.find("  arguments\n    x: f32[?,2]\n    rest.size() = 1\n    rest[0]: f64[4]\n    n = 7\n"
                         "  results\n    f32[?,3]\n    f64[4]\n  captures\n    w: Variable f32[2,3] at "),
            std::string::npos)
      << details;
  EXPECT_NE(details.find("concrete_test.cpp:"), std::string::npos);
  ASSERT_EQ(concrete.captures().size(), 1u);
  EXPECT_EQ(concrete.captures()[0].data<float>(), table.data<float>()) << "shared, not copied";
  ASSERT_EQ(concrete.variables().size(), 1u);
  EXPECT_EQ(concrete.variables()[0].state(), w.state());
  EXPECT_EQ(concrete.input_spec(), (std::vector<TensorSpec>{spec<float>({dyn, 2}), spec<double>({4})}));
  EXPECT_EQ(concrete.output_spec(), (std::vector<TensorSpec>{spec<float>({dyn, 3}), spec<double>({4})}));
}

TEST(Concrete, ListsTheValuesItHolds) {
  float scale = 0.25f;
  const Tensor bias = 3.0f;
  int line = 0;
  auto f = function(
      [&](Tensor x, int n) {
        line = __LINE__ + 1;
        x = x * scale;
        return x + static_cast<float>(n) + bias;
      },
      {.arguments = {"x", "n"}});
  const std::vector<FrozenValue> frozen = f.concrete(spec<float>({dyn}), 9).frozen();
  ASSERT_EQ(frozen.size(), 4u);
  EXPECT_EQ(frozen[0].text, "n = 9");
  EXPECT_EQ(frozen[0].location.line, line + 4) << "where it was traced";
  EXPECT_EQ(frozen[1].text, "0.25");
  EXPECT_EQ(frozen[1].location.line, line);
  EXPECT_EQ(frozen[2].text, "9");
  EXPECT_EQ(frozen[3].text, "3");
  EXPECT_EQ(frozen[3].location.line, line + 1);
}

TEST(Concrete, ListsWhatItsOpsWereGiven) {
  const Tensor weight = ramp({2, 3});
  int line = 0;
  auto f = function([&](Tensor x, int axis) {
    line = __LINE__ + 1;
    x = x * weight;
    x = reshape(x, {3, 2});
    x = reduce_sum(exp(x), {axis}, true) + late([&] { return weight; }).dim(0);
    return tile(cast(x, DType::f64), {1, 2});
  });
  std::vector<std::string> texts;
  for (const FrozenValue &value : f.concrete(spec<float>({2, 3}), 1).frozen())
    texts.push_back(value.text +
                    (value.location.line > line + 4 ? "" : " " + std::to_string(value.location.line - line)));
  EXPECT_EQ(texts, (std::vector<std::string>{"argument 1 = 1", "a tensor f32[2,3] 0", "reshape: shape = [3,2] 1",
                                             "reduce_sum: axes = [1], keep_dims = true 2", "2 2", "cast: dtype = f64 3",
                                             "tile: multiples = [1,2] 3"}));
}

TEST(NameScope, NamesWhatIsRecordedInIt) {
  auto inner = function([](Tensor x) {
    const auto scope = name_scope("inner");
    return exp(x);
  });
  auto f = function(
      [&](Tensor x) {
        const auto encoder = name_scope("encoder");
        {
          const auto layer = name_scope("layer1");
          x = inner(tanh(x));
        }
        return matmul(x, x);
      },
      {.name = "step"});
  const std::string picture = f.trace(ramp({2, 2})).graph();
  for (const char *label : {"tanh\\nencoder/layer1", "exp\\nencoder/layer1/inner", "matmul\\nencoder\\n"})
    EXPECT_NE(picture.find(label), std::string::npos) << label << "\n" << picture;
  EXPECT_EQ(f.trace(ramp({2, 2})).graph().find("step/"), std::string::npos);
  EXPECT_NE(inner.trace(ramp({2, 2})).graph().find("exp\\ninner"), std::string::npos) << "by itself";
  auto plain = function([](Tensor x) { return exp(x); });
  EXPECT_EQ(plain.trace(ramp({2})).graph().find("encoder"), std::string::npos) << "scopes have ended";
}

TEST(Spec, HasNoValue) {
  const Tensor placeholder = spec<float>({2, dyn});
  EXPECT_EQ(spec_text(placeholder), "f32[2,?]");
  EXPECT_EQ(error_of([&] { placeholder + 1.0f; }).summary(), "add: a spec has no value, got f32[2,?]");
  auto f = function([](Tensor x) { return x + 1.0f; }, {.name = "f"});
  EXPECT_EQ(error_of([&] { f(placeholder); }).summary(), "f: a spec has no value, got f32[2,?]");
  EXPECT_EQ(error_of([&] { function([&](Tensor x) { return x + placeholder; })(ramp({2, 2})); }).summary(),
            "add: a spec has no value, got f32[2,?]");
  EXPECT_EQ(error_of([] { const Tensor t = TensorSpec{DType::f32, {-2}}; }).summary(),
            "spec: a dimension must be etch::dyn or at least 0, got -2");
  EXPECT_EQ(error_of([] { const Tensor t = TensorSpec{static_cast<DType>(99), {}}; }).summary(),
            "spec: the dtype must be one of DType, got DType(99)");
}

} // namespace
} // namespace etch
