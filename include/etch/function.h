// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/detail/callable.h>
#include <etch/detail/donation.h>
#include <etch/detail/generic.h>
#include <etch/detail/structure.h>
#include <etch/detail/tracing.h>
#include <etch/error.h>
#include <etch/options.h>
#include <etch/tensor.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace etch {

/// A number that a traced callable takes as it comes, where a plain C++ number would be part of the signature: one
/// trace serves all its values. It is a Tensor of rank 0.
template <Element T>
class Dyn : public Tensor {
public:
  Dyn(T value) : Tensor(value) {}

private:
  explicit Dyn(Tensor value) : Tensor(std::move(value)) {}
  friend detail::Structure<Dyn<T>>;
};

/// Forms of a traced function on its way to machine code, in order.
enum class Phase { optimized, kernels, exec, llvm, assembly };

/// While true, calls of Functions run their callable op by op, in every thread; ETCH_RUN_EAGERLY=1 has the same effect.
/// Both are read at each call.
void run_functions_eagerly(bool eagerly);
/// True when a RunFunctionsEagerly of this thread, else the switch or the environment asks for eager calls. Throws
/// Error for a malformed ETCH_RUN_EAGERLY.
bool functions_run_eagerly();

/// Decides for this thread whether Functions run eagerly while it lives; the innermost one counts. To be destroyed on
/// the thread that made it, in the reverse order of creation, as automatic objects are.
class RunFunctionsEagerly {
public:
  explicit RunFunctionsEagerly(bool eagerly = true);
  ~RunFunctionsEagerly();
  RunFunctionsEagerly(const RunFunctionsEagerly &) = delete;

private:
  int previous_;
};

/// While it lives, a call on this thread that would have to record a callable throws Error (tracing) with the reason;
/// calls of known signatures work. To be destroyed on the thread that made it.
class NoTracing {
public:
  NoTracing();
  ~NoTracing();
  NoTracing(const NoTracing &) = delete;
};

/// A tensor that is asked for at each call of the traced function this stands in, where a captured one would stay what
/// it was at the trace; in eager code what `read` returns. It must keep the dtype and shape it has at the trace: Error
/// (dtype, shape). A call asks once: the one that records at this place, others when they begin. Only a callable that
/// is recorded twice, for Purity::check or because it cannot be recorded for open extents, asks in each recording, and
/// so do trace() and concrete().
Tensor late(const std::function<Tensor()> &read, Location location = Location::current());

/// Calls the callback on every call of the traced function it stands in, not once per trace; in eager code at once.
/// Callbacks and prints happen in program order, when the call has succeeded: Variables have their final values then,
/// and a callback that throws cannot undo them. The tensors arrive with the values they have at this place. Throws
/// Error (invalid_argument) for an empty callback or an undefined tensor.
void on_each_call(std::function<void()> callback, Location location = Location::current());
void on_each_call(std::function<void(const std::vector<Tensor> &)> callback, const std::vector<Tensor> &values,
                  Location location = Location::current());

template <class T>
struct detail::Structure<Dyn<T>> : Structure<Tensor> {
  static Dyn<T> read(StructureReader &reader) { return Dyn<T>(reader.tensor()); }
};

/// Text of one phase of a traced function.
class Lowered {
public:
  explicit Lowered(std::string text) : text_(std::move(text)) {}
  const std::string &text() const { return text_; }

private:
  std::string text_;
};

template <class Signature>
class ConcreteFunction;
template <class Signature>
class Function;

