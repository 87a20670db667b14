// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/accuracy/measure.h"

#include "runtime/float_environment.h"
#include "runtime/kernels/table.h"
#include "tools/accuracy/error.h"
#include "tools/accuracy/inputs.h"

#include "support/require.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

namespace etch::accuracy {
namespace {

constexpr int64_t kChunk = 4096;
constexpr uint64_t kSampledRandom = 10'000, kFullRandom = 10'000'000, kFullFastRandom = 1'000'000'000;
constexpr uint32_t kSampleStride = 4099; // prime: every exponent and all low bits occur
constexpr size_t kMaxParameters = 4, kMaxWrong = 1 << 20;

enum class Reference {
  exact,  // every result is held against the exact reading, and in f32 the double reading too
  double_ // f32: the exact reading is asked where the double reading sees what may be the largest error
};

std::string spelled(double x) {
  if (std::isnan(x))
    return "nan";
  if (std::isinf(x))
    return x < 0 ? "-inf" : "inf";
  if (x == 0)
    return std::signbit(x) ? "-0" : "0";
  char text[40];
  std::snprintf(text, sizeof text, "%a", x);
  return text;
}

double hair(double error) { return kHair * std::max(error, 1.0); }

/// One stretch of inputs, shared by the threads.
template <class T>
class Sweep {
public:
  /// Begins with `largest` as the error that others are compared with.
  Sweep(const Function &function, const Inputs<T> &inputs, uint64_t begin, uint64_t end, Reference reference,
        double largest)
      : function_(function), inputs_(inputs), next_(begin), end_(end), reference_(reference), largest_(largest) {}

  /// Adds what is found to `accuracy`.
  void run(const Effort &effort, Accuracy &accuracy) {
    accuracy.inputs += end_ - next_;
    kernel_ = runtime::kernels(effort.level).elementwise(function_.op_index, function_.dtype);
    std::vector<std::thread> threads;
    for (int i = 0; i < effort.threads; ++i)
      threads.emplace_back([this] {
        const runtime::FloatEnvironment environment;
        work();
        mpfr_free_cache();
      });
    for (std::thread &thread : threads)
      thread.join();
    merge_into(accuracy);
  }

private:
  struct Found {
    double value = 0;
    uint64_t number = UINT64_MAX;

    void offer(double other, uint64_t other_number) {
      if (other > value || (other == value && other > 0 && other_number < number))
        *this = {other, other_number};
    }
  };

  /// A thread's buffers and what it has found.
  struct Worker {
    std::vector<T> result;
    std::vector<double> expected; // by the double reading
    std::array<std::vector<T>, kMaxParameters> values;
    std::array<T *, kMaxParameters> x{};
    Found largest, understated;
    std::set<Accuracy::Input> wrong;
    uint64_t first_wrong = UINT64_MAX;
  };

  size_t operand_count() const { return static_cast<size_t>(function_.operand_count); }
  size_t parameter_count() const { return operand_count() + function_.attributes.size(); }

  Worker worker_for(size_t chunk) const {
    Worker worker;
    worker.result.resize(chunk);
    worker.expected.resize(chunk);
    for (size_t k = 0; k < parameter_count(); ++k) {
      worker.values[k].assign(chunk,
                              k < operand_count() ? T(0) : static_cast<T>(function_.attributes[k - operand_count()]));
      worker.x[k] = worker.values[k].data();
    }
    return worker;
  }

  void work() {
    Worker worker = worker_for(kChunk);
    for (uint64_t first; (first = next_.fetch_add(kChunk)) < end_;) {
      const int64_t n = static_cast<int64_t>(std::min<uint64_t>(kChunk, end_ - first));
      evaluate(worker, first, n);
      judge_chunk(worker, first, n, largest_);
      raise_largest(worker.largest.value);
    }
    const std::lock_guard lock(mutex_);
    largest_found_.offer(worker.largest.value, worker.largest.number);
    understated_.offer(worker.understated.value, worker.understated.number);
    wrong_.merge(worker.wrong);
    first_wrong_ = std::min(first_wrong_, worker.first_wrong);
  }

  void evaluate(Worker &worker, uint64_t first, int64_t n) const {
    inputs_.fill(first, n, worker.x.data());
    std::array<const void *, kMaxParameters> in{};
    std::array<int64_t, kMaxParameters> step{};
    for (size_t k = 0; k < parameter_count(); ++k) {
      in[k] = worker.x[k];
      step[k] = k < operand_count();
    }
    kernel_(n, worker.result.data(), in.data(), step.data());
  }

  Exact exact(const Worker &worker, int64_t i) const {
    std::array<Exact, kMaxParameters> x;
    for (size_t k = 0; k < parameter_count(); ++k)
      x[k] = static_cast<double>(worker.x[k][i]);
    return function_.exact(x.data());
  }

  // `largest`: what any thread has found so far.
  void judge_chunk(Worker &worker, uint64_t first, int64_t n, double largest) const {
    if constexpr (std::is_same_v<T, float>) {
      function_.fast(n, worker.x.data(), worker.expected.data());
      bool is_first_special = true;
      for (int64_t i = 0; i < n; ++i) {
        const double fast = fast_error_in_ulps(worker.result[i], worker.expected[i]);
        // A hair less than the largest: an equal error at an earlier input must win in every order of chunks.
        const double bound = std::max(largest, worker.largest.value);
        // A text that ends in NaN or infinity too early does so in double as well: one in each chunk is asked.
        const bool is_special = is_first_special && !std::isfinite(worker.result[i]);
        if (reference_ == Reference::exact || is_special || !(fast < std::max(bound - hair(bound), kHair)))
          judge(worker, first + static_cast<uint64_t>(i), i, fast);
        is_first_special = is_first_special && !is_special;
      }
    } else {
      for (int64_t i = 0; i < n; ++i)
        judge(worker, first + static_cast<uint64_t>(i), i, kWrong);
    }
  }

