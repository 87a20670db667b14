// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/tracer/bits.h"

#include <optional>
#include <thread>

namespace etch {
namespace {

using test::error_of;
using test::ramp;

template <class Body>
Error traced_error(Body body, Options options = {}) {
  auto traced = function(body, std::move(options));
  return error_of([&] { traced(ramp({2, 3})); });
}

TEST(TracedValue, IsNoCondition) {
  int line = 0;
  const Error error = traced_error([&](Tensor x) {
    line = __LINE__ + 1;
    const Tensor sum = reduce_sum(x);
    if (sum)
      x = x + 1.0f;
    return x;
  });
  EXPECT_EQ(error.code(), ErrorCode::tracing);
  EXPECT_EQ(error.summary(), "bool: a traced tensor has no value yet, got f32[] that depends on argument 0");
  EXPECT_EQ(error.location().line, line) << "a conversion has no line of its own; its value's is the next best";
  EXPECT_NE(std::string(error.what()).find(__FILE__), std::string::npos);
}

TEST(TracedValue, IsNotReadOnTheHost) {
  int line = 0;
  const Error item = traced_error(
      [&](Tensor x) {
        line = __LINE__ + 1;
        return x * reduce_sum(x).item<float>();
      },
      {.arguments = {"images"}});
  EXPECT_EQ(item.summary(), "item: a traced tensor has no value yet, got f32[] that depends on argument 'images'");
  EXPECT_EQ(item.location().line, line);
  EXPECT_EQ(traced_error([](Tensor x) { x.data<float>(); }).summary(),
            "data: a traced tensor has no value yet, got f32[2,3] that depends on argument 0");
  EXPECT_EQ(traced_error([](Tensor x) { (x + x).to_vector<float>(); }).summary(),
            "to_vector: a traced tensor has no value yet, got f32[2,3] that depends on argument 0");
}

TEST(TracedValue, NamesAllArgumentsBehindIt) {
  auto traced = function(
      [](std::vector<Tensor> layers, Tensor unused, Tensor x) {
        if (reduce_sum(x + layers[1]))
          return unused;
        return x;
      },
      {.arguments = {"layers", "unused", "x"}});
  EXPECT_EQ(error_of([&] { traced({ramp({2}), ramp({2})}, 1.0f, ramp({2})); }).summary(),
            "bool: a traced tensor has no value yet, got f32[] that depends on argument 'layers'[1], argument 'x'");
}

TEST(TracedValue, OfNoArgumentIsNotReadEither) {
  Variable v(1.0f, "v");
  EXPECT_EQ(error_of([&] { function([&] { return v.value().item<float>() > 0 ? 1.0f * v : 2.0f * v; })(); }).summary(),
            "item: a traced tensor has no value yet, got f32[]");
}

TEST(TracedValue, HasNoNumberForAnOpenExtent) {
  auto traced = function([](Tensor x) { return x * static_cast<float>(x.dim(1)) + static_cast<float>(x.dim(0)); },
                         {.input_signature = {spec<float>({dyn, 3})}});
  EXPECT_EQ(error_of([&] { traced(ramp({2, 3})); }).summary(),
            "dim: the number must be known while tracing, got argument 0.dim(0)");
}

TEST(TracedValue, PrintsItsSpec) {
  std::string text;
  auto traced = function([&](Tensor x) {
    text = to_string(x + x);
    return x;
  });
  traced(ramp({2, 3}));
  EXPECT_EQ(text, "f32[2,3]");
}

TEST(LeakedValue, IsUselessOutsideItsTrace) {
  Tensor leaked;
  int line = 0;
  auto traced = function(
      [&](Tensor x) {
        line = __LINE__ + 1;
        leaked = x * 2.0f;
        return x;
      },
      {.name = "step"});
  const Error kept = error_of([&] { traced(ramp({2})); });
  const std::string place = std::string(__FILE__) + ":" + std::to_string(line);
  EXPECT_EQ(kept.summary(),
            "step: a value of the trace is still held when the callable has returned, f32[2] made at " + place);
  EXPECT_EQ(kept.code(), ErrorCode::tracing);
  ASSERT_TRUE(leaked.defined());
  const std::string belongs =
      "f32[2] is out of scope: it belongs to the trace of function 'step', which has ended; it was made at " + place;

  EXPECT_EQ(error_of([&] { traced(leaked); }).summary(), "step: " + belongs);
  auto other = function([&](Tensor x) { return x + leaked; }, {.name = "other"});
  const Error used = error_of([&] { other(ramp({2})); });
  EXPECT_EQ(used.summary(), "add: " + belongs);
  EXPECT_EQ(used.code(), ErrorCode::tracing);
  const Error returned = error_of([&] { function([&] { return leaked; }, {.name = "other"})(); });
  EXPECT_EQ(returned.summary(), "other: " + belongs);

  for (const Error &error : {error_of([&] { leaked + 1.0f; }), error_of([&] { leaked.item<float>(); }),
                             error_of([&] { Variable(ramp({2}), "v").assign(leaked); })}) {
    EXPECT_EQ(error.code(), ErrorCode::tracing);
    EXPECT_NE(std::string(error.what()).find("function 'step', which has ended"), std::string::npos) << error.what();
  }
  leaked = Tensor();
  EXPECT_EQ(traced.trace_count(), 0);
}

TEST(LeakedValue, IsFoundInContainersAndMembers) {
  std::vector<Tensor> list;
  auto append = function([&](Tensor x) {
    list.push_back(x + 1.0f);
    return x;
  });
  EXPECT_EQ(error_of([&] { append(ramp({2})); }).code(), ErrorCode::tracing);
  struct Model {
    Tensor last;
  } model;
  auto remember = function([&model](Tensor x) {
    model.last = x;
    return x;
  });
  EXPECT_EQ(error_of([&] { remember(ramp({2})); }).code(), ErrorCode::tracing);
  auto keeper = function([kept = std::make_shared<Tensor>()](Tensor x) {
    *kept = x * 2.0f;
    return x;
  });
  EXPECT_EQ(error_of([&] { keeper(ramp({2})); }).code(), ErrorCode::tracing);
}

TEST(LeakedValue, IsNoneWhereTheCallableKeepsNothing) {
  std::vector<Tensor> scratch;
  auto traced = function([&](Tensor x, const std::vector<Tensor> &others) {
    scratch.push_back(x);
    Tensor sum = x;
    for (const Tensor &other : others)
      sum = sum + other;
    scratch.clear();
    std::vector<std::pair<int, Tensor>> results{{1, sum}, {2, x}, {3, sum}};
    return results;
  });
  EXPECT_EQ(traced(ramp({2}), {ramp({2}), ramp({2})}).size(), 3u);
  auto outer = function([&](Tensor x) { return traced(x, {x})[0].second; });
  EXPECT_NO_THROW(outer(ramp({2})));
  EXPECT_NO_THROW(function([](Tensor x) { x + 1.0f; })(ramp({2})));
}

TEST(LeakedValue, OfAFailedRecordingIsUselessToo) {
  Tensor leaked;
  auto traced = function([&](Tensor x) {
    leaked = x + x;
    return x + ramp({7});
  });
  EXPECT_THROW(traced(ramp({2})), Error);
  EXPECT_EQ(error_of([&] { traced(leaked); }).code(), ErrorCode::tracing);
}

TEST(TracedValue, StaysOnItsThread) {
  std::optional<Error> error;
  auto traced = function([&](Tensor x) {
    auto inner = function([](Tensor y) { return y + 1.0f; }, {.name = "inner"});
    std::thread([&] { error = error_of([&] { inner(x); }); }).join();
    return x;
  });
  traced(ramp({2}));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), ErrorCode::tracing);
}

TEST(Trace, IsNotStartedWhileTracing) {
  auto inner = function([](Tensor x) { return x; }, {.name = "inner"});
  EXPECT_EQ(traced_error([&](Tensor x) { inner.trace(1.0f); }).summary(),
            "inner: trace must not be called while a function is being traced");
}

} // namespace
} // namespace etch
