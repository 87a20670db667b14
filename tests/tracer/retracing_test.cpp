// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a Function says of its traces, and what keeps it from making more.
#include "tests/tracer/bits.h"

#include <algorithm>
#include <optional>
#include <regex>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

/// What `run` writes to standard error.
template <class Run>
std::string said(const Run &run) {
  testing::internal::CaptureStderr();
  run();
  return testing::internal::GetCapturedStderr();
}
int64_t warnings_in(const std::string &text) {
  int64_t count = 0;
  for (size_t at = text.find("warning:"); at != std::string::npos; at = text.find("warning:", at + 1))
    ++count;
  return count;
}
auto scaled(const char *name = "scaled") {
  return function([](Tensor x, int n) { return x * static_cast<float>(n); }, {.name = name, .arguments = {"x", "n"}});
}

TEST(Explain, TellsWhatACallWouldDo) {
  auto f = scaled();
  EXPECT_EQ(f.explain(ramp({2}), 3), "scaled: the call is traced, because it has not been traced before\n");
  f(ramp({2}), 3);
  f(ramp({4}), 9);
  EXPECT_EQ(f.explain(ramp({2}), 3),
            "scaled: the call runs the machine code of\n  scaled(x: f32[2], n = 3) -> f32[2]\n");
  EXPECT_EQ(f.explain(ramp({2}), 4),
            "scaled: the call is traced, because no signature is known that equals this one; the closest is\n"
            "  scaled(x: f32[2], n = 3) -> f32[2]\n  and differs in\n    argument 'n': 3 before, now 4\n"
            "  help: pass it as etch::Dyn or a Tensor, so that its value is no part of the signature\n");
  EXPECT_EQ(f.explain(ramp({3}), 9),
            "scaled: the call is traced, because no signature is known that equals this one; the closest is\n"
            "  scaled(x: f32[4], n = 9) -> f32[4]\n  and differs in\n    argument 'x': f32[4] before, now f32[3]\n"
            "  help: leave the dimensions that vary open, by Options::shapes or as etch::dyn in "
            "Options::input_signature\n");
  EXPECT_EQ(f.trace_count(), 2) << "nothing was recorded";
}

TEST(Explain, NamesSizesVariablesAndWhatIsMissing) {
  struct Model {
    Variable w;
    std::vector<Tensor> layers;
  };
  auto f = function([](const Model &model) { return model.layers[0] + model.w; }, {.arguments = {"model"}});
  const Variable w(ramp({2}), "w"), wide(ramp({1, 2}), "wide");
  f({w, {ramp({2})}});
  EXPECT_EQ(f.explain({wide, {ramp({2}), ramp({2})}}),
            "function: the call is traced, because no signature is known that equals this one; the closest is\n"
            "  function(model.w: Variable f32[2], model.layers.size() = 1, model.layers[0]: f32[2]) -> f32[2]\n"
            "  and differs in\n"
            "    argument 'model'.w: Variable f32[2] before, now Variable f32[1,2]\n"
            "    argument 'model'.layers.size(): 1 before, now 2\n"
            "    argument 'model'.layers[1]: nothing before, now f32[2]\n"
            "  help: argument 'model'.w: make one function for each Variable that differs so\n"
            "  help: argument 'model'.layers.size(): stack the elements into one tensor, whose first dimension may be "
            "open\n");
}

TEST(Warning, ComesAtTheFifthTraceOfTenCalls) {
  auto f = scaled("f");
  EXPECT_EQ(said([&] {
              for (int n = 1; n < 5; ++n)
                f(ramp({2}), n);
            }),
            "");
  EXPECT_EQ(
      said([&] { f(ramp({2}), 5); }),
      "etch: warning: function 'f' was traced 5 times in its last 5 calls, because argument 'n' varied: 1, 2, 3, 4, "
      "5\n  help: pass it as etch::Dyn or a Tensor, so that its value is no part of the signature\n");
  EXPECT_EQ(warnings_in(said([&] {
              for (int n = 6; n < 30; ++n)
                f(ramp({2}), n);
            })),
            1)
      << "two in all";
}

TEST(Warning, IsNotGivenForTracesFarApart) {
  auto f = scaled();
  EXPECT_EQ(said([&] {
              for (int n = 0; n < 8; ++n)
                for (int repeat = 0; repeat < 4; ++repeat)
                  f(ramp({2}), n);
            }),
            "");
}

TEST(Warning, CountsEveryFunctionForItself) {
  auto f = scaled("f"), g = scaled("g");
  const std::string text = said([&] {
    for (int n = 0; n < 4; ++n)
      f(ramp({2}), n);
    for (int n = 0; n < 5; ++n)
      g(ramp({2}), n);
  });
  EXPECT_EQ(warnings_in(text), 1);
  EXPECT_NE(text.find("'g'"), std::string::npos) << text;
}

