// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <etch/function.h>

#include "runtime/concrete_tensor.h"
#include "runtime/construction.h"
#include "runtime/dispatcher.h"
#include "runtime/executable.h"
#include "support/environment.h"
#include "support/require.h"
#include "tracer/call_by_name.h"
#include "tracer/frozen_values.h"
#include "tracer/function_state.h"
#include "tracer/resources.h"
#include "tracer/stages.h"

#include <algorithm>
#include <atomic>

namespace etch {
namespace {

std::atomic<bool> eager_switch{false};
thread_local int no_tracing_scopes = 0;
thread_local int eager_scope = -1; // of the innermost RunFunctionsEagerly: 0, 1, or -1 for none

} // namespace

void run_functions_eagerly(bool eagerly) { eager_switch.store(eagerly, std::memory_order_relaxed); }

bool functions_run_eagerly() {
  if (eager_scope >= 0)
    return eager_scope == 1;
  static const bool is_asked_for = support::environment_flag("ETCH_RUN_EAGERLY"); // anew after an error
  return eager_switch.load(std::memory_order_relaxed) || is_asked_for;
}

RunFunctionsEagerly::RunFunctionsEagerly(bool eagerly) : previous_(std::exchange(eager_scope, eagerly ? 1 : 0)) {}
RunFunctionsEagerly::~RunFunctionsEagerly() { eager_scope = previous_; }

NoTracing::NoTracing() { ++no_tracing_scopes; }
NoTracing::~NoTracing() { --no_tracing_scopes; }

namespace detail {

OutsideConstruction begin_construction() {
  return {runtime::Dispatcher::exchange_current(&runtime::construction_dispatcher()), std::exchange(eager_scope, 1)};
}

void end_construction(const OutsideConstruction &outside) {
  runtime::end_construction();
  eager_scope = outside.eager_scope;
  runtime::Dispatcher::exchange_current(outside.dispatcher);
}

bool tracing_is_forbidden() { return no_tracing_scopes > 0; }

const char *reason_to_run_eagerly() {
  if (!functions_run_eagerly())
    return nullptr;
  if (eager_scope == 1)
    return "a RunFunctionsEagerly of this thread asks for it";
  return eager_switch.load(std::memory_order_relaxed) ? "run_functions_eagerly() asks for it"
                                                      : "ETCH_RUN_EAGERLY asks for it";
}

/// What a Traced or ConcreteFunction handle holds.
class TraceState {
public:
  std::shared_ptr<FunctionState> owner;
  std::shared_ptr<tracer::ConcreteFunction> function;
  const CallableType *type = nullptr;
};

namespace {

void check_parameters(const CallableType &type, const Options &options, Location location) {
  const auto count = static_cast<size_t>(type.parameter_count);
  ETCH_REQUIRE(options.arguments.empty() || options.arguments.size() == count, ErrorCode::invalid_argument, location)
      << "function: Options::arguments must name every parameter, got " << options.arguments.size() << " for " << count
      << " parameters";
  const size_t specs = options.input_signature.size();
  ETCH_REQUIRE(specs == 0 || type.leaves < 0 || specs == static_cast<size_t>(type.leaves), ErrorCode::invalid_argument,
               location)
      << "function: Options::input_signature must have a spec for every tensor, got " << specs << " for " << type.leaves
      << " tensors";
}

void check_names(const Options &options, Location location) {
  const std::vector<std::string> &names = options.arguments;
  for (auto name = names.begin(); name != names.end(); ++name)
    ETCH_REQUIRE(!name->empty() && std::find(names.begin(), name, *name) == name, ErrorCode::invalid_argument, location)
        << "function: Options::arguments must differ and not be empty, got '" << *name << "'"
        << (name->empty() ? "" : " twice");
}

void check_shapes(const Options &options, Location location) {
  ETCH_REQUIRE(options.shapes == Shapes::exact || options.input_signature.empty(), ErrorCode::invalid_argument,
               location)
      << "function: Options::shapes must be exact beside an input_signature, which says what it leaves open";
  ETCH_REQUIRE(options.shapes == Shapes::bucket || options.buckets.empty(), ErrorCode::invalid_argument, location)
      << "function: Options::buckets are for Shapes::bucket alone";
  for (size_t i = 0; i < options.buckets.size(); ++i)
    ETCH_REQUIRE(options.buckets[i] >= (i ? options.buckets[i - 1] + 1 : 0), ErrorCode::invalid_argument, location)
        << "function: Options::buckets must be at least 0 and ascend, got " << options.buckets[i]
        << (i ? " after " + std::to_string(options.buckets[i - 1]) : std::string());
}

} // namespace

std::shared_ptr<FunctionState> make_function(std::shared_ptr<void> callable, const CallableType *type, bool empty,
                                             Options options, Location location) {
  ETCH_REQUIRE(!empty, ErrorCode::invalid_argument, location) << "function: the callable is empty";
  ETCH_REQUIRE(options.inline_limit >= 0, ErrorCode::invalid_argument, location)
      << "function: Options::inline_limit must be at least 0, got " << options.inline_limit;
  ETCH_REQUIRE(options.cache_entries >= 1, ErrorCode::invalid_argument, location)
      << "function: Options::cache_entries must be at least 1, got " << options.cache_entries;
  ETCH_REQUIRE(options.cache_bytes >= 1, ErrorCode::invalid_argument, location)
      << "function: Options::cache_bytes must be at least 1, got " << options.cache_bytes;
  check_names(options, location);
  check_shapes(options, location);
  if (type)
    check_parameters(*type, options, location);
  for (const TensorSpec &spec : options.input_signature) {
    ETCH_REQUIRE(is_dtype(spec.dtype), ErrorCode::invalid_argument, location)
        << "function: a dtype of Options::input_signature must be one of DType, got " << spec.dtype;
    for (const int64_t dim : spec.dims)
      ETCH_REQUIRE(dim >= dyn, ErrorCode::shape, location)
          << "function: a dimension of Options::input_signature must be etch::dyn or at least 0, got " << dim;
  }
  return std::make_shared<FunctionState>(std::move(callable), std::move(options), location);
}

bool call_function(FunctionState &state, const FlatArguments &arguments, FlatResults &results, Location location) {
  try {
    if (arguments.donations.size() > 0)
      return state.call_donating(arguments, results, location);
    return state.call(arguments, results, location);
  } catch (Error &error) {
    add_call(error, state, location);
    throw;
  }
}

bool enter_callable(const FunctionState &state, Location location) {
  const bool is_recorded = runtime::Dispatcher::current().is_recording();
  if (is_recorded)
    tracer::enter_call_frame(state.name(), location);
  tracer::CallableScope::begin();
  return is_recorded;
}

void leave_callable(bool is_recorded) {
  tracer::CallableScope::end();
  if (is_recorded)
    tracer::leave_call_frame();
}

void add_call(Error &error, const FunctionState &state, Location location) {
  tracer::add_call(error, state.name(), location);
}

void check_result(const FunctionState &state, const Tensor &result) { state.check_result(result); }

void take_donations(FunctionState &state, const FlatArguments &arguments, Location location) {
  state.take_donations(arguments, location);
}

std::shared_ptr<TraceState> trace_function(FunctionState &state, const FlatArguments &arguments, Location location) {
  auto trace = std::make_shared<TraceState>();
  trace->function = state.trace(arguments, location);
  trace->owner = state.shared_from_this();
  trace->type = arguments.type;
  return trace;
}

FunctionStats stats_of(const FunctionState &state) { return state.stats(); }
std::string explain_call(FunctionState &state, const FlatArguments &arguments) { return state.explain(arguments); }
std::string verify_call(FunctionState &state, const FlatArguments &arguments, Location location) {
  return state.verify(arguments, location);
}
void freeze(FunctionState &state) { state.freeze(); }
void limit_traces(FunctionState &state, int64_t most, Location location) { state.limit_traces(most, location); }
Variable local_variable(FunctionState &state, const std::string &name, const std::function<Tensor()> &initial_value,
                        bool trainable, Location location) {
  return state.local_variable(name, initial_value, trainable, location);
}
std::vector<std::string> signatures_of(const FunctionState &state) { return state.signatures(); }
void clear_cache(FunctionState &state) { state.clear_cache(); }
int64_t cached(const FunctionState &state) { return state.cached(); }

std::string text_of(const TraceState &trace) { return tracer::etch_text(trace.function->trace()); }
std::string graph_of(const TraceState &trace) { return tracer::graph_text(trace.function->trace()); }
std::string lower_trace(const TraceState &trace, Phase phase) {
  return tracer::lowered_text(trace.function->trace(), phase);
}
void compile_trace(TraceState &trace) { trace.function->executable(); }
void call_trace(TraceState &trace, const FlatArguments &arguments, FlatResults &results, Location location) {
  try {
    if (arguments.donations.size() > 0)
      return trace.owner->call_concrete_donating(*trace.function, arguments, results, location);
    trace.owner->call_concrete(*trace.function, arguments, results, location);
  } catch (Error &error) {
    add_call(error, *trace.owner, location);
    throw;
  }
}
bool same_function(const TraceState &a, const TraceState &b) { return a.function == b.function; }
int kernel_count(const TraceState &trace) { return trace.function->executable().kernel_count; }
std::string short_text_of(const TraceState &trace) { return tracer::short_text(trace.function->trace()); }
std::string long_text_of(const TraceState &trace) { return tracer::long_text(trace.function->trace()); }
std::vector<Tensor> captures_of(const TraceState &trace) {
  std::vector<Tensor> captures = trace.function->trace().captured;
  std::erase_if(captures, [](const Tensor &tensor) { return !tensor.defined(); }); // late ones
  return captures;
}
std::vector<Variable> variables_of(const TraceState &trace) {
  std::vector<Variable> variables;
  for (const tracer::TraceVariable &variable : trace.function->trace().variables)
    if (variable.state)
      variables.emplace_back(variable.state);
  return variables;
}
std::vector<TensorSpec> specs_of(const tracer::Trace &trace, const std::vector<int> &values) {
  std::vector<TensorSpec> specs;
  for (const int value : values)
    specs.push_back(value == tracer::Trace::kUndefined ? TensorSpec() : tracer::spec_of(trace.type(value)));
  return specs;
}
std::vector<TensorSpec> input_specs_of(const TraceState &trace) {
  return specs_of(trace.function->trace(), trace.function->trace().arguments);
}
std::vector<TensorSpec> output_specs_of(const TraceState &trace) {
  return specs_of(trace.function->trace(), trace.function->trace().results);
}
std::vector<FrozenValue> frozen_of(const TraceState &trace) { return tracer::frozen_values(trace.function->trace()); }

namespace {

/// Throws Error where the function cannot serve these arguments, tensors or specs.
const FlatArguments *checked(const TraceState &trace, const FlatArguments *arguments, const char *what,
                             Location location) {
  if (!arguments)
    return nullptr;
  const tracer::Trace &recorded = trace.function->trace();
  trace.owner->check_traced(*trace.function, *arguments, location);
  std::string shapes;
  for (const Tensor *tensor : arguments->tensors.span())
    shapes += (shapes.empty() ? "" : ", ") + spec_text(*tensor);
  ETCH_REQUIRE(!trace.function->contradicts(*arguments), ErrorCode::shape, location)
      << recorded.name << ": " << what << " must be asked for shapes that the operations allow, got " << shapes;
  return arguments;
}

} // namespace

int64_t flops_of(const TraceState &trace, const FlatArguments *arguments, Location location) {
  return tracer::operations_of(*trace.function, checked(trace, arguments, "flops", location), location);
}
MemoryUse memory_of(const TraceState &trace, const FlatArguments *arguments, Location location) {
  return tracer::memory_of(*trace.function, checked(trace, arguments, "memory", location), location);
}
std::vector<std::string> argument_names_of(const TraceState &trace) {
  return tracer::argument_names(trace.function->trace());
}
std::vector<std::string> result_names_of(const TraceState &trace, void (*list)(LeafList &)) {
  return tracer::result_names(trace.function->trace(), list);
}
std::vector<Tensor> run_by_name(const TraceState &trace, const CallableType &type, void (*list_results)(LeafList &),
                                const std::map<std::string, Tensor> &feeds, const std::vector<std::string> &fetches,
                                const std::map<std::string, Variable> &variables, Location location) {
  const tracer::Trace &recorded = trace.function->trace();
  const std::vector<size_t> positions =
      tracer::fetched(recorded.name, tracer::result_names(recorded, list_results), fetches, location);
  const tracer::NamedArguments arguments(*trace.function, type, feeds, variables, location);
  FlatResults results;
  trace.owner->call_concrete(*trace.function, arguments.flat(), results, location);
  std::vector<Tensor> tensors;
  for (const size_t position : positions)
    tensors.push_back(results.tensors.data()[position]);
  return tensors;
}
const CallableType &type_of(const TraceState &trace) { return *trace.type; }
int op_count(const TraceState &trace) { return static_cast<int>(trace.function->trace().ops.size()); }

} // namespace detail
} // namespace etch
