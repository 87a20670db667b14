// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tracer/donations.h"
#include "tracer/explain.h"
#include "tracer/function_cache.h"
#include "tracer/recorder.h"
#include "tracer/signature.h"

#include <etch/function.h>

#include <atomic>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace etch::detail {

/// On this thread, by NoTracing.
bool tracing_is_forbidden();
/// What asks for eager calls of every Function, where functions_run_eagerly(); else null.
const char *reason_to_run_eagerly();

/// What the copies of a Function share: the callable, the options and the cache. Thread-safe.
class FunctionState : public std::enable_shared_from_this<FunctionState> {
public:
  FunctionState(std::shared_ptr<void> callable, Options options, Location made_at);
  ~FunctionState();

  /// False when the caller has to run the callable itself.
  bool call(const FlatArguments &arguments, FlatResults &results, Location location);
  /// The same where there are donations. The caller takes them when it has run the callable.
  bool call_donating(const FlatArguments &arguments, FlatResults &results, Location location);
  void take_donations(const FlatArguments &arguments, Location location) const;
  /// Throws Error (invalid_argument) for a result that has been donated.
  void check_result(const Tensor &result) const;
  std::shared_ptr<tracer::ConcreteFunction> trace(const FlatArguments &arguments, Location location);
  /// Requires: a concrete function of this Function. Throws Error where the arguments are not of its signature.
  void call_concrete(const tracer::ConcreteFunction &function, const FlatArguments &arguments, FlatResults &results,
                     Location location);
  void call_concrete_donating(const tracer::ConcreteFunction &function, const FlatArguments &arguments,
                              FlatResults &results, Location location);

  /// Numbers that were given for tensors take the dtypes that were traced. Throws Error naming the first argument that
  /// is not of the type it was traced with.
  void check_traced(const tracer::ConcreteFunction &function, const FlatArguments &arguments, Location location) const;

  FunctionStats stats() const;
  std::string explain(const FlatArguments &arguments);
  std::string verify(const FlatArguments &arguments, Location location);
  const std::string &name() const { return options_.name; }
  Variable local_variable(const std::string &name, const std::function<Tensor()> &initial_value, bool trainable,
                          Location location);
  void freeze() { is_frozen_.store(true, std::memory_order_relaxed); }
  void limit_traces(int64_t most, Location location);
  std::vector<std::string> signatures() const;
  void clear_cache() { cache_.clear(); }
  int64_t cached() const { return cache_.stats().live_entries; }

private:
  /// Open traces of one signature, besides the first one.
  static constexpr uint64_t kMostVariants = 7;

  /// Whether the effects before an exception out of the callable happen: those of a call do, unless another recording
  /// follows; of a trace() none do.
  enum class PrefixEffects { never, always };
  /// What a callable had done when it threw, where that is to happen. Thrown out of the recording.
  struct FailedRecording {
    std::shared_ptr<const tracer::Trace> trace;
    std::exception_ptr error;
  };