/// Machine code for one signature. Shared handle; thread-safe.
template <class R, class... Args>
class ConcreteFunction<R(Args...)> {
public:
  /// Throws Error (dtype, shape, invalid_argument) naming the argument that differs from the traced one. Tensors are
  /// donated as in calls of the Function; numbers given for Tensors take the dtypes that were traced.
  std::decay_t<R> operator()(const detail::Argument<std::decay_t<Args>> &...args,
                             Location location = Location::current()) const {
    detail::FlatResults results;
    detail::call_trace(*state_, detail::flat_as<Args...>(*type_, args...), results, location);
    return detail::structured<R>(results);
  }
  /// The same by names, as argument_names() and result_names() list them: the tensors that are fed, the results that
  /// are wanted, in that order and as often. All effects of a call happen; C++ values are those of the trace, Variables
  /// among the arguments are given by their names, too. Throws Error (invalid_argument) naming what is missing or
  /// unknown and listing what there is, and as a call does.
  std::vector<Tensor> run(const std::map<std::string, Tensor> &feeds, const std::vector<std::string> &fetches,
                          const std::map<std::string, Variable> &variables = {},
                          Location location = Location::current()) const {
    return detail::run_by_name(*state_, *type_, detail::list_results<R>, feeds, fetches, variables, location);
  }
  /// Of the tensors that a call takes, as C++ would write them: "x", "batch.images[1]"; "argument 0" where
  /// Options::arguments gives no name. One that was undefined when it was traced has none.
  std::vector<std::string> argument_names() const { return detail::argument_names_of(*state_); }
  /// Of the tensors that a call returns: "result", "result[1]", "result.loss".
  std::vector<std::string> result_names() const { return detail::result_names_of(*state_, detail::list_results<R>); }
  /// Arithmetic operations of a call as it was recorded: those of the op's text for each element that is computed
  /// (an fma is two; 1 for an addition, some twenty for an exponential), two for each product of a contraction or
  /// convolution, one for each element that is reduced; none for what only moves or converts, and none for sorting,
  /// drawing random numbers and decomposing matrices. INT64_MAX where they are more. Runs nothing. Throws Error (shape)
  /// where they depend on an extent that is open, which arguments or specs in their place tell.
  int64_t flops(Location location = Location::current()) const { return detail::flops_of(*state_, nullptr, location); }
  int64_t flops(const detail::Lent<std::decay_t<Args>> &...args, Location location = Location::current()) const
    requires(sizeof...(Args) > 0)
  {
    const detail::FlatArguments arguments = detail::flat_as<Args...>(*type_, args...);
    return detail::flops_of(*state_, &arguments, location);
  }
  /// Bytes that a call takes. Compiles, runs nothing. Throws Error (shape) as flops() does.
  MemoryUse memory(Location location = Location::current()) const {
    return detail::memory_of(*state_, nullptr, location);
  }
  MemoryUse memory(const detail::Lent<std::decay_t<Args>> &...args, Location location = Location::current()) const
    requires(sizeof...(Args) > 0)
  {
    const detail::FlatArguments arguments = detail::flat_as<Args...>(*type_, args...);
    return detail::memory_of(*state_, &arguments, location);
  }
  /// The trace in the etch dialect.
  std::string text() const { return detail::text_of(*state_); }
  /// Loop nests, contractions and calls of the runtime's own routines per call; a Function that stays a call is one.
  int kernel_count() const { return detail::kernel_count(*state_); }
  /// Operations that were recorded.
  int op_count() const { return detail::op_count(*state_); }
  /// "step(x: f32[?,128], n = 7) -> f32[] captures {w: Variable f32[128,10]}"
  std::string to_string() const { return detail::short_text_of(*state_); }
  /// The same with every argument, result and capture on a line of its own, the latter with where they come from.
  std::string details() const { return detail::long_text_of(*state_); }
  /// The eager tensors that the callable used, in order of first use, without those of rank 0, which are frozen().
  std::vector<Tensor> captures() const { return detail::captures_of(*state_); }
  /// The Variables that the callable used and did not get as arguments, in order of first use.
  std::vector<Variable> variables() const { return detail::variables_of(*state_); }
  /// Of every tensor among the arguments, in order; undefined ones have no dimensions.
  std::vector<TensorSpec> input_spec() const { return detail::input_specs_of(*state_); }
  /// Of every tensor among the results, in order.
  std::vector<TensorSpec> output_spec() const { return detail::output_specs_of(*state_); }
  /// Every C++ value that became part of the trace, which later changes do not reach.
  std::vector<FrozenValue> frozen() const { return detail::frozen_of(*state_); }
  /// Same signature, same concrete function.
  bool operator==(const ConcreteFunction &other) const { return detail::same_function(*state_, *other.state_); }

