// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/detail/structure.h>
#include <etch/tensor.h>

#include <concepts>
#include <type_traits>
#include <utility>

// f(std::move(x)) gives x away: the call may write a result into its memory.
namespace etch::detail {

template <class T>
concept BecomesTensor = !std::derived_from<std::remove_cvref_t<T>, Tensor> && std::is_convertible_v<T, Tensor>;

/// What becomes a tensor of its own C++ type, unless another dtype is declared for it.
template <class T>
concept GivesNumber = Element<std::remove_cvref_t<T>> || std::is_same_v<std::remove_cvref_t<T>, Dim>;

/// What a call takes for a parameter that is a Tensor: a tensor, which stays where it is, or what converts to one.
/// Made implicitly at the call, never stored.
class TensorArgument {
public:
  TensorArgument() : tensor_(&own_.tensor) {}
  TensorArgument(const Tensor &tensor) : tensor_(&tensor) {}
  /// Donates it.
  TensorArgument(Tensor &&tensor) : tensor_(&tensor), handle_(&tensor) {}
  template <BecomesTensor T>
  TensorArgument(T &&value) : own_{converted(std::forward<T>(value)), nullptr, nullptr}, tensor_(&own_.tensor) {
    if constexpr (GivesNumber<T>)
      handle_ = &own_.tensor;
    if constexpr (std::is_same_v<std::remove_cvref_t<T>, Dim>)
      own_.extent = &value;
  }
  TensorArgument(const TensorArgument &) = delete;

  const Tensor &tensor() const { return *tensor_; }
  void write(FlatArguments &arguments) const {
    if (handle_)
      write_handle(arguments);
    arguments.tensor(*tensor_);
  }

private:
  static Tensor converted(Tensor value) { return value; }
  void write_handle(FlatArguments &arguments) const {
    if (handle_ == &own_.tensor)
      arguments.number(own_);
    else if (handle_->defined())
      arguments.donations.push({handle_, arguments.tensors.size()});
  }

  mutable GivenNumber own_; // becomes one of another dtype in the course of the call
  const Tensor *tensor_;
  Tensor *handle_ = nullptr; // of what is donated, or of a number
};

/// The same for what calls nothing, and donates nothing.
class LentTensor : public TensorArgument {
public:
  LentTensor() = default;
  LentTensor(const Tensor &tensor) : TensorArgument(tensor) {}
  template <BecomesTensor T>
  LentTensor(T &&value) : TensorArgument(std::forward<T>(value)) {}
};

/// How a call takes a parameter of type T. Tensors inside other things are not donated.
template <class T>
using Argument = std::conditional_t<std::is_same_v<T, Tensor>, TensorArgument, T>;
template <class T>
using Lent = std::conditional_t<std::is_same_v<T, Tensor>, LentTensor, T>;

template <class T>
const T &value_of(const T &argument) {
  return argument;
}
inline const Tensor &value_of(const TensorArgument &argument) { return argument.tensor(); }

template <class T>
void write_argument(const Argument<T> &argument, FlatArguments &arguments) {
  if constexpr (std::is_same_v<T, Tensor>)
    argument.write(arguments);
  else
    Structure<T>::write(argument, arguments);
}

class FunctionState;

/// Takes the donated tensors out of their handles. For callers that have run the callable themselves.
void take_donations(FunctionState &state, const FlatArguments &arguments, Location location);

/// Around a callable that runs in the place of its trace; true where it is recorded into another's.
bool enter_callable(const FunctionState &state, Location location);
void leave_callable(bool is_recorded);

class EagerCall {
public:
  EagerCall(const FunctionState &state, Location location) : is_recorded_(enter_callable(state, location)) {}
  ~EagerCall() { leave_callable(is_recorded_); }
  EagerCall(const EagerCall &) = delete;

private:
  const bool is_recorded_;
};
/// For what comes out of the call.
void add_call(Error &error, const FunctionState &state, Location location);

/// Throws Error (invalid_argument) where it has been donated.
void check_result(const FunctionState &state, const Tensor &result);

struct ResultCheck {
  const FunctionState &state;

  void tensor(const Tensor &tensor) const {
    if (tensor.node() && tensor.node()->symbolic) [[unlikely]]
      check_result(state, tensor);
  }
  void variable(const Variable &) const {}
  void token(uint64_t) const {}
};

/// Runs the callable in the place of its trace.
template <class R, class Call>
std::decay_t<R> call_eagerly(FunctionState &state, const FlatArguments &arguments, Location location,
                             const Call &call) {
  const auto called = [&]() -> std::decay_t<R> {
    try {
      const EagerCall scope(state, location);
      if constexpr (std::is_void_v<R>) {
        return call();
      } else {
        std::decay_t<R> result = call();
        const ResultCheck check{state};
        Structure<std::decay_t<R>>::write(result, check);
        return result;
      }
    } catch (Error &error) {
      add_call(error, state, location);
      throw;
    }
  };
  if constexpr (std::is_void_v<R>) {
    called();
    take_donations(state, arguments, location);
  } else {
    std::decay_t<R> result = called();
    take_donations(state, arguments, location);
    return result;
  }
}

} // namespace etch::detail
