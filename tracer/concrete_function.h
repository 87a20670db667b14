// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tracer/guards.h"

#include <etch/function.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace etch::runtime {
class PrintBuffer;
struct Executable;
enum class InputMemory : uint8_t;
} // namespace etch::runtime

namespace etch::tracer {

/// What the calls of a Function have come to.
struct CallCounters {
  std::atomic<int64_t> replays{0}, reused_arguments{0}, variables_in_place{0};
};

class Differentiable;

/// One traced signature: the trace and, from its first run on, its machine code. Thread-safe.
class ConcreteFunction : public std::enable_shared_from_this<ConcreteFunction> {
public:
  /// `is_relaxed`: the signature does not name the extents that the trace knows.
  ConcreteFunction(Trace trace, std::vector<uint64_t> signature, bool is_relaxed = false);
  ~ConcreteFunction();

  const Trace &trace() const { return trace_; }
  const std::vector<uint64_t> &signature() const { return signature_; }
  /// False: it serves the call it was made for, no other.
  bool is_reusable() const { return trace_.is_reusable; }

  /// Called once, by the thread that compiles, when the code is there. To be set before other threads know of this.
  void on_compile(std::function<void(const ConcreteFunction &)> listener) { on_compile_ = std::move(listener); }

  /// Whether the extents that the trace knows and its signature does not name are those of these arguments.
  bool covers(const detail::FlatArguments &arguments) const { return !is_relaxed_ || knows_extents(arguments); }
  /// Whether the trace knows the extent of an axis of a flat argument, and it is this tensor's.
  bool knows_extent(size_t argument, size_t axis, const Tensor &tensor) const;
  /// Whether what the trace assumed of its unknown dimensions is true of these arguments,
  /// and no Variable is both an argument and captured.
  bool admits(const detail::FlatArguments &arguments) const {
    return guards_.hold(arguments.tensors.span()) && keeps_variables_apart(arguments);
  }
  /// Whether what the trace assumed is known to be false of these arguments, some of whose extents may be unknown.
  bool contradicts(const detail::FlatArguments &arguments) const;
  /// Whether what the callable learned of open extents is known to be true of these arguments.
  bool settles(const detail::FlatArguments &arguments) const;
  /// No Variable is both an argument and captured.
  bool keeps_variables_apart(const detail::FlatArguments &arguments) const {
    return !mixes_variables_ || has_no_captured_variable(arguments);
  }

  /// Requires: arguments of this signature that it admits. Compiles on first use. Effects on Variables and prints
  /// appear when all has gone well; after a failed check they are made anew op by op, with the error that this raises,
  /// and `counters` count. Results may take the memory of donated arguments, which the caller must not use any more
  /// then.
  void run(const detail::FlatArguments &arguments, detail::FlatResults &results, CallCounters &counters,
           Location location) const;
  /// The same, but false where a check fails or there is no memory for the call as a whole: nothing has happened then.
  /// `entry`: empty, or the values of the trace's Variables when the call began.
  bool try_run(const detail::FlatArguments &arguments, detail::FlatResults &results, CallCounters &counters,
               std::span<Tensor> entry, Location location) const;
  /// The same without prints and callbacks. False where a check fails: nothing has happened then.
  bool run_silently(const detail::FlatArguments &arguments, detail::FlatResults &results) const;
  /// The same by making the recorded calls one by one through this thread's Dispatcher.
  void interpret(const detail::FlatArguments &arguments, detail::FlatResults &results) const;
  /// The same in a trace that this thread records, where it stays a call of this function's machine code. What means
  /// something in that trace alone is inlined instead, and so is what does nothing.
  void record_call(const detail::FlatArguments &arguments, detail::FlatResults &results, Location location) const;

  /// All of the results but the tensors.
  void return_the_rest(const detail::FlatArguments &arguments, detail::FlatResults &results) const;
  /// The trace as tapes call it.
  const Differentiable &differentiable() const;

  /// Compiled on first use, by one thread.
  const runtime::Executable &executable() const { return *shared_executable(); }
  /// Whether another trace had it compiled already.
  bool shares_code() const;
  const std::shared_ptr<const runtime::Executable> &shared_executable() const;

private:
  struct Program;
  using Variables = detail::InlineList<detail::VariableState *, 16>;
  using ReadValues = detail::InlineList<Tensor, 16>;
  using LateValues = detail::InlineList<Tensor, 2>;

  bool has_no_captured_variable(const detail::FlatArguments &arguments) const;
  bool knows_extents(const detail::FlatArguments &arguments) const;
  const Program &program() const;
  std::unique_ptr<Program> compile() const;
  /// Says which inputs' memory results may take: that of donated arguments and the old values of written Variables.
  void give_inputs(const Program &program, const detail::FlatArguments &arguments, size_t variables_begin,
                   std::span<runtime::InputMemory> memory) const;
  /// The position among the inputs of a flat argument that is defined.
  size_t input_of(size_t argument) const;
  /// Says of each donated argument whether no result may ever take its memory.
  void mark_useless(const Program &program, const detail::FlatArguments &arguments) const;
  /// What `late` gives now, then the Variables' values; none for those that the program writes.
  void read_values(const Program &program, const detail::FlatArguments &arguments, LateValues &late,
                   ReadValues &values) const;
  /// False when a check failed: nothing has happened then. `late`: what was read for the call, which a replay needs.
  bool run_program(const Program &program, const detail::FlatArguments &arguments, detail::FlatResults &results,
                   runtime::PrintBuffer &prints, LateValues &late, CallCounters &counters, std::span<Tensor> entry,
                   Location location) const;
  /// The same where there may be no memory for the call as a whole, which counts as a check; with the prints.
  bool run_and_print(const detail::FlatArguments &arguments, detail::FlatResults &results, LateValues &late,
                     CallCounters &counters, std::span<Tensor> entry, Location location) const;

  const Trace trace_;
  const ResultLayout layout_;
  const Guards guards_;
  const bool mixes_variables_; ///< some Variables of the trace are arguments, and some are not
  const std::vector<uint64_t> signature_;
  const bool is_relaxed_;
  std::function<void(const ConcreteFunction &)> on_compile_;
  mutable std::mutex compile_mutex_;
  mutable std::unique_ptr<Program> program_;
  mutable std::atomic<const Program *> ready_{nullptr};
  mutable std::mutex differentiable_mutex_;
  mutable std::shared_ptr<const Differentiable> differentiable_;
};

} // namespace etch::tracer