  explicit ConcreteFunction(std::shared_ptr<detail::TraceState> state)
      : state_(std::move(state)), type_(&detail::type_of(*state_)) {}

private:
  std::shared_ptr<detail::TraceState> state_;
  const detail::CallableType *type_;
};

/// The recording of one signature, not necessarily compiled yet. Shared handle; thread-safe.
template <class Signature>
class Traced {
public:
  explicit Traced(std::shared_ptr<detail::TraceState> state) : state_(std::move(state)) {}

  /// The trace in the etch dialect.
  std::string text() const { return detail::text_of(*state_); }
  /// A picture of the fused function in Graphviz's language, one box per kernel.
  std::string graph() const { return detail::graph_of(*state_); }
  /// Compiles anew as far as `phase`.
  Lowered lower(Phase phase) const { return Lowered(detail::lower_trace(*state_, phase)); }
  /// The compiled form that calls of the Function use too.
  ConcreteFunction<Signature> compile() const {
    detail::compile_trace(*state_);
    return ConcreteFunction<Signature>(state_);
  }

private:
  std::shared_ptr<detail::TraceState> state_;
};

namespace detail {
struct FunctionAccess;
} // namespace detail

/// What every traced function has, whatever its parameters are.
class FunctionHandle {
public:
  /// How often the callable was recorded.
  int64_t trace_count() const { return stats().traces; }
  /// The Variable of that name which belongs to this function; the first request makes it, from what `initial_value`
  /// returns, eagerly: at this point of the call, once, with its effects. For use inside the callable, which captures
  /// the Function by reference: traced or not, every call finds the same one. Copies of the Function share it; it lives
  /// as long as they do.
  Variable local_variable(const std::string &name, const std::function<Tensor()> &initial_value, bool trainable = true,
                          Location location = Location::current()) const {
    return detail::local_variable(*state_, name, initial_value, trainable, location);
  }
  /// From now on a call that would have to record throws Error (tracing); calls of known signatures work.
  void freeze() const { detail::freeze(*state_); }
  /// A recording after so many, those before this included, is an Error (tracing), too; those that make Variables, which
  /// serve one call, are not counted. 0: no limit. Throws Error (invalid_argument) for less than that.
  void max_traces(int64_t most, Location location = Location::current()) const {
    detail::limit_traces(*state_, most, location);
  }
  FunctionStats stats() const { return detail::stats_of(*state_); }
  /// Frees all traces and their machine code, save those that a Traced, a ConcreteFunction or a call in progress uses.
  /// The next call records anew. Not counted as evictions.
  void clear_cache() const { detail::clear_cache(*state_); }
  /// How many signatures have a trace now: at most Options::cache_entries.
  int64_t cached() const { return detail::cached(*state_); }
  /// Of the traces that are cached, oldest first, as ConcreteFunction::to_string() tells them; of generic callables with
  /// types, too: "step(x: f32[2], n = 7 (int)) -> f32[2]".
  std::vector<std::string> signatures() const { return detail::signatures_of(*state_); }

protected:
  explicit FunctionHandle(std::shared_ptr<detail::FunctionState> state) : state_(std::move(state)) {}
  ~FunctionHandle() = default;
  // Moving copies, so that no Function is ever without its callable.
  FunctionHandle(const FunctionHandle &) = default;
  FunctionHandle &operator=(const FunctionHandle &) = default;

  std::shared_ptr<detail::FunctionState> state_;

private:
  friend struct detail::FunctionAccess;
};

