// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/etch.h>

#include <benchmark/benchmark.h>

#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace etch::benchmarks {

/// Set when a program gave different results or threw; the process then fails.
inline bool failed = false;

/// What one call does, for the counters.
struct Work {
  int64_t items = 0; ///< elements, or multiply-adds where there is a contraction
  int64_t bytes = 0; ///< of all tensors that go in and come out
};

/// One program, twice, so that neither run sees the other's Variables, and its arguments.
template <class Callable, class... Inputs>
struct Subject {
  Callable eager, traced;
  std::tuple<Inputs...> inputs;
};

inline void append(std::vector<Tensor> &all, const Tensor &tensor) { all.push_back(tensor); }
template <class A, class B>
void append(std::vector<Tensor> &all, const std::pair<A, B> &both) {
  append(all, both.first);
  append(all, both.second);
}
inline void append(std::vector<Tensor> &all, const std::vector<Tensor> &several) {
  all.insert(all.end(), several.begin(), several.end());
}

inline bool same_bits(const Tensor &a, const Tensor &b) {
  return a.dtype() == DType::f32 && b.dtype() == DType::f32 && a.shape() == b.shape() &&
         std::memcmp(a.data<float>(), b.data<float>(), static_cast<size_t>(a.size()) * sizeof(float)) == 0;
}

/// A program ready to be timed: compiled, and checked to compute the same both ways.
template <class Callable, class... Inputs>
class Prepared {
public:
  Prepared(Subject<Callable, Inputs...> subject, const Options &options)
      : subject_(std::move(subject)), traces_(options.run_eagerly ? 0 : 1),
        function_(etch::function(subject_.traced, options)) {}

  auto run_eager() { return std::apply(subject_.eager, subject_.inputs); }
  auto run_traced() { return std::apply(function_, subject_.inputs); }

  /// Three calls, because the first one of a Function records and later ones start from what it wrote.
  bool agrees() {
    for (int call = 0; call < 3; ++call) {
      std::vector<Tensor> eager, traced;
      append(eager, run_eager());
      append(traced, run_traced());
      if constexpr (requires { subject_.eager.state(); }) {
        append(eager, subject_.eager.state());
        append(traced, subject_.traced.state());
      }
      for (size_t i = 0; i < eager.size(); ++i)
        if (!same_bits(eager[i], traced[i]))
          return false;
    }
    return function_.trace_count() == traces_;
  }

private:
  Subject<Callable, Inputs...> subject_;
  const int64_t traces_;
  decltype(etch::function(std::declval<Callable>())) function_;
};

/// Registers <program>/eager/<size> and <program>/traced/<size>. `make` returns a Subject; it is called when the first
/// of the two runs. `options`: of the traced one; with run_eagerly what is traced are functions that it calls.
template <class Make>
void compare(const std::string &program, const std::string &size, Work work, Make make, const Options &options = {}) {
  using Program = decltype(Prepared(make(), options));
  const auto shared = std::make_shared<std::unique_ptr<Program>>();
  const auto measure = [=](benchmark::State &state, auto run) {
    try {
      if (!*shared) {
        auto program = std::make_unique<Program>(make(), options);
        if (!program->agrees())
          throw std::runtime_error("traced and eager results differ");
        *shared = std::move(program);
      }
      for (auto _ : state)
        benchmark::DoNotOptimize(run(**shared));
      state.SetItemsProcessed(state.iterations() * work.items);
      state.SetBytesProcessed(state.iterations() * work.bytes);
    } catch (const std::exception &error) {
      failed = true;
      state.SkipWithError(error.what());
    }
  };
  const auto add = [&](const char *mode, auto run) {
    benchmark::RegisterBenchmark((program + mode + size).c_str(), measure, run)
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
  };
  add("/eager/", [](Program &subject) { return subject.run_eager(); });
  add("/traced/", [](Program &subject) { return subject.run_traced(); });
}

/// A program without state: `make_inputs` returns its arguments as a tuple.
template <class Callable, class MakeInputs>
void compare(const std::string &program, const std::string &size, Work work, Callable callable,
             MakeInputs make_inputs) {
  compare(program, size, work, [=] { return Subject{callable, callable, make_inputs()}; });
}

void register_elementwise();
void register_networks();
void register_training();

} // namespace etch::benchmarks
