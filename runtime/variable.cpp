// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <etch/variable.h>

#include "ops/adopt.h"
#include "runtime/concrete_tensor.h"
#include "runtime/dispatcher.h"
#include "runtime/donated_tensor.h"
#include "runtime/float_environment.h"
#include "runtime/symbolic_dim.h"
#include "runtime/symbolic_tensor.h"
#include "runtime/variable_state.h"
#include "support/require.h"

#include <etch/detail/operand.h>

#include <ostream>
#include <utility>

namespace etch {
namespace {

using State = std::shared_ptr<detail::VariableState>;

const ops::Attrs kNoAttrs;

// Known dimensions are compared here, where the Variable has a name; the shape rule asks for the unknown ones.
void require_same_type(const ops::OpDef &op, const detail::VariableState &state, const ops::TensorType &value,
                       Location location) {
  ETCH_REQUIRE(value.dtype == state.dtype, ErrorCode::dtype, location)
      << op.name << ": dtype must be that of variable '" << state.name << "', got " << value.message_text() << " for "
      << spec_text(state.dtype, state.shape);
  bool fits = value.rank() == state.shape.rank();
  for (int axis = 0; fits && axis < value.rank(); ++axis) {
    const ops::Dim &dim = value.dims[static_cast<size_t>(axis)];
    fits = !dim.is_static() || dim.value() == state.shape[axis];
  }
  ETCH_REQUIRE(fits, ErrorCode::shape, location)
      << op.name << ": shape must be that of variable '" << state.name << "', got " << value.message_text() << " for "
      << spec_text(state.dtype, state.shape);
}

void write(const ops::OpDef &op, const State &state, const Operand &value) {
  runtime::Dispatcher &dispatcher = runtime::Dispatcher::current();
  const Location location = value.location();
  Tensor operand;
  if (value.open_dim()) {
    operand = runtime::open_dim_tensor(op, *value.open_dim(), state->dtype, location);
  } else if (value.is_literal()) {
    const runtime::FloatEnvironment environment;
    operand = dispatcher.literal(ops::adopt(op, value.literal(), state->dtype, location), location);
  } else {
    operand = value.tensor();
  }
  require_same_type(op, *state, runtime::type_of(operand, op.name, location), location);
  dispatcher.call({op, {&operand, 1}, kNoAttrs, &state, location}, {});
}

// A method that writes is called as its op is.
const ops::OpDef &writing_op(const char *method) {
  const ops::OpDef *op = ops::find_op(method);
  ETCH_CHECK(op && op->effect == ops::Effect::writes_variable) << method;
  return *op;
}

const ops::OpDef &reading_op() {
  for (const ops::OpDef &op : ops::registry())
    if (op.effect == ops::Effect::reads_variable)
      return op;
  throw InternalError("the op table has no op that reads a Variable");
}

} // namespace

namespace runtime {

void require_own_variable(const detail::VariableState &state, const char *what, Location location) {
  ETCH_REQUIRE(!state.is_stand_in, ErrorCode::tracing, location)
      << what << ": variable '" << state.name
      << "' is out of scope: it is an argument of a traced function, used outside the trace it belongs to"
      << help("return it from the function, or capture the variable itself");
}

} // namespace runtime

Variable::Variable(const Tensor &initial_value, std::string name, bool trainable, Location location) {
  runtime::Dispatcher &dispatcher = runtime::Dispatcher::current();
  const Location place = location.known() ? location : dispatcher.call_site();
  ETCH_REQUIRE(initial_value.defined(), ErrorCode::invalid_argument, place)
      << "variable: the initial value of '" << name << "' must be defined, got an undefined tensor";
  runtime::require_not_donated(initial_value, "variable", place);
  const Tensor value = runtime::contiguous(dispatcher.initial_value(initial_value, name, place));
  state_.reset(
      new detail::VariableState{{}, value, std::move(name), trainable, value.dtype(), value.shape(), location});
  dispatcher.variable_created(state_);
}

Tensor Variable::value(Location location) const {
  static const ops::OpDef &op = reading_op();
  Tensor result;
  runtime::Dispatcher::current().call({op, {}, kNoAttrs, &state_, location}, {&result, 1});
  return result;
}

void Variable::assign(const Operand &value) const {
  static const ops::OpDef &op = writing_op(__func__);
  write(op, state_, value);
}

void Variable::assign_add(const Operand &value) const {
  static const ops::OpDef &op = writing_op(__func__);
  write(op, state_, value);
}

void Variable::assign_sub(const Operand &value) const {
  static const ops::OpDef &op = writing_op(__func__);
  write(op, state_, value);
}

std::ostream &operator<<(std::ostream &stream, const Variable &variable) { return stream << variable.value(); }

const std::string &Variable::name() const { return state_->name; }
bool Variable::trainable() const { return state_->trainable; }
DType Variable::dtype() const { return state_->dtype; }
const Shape &Variable::shape() const { return state_->shape; }

} // namespace etch