/// A callable that is recorded once for each signature of its arguments and then runs as machine code, with the same
/// results, effects on Variables and errors as the callable itself. Host side effects of the callable happen once for
/// each recording. Shared handle: copies use one cache. Thread-safe; the first call with a signature records while
/// others with the same signature wait, so a callable first called from several threads with different signatures must
/// allow that. What an exception leaves behind is what it leaves behind eagerly; the next call works.
template <class R, class... Args>
class Function<R(Args...)> : public FunctionHandle {
public:
  /// A Tensor that is given as an rvalue, f(std::move(x)), is donated when the call has succeeded: a result may take
  /// its memory, and the handle knows its dtype and shape alone until it is assigned anew. Where no result ever may, a
  /// warning is given when the thread donates to the Function again and the handle, on the heap or static, is still as
  /// it was: once for each argument, twice in all. Throws what the callable throws, Error (dtype, shape) where
  /// arguments differ from Options::input_signature, and Error (invalid_argument) where one was donated before or is
  /// donated and given twice.
  std::decay_t<R> operator()(const detail::Argument<std::decay_t<Args>> &...args,
                             Location location = Location::current()) const {
    const detail::FlatArguments arguments = detail::flat<R, Args...>(args...);
    detail::FlatResults results;
    if (detail::call_function(*state_, arguments, results, location)) [[likely]]
      return detail::structured<R>(results);
    return detail::call_eagerly<R>(*state_, arguments, location,
                                   [&]() -> R { return callable_->call(detail::value_of(args)...); });
  }
  /// Records for these arguments unless their signature is known; runs nothing. Throws as the call does.
  Traced<R(Args...)> trace(const detail::Lent<std::decay_t<Args>> &...args,
                           Location location = Location::current()) const {
    return Traced<R(Args...)>(detail::trace_function(*state_, detail::flat<R, Args...>(args...), location));
  }
  /// What a call with these arguments would do, and why, in lines; runs and records nothing.
  std::string explain(const detail::Lent<std::decay_t<Args>> &...args) const {
    return detail::explain_call(*state_, detail::flat<R, Args...>(args...));
  }
  /// The concrete function of these arguments, where a TensorSpec may stand for a Tensor, its unknown dimensions open.
  /// Equal arguments, equal concrete function. Records where it is not known, compiles at its first call.
  ConcreteFunction<R(Args...)> concrete(const detail::Lent<std::decay_t<Args>> &...args,
                                        Location location = Location::current()) const {
    return ConcreteFunction<R(Args...)>(detail::trace_function(*state_, detail::flat<R, Args...>(args...), location));
  }
  /// The callable, to be run without tracing: C++ side effects happen at each call.
  std::function<R(Args...)> raw() const {
    return [callable = callable_](Args... args) -> R { return callable->call(std::forward<Args>(args)...); };
  }

  Function(std::shared_ptr<detail::Callable<R, Args...>> callable, bool empty, Options options, Location location)
      : FunctionHandle(
            detail::make_function(callable, &detail::kCallableType<R, Args...>, empty, std::move(options), location)),
        callable_(std::move(callable)) {
    static_assert((true && ... && detail::kIsValueOrConstReference<Args>),
                  "etch::function: parameters must be taken by value or by const reference");
  }

  Function(const Function &) = default;
  Function &operator=(const Function &) = default;

private:
  std::shared_ptr<detail::Callable<R, Args...>> callable_;
};

/// A Function whose parameters have the types that each call brings: numbers by type and value, so that 1, 1.0f and
/// true are three signatures; string literals are std::string, specs are Tensors. At most 16 of them. Otherwise as
/// Function. Its callable, which cannot name this type before it is made, may know it as a FunctionHandle.
template <class F>
class GenericFunction : public FunctionHandle {
public:
#define ETCH_MEMBER(...)                                                                                               \
  auto operator()(ETCH_PARAMETERS(__VA_ARGS__) Location location = Location::current()) const {                        \
    return call(location ETCH_ARGUMENTS(__VA_ARGS__));                                                                 \
  }
  ETCH_EACH_COUNT(ETCH_MEMBER)
#undef ETCH_MEMBER

