// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/recorder.h"

#include "tests/tracer/bits.h"
#include "tracer/guards.h"
#include "tracer/interpret.h"

#include <optional>

namespace etch::tracer {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

struct Session {
  explicit Session(std::vector<ops::TensorType> types, std::vector<TraceSymbol> symbols = {})
      : recorder("f", specs(types), std::move(symbols), {}), scope(std::in_place, recorder) {}

  static std::vector<ArgumentSpec> specs(const std::vector<ops::TensorType> &types) {
    std::vector<ArgumentSpec> result;
    for (const ops::TensorType &type : types)
      result.push_back({"argument " + std::to_string(result.size()), type});
    return result;
  }
  Trace finish(const std::vector<Tensor> &results) {
    scope.reset();
    detail::FlatValues values;
    values.tensors = results;
    return recorder.finish(values);
  }

  Recorder recorder;
  std::optional<runtime::DispatcherScope> scope;
};

const ops::TensorType kPair{DType::f32, Shape({2})};

TEST(Recorder, WritesOpsDownWithTheirLines) {
  Session session({kPair, kPair});
  const std::vector<Tensor> arguments = session.recorder.arguments();
  const int line = __LINE__ + 1;
  const Tensor sum = arguments[0] + arguments[1];
  const Trace trace = session.finish({exp(sum)});
  ASSERT_EQ(trace.ops.size(), 2u);
  EXPECT_STREQ(trace.ops[0].def->name, "add");
  EXPECT_EQ(trace.ops[0].location.line, line);
  EXPECT_STREQ(trace.ops[0].location.file, __FILE__);
  EXPECT_EQ(trace.ops[1].operands, trace.ops[0].results);
  EXPECT_EQ(trace.results, trace.ops[1].results);
}

TEST(Recorder, KnowsEveryLiveHandle) {
  Session session({kPair});
  std::vector<Tensor> arguments = session.recorder.arguments();
  Tensor &x = arguments[0];
  EXPECT_EQ(session.recorder.live_handles(), std::vector<Tensor *>{&x});
  Tensor copy = x;
  EXPECT_EQ(session.recorder.live_handles(), (std::vector<Tensor *>{&x, &copy}));
  Tensor moved = std::move(x);
  EXPECT_EQ(session.recorder.live_handles(), (std::vector<Tensor *>{&copy, &moved}));
  copy = ramp({2});
  EXPECT_EQ(session.recorder.live_handles(), std::vector<Tensor *>{&moved});
  {
    const Tensor sum = moved + moved;
    EXPECT_EQ(session.recorder.live_handles().size(), 2u);
  }
  EXPECT_EQ(session.recorder.live_handles(), std::vector<Tensor *>{&moved});
  moved = Tensor();
  EXPECT_TRUE(session.recorder.live_handles().empty());
}

TEST(Recorder, RebindsOneHandle) {
  Session session({kPair, kPair});
  std::vector<Tensor> arguments = session.recorder.arguments();
  const Tensor shared = arguments[0];
  session.recorder.rebind(&arguments[0], session.recorder.value_of(arguments[1], "test", {}));
  const Tensor difference = arguments[0] - shared;
  const Trace trace = session.finish({difference});
  EXPECT_EQ(trace.ops[0].operands, (std::vector<int>{trace.arguments[1], trace.arguments[0]}));
}

TEST(Recorder, CapturesEagerTensorsOnceAndScalarsByValue) {
  Session session({kPair});
  const Tensor x = session.recorder.arguments()[0];
  const Tensor table = ramp({2}), scalar = 3.0f;
  const Tensor result = ((x + table) * table + scalar) * scalar;
  const Trace trace = session.finish({result});
  EXPECT_EQ(trace.captured.size(), 1u);
  EXPECT_TRUE(same_bits(trace.captured[0], table));
  EXPECT_EQ(trace.ops.size(), 5u) << "one constant op for the scalar";
}

TEST(Recorder, CapturesViewsAsRowMajor) {
  const Tensor view = transpose(ramp({2, 3}));
  Session session({ops::TensorType(DType::f32, Shape({3, 2}))});
  const Tensor x = session.recorder.arguments()[0];
  const Trace trace = session.finish({x + view});
  EXPECT_TRUE(same_bits(trace.captured[0], view));
}

TEST(Recorder, WritesNothingForACallThatFails) {
  Session session({kPair});
  const Tensor x = session.recorder.arguments()[0];
  EXPECT_THROW(x + ramp({3}), Error);
  const Trace trace = session.finish({x});
  EXPECT_TRUE(trace.ops.empty());
  EXPECT_TRUE(trace.captured.empty());
}

TEST(Recorder, AssumesEqualityOfUnknownExtents) {
  const ops::TensorType m(DType::f32, {ops::Dim::symbol("a0_0")}), n(DType::f32, {ops::Dim::symbol("a1_0")});
  Session session({m, n}, {{"a0_0", 0, 0}, {"a1_0", 1, 0}});
  const std::vector<Tensor> arguments = session.recorder.arguments();
  const Trace trace = session.finish({arguments[0] + arguments[1]});
  ASSERT_EQ(trace.assumptions.equalities().size(), 1u);
  const Tensor two = ramp({2}), three = ramp({3});
  const std::vector<const Tensor *> equal{&two, &two}, unequal{&two, &three};
  EXPECT_TRUE(Guards(trace).hold(equal));
  EXPECT_FALSE(Guards(trace).hold(unequal));
  detail::FlatArguments flat;
  flat.tensor(two);
  flat.tensor(two);
  EXPECT_TRUE(same_bits(interpret(trace, flat, runtime::Dispatcher::eager())[0], two + two));
}

TEST(Recorder, RecordsVariables) {
  Variable v(ramp({2}), "v");
  Session session({kPair});
  const Tensor x = session.recorder.arguments()[0];
  const Tensor old = v.value();
  v.assign_add(x);
  const Trace trace = session.finish({old});
  ASSERT_EQ(trace.variables.size(), 1u);
  ASSERT_EQ(trace.ops.size(), 2u);
  EXPECT_EQ(trace.ops[0].variable, 0);
  EXPECT_EQ(trace.ops[1].variable, 0);
  EXPECT_TRUE(same_bits(v.value(), ramp({2}))) << "recording has no effects";
  const Tensor one = ramp({2});
  detail::FlatArguments arguments;
  arguments.tensor(one);
  EXPECT_TRUE(same_bits(interpret(trace, arguments, runtime::Dispatcher::eager())[0], ramp({2})));
  EXPECT_TRUE(same_bits(v.value(), ramp({2}) * 2.0f));
}

TEST(Recorder, RefusesValuesOfOtherRecordings) {
  Session outer({kPair});
  const Tensor x = outer.recorder.arguments()[0];
  const int line = __LINE__ + 1;
  const Tensor foreign = x + 1.0f;
  outer.scope.reset(); // goes on, but is no longer around what follows
  Session inner({kPair});
  const Error error = error_of([&] { inner.recorder.arguments()[0] + foreign; });
  EXPECT_EQ(error.code(), ErrorCode::tracing);
  EXPECT_NE(error.summary().find(":" + std::to_string(line)), std::string::npos) << error.what();
}

} // namespace
} // namespace etch::tracer
