// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/detail/structure.h>

#include <vector>

namespace etch::tracer {

/// A call's arguments in handles of its own, since a callable may assign the caller's while it is traced.
class HeldArguments {
public:
  explicit HeldArguments(const detail::FlatArguments &given) : given_(given) {
    for (const Tensor *tensor : given.tensors.span())
      tensors_.push_back(*tensor);
    for (const Variable *variable : given.variables.span())
      variables_.push_back(*variable);
    own_.type = given.type;
    for (const Tensor &tensor : tensors_)
      own_.tensor(tensor);
    for (const Variable &variable : variables_)
      own_.variable(variable);
    for (const uint64_t token : given.tokens.span())
      own_.token(token);
  }
  HeldArguments(const HeldArguments &) = delete;

  const detail::FlatArguments &flat() const { return own_; }
  /// What to run with when the callable has been traced: the caller's where they are as they were, and then they alone
  /// hold the tensors; else these, donations left out.
  const detail::FlatArguments &after_tracing() {
    for (size_t i = 0; i < tensors_.size(); ++i)
      if (given_.tensors.data()[i]->node() != tensors_[i].node())
        return own_;
    for (size_t i = 0; i < variables_.size(); ++i)
      if (given_.variables.data()[i]->state() != variables_[i].state())
        return own_;
    tensors_.clear();
    return given_;
  }

private:
  const detail::FlatArguments &given_;
  std::vector<Tensor> tensors_;
  std::vector<Variable> variables_;
  detail::FlatArguments own_;
};

} // namespace etch::tracer
