// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/tensor.h>

#include <iosfwd>
#include <memory>
#include <string>
#include <utility>

namespace etch {

class Operand;
namespace detail {
struct VariableState;
}

/// Named mutable state. A Variable is a shared handle: copies mean the same state. dtype and shape are fixed at
/// creation. Reads and writes happen in program order, eagerly or inside a traced function, and a traced function holds
/// the Variables it uses for as long as it lives. Operations take a Variable where they take a Tensor; elsewhere write
/// `v.value()`. A callable that is being traced may create Variables where it does so once and keeps them:
/// `if (!w) w.emplace(zeros({2}), "w");`, see also Function::local_variable. Thread-safe: each read and each assign is
/// atomic.
class Variable {
public:
  /// While a callable is being traced the initial value is the one it has at this point of the call. Throws Error
  /// (invalid_argument) for an undefined one, (tracing) for one that depends on an argument of which only a spec is
  /// given.
  explicit Variable(const Tensor &initial_value, std::string name = "variable", bool trainable = true,
                    Location location = Location::current());

  /// The current value; later assignments do not change the returned tensor.
  Tensor value(Location location = Location::current()) const;
  /// Throws Error (dtype, shape) when the value's dtype or shape differs from the Variable's.
  void assign(const Operand &value) const;
  void assign_add(const Operand &value) const;
  void assign_sub(const Operand &value) const;

  const std::string &name() const;
  bool trainable() const;
  DType dtype() const;
  const Shape &shape() const;

  /// For the library.
  explicit Variable(std::shared_ptr<detail::VariableState> state) : state_(std::move(state)) {}
  // Moving copies, so that no Variable is ever without its state.
  Variable(const Variable &) = default;
  Variable &operator=(const Variable &) = default;

  const std::shared_ptr<detail::VariableState> &state() const { return state_; }

private:
  std::shared_ptr<detail::VariableState> state_;
};

/// Prints the current value.
std::ostream &operator<<(std::ostream &stream, const Variable &variable);

} // namespace etch
