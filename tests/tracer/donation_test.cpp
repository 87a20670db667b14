// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// f(std::move(x)): what becomes of x, when its memory becomes a result's, and when it must not.
#include "tests/tracer/bits.h"
#include "tests/tracer/in_threads.h"

#include <array>
#include <optional>
#include <sstream>
#include <stdexcept>

// NOLINTBEGIN(bugprone-use-after-move): what a handle is after its donation is what these tests are about.
namespace etch {
namespace {

using test::both_ways;
using test::error_of;
using test::ramp;
using test::same_bits;

struct Pair {
  Tensor a, b;
};

std::string place_of_line(int line) { return std::string(__FILE__) + ":" + std::to_string(line); }

const void *memory_of(const Tensor &x) { return x.data<float>(); }

/// A copy that shares nothing.
Tensor deep_copy(const Tensor &x) { return from_vector(x.to_vector<float>(), x.shape()); }

TEST(Donation, LeavesTypeAndShape) {
  both_ways([] {
    auto step = function([](Tensor x) { return x * 2.0f; }, {.name = "step"});
    Tensor x = ramp({2, 3});
    const Tensor y = step(std::move(x));
    EXPECT_TRUE(same_bits(y, ramp({2, 3}) * 2.0f));
    EXPECT_TRUE(x.defined());
    EXPECT_FALSE(x.is_symbolic());
    EXPECT_EQ(x.dtype(), DType::f32);
    EXPECT_EQ(x.shape(), Shape({2, 3}));
    EXPECT_EQ(x.rank(), 2);
    EXPECT_EQ(x.dim(-1), 3);
    EXPECT_EQ(x.size(), 6);
    EXPECT_EQ(error_of([&] { x.dim(2); }).code(), ErrorCode::out_of_range);
    EXPECT_EQ(spec_text(x), "f32[2,3]");
    std::ostringstream stream;
    stream << x;
    EXPECT_EQ(stream.str(), "f32[2,3]");
    x = ramp({4});
    EXPECT_TRUE(same_bits(step(x), ramp({4}) * 2.0f));
    EXPECT_TRUE(same_bits(x, ramp({4})));
  });
}

TEST(Donation, EveryUseOfTheHandleIsAnError) {
  both_ways([] {
    auto step = function([](Tensor x) { return x * 2.0f; }, {.name = "step", .arguments = {"x"}});
    Tensor x = ramp({1});
    const int line = __LINE__ + 1;
    step(std::move(x));
    const std::string text = ": a donated tensor has no value, got f32[1], donated to step at " + place_of_line(line);
    const auto expect_error = [&](const std::string &what, auto &&use) {
      const Error error = error_of(use);
      EXPECT_EQ(error.summary(), what + text);
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      EXPECT_NE(error.help().find("step(Tensor(x))"), std::string::npos) << error.help();
    };
    expect_error("add", [&] { x + 1.0f; });
    expect_error("mul", [&] { ones({1}) * x; });
    expect_error("reduce_sum", [&] { reduce_sum(x); });
    expect_error("matmul", [&] { matmul(ones({1, 1}), x); });
    expect_error("reshape", [&] { reshape(x, {1, 1}); });
    expect_error("concat", [&] { concat({x, ones({1})}, 0); });
    expect_error("softplus", [&] { softplus(x); });
    expect_error("item", [&] { x.item<float>(); });
    expect_error("data", [&] { x.data<float>(); });
    expect_error("to_vector", [&] { x.to_vector<float>(); });
    expect_error("bool", [&] { static_cast<void>(static_cast<bool>(x)); });
    expect_error("variable", [&] { Variable v(x); });
    Variable v(ones({1}), "v");
    expect_error("assign", [&] { v.assign(x); });
    expect_error("call_host", [&] { on_each_call([](const std::vector<Tensor> &) {}, {x}); });
    expect_error("step", [&] { step(x); });
    expect_error("step", [&] { step(std::move(x)); });
    expect_error("step", [&] { step.concrete(x); });
    expect_error("step", [&] { step.trace(x); });
    expect_error("step", [&] { step.explain(x); });
    expect_error("step", [&] { verify(step, x); });
    auto total = function([](const std::vector<Tensor> &xs) { return xs[0] + xs[1]; }, {.name = "total"});
    expect_error("total", [&] { total({ones({1}), x}); });
    auto captures = function([&](Tensor y) { return x + y; });
    expect_error("add", [&] { captures(ones({1})); });
    const Tensor copy = x; // of what is left
    expect_error("neg", [&] { -copy; });
    EXPECT_TRUE(same_bits(v.value(), ones({1})));
  });
}

TEST(Donation, TakesTemporariesUnseen) {
  both_ways([] {
    auto step = function([](Tensor x, Tensor y) { return x * y; });
    const Tensor a = ramp({3});
    EXPECT_TRUE(same_bits(step(a + 1.0f, -a), (a + 1.0f) * -a));
    EXPECT_TRUE(same_bits(step(Tensor(a), a), a * a));
    EXPECT_TRUE(same_bits(step(2.0f, a), 2.0f * a)) << "what is converted is no tensor of the caller's";
    const Variable v(a, "v");
    EXPECT_TRUE(same_bits(step(v.value(), v.value()), a * a));
    EXPECT_TRUE(same_bits(v.value(), a));
    EXPECT_TRUE(same_bits(a, ramp({3})));
  });
}

TEST(Donation, AnExceptionKeepsTheTensor) {
  struct Refused : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  both_ways([] {
    bool refuse = true;
    auto throws = function([&](Tensor x) {
      const Tensor y = x * 2.0f;
      if (refuse)
        throw Refused("not now");
      return y;
    });
    auto indexes = function([](Tensor x, Tensor i) {
      const Tensor y = x + 1.0f;
      gather(y, i, 0);
      return y;
    });
    auto checks = function([](Tensor x) {
      check(reduce_all(x < 100.0f), "too large");
      return x * x;
    });
    auto has_wrong_shape = function([](Tensor x) { return x + ones({5}); });
    Tensor x = ramp({3}) * 100.0f;
    const Tensor expected = deep_copy(x);
    EXPECT_THROW(throws(std::move(x)), Refused);
    EXPECT_EQ(error_of([&] { indexes(std::move(x), constant<int64_t>({0, 7})); }).code(), ErrorCode::out_of_range);
    EXPECT_EQ(error_of([&] { checks(std::move(x)); }).code(), ErrorCode::check);
    EXPECT_EQ(error_of([&] { has_wrong_shape(std::move(x)); }).code(), ErrorCode::shape);
    EXPECT_TRUE(same_bits(x, expected));
    refuse = false;
    EXPECT_TRUE(same_bits(throws(std::move(x)), expected * 2.0f));
    EXPECT_EQ(error_of([&] { -x; }).code(), ErrorCode::invalid_argument);
  });
}

TEST(Donation, ACallbackThatThrowsKeepsTheTensor) {
  both_ways([] {
    int calls = 0;
    auto step = function([&](Tensor x) {
      const Tensor y = x * 3.0f;
      on_each_call([&] {
        if (++calls == 2)
          throw std::runtime_error("second");
      });
      return y;
    });
    Tensor x = ramp({40});
    EXPECT_TRUE(same_bits(step(Tensor(x)), ramp({40}) * 3.0f));
    EXPECT_THROW(step(std::move(x)), std::runtime_error);
    EXPECT_TRUE(same_bits(x, ramp({40})));
  });
}

TEST(Donation, AHandleIsGivenOnce) {
  both_ways([] {
    int runs = 0;
    auto add = function(
        [&](Tensor x, Tensor y) {
          ++runs;
          return x + y;
        },
        {.name = "add_all", .arguments = {"x", "y"}});
    auto add_list = function([&](Tensor x, const std::vector<Tensor> &list) { return ++runs, x + list[1]; },
                             {.name = "add_all", .arguments = {"x", "list"}});
    auto add_pair = function([&](Tensor x, const Pair &pair) { return ++runs, x + pair.b; }, {.name = "add_all"});
    const std::string rule = "add_all: a tensor that is donated must be given once, got it as ";
    Tensor x = ramp({3});
    EXPECT_EQ(error_of([&] { add(std::move(x), x); }).summary(), rule + "argument 'x' and as argument 'y'");
    EXPECT_EQ(error_of([&] { add(x, std::move(x)); }).summary(), rule + "argument 'y' and as argument 'x'");
    EXPECT_EQ(error_of([&] { add(std::move(x), std::move(x)); }).code(), ErrorCode::invalid_argument);
    std::vector<Tensor> list{ramp({3}), x};
    EXPECT_EQ(error_of([&] { add_list(std::move(list[1]), list); }).summary(),
              rule + "argument 'x' and as argument 'list'[1]");
    Pair pair{x, x};
    EXPECT_EQ(error_of([&] { add_pair(std::move(pair.b), pair); }).summary(), rule + "argument 0 and as argument 1.b");
    EXPECT_EQ(runs, 0);
    EXPECT_TRUE(same_bits(x, ramp({3})));
    EXPECT_TRUE(same_bits(list[1], x));
    EXPECT_TRUE(same_bits(add(x, x), x + x)) << "not donated";
    const Tensor y = x; // another handle
    EXPECT_TRUE(same_bits(add(std::move(x), y), ramp({3}) * 2.0f));
    EXPECT_TRUE(same_bits(y, ramp({3})));
  });
}

TEST(Donation, CopiesAndViewsKeepTheirValues) {
  both_ways([] {
    auto step = function([](Tensor x) { return x * 2.0f; });
    Tensor x = ramp({8, 8});
    const Tensor copy = x, expected = deep_copy(x);
    const Tensor y = step(std::move(x));
    EXPECT_TRUE(same_bits(copy, expected));
    EXPECT_TRUE(same_bits(y, expected * 2.0f));

    Tensor base = ramp({8, 8});
    const Tensor view = transpose(base), row = slice(base, {1, 0}, {1, 8}), same = reshape(base, {64});
    EXPECT_TRUE(same_bits(step(std::move(base)), expected * 2.0f));
    EXPECT_TRUE(same_bits(transpose(view), expected));
    EXPECT_TRUE(same_bits(row, slice(expected, {1, 0}, {1, 8})));
    EXPECT_TRUE(same_bits(reshape(same, {8, 8}), expected));

    Tensor strided = transpose(ramp({8, 8})), part = slice(ramp({8, 8}), {0, 0}, {4, 8});
    EXPECT_TRUE(same_bits(step(std::move(strided)), transpose(expected) * 2.0f));
    EXPECT_TRUE(same_bits(step(std::move(part)), slice(expected, {0, 0}, {4, 8}) * 2.0f));
    const FunctionStats stats = step.stats();
    EXPECT_EQ(stats.reused_arguments, 0);
  });
}

TEST(Donation, WritesTheResultWhereTheArgumentWas) {
  for (const int64_t size : {0, 1, 7, 4096, 100000}) {
    for (const bool open : {false, true}) {
      SCOPED_TRACE(std::to_string(size) + (open ? " open" : " known"));
      Options options;
      if (open)
        options.input_signature = {spec<float>({dyn}), spec<float>({dyn})};
      auto step = function([](Tensor x, Tensor y) { return tanh(x) * y + x; }, options);
      Tensor x = ramp({size}) * 0.001f, y = ramp({size});
      const Tensor expected = tanh(x) * y + x;
      const void *memory = memory_of(x);
      const Tensor z = step(std::move(x), y);
      EXPECT_TRUE(same_bits(z, expected));
      EXPECT_TRUE(same_bits(y, ramp({size})));
      EXPECT_EQ(memory_of(z), memory);
      EXPECT_EQ(step.stats().reused_arguments, 1);
      Tensor chain = ramp({size}), kept = ramp({size});
      for (int i = 0; i < 3; ++i) {
        chain = step(std::move(chain), y);
        kept = step(kept, y);
      }
      EXPECT_TRUE(same_bits(chain, kept));
      EXPECT_EQ(step.stats().reused_arguments, 4);
    }
  }
}

TEST(Donation, ReturnsNoTensorThatIsAlive) {
  auto identity = function([](Tensor x) { return x; });
  auto twice = function([](Tensor x) { return std::pair(x, x); });
  Tensor x = ramp({5});
  const Tensor y = identity(x);
  EXPECT_NE(memory_of(y), memory_of(x));
  const void *memory = memory_of(x);
  const Tensor z = identity(std::move(x));
  EXPECT_EQ(memory_of(z), memory);
  EXPECT_TRUE(same_bits(z, ramp({5})));
  Tensor w = ramp({5});
  const Tensor alias = w;
  const auto [a, b] = twice(std::move(w));
  EXPECT_NE(memory_of(a), memory_of(alias));
  EXPECT_TRUE(same_bits(a, alias));
  EXPECT_TRUE(same_bits(b, alias));
}

TEST(Donation, KeepsWhatIsReadElsewhere) {
  const auto expect_no_reuse = [](auto callable, const Shape &shape) {
    auto step = function(callable);
    const Tensor expected = callable(ramp(shape));
    for (int call = 0; call < 2; ++call)
      EXPECT_TRUE(same_bits(step(ramp(shape)), expected));
    EXPECT_EQ(step.stats().reused_arguments, 0);
  };
  expect_no_reuse([](Tensor x) { return x + reshape(range(0, 12, 1, DType::f32), {3, 4}); }, {4});
  expect_no_reuse([](Tensor x) { return x + transpose(x); }, {40, 40});
  expect_no_reuse([](Tensor x) { return gather(x * 2.0f, constant<int64_t>({3, 2, 1, 0}), 0); }, {4});
  expect_no_reuse([](Tensor x) { return softmax(x); }, {3, 9});
  expect_no_reuse([](Tensor x) { return reduce_sum(x, {1}); }, {3, 1});
  expect_no_reuse([](Tensor x) { return matmul(x, x) + x; }, {5, 5});
  expect_no_reuse([](Tensor x) { return slice(x, {0}, {3}) * 2.0f; }, {4});
  expect_no_reuse([](Tensor x) { return cast(x, DType::f64); }, {6});
}

TEST(Donation, TakesMemoryOfAnotherTypeAsLarge) {
  auto to_integers = function([](Tensor x) { return cast(x * 2.0f, DType::i32); });
  Tensor x = ramp({70});
  const void *memory = memory_of(x);
  const Tensor y = to_integers(std::move(x));
  EXPECT_TRUE(same_bits(y, cast(ramp({70}) * 2.0f, DType::i32)));
  EXPECT_EQ(static_cast<const void *>(y.data<int32_t>()), memory);
}

TEST(Donation, GivesEachMemoryToOneResult) {
  auto both = function([](Tensor x, Tensor y) {
    const Tensor sum = x + y;
    return std::pair(sum, sum * y);
  });
  Tensor x = ramp({33}), y = ramp({33}) * 3.0f;
  const Tensor sum = x + y, product = sum * y;
  const auto [a, b] = both(std::move(x), std::move(y));
  EXPECT_TRUE(same_bits(a, sum));
  EXPECT_TRUE(same_bits(b, product));
  EXPECT_EQ(both.stats().reused_arguments, 2);
  auto returned = function([](Tensor x) {
    const Tensor y = x * 5.0f;
    return std::array{y, y, x};
  });
  Tensor z = ramp({33});
  const auto results = returned(std::move(z));
  EXPECT_TRUE(same_bits(results[0], ramp({33}) * 5.0f));
  EXPECT_TRUE(same_bits(results[1], ramp({33}) * 5.0f));
  EXPECT_TRUE(same_bits(results[2], ramp({33})));
}

TEST(Donation, TakesNoTensorThatATraceHolds) {
  Tensor x = ramp({9});
  auto captures = function([&](Tensor y) { return x * y; });
  captures(ramp({9}));
  auto step = function([](Tensor y) { return y * 2.0f; });
  step(std::move(x));
  EXPECT_EQ(step.stats().reused_arguments, 0);
  EXPECT_TRUE(same_bits(captures(ramp({9})), ramp({9}) * ramp({9})));
}

TEST(Donation, WritesNothingBeforeACheckMayFail) {
  // The check comes first: when it has passed, the memory is taken.
  auto early = function([](Tensor x, Tensor limit) {
    check(reduce_all(x < limit), "x must be below {}", limit);
    return x * 2.0f;
  });
  Tensor x = ramp({50});
  const void *memory = memory_of(x);
  x = early(std::move(x), 100.0f);
  EXPECT_EQ(memory_of(x), memory);
  EXPECT_EQ(error_of([&] { early(std::move(x), 10.0f); }).code(), ErrorCode::check);
  EXPECT_TRUE(same_bits(x, ramp({50}) * 2.0f));
  EXPECT_EQ(early.stats().replays, 1);
  // The check comes last: the memory stays the caller's.
  auto late_check = function([](Tensor x, Tensor limit) {
    const Tensor y = x * 2.0f;
    check(reduce_all(y < limit), "y must be below {}", limit);
    return y;
  });
  EXPECT_TRUE(same_bits(late_check(Tensor(x), 1000.0f), x * 2.0f));
  EXPECT_EQ(error_of([&] { late_check(std::move(x), 10.0f); }).code(), ErrorCode::check);
  EXPECT_TRUE(same_bits(x, ramp({50}) * 2.0f));
  late_check(std::move(x), 1000.0f);
  EXPECT_EQ(late_check.stats().reused_arguments, 0);
}

TEST(Donation, ContractionsComeBeforeWhatTheyAllow) {
  auto step = function([](Tensor w, Tensor x, Tensor y) {
    const Tensor loss = reduce_mean(matmul(x, y));
    return w - w * loss;
  });
  Tensor w = ramp({8, 3}), expected = w;
  const Tensor x = ramp({4, 6}), y = ramp({6, 2});
  for (int i = 0; i < 3; ++i) {
    w = step(std::move(w), x, y);
    expected = expected - expected * reduce_mean(matmul(x, y));
  }
  EXPECT_TRUE(same_bits(w, expected));
  EXPECT_EQ(step.stats().reused_arguments, 2) << "the first one was shared with expected";
}

TEST(Donation, InsideATraceMovesTheValueAlone) {
  both_ways([] {
    auto inner = function([](Tensor x) { return x * 2.0f; }, {.name = "inner"});
    auto outer = function([&](Tensor x) {
      Tensor y = x + 1.0f;
      const Tensor z = inner(std::move(y));
      EXPECT_EQ(y.shape(), Shape({4}));
      EXPECT_FALSE(y.is_symbolic());
      EXPECT_EQ(to_string(y), "f32[4]");
      EXPECT_NE(error_of([&] { y + 1.0f; }).summary().find("add: a donated tensor has no value, got f32[4]"),
                std::string::npos);
      return z + inner(std::move(x));
    });
    Tensor x = ramp({4});
    const Tensor copy = x;
    EXPECT_TRUE(same_bits(outer(x), (copy + 1.0f) * 2.0f + copy * 2.0f));
    EXPECT_TRUE(same_bits(x, copy));
    EXPECT_EQ(inner.stats().reused_arguments, 0);
  });
}

TEST(Donation, OfUnknownDimensionsInsideATrace) {
  bool asks = false;
  auto inner = function([](Tensor x) { return x * 2.0f; });
  auto outer = function(
      [&](Tensor x) {
        Tensor y = x + 1.0f;
        const Tensor z = inner(std::move(y));
        EXPECT_EQ(y.rank(), 2);
        EXPECT_EQ(y.dim(1), 4);
        EXPECT_EQ(spec_text(y), "f32[?,4]");
        if (asks)
          static_cast<void>(static_cast<int64_t>(y.dim(0)));
        return z + zeros({y.dim(0), 1});
      },
      {.input_signature = {spec<float>({dyn, 4})}});
  EXPECT_TRUE(same_bits(outer(ramp({3, 4})), (ramp({3, 4}) + 1.0f) * 2.0f));
  asks = true;
  outer.clear_cache();
  EXPECT_EQ(error_of([&] { outer(ramp({3, 4})); }).summary(),
            "dim: the number must be known while tracing, got argument 0.dim(0)");
}

TEST(Donation, WorksForEveryKindOfFunction) {
  auto typed = function([](const Tensor &x, float factor) { return x * factor; }, {.name = "typed"});
  const auto concrete = typed.concrete(spec<float>({6}), 2.0f);
  auto generic = function([](Tensor x, auto factor) { return x * static_cast<float>(factor); }, {.name = "generic"});
  Tensor x = ramp({6});
  const void *memory = memory_of(x);
  Tensor y = concrete(std::move(x), 2.0f);
  EXPECT_EQ(memory_of(y), memory);
  EXPECT_EQ(error_of([&] { concrete(x, 2.0f); }).summary().find("typed: a donated tensor"), 0u);
  Tensor z = generic(std::move(y), 3);
  EXPECT_EQ(memory_of(z), memory);
  EXPECT_EQ(error_of([&] { generic(y, 3); }).summary(),
            "generic: a donated tensor has no value, got f32[6], donated to generic at " __FILE__ ":" +
                std::to_string(__LINE__ - 4));
  EXPECT_TRUE(same_bits(z, ramp({6}) * 2.0f * 3.0f));
  const Tensor constant_handle = z;
  generic(constant_handle, 3);
  generic(std::move(constant_handle), 3); // of a const handle nothing can be taken
  EXPECT_TRUE(same_bits(constant_handle, z));
  std::function<Tensor(Tensor)> wrapped = function([](Tensor t) { return t + 1.0f; });
  EXPECT_TRUE(same_bits(wrapped(z), z + 1.0f));
  auto nothing = function([](Tensor, std::optional<Tensor>) {});
  nothing(std::move(z), std::nullopt);
  EXPECT_EQ(error_of([&] { -z; }).code(), ErrorCode::invalid_argument);
  Tensor undefined;
  auto with_undefined = function([](Tensor a, Tensor b) { return a.defined() ? a : b * 2.0f; });
  Tensor last = ramp({3});
  memory = memory_of(last);
  EXPECT_EQ(memory_of(with_undefined(std::move(undefined), std::move(last))), memory);
  EXPECT_FALSE(undefined.defined());
}

TEST(Donation, ThreadsOwnWhatTheyGive) {
  auto step = function([](Tensor x) { return x * 0.5f + 1.0f; });
  Tensor expected = ramp({5000});
  for (int i = 0; i < 50; ++i)
    expected = expected * 0.5f + 1.0f;
  const Tensor shared = ramp({5000});
  std::atomic<int> wrong{0};
  test::in_threads(4, [&](int) {
    for (int round = 0; round < 5; ++round) {
      Tensor x = shared; // every thread's first call donates a handle to the same tensor
      for (int i = 0; i < 50; ++i)
        x = step(std::move(x));
      if (!same_bits(x, expected))
        ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(same_bits(shared, ramp({5000})));
}

TEST(Donation, IsUndoneWhereACallbackOfAnInnerCallThrows) {
  bool fails = false;
  auto log = function(
      [&](Tensor loss) {
        on_each_call(
            [&](const std::vector<Tensor> &) {
              if (fails)
                throw std::runtime_error("disk full");
            },
            {loss});
        return loss;
      },
      {.no_inline = true});
  auto middle = function([&](Tensor x) { return log(x) + 1.0f; }, {.no_inline = true});
  auto step = function([&](Tensor w) { return w - middle(reduce_sum(w)) * 0.1f; });
  Tensor w = ramp({4});
  w = step(std::move(w));
  const Tensor before = w * 1.0f;
  fails = true;
  EXPECT_THROW(w = step(std::move(w)), std::runtime_error);
  EXPECT_TRUE(same_bits(w, before));
}

} // namespace
} // namespace etch
// NOLINTEND(bugprone-use-after-move)
