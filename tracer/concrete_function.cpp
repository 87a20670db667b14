// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/concrete_function.h"

#include "codegen/compile.h"
#include "runtime/concrete_tensor.h"
#include "runtime/dispatcher.h"
#include "runtime/host.h"
#include "runtime/inline_vector.h"
#include "runtime/opaque.h"
#include "runtime/symbolic_tensor.h"
#include "runtime/variable_state.h"
#include "support/require.h"
#include "tracer/differentiable.h"
#include "tracer/interpret.h"
#include "tracer/late_reads.h"
#include "tracer/stages.h"

#include <algorithm>
#include <functional>
#include <optional>

namespace etch::tracer {

struct ConcreteFunction::Program {
  codegen::Compiled compiled;
  std::vector<bool> is_written; ///< per Variable of the trace
  std::vector<bool> is_takable; ///< per input: some result may take its memory, where it is donated
};

namespace {

/// Holds the mutexes of Variables, in the one order that keeps concurrent calls from waiting for each other.
class VariableLocks {
public:
  explicit VariableLocks(std::span<detail::VariableState *> states) : states_(states) {
    std::sort(states.begin(), states.end());
    for (detail::VariableState *state : states_)
      state->mutex.lock();
  }
  ~VariableLocks() {
    for (detail::VariableState *state : states_)
      state->mutex.unlock();
  }
  VariableLocks(const VariableLocks &) = delete;

private:
  std::span<detail::VariableState *> states_;
};

bool is_argument(const TraceVariable &variable) { return variable.argument >= 0; }

using InputMemories = runtime::InlineVector<runtime::InputMemory, 32>;

void count_taken(std::span<const runtime::InputMemory> memory, size_t variables_begin, CallCounters &counters) {
  for (size_t i = 0; i < memory.size(); ++i)
    if (memory[i] == runtime::InputMemory::taken)
      (i < variables_begin ? counters.reused_arguments : counters.variables_in_place)
          .fetch_add(1, std::memory_order_relaxed);
}

} // namespace

ConcreteFunction::ConcreteFunction(Trace trace, std::vector<uint64_t> signature, bool is_relaxed)
    : trace_(std::move(trace)), layout_(layout_results(trace_)), guards_(trace_),
      mixes_variables_(std::ranges::any_of(trace_.variables, is_argument) &&
                       !std::ranges::all_of(trace_.variables, is_argument)),
      signature_(std::move(signature)), is_relaxed_(is_relaxed) {}

ConcreteFunction::~ConcreteFunction() = default;

bool ConcreteFunction::knows_extent(size_t argument, size_t axis, const Tensor &tensor) const {
  const ops::Dim &known = trace_.type(trace_.arguments[argument]).dims[axis];
  if (!known.is_static())
    return false;
  return tensor.is_symbolic() ? runtime::symbolic(tensor).type.dims[axis] == known
                              : runtime::concrete(tensor).shape[static_cast<int>(axis)] == known.value();
}

bool ConcreteFunction::knows_extents(const detail::FlatArguments &arguments) const {
  for (size_t i = 0; i < trace_.arguments.size(); ++i) {
    if (trace_.arguments[i] == Trace::kUndefined)
      continue;
    const ops::Dims &dims = trace_.type(trace_.arguments[i]).dims;
    for (size_t axis = 0; axis < dims.size(); ++axis)
      if (dims[axis].is_static() && !knows_extent(i, axis, *arguments.tensors.data()[i]))
        return false;
  }
  return true;
}

bool ConcreteFunction::contradicts(const detail::FlatArguments &arguments) const {
  const SymbolValues symbols(trace_, arguments);
  const auto known = [&](const ops::Dim &dim) {
    const ops::Dim value = symbols.evaluate(dim);
    return value.is_static() ? std::optional(value.value()) : std::nullopt;
  };
  return !may_hold(trace_.assumptions, known);
}

bool ConcreteFunction::settles(const detail::FlatArguments &arguments) const {
  const SymbolValues symbols(trace_, arguments);
  return std::ranges::all_of(trace_.settled, [&](const SettledExtent &settled) {
    const ops::Dim a = symbols.evaluate(settled.a), b = symbols.evaluate(settled.b);
    if (!a.is_static() || !b.is_static())
      return false;
    return compare(settled.relation, a.value(), b.value()) == settled.holds;
  });
}

bool ConcreteFunction::has_no_captured_variable(const detail::FlatArguments &arguments) const {
  return std::ranges::none_of(trace_.variables, [&](const TraceVariable &captured) {
    return captured.state && std::ranges::any_of(arguments.variables.span(), [&](const Variable *argument) {
             return argument->state() == captured.state;
           });
  });
}

bool ConcreteFunction::run_and_print(const detail::FlatArguments &arguments, detail::FlatResults &results,
                                     LateValues &late, CallCounters &counters, std::span<Tensor> entry,
                                     Location location) const {
  runtime::PrintBuffer prints;
  try {
    if (!run_program(program(), arguments, results, prints, late, counters, entry, location)) [[unlikely]]
      return false;
  } catch (const Error &error) {
    // No memory for the call as a whole: op by op it may fit, and where it does not the user's line is known.
    if (error.code() != ErrorCode::too_large)
      throw;
    return false;
  }
  prints.flush(); // a callback's own errors are the user's
  return true;
}

void ConcreteFunction::run(const detail::FlatArguments &arguments, detail::FlatResults &results, CallCounters &counters,
                           Location location) const {
  LateValues late;
  if (run_and_print(arguments, results, late, counters, {}, location)) [[likely]]
    return;
  counters.replays.fetch_add(1, std::memory_order_relaxed);
  const LateReads reads;
  const Tensor *known = late.data();
  for (const auto &[position, capture] : trace_.late)
    if (known < late.data() + late.size())
      LateReads::keep(capture.key, *known++);
  interpret(arguments, results);
}

bool ConcreteFunction::try_run(const detail::FlatArguments &arguments, detail::FlatResults &results,
                               CallCounters &counters, std::span<Tensor> entry, Location location) const {
  LateValues late;
  return run_and_print(arguments, results, late, counters, entry, location);
}

bool ConcreteFunction::run_silently(const detail::FlatArguments &arguments, detail::FlatResults &results) const {
  runtime::PrintBuffer dropped;
  LateValues late;
  CallCounters counters;
  return run_program(program(), arguments, results, dropped, late, counters, {}, {});
}

void ConcreteFunction::interpret(const detail::FlatArguments &arguments, detail::FlatResults &results) const {
  // Inside an outer trace this writes the calls down there.
  for (Tensor &tensor : tracer::interpret(trace_, arguments, runtime::Dispatcher::current()))
    results.tensors.push(std::move(tensor));
  return_the_rest(arguments, results);
}

// Copies: the trace may be evicted before they are read.
void ConcreteFunction::return_the_rest(const detail::FlatArguments &arguments, detail::FlatResults &results) const {
  for (const uint64_t token : trace_.result_tokens)
    results.tokens.push(token);
  for (const TraceVariable &variable : trace_.result_variables)
    results.variables.emplace_back(trace_.state_of(variable, arguments));
}

const Differentiable &ConcreteFunction::differentiable() const {
  std::lock_guard lock(differentiable_mutex_);
  if (!differentiable_)
    differentiable_ = std::make_shared<Differentiable>(trace_, on_compile_);
  return *differentiable_;
}

void ConcreteFunction::record_call(const detail::FlatArguments &arguments, detail::FlatResults &results,
                                   Location location) const {
  if (!is_reusable() || trace_.ops.empty())
    return interpret(arguments, results);
  const AsCall as_call{shared_from_this(), location};
  for (Tensor &tensor : tracer::interpret(trace_, arguments, runtime::Dispatcher::current(), &as_call))
    results.tensors.push(std::move(tensor));
  return_the_rest(arguments, results);
}

const std::shared_ptr<const runtime::Executable> &ConcreteFunction::shared_executable() const {
  return program().compiled.executable;
}

bool ConcreteFunction::shares_code() const { return program().compiled.is_shared; }

const ConcreteFunction::Program &ConcreteFunction::program() const {
  if (const Program *ready = ready_.load(std::memory_order_acquire)) [[likely]]
    return *ready;
  for (const TraceCall &call : trace_.calls) // not under the lock: their listeners may take any
    call.callee->program();
  {
    std::lock_guard lock(compile_mutex_);
    if (program_)
      return *program_;
    program_ = compile();
    ready_.store(program_.get(), std::memory_order_release);
  }
  if (on_compile_) // not under the lock: it may ask for the executable, or take locks of its own
    on_compile_(*this);
  return *program_;
}

std::unique_ptr<ConcreteFunction::Program> ConcreteFunction::compile() const {
  auto program = std::make_unique<Program>();
  program->compiled = compile_trace(trace_);
  program->is_written.resize(trace_.variables.size());
  for (int ref : program->compiled.written_refs)
    program->is_written[static_cast<size_t>(ref)] = true;
  const runtime::Executable &executable = *program->compiled.executable;
  program->is_takable.resize(executable.inputs.size());
  // A callback may throw when all is done, and then the caller keeps what was donated.
  if (!executable.has_prints)
    for (const runtime::Executable::Take &take : executable.takes)
      program->is_takable[static_cast<size_t>(take.input)] = true;
  return program;
}

void ConcreteFunction::give_inputs(const Program &program, const detail::FlatArguments &arguments,
                                   size_t variables_begin, std::span<runtime::InputMemory> memory) const {
  std::ranges::fill(memory, runtime::InputMemory::kept);
  for (const int ref : program.compiled.written_refs) // their locks are held, so that no handle can be added
    memory[variables_begin + static_cast<size_t>(ref)] = runtime::InputMemory::given;
  for (const detail::Donation &donation : arguments.donations.span())
    if (const size_t input = input_of(donation.position); program.is_takable[input])
      memory[input] = runtime::InputMemory::given;
}

size_t ConcreteFunction::input_of(size_t argument) const {
  const std::span<const int> before(trace_.arguments.data(), argument);
  return argument - static_cast<size_t>(std::ranges::count(before, Trace::kUndefined));
}

void ConcreteFunction::mark_useless(const Program &program, const detail::FlatArguments &arguments) const {
  for (const detail::Donation &donation : arguments.donations.span())
    donation.is_useless = !program.is_takable[input_of(donation.position)];
}

void ConcreteFunction::read_values(const Program &program, const detail::FlatArguments &arguments, LateValues &late,
                                   ReadValues &values) const {
  for (const auto &[position, capture] : trace_.late) {
    late.push(capture.value());
    values.push(late.data()[late.size() - 1]);
  }
  for (size_t i = 0; i < trace_.variables.size(); ++i) {
    // Before any lock is held for long: two calls may each write what the other reads.
    detail::VariableState &state = *trace_.state_of(trace_.variables[i], arguments);
    std::lock_guard lock(state.mutex);
    values.push(program.is_written[i] ? Tensor() : state.value);
  }
}

bool ConcreteFunction::run_program(const Program &program, const detail::FlatArguments &arguments,
                                   detail::FlatResults &results, runtime::PrintBuffer &prints, LateValues &late,
                                   CallCounters &counters, std::span<Tensor> entry, Location location) const {
  detail::InlineList<const Tensor *, 32> inputs;
  detail::InlineList<Tensor, 16> outputs;
  for (size_t i = 0; i < arguments.tensors.size(); ++i)
    if (trace_.arguments[i] != Trace::kUndefined)
      inputs.push(arguments.tensors.data()[i]);
  const size_t captured_begin = inputs.size();
  for (const Tensor &captured : trace_.captured)
    inputs.push(&captured);
  const size_t variables_begin = inputs.size();
  ReadValues values; // which others may replace while this call runs
  read_values(program, arguments, late, values);
  const Tensor *next = values.data();
  for (const auto &[position, capture] : trace_.late)
    inputs.data()[captured_begin + static_cast<size_t>(position)] = next++;
  for (size_t i = 0; i < trace_.variables.size(); ++i)
    inputs.push(next++);
  Variables written, locked;
  for (const int ref : program.compiled.written_refs) {
    written.push(trace_.state_of(trace_.variables[static_cast<size_t>(ref)], arguments).get());
    locked.push(written.data()[written.size() - 1]);
  }
  {
    // Held from the reads to the writes: concurrent calls that add to one Variable must not lose an addition.
    const VariableLocks locks({locked.data(), locked.size()});
    for (size_t i = 0; i < written.size(); ++i)
      inputs.data()[variables_begin + static_cast<size_t>(program.compiled.written_refs[i])] =
          &written.data()[i]->value;
    for (size_t i = 0; i < entry.size(); ++i) // before one is written in place, which its new owner prevents
      entry[i] = *inputs.data()[variables_begin + i];
    for (size_t i = 0; i < program.compiled.executable->outputs.size(); ++i)
      outputs.push(Tensor());
    const bool donates = arguments.donations.size() > 0;
    const bool gives = (donates || written.size() > 0) && !program.compiled.executable->takes.empty();
    InputMemories given(gives ? inputs.size() : 0);
    const std::span<runtime::InputMemory> memory(given.data(), given.size());
    if (gives)
      give_inputs(program, arguments, variables_begin, memory);
    const etch_status status = runtime::run_executable(*program.compiled.executable, inputs.span(),
                                                       {outputs.data(), outputs.size()}, prints, location, memory);
    if (status.op_id != runtime::kNoFailingOp)
      return false;
    if (gives)
      count_taken(memory, variables_begin, counters);
    if (donates)
      mark_useless(program, arguments);
    const size_t written_begin = outputs.size() - program.compiled.written_refs.size();
    for (size_t i = 0; i < written.size(); ++i)
      written.data()[i]->value = std::move(outputs.data()[written_begin + i]);
  }
  for (const ResultLayout::Result &result : layout_.results) {
    Tensor *output = result.output == Trace::kUndefined ? nullptr : outputs.data() + result.output;
    results.tensors.push(!output ? Tensor() : result.is_last_use ? std::move(*output) : *output);
  }
  return_the_rest(arguments, results);
  return true;
}

} // namespace etch::tracer
