// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/host.h"

#include "runtime/call_plan.h"
#include "runtime/concrete_tensor.h"
#include "runtime/contract.h"
#include "runtime/float_environment.h"
#include "runtime/kernels/table.h"
#include "runtime/opaque.h"
#include "runtime/scratch.h"
#include "runtime/thread_pool.h"
#include "support/require.h"

#include <exception>
#include <mutex>
#include <utility>

namespace etch::runtime {
namespace {

// What etch_frame::context points to.
struct CallContext {
  const Executable &executable;
  const int64_t *values; // of the plan's program
  PrintBuffer &prints;
  etch_status &status;
  std::mutex mutex;
  std::exception_ptr failure;

  // Exceptions may not pass through compiled code, so a failing service notes the first one and returns. The status
  // keeps the code from writing over inputs.
  template <class F>
  void guarded(F &&service) noexcept {
    try {
      service();
    } catch (...) {
      std::lock_guard lock(mutex);
      if (!failure)
        failure = std::current_exception();
      status = {0, kHostFailure, 0};
    }
  }
};

CallContext &context_of(etch_frame *frame) { return *static_cast<CallContext *>(frame->context); }

void host_parallel_for(etch_frame *, int64_t tiles, int64_t grain, etch_kernel_body body, void *context) {
  parallel_for(tiles, grain, body, context);
}

void host_contract(etch_frame *frame, const etch_contraction *s, const void *a, const void *b, void *c, void *micro,
                   int64_t mr, int64_t nr, void *epilogue) {
  context_of(frame).guarded([&] {
    const ContractionShape shape{s->batch, s->m,       s->n,     s->k,     s->a_batch, s->a_row,
                                 s->a_col, s->b_batch, s->b_row, s->b_col, s->c_batch, s->c_row};
    const ContractionElement element = contraction_element(static_cast<DType>(s->dtype));
    if (!micro)
      return contract_plainly(element, shape, a, b, c);
    ContractionCall call{};
    call.kernels = kernels().contraction;
    call.shape = shape;
    call.a = a;
    call.b = b;
    call.c = c;
    call.element_bytes = element_bytes(element);
    // What codegen/emit_contraction.cpp makes of every kernel: rows beyond m are clamped, columns beyond n masked.
    constexpr int32_t abilities = kReadsAnyA | kReadsAnyB | kReadsAnyEdgeB;
    call.kernel = {reinterpret_cast<MicroKernel>(micro), static_cast<int32_t>(mr), static_cast<int32_t>(nr), abilities};
    call.epilogue = epilogue;
    contract_on_pool(call);
  });
}

int64_t place_slots(const Executable &executable, int64_t *values, Location location);

/// Runs another Executable on buffers of the call around it: what it prints is that one's, and where a check in it
/// fails the op fails that stands for it.
void run_callee(etch_frame *around, const Executable::HostCall &call, std::span<const OpaqueBuffer> buffers) {
  const Executable &executable = *call.callee;
  const CallPlan &plan = *executable.plan;
  InlineVector<int64_t, 16> symbols(plan.program.value_count());
  for (size_t i = 0; i < executable.symbols.size(); ++i) {
    const Executable::SymbolSource &source = executable.symbols[i];
    symbols[i] = buffers[static_cast<size_t>(source.input)].dims[static_cast<size_t>(source.axis)];
  }
  InlineVector<int64_t, 64> values(plan.program.size());
  plan.program.evaluate(symbols.data(), values.data());
  const Scratch arena(place_slots(executable, values.data(), {}));
  InlineVector<void *, 64> addresses(buffers.size());
  for (size_t i = 0; i < buffers.size(); ++i)
    addresses[i] = buffers[i].elements;
  etch_status status = kNoStatus;
  CallContext context{executable, values.data(), context_of(around).prints, status, {}, nullptr};
  etch_frame frame{ETCH_ABI_VERSION,
                   addresses.data(),
                   addresses.data() + executable.inputs.size(),
                   static_cast<char *>(arena.block()),
                   values.data(),
                   &status,
                   around->host,
                   around->stream,
                   &context};
  executable.entry(&frame);
  if (context.failure)
    std::rethrow_exception(context.failure);
  if (status.op_id != kNoFailingOp && call.op_id < around->status->op_id)
    *around->status = {call.op_id, status.kind, status.index};
}

void run_host_call(etch_frame *frame, const Executable::HostCall &call, const CallPlan::HostCall &plan,
                   void *const *buffers) {
  CallContext &context = context_of(frame);
  context.guarded([&] {
    const size_t operand_count = call.operands.size();
    InlineVector<OpaqueBuffer, 8> all(operand_count + call.results.size());
    for (size_t i = 0; i < all.size(); ++i) {
      const bool is_operand = i < operand_count;
      const ops::TensorType &type = is_operand ? call.operands[i] : call.results[i - operand_count];
      const CallPlan::Dims &dims = is_operand ? plan.operands[i] : plan.results[i - operand_count];
      all[i] = {type.dtype, {context.values + dims.first_value, static_cast<size_t>(dims.rank)}, buffers[i]};
    }
    const std::span<const OpaqueBuffer> spans = all;
    if (call.callee)
      return run_callee(frame, call, spans);
    opaque_hook (*call.op)({*call.op, call.attrs, spans.first(operand_count), spans.subspan(operand_count), call.op_id,
                            frame->status, &context.prints, nullptr});
  });
}

void host_opaque(etch_frame *frame, int64_t site, void *const *buffers) {
  const CallContext &context = context_of(frame);
  const size_t index = static_cast<size_t>(site);
  run_host_call(frame, context.executable.opaque_calls[index], context.executable.plan->opaque_calls[index], buffers);
}

void host_print(etch_frame *frame, int64_t site, void *const *buffers) {
  const CallContext &context = context_of(frame);
  const size_t index = static_cast<size_t>(site);
  run_host_call(frame, context.executable.print_calls[index], context.executable.plan->print_calls[index], buffers);
}

constexpr etch_host kHost{host_parallel_for, host_contract, host_opaque, host_print};

// Turns the sizes of the slots into their offsets, behind the static part, and returns the bytes of all.
int64_t place_slots(const Executable &executable, int64_t *values, Location location) {
  constexpr int64_t line = 64;
  int64_t *slots = values + executable.plan->first_slot;
  int64_t end = (executable.static_arena_bytes + line - 1) / line * line;
  for (size_t slot = 0; slot < executable.plan->slot_count; ++slot) {
    const int64_t bytes = slots[slot];
    ETCH_CHECK(bytes >= 0) << "slot " << slot << " of the arena";
    slots[slot] = end;
    ETCH_REQUIRE(!__builtin_add_overflow(end, bytes, &end) && end <= INT64_MAX - line, ErrorCode::too_large, location)
        << "allocate: intermediate results are more than this machine can hold";
    end = (end + line - 1) / line * line;
  }
  return end;
}

Shape shape_of(const CallPlan::Output &output, const int64_t *values, Location location) {
  if (output.is_static)
    return output.shape;
  const std::span<const int64_t> dims{values + output.dims.first_value, static_cast<size_t>(output.dims.rank)};
  return Shape(dims, location);
}

// Outputs that are written into the memory of an input.
void take_inputs(const Executable &executable, const int64_t *values, std::span<const Tensor *const> inputs,
                 std::span<InputMemory> memory, std::span<Tensor> outputs, Location location) {
  for (const Executable::Take &take : executable.takes) {
    const auto input = static_cast<size_t>(take.input), output = static_cast<size_t>(take.output);
    if (memory[input] != InputMemory::given || outputs[output].defined() || !is_owned(*inputs[input]))
      continue;
    const Shape shape = shape_of(executable.plan->outputs[output], values, location);
    outputs[output] = adopt_memory(*inputs[input], executable.outputs[output].dtype, shape);
    memory[input] = InputMemory::taken;
  }
}

void allocate_outputs(const Executable &executable, const int64_t *values, std::span<Tensor> outputs,
                      Location location) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    const CallPlan::Output &output = executable.plan->outputs[i];
    const DType dtype = executable.outputs[i].dtype;
    if (!outputs[i].defined())
      outputs[i] = output.is_static ? allocate_tensor(dtype, output.shape, location)
                                    : allocate_tensor(dtype, shape_of(output, values, location), location);
  }
}

} // namespace

