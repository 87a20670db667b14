// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/dispatcher.h"

#include "runtime/eager_dispatcher.h"
#include "runtime/symbolic_dim.h"
#include "runtime/symbolic_tensor.h"

#include <utility>

namespace etch::runtime {
namespace {

thread_local Dispatcher *current_dispatcher = nullptr;

} // namespace

Dispatcher &Dispatcher::current() { return current_dispatcher ? *current_dispatcher : eager(); }

Dispatcher *Dispatcher::exchange_current(Dispatcher *dispatcher) {
  return std::exchange(current_dispatcher, dispatcher);
}

Tensor Dispatcher::initial_value(const Tensor &tensor, const std::string &, Location location) {
  require_concrete(tensor, "variable", location);
  return tensor;
}

ops::TensorType Dispatcher::type_of(const Tensor &tensor, const char *what, Location location) {
  return runtime::type_of(tensor, what, location);
}

ops::Dim Dispatcher::dim(const SymbolicDim &dim, const char *what, Location location) {
  if (const auto number = dim.scope->number_now(dim)) // state that a callable makes eagerly while it is recorded
    return *number;
  dim.scope->raise_misplaced(dim, what, location);
  __builtin_unreachable(); // g++ 12 does not see it through the virtual call
}

Dispatcher &Dispatcher::eager() {
  // Without state, so that it may be used by constructors and destructors of static objects.
  static constinit EagerDispatcher dispatcher;
  return dispatcher;
}

DispatcherScope::DispatcherScope(Dispatcher &dispatcher) : previous_(current_dispatcher) {
  current_dispatcher = &dispatcher;
}

DispatcherScope::~DispatcherScope() { current_dispatcher = previous_; }

} // namespace etch::runtime
