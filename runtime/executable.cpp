// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/executable.h"

#include "runtime/call_plan.h"

#include <utility>

namespace etch::runtime {
namespace {

CallPlan::Dims append(std::vector<ops::Dim> &all, const ops::TensorType &type) {
  const CallPlan::Dims dims{static_cast<int32_t>(all.size()), type.rank()};
  all.insert(all.end(), type.dims.begin(), type.dims.end());
  return dims;
}

std::vector<CallPlan::HostCall> append(std::vector<ops::Dim> &all, const std::vector<Executable::HostCall> &calls) {
  std::vector<CallPlan::HostCall> plans;
  for (const Executable::HostCall &call : calls) {
    CallPlan::HostCall plan;
    for (const ops::TensorType &type : call.operands)
      plan.operands.push_back(append(all, type));
    for (const ops::TensorType &type : call.results)
      plan.results.push_back(append(all, type));
    plans.push_back(std::move(plan));
  }
  return plans;
}

} // namespace

CallPlan::CallPlan(const Executable &executable)
    : first_slot(executable.dims.size()), slot_count(executable.slot_bytes.size()) {
  std::vector<ops::Dim> all = executable.dims;
  all.insert(all.end(), executable.slot_bytes.begin(), executable.slot_bytes.end());
  for (const ops::TensorType &type : executable.outputs) {
    const bool is_static = type.is_static();
    outputs.push_back({append(all, type), is_static, is_static ? type.shape() : Shape()});
  }
  opaque_calls = append(all, executable.opaque_calls);
  print_calls = append(all, executable.print_calls);
  std::vector<std::string> symbols;
  for (const Executable::SymbolSource &source : executable.symbols)
    symbols.push_back(source.symbol);
  program = DimProgram(std::move(symbols), all);
}

void Executable::finalize() { plan = std::make_shared<const CallPlan>(*this); }

} // namespace etch::runtime