  /// Throws Error (invalid_argument) for a tensor that was donated before.
  void check_not_donated(const FlatArguments &arguments, Location location) const;
  /// Throws Error (invalid_argument) for a handle that is donated and given once more.
  tracer::Donations donations(const FlatArguments &arguments, Location location) const;
  /// Speaks of earlier donations that no result could use. To be called where there are donations, as this one.
  void warn_of_donations();
  void watch_donations(const FlatArguments &arguments, Location location) noexcept;
  /// Numbers that were given for tensors take the dtypes of the input signature. Throws Error naming the first argument
  /// that does not fit it.
  void check_arguments(const FlatArguments &arguments, Location location) const {
    if (!options_.input_signature.empty())
      check_declared(arguments, location);
  }
  void check_declared(const FlatArguments &arguments, Location location) const;
  void adopt_declared(const FlatArguments &arguments, Location location) const;
  /// Throws Error (invalid_argument) for a tensor that was donated before.
  bool has_symbolic(const FlatArguments &arguments, Location location) const;
  [[noreturn]] void raise_symbolic(const FlatArguments &arguments, Location location) const;
  std::vector<Leaf> leaves(const FlatArguments &arguments) const;
  /// Of the tensors.
  std::vector<std::string> paths(const FlatArguments &arguments) const;
  void run(const tracer::ConcreteFunction &function, const FlatArguments &arguments, FlatResults &results,
           Location location);
  /// Writes the call down in the trace that this thread is recording, by the function's own trace.
  bool call_nested(const FlatArguments &arguments, FlatResults &results, Location location);
  /// The same from a known trace. False where it may not serve these arguments.
  bool inline_trace(const tracer::ConcreteFunction &function, const FlatArguments &arguments, FlatResults &results,
                    Location location) const;
  /// Notes in the outer trace what the input signature says of extents that it leaves open.
  void assume_declared_extents(const FlatArguments &arguments, Location location) const;
  /// Runs the callable on these tensors and Variables, and the C++ values of the call. Throws Error (tracing) where it
  /// changes an argument that the caller would see changed.
  FlatValues invoke(std::vector<Tensor> &tensors, const std::vector<Variable> &variables,
                    const FlatArguments &arguments, Location location) const;
  void require_unchanged(const CallableType &type, const SharedArguments &shared, Location location) const;
  /// Runs the callable itself through this thread's Dispatcher.
  FlatValues run_callable(const FlatArguments &arguments) const;
  /// The same for a trace that serves the arguments: inlined, or as a call of its machine code, as Options say.
  void record_call(const tracer::ConcreteFunction &function, const FlatArguments &arguments, FlatResults &results,
                   Location location) const;
  /// The calls that may trace, apart from those that do not, whose frames stay small.
  [[gnu::noinline]] void call_first(const FlatArguments &arguments, FlatResults &results, Location location);
  [[gnu::noinline]] void run_other(const tracer::ConcreteFunction &first, const FlatArguments &arguments,
                                   FlatResults &results, Location location);
  /// For a call whose signature is not known yet.
  tracer::FunctionCache::Held first_function(const FlatArguments &arguments, PrefixEffects effects, Location location);
  /// For a call that the trace of its signature does not serve: the known one that does. `variants` as find_variant().
  std::optional<tracer::FunctionCache::Held> find_other(const tracer::ConcreteFunction &first,
                                                        const FlatArguments &arguments, uint64_t &variants);
  /// The same, or a new one: open, where the callable has learned of extents what is false in this call, else of its
  /// own shapes.
  tracer::FunctionCache::Held other_function(const tracer::ConcreteFunction &first, const FlatArguments &arguments,
                                             PrefixEffects effects, Location location);
  /// The trace that a call has for its own shapes, since open extents did not serve it.
  std::optional<tracer::FunctionCache::Held> find_own(const FlatArguments &arguments);
  /// The open trace that serves the call, besides the first one of its signature; `variants` is how many there are.
  std::optional<tracer::FunctionCache::Held> find_variant(const FlatArguments &arguments, uint64_t &variants);
  /// `variant`: which of the open traces of one signature.
  tracer::FunctionCache::Held find_or_trace(const FlatArguments &arguments, tracer::ShapePolicy policy,
                                            PrefixEffects effects, Location location, uint64_t variant = 0);
  /// Throws Error (tracing) where the callable makes Variables in each recording, or makes one that it does not keep.
  void require_created_once(const tracer::Recorder &recorder, std::span<const uint64_t> signature);
  /// Whether the only recording of the call's signature has made Variables, so that it served that call alone.
  bool has_only_created(const FlatArguments &arguments);
  /// Where this thread checks purity: throws Error (tracing) unless the callable does the same as in its trace.
  void require_pure(const tracer::ConcreteFunction &function, const FlatArguments &arguments,
                    std::span<const uint64_t> signature, Location location);
  /// What has become of the trace of this signature, where there was one.
  std::optional<std::string> reason_it_is_gone(const FlatArguments &arguments) const;
  /// Makes the effects of a callable that has thrown, as they would have been eagerly, and throws what it threw.
  [[noreturn]] void fail(const FailedRecording &failed, const FlatArguments &arguments, Location location) const;
  /// Whether recording with open extents has not failed before, by the policy of Options::shapes.
  bool may_open(const FlatArguments &arguments);
  void never_open(const FlatArguments &arguments);
  /// Which axes of which flat tensors the trace of a signature leaves open.
  std::function<bool(size_t tensor, size_t axis)>
  open_extents(const FlatArguments &arguments, tracer::ShapePolicy policy, std::span<const uint64_t> signature);
  /// Runs the callable on symbolic tensors.
  tracer::Trace record_trace(const FlatArguments &arguments, tracer::ShapePolicy policy,
                             std::span<const uint64_t> signature, PrefixEffects effects, Location location);
  std::shared_ptr<tracer::ConcreteFunction> record(const FlatArguments &arguments, tracer::ShapePolicy policy,
                                                   std::span<const uint64_t> signature, PrefixEffects effects,
                                                   Location location);
  tracer::Extents extents() const { return has_open_extents_ ? tracer::Extents::open : tracer::Extents::known; }
  /// Of the concrete functions that there are, oldest first.
  std::vector<tracer::KnownSignature> known_signatures() const;
  /// What becomes of a call: "runs the machine code of …". Throws the Error that the call would throw before it runs.
  std::string fate(const FlatArguments &arguments);
  /// Why no known trace serves the call, in lines.
  std::string reason_to_trace(const FlatArguments &arguments);
  /// Throws Error (tracing) where a limit, freeze() or NoTracing stands against one more trace.
  void require_tracing_allowed(const FlatArguments &arguments, Location location);
  /// Says why it is traced, where ETCH_DEBUG asks for that.
  void log_retrace(const FlatArguments &arguments, Location location);
  /// Speaks of traces that repeat too often. To be called before a call is recorded.
  void watch_retraces(const FlatArguments &arguments);

  const std::shared_ptr<void> callable_;
  const Options options_;
  const std::shared_ptr<const std::string> shared_name_; // outlives this in donated tensors
  const Location made_at_;
  const tracer::SignatureRule rule_;
  const bool has_open_extents_;
  std::mutex state_mutex_;                                  // of what follows
  std::set<std::vector<uint64_t>> never_open_;              // signatures whose open traces cannot be recorded
  std::map<std::vector<uint64_t>, bool> created_variables_; // signatures whose recording has made Variables, and
                                                            // whether they have been recorded without since
  std::map<std::string, Variable> local_variables_;
  tracer::FunctionCache cache_;
  tracer::RetraceWatch retraces_;
  tracer::DonationWatch donation_watch_;
  std::atomic<bool> is_frozen_{false};
  std::atomic<int64_t> most_traces_{0}; // no limit
  std::atomic<int64_t> traces_{0}, creating_traces_{0}, trace_ns_{0}, misses_{0}, shape_fallbacks_{0}, copied_views_{0};
  tracer::CallCounters calls_;
};

} // namespace etch::detail