TEST(Warning, NamesShapesAndIsNotGivenForDeclaredOnes) {
  auto f = function([](Tensor x) { return x + 1.0f; }, {.arguments = {"x"}});
  const std::string text = said([&] {
    for (int64_t n = 1; n < 6; ++n)
      f(ramp({n, 2}));
  });
  EXPECT_NE(text.find("argument 'x' varied: f32[1,2], f32[2,2], f32[3,2], f32[4,2], f32[5,2]"), std::string::npos)
      << text;
  auto declared = function([](Tensor x) { return x + 1.0f; }, {.input_signature = {spec<float>({dyn, 2})}});
  EXPECT_EQ(said([&] {
              for (int64_t n = 1; n < 20; ++n)
                declared(ramp({n, 2}));
            }),
            "");
}

TEST(Warning, CatchesWrappersBuiltInALoop) {
  const std::string text = said([] {
    for (int n = 0; n < 8; ++n)
      function([n](Tensor x) { return x * static_cast<float>(n); })(ramp({2}));
  });
  EXPECT_EQ(warnings_in(text), 1) << text;
  EXPECT_NE(text.find("retracing_test.cpp:"), std::string::npos) << text;
}

TEST(Warning, MayBeSwitchedOff) {
  setenv("ETCH_NO_WARNINGS", "1", 1);
  auto f = scaled();
  EXPECT_EQ(said([&] {
              for (int n = 0; n < 6; ++n)
                f(ramp({2}), n);
            }),
            "");
  unsetenv("ETCH_NO_WARNINGS");
}

TEST(Debug, TellsWhyEveryTraceIsMade) {
  setenv("ETCH_DEBUG", "retrace", 1);
  auto f = scaled();
  const int line = __LINE__ + 1;
  const std::string text = said([&] { f(ramp({2}), 1), f(ramp({2}), 1), f(ramp({2}), 2); });
  unsetenv("ETCH_DEBUG");
  const std::string at =
      "etch: scaled at " + std::string(__FILE__) + ":" + std::to_string(line) + " is traced, because ";
  const std::string expected =
      at + "it has not been traced before\n" + at +
      "no signature is known that equals this one; the closest is\n  scaled(x: f32[2], n = 1) -> f32[2]\n"
      "  and differs in\n    argument 'n': 1 before, now 2\n"
      "  help: pass it as etch::Dyn or a Tensor, so that its value is no part of the signature\n";
  ASSERT_TRUE(text.starts_with(expected)) << text;
  EXPECT_TRUE(
      std::regex_match(text.substr(expected.size()), std::regex("  its 1 trace has taken [0-9]+\\.[0-9] ms so far\n")))
      << text;
}

