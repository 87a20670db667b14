// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/resources.h"

#include "runtime/executable.h"
#include "runtime/symbolic_tensor.h"
#include "support/require.h"
#include "tracer/interpret.h"
#include "tracer/stages.h"

#include <algorithm>
#include <limits>
#include <set>

namespace etch::tracer {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

int64_t sum(int64_t a, int64_t b) {
  int64_t result;
  return __builtin_add_overflow(a, b, &result) ? kMost : result;
}
int64_t product(int64_t a, int64_t b) {
  int64_t result;
  return __builtin_mul_overflow(a, b, &result) ? kMost : result;
}

/// What `compute` returns, kMost where dimensions leave 64 bits on the way.
template <class Compute>
int64_t saturated(const Compute &compute) {
  try {
    return compute();
  } catch (const Error &error) {
    if (error.code() != ErrorCode::too_large)
      throw;
    return kMost;
  }
}

using Extents = std::vector<int64_t>;

int64_t bytes_of(DType dtype, const Extents &extents) {
  if (std::ranges::find(extents, 0) != extents.end())
    return 0;
  int64_t bytes = static_cast<int64_t>(size_of(dtype));
  for (const int64_t extent : extents)
    bytes = product(bytes, extent);
  return bytes;
}

/// The extents of one call.
class CallExtents {
public:
  CallExtents(const Trace &trace, const detail::FlatArguments *arguments, const char *what, Location location)
      : trace_(trace), arguments_(arguments), what_(what), location_(location) {}

  int64_t of(const ops::Dim &dim) const {
    const ops::Dim known = dim.is_static() || !arguments_ ? dim : SymbolValues(trace_, *arguments_).evaluate(dim);
    if (!known.is_static())
      raise();
    return known.value();
  }
  /// Each saturated.
  Extents of(const ops::Dims &dims) const {
    Extents extents;
    for (const ops::Dim &dim : dims)
      extents.push_back(saturated([&] { return of(dim); }));
    return extents;
  }

private:
  [[noreturn]] void raise() const {
    for (const TraceSymbol &symbol : trace_.symbols) {
      const auto argument = static_cast<size_t>(symbol.argument);
      const ops::TensorType type = arguments_
                                       ? runtime::type_of(*arguments_->tensors.data()[argument], what_, location_)
                                       : trace_.type(trace_.arguments[argument]);
      if (!type.dims[static_cast<size_t>(symbol.axis)].is_static())
        throw Error(ErrorCode::shape,
                    trace_.name + ": " + what_ + " must know every extent, got " + trace_.argument_paths[argument] +
                        ": " + type.message_text(),
                    location_, std::string("give ") + what_ + " the arguments, or specs of known extents");
    }
    throw InternalError("an unknown extent of " + trace_.name + " that is no argument's");
  }

  const Trace &trace_;
  const detail::FlatArguments *const arguments_;
  const char *const what_;
  const Location location_;
};

/// Of a run with inputs of these extents: its own arena, and the largest one among the functions it calls.
int64_t arena_bytes(const runtime::Executable &executable, const std::vector<Extents> &inputs) {
  constexpr int64_t line = 64;
  const auto value_of = [&](const std::string &name) {
    const auto source = std::ranges::find(executable.symbols, name, &runtime::Executable::SymbolSource::symbol);
    return inputs[static_cast<size_t>(source->input)][static_cast<size_t>(source->axis)];
  };
  const auto whole_lines = [](int64_t bytes) {
    return bytes > kMost - line ? kMost : (bytes + line - 1) / line * line;
  };
  int64_t bytes = whole_lines(executable.static_arena_bytes);
  for (const ops::Dim &slot : executable.slot_bytes)
    bytes = sum(bytes, whole_lines(saturated([&] { return slot.evaluate(value_of); })));
  int64_t callees = 0;
  for (const runtime::Executable::HostCall &call : executable.opaque_calls) {
    if (!call.callee)
      continue;
    std::vector<Extents> operands;
    for (const ops::TensorType &type : call.operands) {
      operands.emplace_back();
      for (const ops::Dim &dim : type.dims)
        operands.back().push_back(saturated([&] { return dim.evaluate(value_of); }));
    }
    callees = std::max(callees, arena_bytes(*call.callee, operands));
  }
  return sum(bytes, callees);
}

void collect(const runtime::Executable &executable, std::set<const runtime::Executable *> &all) {
  if (!all.insert(&executable).second)
    return;
  for (const runtime::Executable::HostCall &call : executable.opaque_calls)
    if (call.callee)
      collect(*call.callee, all);
}

} // namespace

int64_t operations_of(const ConcreteFunction &function, const detail::FlatArguments *arguments, Location location) {
  return saturated([&] {
    return CallExtents(function.trace(), arguments, "flops", location).of(count_operations(function.trace()));
  });
}

MemoryUse memory_of(const ConcreteFunction &function, const detail::FlatArguments *arguments, Location location) {
  const Trace &trace = function.trace();
  const CallExtents extents(trace, arguments, "memory", location);
  const runtime::Executable &executable = function.executable();
  MemoryUse use;
  const auto add = [](int64_t &total, DType dtype, const Extents &shape) {
    total = sum(total, bytes_of(dtype, shape));
  };
  const size_t captured_begin =
      trace.arguments.size() - static_cast<size_t>(std::ranges::count(trace.arguments, Trace::kUndefined));
  const size_t variables_begin = captured_begin + trace.captured.size();
  std::vector<Extents> inputs;
  for (size_t i = 0; i < executable.inputs.size(); ++i) {
    inputs.push_back(extents.of(executable.inputs[i].dims));
    add(i < captured_begin    ? use.arguments
        : i < variables_begin ? use.captures
                              : use.variables,
        executable.inputs[i].dtype, inputs.back());
  }
  const size_t written_begin = layout_results(trace).values.size();
  for (size_t i = 0; i < executable.outputs.size(); ++i)
    add(i < written_begin ? use.results : use.variables, executable.outputs[i].dtype,
        extents.of(executable.outputs[i].dims));
  use.temporaries = arena_bytes(executable, inputs);
  std::set<const runtime::Executable *> programs;
  collect(executable, programs);
  for (const runtime::Executable *program : programs)
    use.code = sum(use.code, program->code_bytes);
  return use;
}

} // namespace etch::tracer
