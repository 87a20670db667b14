// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/detail/callable.h>
#include <etch/detail/donation.h>
#include <etch/detail/structure.h>
#include <etch/options.h>
#include <etch/tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace etch {
enum class Phase;
template <class Signature>
class Function;
} // namespace etch

// What the templates of function.h ask of the library.
namespace etch::detail {

class TraceState;

/// `type` is null where each call has its own.
std::shared_ptr<FunctionState> make_function(std::shared_ptr<void> callable, const CallableType *type, bool empty,
                                             Options options, Location location);
/// False when the caller has to run the callable itself: eager mode, or a trace is being recorded.
bool call_function(FunctionState &state, const FlatArguments &arguments, FlatResults &results, Location location);
std::shared_ptr<TraceState> trace_function(FunctionState &state, const FlatArguments &arguments, Location location);
FunctionStats stats_of(const FunctionState &state);
std::string explain_call(FunctionState &state, const FlatArguments &arguments);
std::string verify_call(FunctionState &state, const FlatArguments &arguments, Location location);
void freeze(FunctionState &state);
void limit_traces(FunctionState &state, int64_t most, Location location);
Variable local_variable(FunctionState &state, const std::string &name, const std::function<Tensor()> &initial_value,
                        bool trainable, Location location);
std::vector<std::string> signatures_of(const FunctionState &state);
void clear_cache(FunctionState &state);
int64_t cached(const FunctionState &state);

std::string text_of(const TraceState &trace);
std::string lower_trace(const TraceState &trace, Phase phase);
std::string graph_of(const TraceState &trace);
void compile_trace(TraceState &trace);
void call_trace(TraceState &trace, const FlatArguments &arguments, FlatResults &results, Location location);
bool same_function(const TraceState &a, const TraceState &b);
int kernel_count(const TraceState &trace);
int op_count(const TraceState &trace);
const CallableType &type_of(const TraceState &trace);
std::string short_text_of(const TraceState &trace);
std::string long_text_of(const TraceState &trace);
std::vector<Tensor> captures_of(const TraceState &trace);
std::vector<Variable> variables_of(const TraceState &trace);
std::vector<TensorSpec> input_specs_of(const TraceState &trace);
std::vector<TensorSpec> output_specs_of(const TraceState &trace);
std::vector<FrozenValue> frozen_of(const TraceState &trace);
/// `arguments` may be null.
int64_t flops_of(const TraceState &trace, const FlatArguments *arguments, Location location);
MemoryUse memory_of(const TraceState &trace, const FlatArguments *arguments, Location location);
std::vector<std::string> argument_names_of(const TraceState &trace);
std::vector<std::string> result_names_of(const TraceState &trace, void (*list)(LeafList &list));
std::vector<Tensor> run_by_name(const TraceState &trace, const CallableType &type, void (*list_results)(LeafList &list),
                                const std::map<std::string, Tensor> &feeds, const std::vector<std::string> &fetches,
                                const std::map<std::string, Variable> &variables, Location location);

template <class R, class... Args>
FlatArguments flat(const Argument<std::decay_t<Args>> &...args) {
  FlatArguments arguments;
  arguments.type = &kCallableType<R, Args...>;
  (write_argument<std::decay_t<Args>>(args, arguments), ...);
  return arguments;
}
/// For callables whose type is known at run time only.
template <class... Args>
FlatArguments flat_as(const CallableType &type, const Argument<std::decay_t<Args>> &...args) {
  FlatArguments arguments;
  arguments.type = &type;
  if (type.is_generic)
    arguments.token(reinterpret_cast<uintptr_t>(&type));
  (write_argument<std::decay_t<Args>>(args, arguments), ...);
  return arguments;
}
template <class R>
std::decay_t<R> structured(FlatResults &results) {
  if constexpr (!std::is_void_v<R>) {
    StructureReader reader{results.tensors.data(), results.variables.data(), results.tokens.data()};
    return Structure<std::decay_t<R>>::read(reader);
  }
}

// Which Function a callable becomes.
template <class T>
inline constexpr bool kIsFunction = false;
template <class Signature>
inline constexpr bool kIsFunction<Function<Signature>> = true;

template <class F>
struct CallableSignature;
template <class R, class... Args, bool Noexcept>
struct CallableSignature<R (*)(Args...) noexcept(Noexcept)> {
  template <class F>
  static Function<R(Args...)> make(F callable, bool empty, Options options, Location location) {
    return {std::make_shared<CallableOf<F, R, Args...>>(std::move(callable)), empty, std::move(options), location};
  }
};
template <class C, class R, class... Args, bool Noexcept>
struct CallableSignature<R (C::*)(Args...) noexcept(Noexcept)> {
  template <class F>
  static Function<R(Args...)> make_object(F callable, bool empty, Options options, Location location) {
    return {std::make_shared<CallableOf<F, R, Args...>>(std::move(callable)), empty, std::move(options), location};
  }
  template <class F>
  static Function<R(Args...)> make(F, bool, Options, Location) {
    static_assert(!std::is_same_v<F, F>, "etch::function: the method must be const; or wrap a lambda that calls it");
  }
};
template <class C, class R, class... Args, bool Noexcept>
struct CallableSignature<R (C::*)(Args...) const noexcept(Noexcept)>
    : CallableSignature<R (C::*)(Args...) noexcept(Noexcept)> {
  template <class F>
  static Function<R(const C &, Args...)> make(F callable, bool empty, Options options, Location location) {
    return {std::make_shared<CallableOf<F, R, const C &, Args...>>(std::move(callable)), empty, std::move(options),
            location};
  }
};

} // namespace etch::detail