TEST(Debug, ListsPassesAndKernels) {
  auto f = function(
      [](Tensor x) {
        const NameScope encoder = name_scope("encoder");
        return exp(x);
      },
      {.name = "listed"});
  setenv("ETCH_DEBUG", "passes,kernels", 1);
  const std::string text = said([&] { f(ramp({17})); });
  unsetenv("ETCH_DEBUG");
  EXPECT_NE(text.find("etch: listed: etch-fuse has taken "), std::string::npos) << text;
  EXPECT_NE(text.find("etch: kernels of listed\n  kernel 0 (map): exp at " + std::string(__FILE__) + ":"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(" in encoder\n"), std::string::npos) << text;
}

TEST(Debug, TellsOfTracesThatAreNoCalls) {
  setenv("ETCH_DEBUG", "retrace", 1);
  auto inner = scaled("inner");
  auto outer = function([&](Tensor x) { return inner(x, 1); }, {.name = "outer"});
  const int line = __LINE__ + 2;
  const std::string text = said([&] {
    outer(ramp({2}));
    inner.concrete(spec<float>({2}), 3);
    inner.trace(ramp({2}), 4);
  });
  auto generic = function([](auto x) { return x; }, {.name = "generic"});
  const int generic_line = __LINE__ + 1;
  const std::string of_generic = said([&] { generic(ramp({2})); });
  unsetenv("ETCH_DEBUG");
  const auto at = [](const char *name, int line) {
    return "etch: " + std::string(name) + " at " + __FILE__ + ":" + std::to_string(line) + " is traced, because ";
  };
  EXPECT_NE(text.find(at("outer", line)), std::string::npos) << text;
  EXPECT_NE(text.find(at("inner", line - 3)), std::string::npos) << text;
  EXPECT_NE(text.find(at("inner", line + 1)), std::string::npos) << text;
  EXPECT_NE(text.find(at("inner", line + 2)), std::string::npos) << text;
  EXPECT_TRUE(of_generic.starts_with(at("generic", generic_line))) << of_generic;
}

TEST(NoTracing, LeavesHitsAlone) {
  auto f = scaled();
  f(ramp({2}), 1);
  {
    const NoTracing forbidden;
    EXPECT_TRUE(same_bits(f(ramp({2}), 1), ramp({2})));
    const Error error = error_of([&] { f(ramp({2}), 2); });
    EXPECT_EQ(error.summary(),
              "scaled: must not be traced, since NoTracing forbids it; no signature is known that equals this one; the "
              "closest is\n  scaled(x: f32[2], n = 1) -> f32[2]\n  and differs in\n    argument 'n': 1 before, now 2");
    EXPECT_EQ(error.help(), "pass it as etch::Dyn or a Tensor, so that its value is no part of the signature");
    EXPECT_EQ(error.code(), ErrorCode::tracing);
    EXPECT_THROW(f.trace(ramp({3}), 1), Error);
    const RunFunctionsEagerly eagerly;
    EXPECT_TRUE(same_bits(f(ramp({2}), 2), ramp({2}) * 2.0f));
  }
  EXPECT_NO_THROW(f(ramp({2}), 2));
}

TEST(NoTracing, MayBeForOneFunction) {
  auto f = scaled(), g = scaled();
  f(ramp({2}), 1);
  f.freeze();
  EXPECT_TRUE(same_bits(f(ramp({2}), 1), ramp({2})));
  EXPECT_NE(error_of([&] { f(ramp({2}), 2); }).summary().find("since the function is frozen"), std::string::npos);
  EXPECT_NO_THROW(g(ramp({2}), 2));
}

TEST(NoTracing, MayBeForTracesBeyondALimit) {
  auto f = function([](Tensor x) { return x + 1.0f; });
  f.max_traces(2);
  f(ramp({1}));
  f(ramp({2}));
  EXPECT_NE(error_of([&] { f(ramp({3})); }).summary().find("since max_traces allows 2"), std::string::npos);
  EXPECT_NO_THROW(f(ramp({2})));
  f.max_traces(3);
  EXPECT_NO_THROW(f(ramp({3})));
  EXPECT_THROW(f(ramp({4})), Error);
  f.max_traces(0);
  EXPECT_NO_THROW(f(ramp({4})));
  EXPECT_EQ(error_of([&] { f.max_traces(-1); }).summary(), "function: max_traces must be at least 0, got -1");
}

TEST(NoTracing, CountsNoTracesThatMakeVariables) {
  std::optional<Variable> w;
  auto f = function(
      [&](Tensor x) {
        if (!w)
          w = Variable(ramp({2}), "w");
        return x + *w;
      },
      {.name = "f", .arguments = {"x"}});
  f.max_traces(1);
  EXPECT_NO_THROW(f(ramp({2})));
  const std::string made = "the first trace of this signature made Variables and served its call alone";
  EXPECT_EQ(f.explain(ramp({2})), "f: the call is traced, because " + made + "\n");
  auto copy = f;
  EXPECT_NO_THROW(copy(ramp({2})));
  EXPECT_NO_THROW(f(ramp({2})));
  EXPECT_THROW(f(ramp({1})), Error);
  f.clear_cache();
  EXPECT_EQ(f.explain(ramp({2})).find(made), std::string::npos) << "it has been traced without since";
  w.reset();
  auto g = function([&](Tensor x) { return w ? x + *w : x + w.emplace(x, "w"); }, {.name = "g"});
  g(ramp({2}));
  g.freeze();
  EXPECT_EQ(error_of([&] { g(ramp({2})); }).summary(), "g: must not be traced, since the function is frozen; " + made);
}

TEST(Explain, KnowsWhereShapesHaveATraceOfTheirOwn) {
  auto f = function([](Tensor x) { return x.dim(0) > 2 ? x : x + 1.0f; }, {.name = "f", .shapes = Shapes::rank});
  f(ramp({2}));
  EXPECT_EQ(f.explain(ramp({1})),
            "f: the call runs the machine code of\n  f(argument 0: f32[?]) -> f32[?] where 2 >= argument 0.dim(0)\n");
  EXPECT_EQ(f.explain(ramp({3})), "f: the call is traced, because its shapes are not what\n  f(argument 0: "
                                  "f32[?]) -> f32[?] where 2 >= argument 0.dim(0)\n  takes for granted\n");
  f(ramp({3}));
  EXPECT_EQ(f.explain(ramp({3})),
            "f: the call runs the machine code of\n  f(argument 0: f32[?]) -> f32[?] where 2 < argument 0.dim(0)\n");
}

TEST(Stats, CountEachCallAsAHitOrAMiss) {
  auto f = function([](Tensor x) { return reshape(x, {2, 3}); }, {.shapes = Shapes::rank});
  for (int i = 0; i < 3; ++i)
    f(ramp({6}));
  f(ramp({1, 6}));
  f(ramp({1, 6}));
  EXPECT_EQ(f.stats().hits, 3);
  EXPECT_EQ(f.stats().misses, 2);
}

} // namespace
} // namespace etch
