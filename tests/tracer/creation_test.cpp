// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Variables that callables make, and tensors that are asked for at each call.
#include "tests/tracer/bits.h"

#include <list>
#include <optional>
#include <string_view>

namespace etch {
namespace {

using test::both_ways;
using test::error_of;
using test::ramp;
using test::same_bits;

TEST(CreatedVariable, IsKeptByItsHolder) {
  both_ways([] {
    std::optional<Variable> v;
    auto f = function([&](Tensor x) {
      if (!v)
        v.emplace(2.0f, "v");
      return x * *v;
    });
    EXPECT_EQ(f(1.0f).item<float>(), 2.0f);
    EXPECT_EQ(f(3.0f).item<float>(), 6.0f);
    EXPECT_EQ(f(4.0f).item<float>(), 8.0f);
    v->assign(10.0f);
    EXPECT_EQ(f(4.0f).item<float>(), 40.0f);
    EXPECT_EQ(f.trace_count(), functions_run_eagerly() ? 0 : 2) << "the one that created serves its call alone";
  });
}

TEST(CreatedVariable, StartsFromValuesOfTheCall) {
  both_ways([] {
    std::optional<Variable> v;
    auto f = function([&](Tensor x) {
      if (!v)
        v.emplace(reduce_sum(exp(x * 0.0f)) * 2.0f * x, "v");
      return *v * x;
    });
    EXPECT_EQ(f(1.0f).item<float>(), 2.0f);
    EXPECT_EQ(f(3.0f).item<float>(), 6.0f);
  });
}

TEST(CreatedVariable, KeepsWhatIsAssignedOnCreation) {
  both_ways([] {
    std::optional<Variable> v;
    auto f = function([&](Tensor x) {
      if (!v) {
        v.emplace(5.0f, "v");
        v->assign(10.0f);
      }
      return x + *v;
    });
    EXPECT_EQ(f(3.0f).item<float>(), 13.0f);
    EXPECT_EQ(f(4.0f).item<float>(), 14.0f);
    v->assign(11.0f);
    EXPECT_EQ(f(3.0f).item<float>(), 14.0f);
    EXPECT_EQ(f(4.0f).item<float>(), 15.0f);
  });
}

TEST(CreatedVariable, BelongsToItsInstance) {
  struct Layer {
    std::optional<Variable> w;
    Tensor operator()(Tensor x) {
      if (!w)
        w.emplace(zeros({x.dim(-1)}) + 1.0f, "w");
      w->assign(*w + x);
      return *w * 1.0f;
    }
  };
  Layer a, b;
  auto f = function([&a](Tensor x) { return a(x); }), g = function([&b](Tensor x) { return b(x); });
  EXPECT_TRUE(same_bits(f(ramp({2})), ones({2}) + ramp({2})));
  EXPECT_TRUE(same_bits(f(ramp({2})), ones({2}) + ramp({2}) + ramp({2})));
  EXPECT_TRUE(same_bits(g(ramp({3})), ones({3}) + ramp({3})));
  EXPECT_NE(a.w->state(), b.w->state());
}

TEST(CreatedVariable, MayBeMadeByAnInnerFunction) {
  both_ways([] {
    std::optional<Variable> v;
    auto inner = function([&](Tensor x) {
      if (!v) {
        v.emplace(x * 3.0f, "v");
        v->assign(*v + 1.0f);
      }
      return x + *v;
    });
    auto outer = function([&](Tensor x) { return inner(x + 1.0f); });
    EXPECT_EQ(outer(1.0f).item<float>(), 9.0f);
    EXPECT_EQ(outer(1.0f).item<float>(), 9.0f);
    EXPECT_EQ(outer(2.0f).item<float>(), 10.0f);
    EXPECT_EQ(inner(0.0f).item<float>(), 7.0f);
  });
}

TEST(CreatedVariable, ThatDiesWithTheCallableIsAnError) {
  const int line = __LINE__ + 3;
  auto f = function(
      [](Tensor x) {
        const Variable v(zeros({2}), "lost");
        v.assign(x);
        return v + 1.0f;
      },
      {.name = "f"});
  const Error error = error_of([&] { f(ramp({2})); });
  EXPECT_EQ(error.summary(), "f: variable 'lost', made at " + std::string(__FILE__) + ":" + std::to_string(line) +
                                 ", is gone when the callable has returned");
  EXPECT_EQ(error.code(), ErrorCode::tracing);
}

TEST(CreatedVariable, OnEveryCallIsAnError) {
  std::list<Variable> kept;
  auto f = function(
      [&](Tensor x) {
        kept.emplace_back(zeros({2}), "more");
        return x + kept.back();
      },
      {.name = "f"});
  EXPECT_NO_THROW(f(ramp({2})));
  const int line = __LINE__ + 1;
  const Error error = error_of([&] { f(ramp({2})); });
  EXPECT_EQ(error.code(), ErrorCode::tracing);
  EXPECT_EQ(error.summary(), "f: Variables must be created once, got 'more', made in the call at " +
                                 std::string(__FILE__) + ":" + std::to_string(line) +
                                 ", in a second recording of one signature")
      << "which emplace_back does not know the line of";
}

TEST(CreatedVariable, IsNeverSaidToBeMadeInTheStandardLibrary) {
  std::optional<Variable> kept;
  auto f = function([&](Tensor x) {
    if (!kept)
      kept.emplace(zeros({2}), "kept");
    return x + *kept;
  });
  f(ramp({2}));
  EXPECT_EQ(f.concrete(ramp({2})).details().find("c++"), std::string::npos) << f.concrete(ramp({2})).details();
  auto gone = function([](Tensor x) {
    std::optional<Variable> lost;
    lost.emplace(x, "lost");
    return x + *lost;
  });
  auto outer = function([&](Tensor x) { return gone(x); });
  for (const Error &error :
       {error_of([&] { gone(ramp({2})); }), error_of([&] { outer(ramp({2})); }),
        error_of([&] { kept.emplace(Tensor(), "kept"); }), error_of([&] { outer.concrete(spec<float>({2})); })})
    EXPECT_EQ(std::string(error.what()).find("c++"), std::string::npos) << error.what();
  const Error error = error_of([&] { outer.concrete(spec<float>({2})); });
  EXPECT_EQ(std::string_view(error.location().file), __FILE__) << "where the function is called";
}

TEST(CreatedVariable, StartsFromWhatTheCallHasWritten) {
  both_ways([] {
    const Variable w(Tensor(1.0f), "w");
    std::optional<Variable> v;
    auto f = function([&](Tensor x) {
      w.assign_add(x);
      w.assign(w * w);
      if (!v)
        v.emplace(w * 2.0f, "v");
      w.assign(0.0f);
      return v->value();
    });
    EXPECT_EQ(f(2.0f).item<float>(), 18.0f);
    EXPECT_EQ(f(3.0f).item<float>(), 18.0f);
    EXPECT_EQ(w.value().item<float>(), 0.0f);
  });
}

TEST(CreatedVariable, StartsFromWhatAnOuterFunctionHasWritten) {
  both_ways([] {
    const Variable s(Tensor(1.0f), "s");
    std::optional<Variable> w;
    auto inner = function([&](Tensor x, Variable held) {
      held.assign_add(1.0f);
      if (!w)
        w.emplace(s * 10.0f + held, "w");
      return x * *w;
    });
    auto outer = function([&](Tensor x) {
      s.assign(x);
      return inner(x, s);
    });
    EXPECT_EQ(outer(5.0f).item<float>(), 5.0f * 66.0f);
    EXPECT_EQ(outer(1.0f).item<float>(), 66.0f);
    EXPECT_EQ(s.value().item<float>(), 2.0f);
  });
}

TEST(CreatedVariable, StartsFromNumbersThatAreDrawnOnce) {
  std::vector<std::vector<float>> drawn;
  both_ways([&] {
    set_seed(7);
    std::optional<Variable> v, w;
    auto f = function([&](Tensor x) {
      const Tensor noise = random_normal({2});
      if (!v) {
        v.emplace(random_normal({2}), "v");
        w.emplace(random_normal({2}), "w");
      }
      return x + noise + random_normal({2});
    });
    for (const Tensor &y : {f(0.0f), v->value(), w->value(), f(0.0f), random_normal({2})})
      drawn.push_back(y.to_vector<float>());
  });
  ASSERT_EQ(drawn.size(), 10u);
  for (size_t i = 0; i < 5; ++i)
    EXPECT_EQ(drawn[i], drawn[i + 5]) << i;
}

TEST(CreatedVariable, NeedsNoArgumentsThatItDoesNotDependOn) {
  std::optional<Variable> w;
  auto f = function([&](Tensor x) {
    if (!w)
      w.emplace(ones({3}) * 2.0f, "w");
    return x * *w;
  });
  EXPECT_NO_THROW(f.concrete(spec<float>({3})));
  EXPECT_TRUE(same_bits(w->value(), ones({3}) * 2.0f));
}

TEST(CreatedVariable, DoesNotStartFromASpec) {
  std::optional<Variable> w;
  int line = 0;
  auto f = function(
      [&](Tensor x) {
        line = __LINE__ + 2;
        if (!w)
          w = Variable(x, "w");
        return x * *w;
      },
      {.name = "f"});
  const auto expect_error = [&](const auto &run, const std::string &argument) {
    const Error error = error_of(run);
    EXPECT_EQ(error.summary(),
              "variable: the initial value of 'w' must not depend on an argument without a value, got " + argument +
                  ", of which only the spec f32[3] is given");
    EXPECT_EQ(error.code(), ErrorCode::tracing);
    EXPECT_EQ(error.location().line, line);
    EXPECT_FALSE(w);
  };
  expect_error([&] { f.concrete(spec<float>({3})); }, "argument 0 of 'f'");
  expect_error([&] { f.trace(spec<float>({3})); }, "argument 0 of 'f'");
  auto outer = function([&](Tensor unused, Tensor x) { return unused + f(x); }, {.name = "g", .arguments = {"u", "x"}});
  expect_error([&] { outer.concrete(ones({3}), spec<float>({3})); }, "argument 'x' of 'g'");
  auto computed = function([&](Tensor unused, Tensor x) { return unused + f(x * 2.0f); }, {.name = "h"});
  expect_error([&] { computed.concrete(ones({3}), spec<float>({3})); }, "argument 1 of 'h'");
  EXPECT_NO_THROW(outer.concrete(spec<float>({3}), ramp({3}))) << "where it depends on what has a value";
  EXPECT_TRUE(same_bits(w->value(), ramp({3})));
}

TEST(LocalVariable, IsMadeOnce) {
  both_ways([] {
    int made = 0;
    std::optional<Function<Tensor(Tensor)>> f;
    f = function([&](Tensor x) {
      const Variable sum = f->local_variable("sum", [&] { return ++made, zeros({}); });
      sum.assign_add(reduce_sum(x));
      return sum.value();
    });
    EXPECT_EQ((*f)(ramp({2})).item<float>(), 2.0f);
    EXPECT_EQ((*f)(ramp({2})).item<float>(), 4.0f);
    EXPECT_EQ((*f)(ramp({3})).item<float>(), 8.5f) << "one for all signatures";
    EXPECT_EQ(made, 1);
    EXPECT_EQ(f->trace_count(), functions_run_eagerly() ? 0 : 2);
    EXPECT_EQ(f->local_variable("sum", [] { return zeros({7}); }).value().item<float>(), 8.5f);
    EXPECT_EQ(f->local_variable("sum", nullptr).name(), "sum");
    EXPECT_EQ(error_of([&] { f->local_variable("other", nullptr); }).summary(),
              "function: the function that makes the initial value of variable 'other' is empty");
  });
}

TEST(LocalVariable, StartsFromWhatTheCallHasWritten) {
  both_ways([] {
    const Variable w(Tensor(1.0f), "w");
    std::optional<Function<Tensor(Tensor)>> f;
    f = function([&](Tensor x) {
      w.assign_add(x);
      const Variable v = f->local_variable("v", [&] { return w * 2.0f + x; });
      w.assign(0.0f);
      return v.value();
    });
    EXPECT_EQ((*f)(3.0f).item<float>(), 11.0f);
    EXPECT_EQ((*f)(5.0f).item<float>(), 11.0f);
    EXPECT_EQ(w.value().item<float>(), 0.0f);
    EXPECT_EQ(f->trace_count(), functions_run_eagerly() ? 0 : 1) << "what only reads is no part of the trace";
  });
}

TEST(LocalVariable, MayDrawAndWriteAndPrintOnce) {
  std::vector<std::vector<float>> drawn;
  std::vector<std::string> printed;
  both_ways([&] {
    set_seed(7);
    testing::internal::CaptureStdout();
    const Variable counter(Tensor(1.0f), "counter");
    std::optional<Function<Tensor(Tensor)>> f;
    const auto doubled = function([&](Tensor x) { return counter.assign_add(x), counter * 2.0f; });
    f = function([&](Tensor x) {
      const Tensor noise = random_normal({});
      print("before {}", counter);
      const Variable v = f->local_variable("v", [&] {
        const Variable own(Tensor(2.0f), "own");
        own.assign_add(1.0f);
        const Tensor start = random_normal({}) + doubled(x) + own;
        print("inside {}", counter);
        return start.item<float>() > 100.0f ? zeros({}) : start;
      });
      print("after {}", counter);
      return noise + random_normal({}) + v;
    });
    for (const Tensor &y : {(*f)(3.0f), (*f)(4.0f), counter.value(), random_normal({})})
      drawn.push_back(y.to_vector<float>());
    printed.push_back(testing::internal::GetCapturedStdout());
  });
  ASSERT_EQ(drawn.size(), 8u);
  for (size_t i = 0; i < 4; ++i)
    EXPECT_EQ(drawn[i], drawn[i + 4]) << i;
  EXPECT_EQ(printed[0], printed[1]);
  EXPECT_EQ(printed[0], "before 1.0\ninside 4.0\nafter 4.0\nbefore 4.0\nafter 4.0\n");
}

TEST(LocalVariable, MayAskForAnother) {
  both_ways([] {
    const Variable w(Tensor(1.0f), "w");
    std::optional<Function<Tensor(Tensor)>> f;
    f = function([&](Tensor x) {
      w.assign(x * 2.0f);
      return f->local_variable("outer", [&] { return f->local_variable("inner", [&] { return w + x; }) * x; }).value();
    });
    EXPECT_EQ((*f)(2.0f).item<float>(), 12.0f);
    EXPECT_EQ((*f)(1.0f).item<float>(), 12.0f);
    EXPECT_EQ(f->local_variable("inner", nullptr).value().item<float>(), 6.0f);
  });
}

TEST(Late, IsReadAtEachCall) {
  both_ways([] {
    Tensor rate = 0.5f;
    auto f = function([&](Tensor x) { return x * late([&] { return rate; }); });
    EXPECT_TRUE(same_bits(f(ramp({3})), ramp({3}) * 0.5f));
    rate = 2.0f;
    EXPECT_TRUE(same_bits(f(ramp({3})), ramp({3}) * 2.0f));
    auto outer = function([&](Tensor x) { return f(x) + 1.0f; });
    EXPECT_TRUE(same_bits(outer(ramp({3})), ramp({3}) * 2.0f + 1.0f));
    rate = 3.0f;
    EXPECT_TRUE(same_bits(outer(ramp({3})), ramp({3}) * 3.0f + 1.0f));
  });
}

TEST(Late, ReadsEagerly) {
  both_ways([] {
    Variable v(Tensor(2.0f), "v");
    auto f = function([&](Tensor x) { return x * late([&] { return v * 3.0f; }); });
    EXPECT_EQ(f(1.0f).item<float>(), 6.0f);
    v.assign(4.0f);
    EXPECT_EQ(f(1.0f).item<float>(), 12.0f);
  });
}

TEST(Late, ReadsWhatTheCallHasWritten) {
  both_ways([] {
    const Variable v(Tensor(1.0f), "v"), reads(Tensor(0.0f), "reads");
    auto inner = function([&](Tensor x) {
      return x + late([&] {
               reads.assign_add(1.0f);
               return v * 10.0f;
             });
    });
    auto f = function([&](Tensor x) {
      v.assign_add(x);
      const Tensor y = inner(x);
      v.assign(0.0f);
      return y;
    });
    EXPECT_EQ(inner(2.0f).item<float>(), 12.0f);
    EXPECT_EQ(inner(3.0f).item<float>(), 13.0f);
    EXPECT_EQ(f(2.0f).item<float>(), 32.0f);
    EXPECT_EQ(v.value().item<float>(), 0.0f);
    EXPECT_EQ(f(3.0f).item<float>(), 33.0f);
    EXPECT_EQ(f(3.0f).item<float>(), 33.0f);
    EXPECT_EQ(reads.value().item<float>(), 5.0f);
    EXPECT_EQ(inner.trace_count(), functions_run_eagerly() ? 0 : 1);
  });
}

TEST(Late, WritesAfterWhatTheCallHasRead) {
  both_ways([] {
    const Variable v(Tensor(1.0f), "v");
    auto f = function([&](Tensor x) {
      const Tensor before = v * 10.0f;
      const Tensor read = late([&] {
        v.assign_add(1.0f);
        return v.value();
      });
      return x + before + read + v * 100.0f;
    });
    EXPECT_EQ(f(0.0f).item<float>(), 212.0f);
    EXPECT_EQ(f(0.0f).item<float>(), 323.0f);
    EXPECT_EQ(v.value().item<float>(), 3.0f);
  });
}

TEST(Late, KeepsItsType) {
  Tensor value = ramp({2});
  int line = 0;
  auto f = function([&](Tensor x) {
    line = __LINE__ + 1;
    return x + late([&] { return value; });
  });
  f(ramp({2}));
  value = ramp({3});
  const Error error = error_of([&] { f(ramp({2})); });
  EXPECT_EQ(error.summary(), "late: the tensor must be f32[2], as it was traced, got f32[3]");
  EXPECT_EQ(error.location().line, line);
  value = constant({1, 2});
  EXPECT_EQ(error_of([&] { f(ramp({2})); }).code(), ErrorCode::dtype);
  value = Tensor();
  EXPECT_EQ(error_of([&] { f(ramp({2})); }).code(), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([] { late(nullptr); }).summary(), "late: the function to ask is empty");
}

} // namespace
} // namespace etch