  void judge(Worker &worker, uint64_t number, int64_t i, double fast) const {
    const double error = error_in_ulps(worker.result[i], exact(worker, i));
    if (error == kWrong) {
      if (worker.wrong.size() < kMaxWrong)
        worker.wrong.insert(input_of(worker, i));
      worker.first_wrong = std::min(worker.first_wrong, number);
      return;
    }
    worker.largest.offer(error, number);
    if (error > fast)
      worker.understated.offer((error - fast) / hair(error), number);
  }

  void raise_largest(double value) {
    double seen = largest_;
    while (value > seen && !largest_.compare_exchange_weak(seen, value)) {
    }
  }

  Accuracy::Input input_of(const Worker &worker, int64_t i) const {
    Accuracy::Input input{};
    for (size_t k = 0; k < operand_count(); ++k)
      input[k] = std::bit_cast<uint64_t>(static_cast<double>(worker.x[k][i]));
    return input;
  }

  std::string input_text(const Worker &worker) const { return spelled_input(function_, input_of(worker, 0)); }

  // Evaluates one input again, to print it.
  Worker at(uint64_t number) const {
    Worker worker = worker_for(1);
    evaluate(worker, number, 1);
    return worker;
  }

  void merge_into(Accuracy &accuracy) {
    if (largest_found_.value > accuracy.ulps) {
      accuracy.ulps = largest_found_.value;
      accuracy.at = input_text(at(largest_found_.number));
    }
    if (understated_.value > accuracy.understatement) {
      accuracy.understatement = understated_.value;
      accuracy.understated_at = input_text(at(understated_.number));
    }
    if (!wrong_.empty() && accuracy.wrong.empty()) {
      const Worker worker = at(first_wrong_);
      accuracy.first_wrong = function_.name + "(" + input_text(worker) + ") = " + spelled(worker.result[0]) + ", not " +
                             spelled(rounded<T>(exact(worker, 0)));
    }
    accuracy.wrong.merge(wrong_);
  }

  const Function &function_;
  const Inputs<T> &inputs_;
  std::atomic<uint64_t> next_;
  const uint64_t end_;
  const Reference reference_;
  runtime::ElementwiseKernel kernel_ = nullptr;
  std::atomic<double> largest_;

  std::mutex mutex_;
  Found largest_found_, understated_;
  std::set<Accuracy::Input> wrong_;
  uint64_t first_wrong_ = UINT64_MAX;
};

template <class T>
Accuracy measure_as(const Function &function, const Effort &effort) {
  const HardInputs<T> hard(function.operand_count);
  const RandomInputs<T> random(function.operand_count);
  constexpr bool is_f32 = std::is_same_v<T, float>;
  Accuracy accuracy;
  const auto sweep = [&](const Inputs<T> &inputs, uint64_t begin, uint64_t end, Reference reference) {
    Sweep<T>(function, inputs, begin, end, reference, accuracy.ulps).run(effort, accuracy);
  };
  sweep(hard, 0, hard.size(), Reference::exact);
  sweep(random, 0, kSampledRandom, Reference::exact);
  if constexpr (is_f32)
    if (function.operand_count == 1) {
      const StridedInputs strided(kSampleStride), all(1);
      sweep(strided, 0, strided.size(), Reference::double_);
      if (effort.full) {
        // All floats contain the sample, of which the largest error is kept to begin with: without it every float of a
        // long stretch of small equal errors would have to be read exactly.
        Accuracy complete = accuracy;
        complete.ulps = 0;
        complete.inputs = 0;
        Sweep<T>(function, all, 0, all.size(), Reference::double_, accuracy.ulps).run(effort, complete);
        return complete;
      }
      return accuracy;
    }
  if (effort.full)
    sweep(random, kSampledRandom, is_f32 ? kFullFastRandom : kFullRandom,
          is_f32 ? Reference::double_ : Reference::exact);
  return accuracy;
}

} // namespace

std::string spelled_input(const Function &function, const Accuracy::Input &input) {
  std::string text;
  for (size_t k = 0; k < static_cast<size_t>(function.operand_count); ++k)
    text += (k ? ", " : "") + spelled(std::bit_cast<double>(input[k]));
  return text;
}

Accuracy measure(const Function &function, const Effort &effort) {
  ETCH_CHECK(function.dtype == DType::f32 || function.dtype == DType::f64) << "no inputs are chosen for this dtype yet";
  return function.dtype == DType::f32 ? measure_as<float>(function, effort) : measure_as<double>(function, effort);
}

uint64_t full_count(const Function &function) {
  if (function.dtype == DType::f64)
    return HardInputs<double>(function.operand_count).size() + kFullRandom;
  return function.operand_count == 1 ? StridedInputs(1).size()
                                     : HardInputs<float>(function.operand_count).size() + kFullFastRandom;
}

} // namespace etch::accuracy