etch_status run_executable(const Executable &executable, std::span<const Tensor *const> inputs,
                           std::span<Tensor> outputs, PrintBuffer &prints, Location location,
                           std::span<InputMemory> memory) {
  const CallPlan &plan = *executable.plan;
  InlineVector<int64_t, 16> symbols(plan.program.value_count());
  for (size_t i = 0; i < executable.symbols.size(); ++i) {
    const Executable::SymbolSource &source = executable.symbols[i];
    symbols[i] = concrete(*inputs[static_cast<size_t>(source.input)]).shape[source.axis];
  }
  InlineVector<int64_t, 64> values(plan.program.size());
  plan.program.evaluate(symbols.data(), values.data());
  const Scratch arena(place_slots(executable, values.data(), location));
  InlineVector<void *, 64> addresses(inputs.size() + outputs.size());
  for (size_t i = 0; i < inputs.size(); ++i)
    addresses[i] = const_cast<void *>(concrete(*inputs[i]).contiguous_elements());
  if (!memory.empty())
    take_inputs(executable, values.data(), inputs, memory, outputs, location);
  allocate_outputs(executable, values.data(), outputs, location);
  for (size_t i = 0; i < outputs.size(); ++i)
    addresses[inputs.size() + i] = mutable_elements(outputs[i]);

  etch_status status = kNoStatus;
  CallContext context{executable, values.data(), prints, status, {}, nullptr};
  etch_frame frame{ETCH_ABI_VERSION,
                   addresses.data(),
                   addresses.data() + inputs.size(),
                   static_cast<char *>(arena.block()),
                   values.data(),
                   &status,
                   &kHost,
                   nullptr,
                   &context};
  {
    const FloatEnvironment environment;
    executable.entry(&frame);
  }
  if (context.failure)
    std::rethrow_exception(context.failure);
  return status;
}

} // namespace etch::runtime
