// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the ways to call a function cost beside each other: tensors donated or kept, Variables in place or elsewhere,
// inner functions inlined or called. Pairs bear one name; results of both are compared before anything is measured.
#include "benchmarks/random_tensor.h"

#include <benchmark/benchmark.h>
#include <etch/etch.h>

#include <cstring>
#include <string>
#include <utility>

namespace etch::benchmarks {
namespace {

bool same_bits(const Tensor &a, const Tensor &b) {
  return a.shape() == b.shape() &&
         std::memcmp(a.data<float>(), b.data<float>(), static_cast<size_t>(a.size()) * sizeof(float)) == 0;
}

void donation(benchmark::State &state, bool donates) {
  auto step = function([](Tensor x) { return x * 0.999f + 0.001f; });
  Tensor x = random_floats(Shape({state.range(0)}), 1), copy = x;
  Tensor expected = step(x), got = step(step(std::move(x)));
  if (!same_bits(got, step(expected)))
    return state.SkipWithError("other results");
  x = copy + 0.0f;
  for (auto _ : state)
    if (donates)
      x = step(std::move(x));
    else
      x = step(x);
}

void assignment(benchmark::State &state, bool holds) {
  const Variable w(random_floats(Shape({state.range(0)}), 1), "w");
  auto step = function([&](Tensor gradient, Tensor rate) { w.assign(w - rate * gradient); });
  const Tensor gradient = random_floats(Shape({state.range(0)}), 1), rate = 0.1f, before = w.value();
  step(gradient, rate);
  if (!same_bits(w.value(), before - rate * gradient))
    return state.SkipWithError("other results");
  Tensor held;
  for (auto _ : state) {
    if (holds)
      held = w.value();
    step(gradient, rate);
  }
}

/// Ten calls of an inner function: the time to compile, or with `runs` that of a call.
void inner_function(benchmark::State &state, bool inlines, bool runs) {
  const auto body = [ops = state.range(0)](Tensor x, Tensor w) {
    for (int64_t count = 0; count < ops; count += 14) {
      Tensor y = matmul(x, w);
      y = tanh(y * 0.5f + 1.0f) - y;
      y = y / (reduce_sum(abs(y), {1}, true) + 1.0f);
      x = x + y * 0.1f;
    }
    return x;
  };
  const Tensor x = random_floats({16, 32}, 1), w = random_floats({32, 32}, 2);
  const auto made = [&] {
    auto inner = function(body, {.no_inline = !inlines, .inline_limit = int64_t{1} << 30});
    return function([inner](Tensor y, Tensor v) {
      for (int i = 0; i < 10; ++i)
        y = inner(y, v);
      return y;
    });
  };
  auto outer = made();
  Tensor expected = x;
  for (int i = 0; i < 10; ++i)
    expected = body(expected, w);
  if (!same_bits(outer(x, w), expected))
    return state.SkipWithError("other results");
  if (!runs)
    outer = made(); // no code that the others could share
  for (auto _ : state) {
    if (runs) {
      outer(x, w);
      continue;
    }
    auto fresh = made();
    fresh.trace(x, w).compile();
  }
}

/// What a call costs besides its work.
void warm_call(benchmark::State &state) {
  auto none = function([] { return ones({2}); });
  auto one = function([](Tensor x) { return x + 1.0f; });
  auto four = function([](Tensor a, Tensor b, Tensor c, Tensor d) { return a + b + c + d; });
  const Tensor x = random_floats({4}, 1);
  if (!same_bits(none(), ones({2})) || !same_bits(one(x), x + 1.0f) || !same_bits(four(x, x, x, x), x + x + x + x))
    return state.SkipWithError("other results");
  for (auto _ : state) {
    if (state.range(0) == 0)
      none();
    else if (state.range(0) == 1)
      one(x);
    else
      four(x, x, x, x);
  }
}

/// The first call of a new wrapper of a callable, which another wrapper may have had compiled.
void first_call(benchmark::State &state, bool is_wrapped_again) {
  const auto body = [](Tensor x) { return softmax(tanh(x * 0.5f)) + reduce_sum(x, {1}, true); };
  const Tensor x = random_floats({16, 32}, 1);
  auto other = function(body);
  if (!same_bits(other(x), body(x)))
    return state.SkipWithError("other results");
  if (!is_wrapped_again)
    other.clear_cache();
  for (auto _ : state)
    function(body)(x);
}

void register_functions() {
  benchmark::RegisterBenchmark("warm_call", warm_call)->Arg(0)->Arg(1)->Arg(4);
  for (const bool first : {true, false}) {
    benchmark::RegisterBenchmark(first ? "donation/kept" : "donation/given", donation, !first)->Arg(1000)->Arg(1000000);
    benchmark::RegisterBenchmark(first ? "assignment/elsewhere" : "assignment/in_place", assignment, first)
        ->Arg(1000)
        ->Arg(1000000);
    benchmark::RegisterBenchmark(first ? "ten_calls_run/inlined" : "ten_calls_run/called", inner_function, first, true)
        ->Arg(200)
        ->Arg(1000);
    benchmark::RegisterBenchmark(first ? "ten_calls_compile/inlined" : "ten_calls_compile/called", inner_function,
                                 first, false)
        ->Arg(200)
        ->Arg(1000)
        ->Unit(benchmark::kMillisecond)
        ->Iterations(1);
    benchmark::RegisterBenchmark(first ? "first_call/compiled" : "first_call/shared", first_call, !first)
        ->Unit(benchmark::kMicrosecond);
  }
}

} // namespace
} // namespace etch::benchmarks

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 1;
  etch::benchmarks::register_functions();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