  /// What Function has under these names, for the types of these arguments.
#define ETCH_MEMBER(...)                                                                                               \
  auto trace(ETCH_PARAMETERS(__VA_ARGS__) Location location = Location::current()) const {                             \
    return traced(location ETCH_ARGUMENTS(__VA_ARGS__));                                                               \
  }
  ETCH_EACH_COUNT(ETCH_MEMBER)
#undef ETCH_MEMBER
#define ETCH_MEMBER(...)                                                                                               \
  auto concrete(ETCH_PARAMETERS(__VA_ARGS__) Location location = Location::current()) const {                          \
    return concrete_of(location ETCH_ARGUMENTS(__VA_ARGS__));                                                          \
  }
  ETCH_EACH_COUNT(ETCH_MEMBER)
#undef ETCH_MEMBER
  template <class... Given>
  std::string explain(const Given &...args) const {
    return detail::explain_call(*state_, flat<Parameter<Given>...>(args...));
  }
  auto raw() const {
    return [callable = callable_](auto &&...args) -> decltype(auto) {
      return std::invoke(*callable, static_cast<decltype(args)>(args)...);
    };
  }

  GenericFunction(F callable, Options options, Location location)
      : GenericFunction(std::make_shared<F>(std::move(callable)), std::move(options), location) {}

private:
  friend struct detail::FunctionAccess;

  template <class Given>
  using Parameter = detail::GenericParameter<std::remove_cvref_t<Given>>;
  template <class... Args>
  using Signature = detail::GenericResult<F, Args...>(Args...);

  GenericFunction(std::shared_ptr<F> callable, Options options, Location location)
      : FunctionHandle(detail::make_function(callable, nullptr, false, std::move(options), location)),
        callable_(std::move(callable)) {}

  template <class... Args>
  static detail::FlatArguments flat(const detail::Argument<Args> &...args) {
    static_assert(std::is_invocable_v<F &, Args...>,
                  "etch::function: the callable must take these arguments by value or by const reference");
    return detail::flat_as<Args...>(detail::kGenericType<F, Args...>, args...);
  }
  template <class... Given>
  auto call(Location location, Given &&...args) const {
    return call_as<Parameter<Given>...>(location, std::forward<Given>(args)...);
  }
  template <class... Args>
  auto call_as(Location location, const detail::Argument<Args> &...args) const {
    const detail::FlatArguments arguments = flat<Args...>(args...);
    using R = detail::GenericResult<F, Args...>;
    detail::FlatResults results;
    if (detail::call_function(*state_, arguments, results, location)) [[likely]]
      return detail::structured<R>(results);
    return detail::call_eagerly<R>(*state_, arguments, location,
                                   [&]() -> R { return std::invoke(*callable_, Args(detail::value_of(args))...); });
  }
  template <class... Given>
  auto traced(Location location, const Given &...args) const {
    return Traced<Signature<Parameter<Given>...>>(
        detail::trace_function(*state_, flat<Parameter<Given>...>(args...), location));
  }
  template <class... Given>
  auto concrete_of(Location location, const Given &...args) const {
    return ConcreteFunction<Signature<Parameter<Given>...>>(
        detail::trace_function(*state_, flat<Parameter<Given>...>(args...), location));
  }

  std::shared_ptr<F> callable_;
};

/// For verify, which is no member, so that it reads as what it is about.
struct detail::FunctionAccess {
  template <class R, class... Args>
  static std::string verify(const Function<R(Args...)> &f, Location location,
                            const Argument<std::decay_t<Args>> &...args) {
    return verify_call(*f.state_, flat<R, Args...>(args...), location);
  }
  template <class F, class... Given>
  static std::string verify(const GenericFunction<F> &f, Location location, const Given &...args) {
    using G = GenericFunction<F>;
    return verify_call(*f.state_, G::template flat<typename G::template Parameter<Given>...>(args...), location);
  }
};

/// Runs the callable of a function eagerly and compiled from the same state; effects happen once, as in eager code.
/// Empty where results and Variables have equal bits, else lines that name the first operation that differs, the
/// element and by how many ulp. Throws what the callable throws. Slow where something differs. For functions of at most
/// 16 parameters.
#define ETCH_VERIFY(...)                                                                                               \
  template <class R __VA_OPT__(, ETCH_LIST(ETCH_CLASS, __VA_ARGS__))>                                                  \
  std::string verify(const Function<R(__VA_OPT__(ETCH_LIST(ETCH_TYPE, __VA_ARGS__)))> &f,                              \
                     __VA_OPT__(ETCH_LIST(ETCH_LENT, __VA_ARGS__), ) Location location = Location::current()) {        \
    return detail::FunctionAccess::verify(f, location __VA_OPT__(, __VA_ARGS__));                                      \
  }                                                                                                                    \
  template <class F>                                                                                                   \
  std::string verify(const GenericFunction<F> &f,                                                                      \
                     ETCH_PARAMETERS(__VA_ARGS__) Location location = Location::current()) {                           \
    return detail::FunctionAccess::verify(f, location __VA_OPT__(, __VA_ARGS__));                                      \
  }
ETCH_EACH_COUNT(ETCH_VERIFY)
#undef ETCH_VERIFY

/// A Function of a Function, with options of its own: calls of it trace the inner one inside.
template <class R, class... Args>
auto function(const Function<R(Args...)> &inner, Options options = {}, Location location = Location::current()) {
  const auto call = [inner](const std::decay_t<Args> &...args) -> std::decay_t<R> { return inner(args...); };
  return detail::CallableSignature<decltype(&decltype(call)::operator())>::make_object(call, false, std::move(options),
                                                                                       location);
}

/// Wraps a callable: a lambda, a function, a std::function, an object with call operators, or a const method, whose
/// object becomes the first argument. It is copied (or moved) in. Parameters and results, by value or const reference:
/// Tensors and Variables; numbers, enums and strings, whose values are part of the signature (Dyn: a number that is
/// not); vectors, arrays, tuples, pairs, maps, optionals, variants and structs of all these. A struct is an aggregate
/// of up to 16 fields or has a tie_fields. The result may be void. Throws Error (invalid_argument) for an empty
/// std::function and for options that do not fit the parameters.
template <class F>
  requires(!detail::kIsFunction<std::decay_t<F>>)
auto function(F &&callable, Options options = {}, Location location = Location::current()) {
  using Decayed = std::decay_t<F>;
  if constexpr (std::is_pointer_v<Decayed> || std::is_member_function_pointer_v<Decayed>) {
    const Decayed pointer = callable;
    return detail::CallableSignature<Decayed>::make(pointer, pointer == nullptr, std::move(options), location);
  } else if constexpr (requires { &Decayed::operator(); }) {
    bool empty = false;
    if constexpr (requires { callable = nullptr; }) // std::function and its like
      empty = !callable;
    return detail::CallableSignature<decltype(&Decayed::operator())>::template make_object<Decayed>(
        std::forward<F>(callable), empty, std::move(options), location);
  } else {
    return GenericFunction<Decayed>(std::forward<F>(callable), std::move(options), location);
  }
}

} // namespace etch

#undef ETCH_PARAMETERS
#undef ETCH_ARGUMENTS
#undef ETCH_PARAMETER
#undef ETCH_FORWARDED
#undef ETCH_CLASS
#undef ETCH_TYPE
#undef ETCH_LENT
#undef ETCH_LIST
#undef ETCH_LIST_STEP
#undef ETCH_LIST_AGAIN
#undef ETCH_PARENTHESES
#undef ETCH_SCAN
#undef ETCH_SCAN_9
#undef ETCH_SCAN_3
#undef ETCH_SCAN_1
#undef ETCH_EACH_COUNT
