// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/detail/structure.h>

#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace etch {
struct TensorSpec;
} // namespace etch

/// Callables as the tracer sees them: without their types.
namespace etch::detail {

template <class T>
inline constexpr bool kIsValueOrConstReference =
    !std::is_reference_v<T> || (std::is_lvalue_reference_v<T> && std::is_const_v<std::remove_reference_t<T>>);

/// The callable behind a Function, known by its signature only.
template <class R, class... Args>
struct Callable {
  virtual ~Callable() = default;
  virtual R call(Args... args) = 0;
};
template <class F, class R, class... Args>
struct CallableOf final : Callable<R, Args...> {
  explicit CallableOf(F callable) : callable(std::move(callable)) {}
  R call(Args... args) override { return std::invoke(callable, std::forward<Args>(args)...); }
  F callable;
};

/// The arguments that a callable takes by reference, in which it can change what is mutable: the caller's own, eagerly.
struct SharedArguments {
  FlatValues before, after; ///< the call of the callable
};

/// What the tracer knows of a callable and of the types it is called with.
struct CallableType {
  void (*invoke)(void *callable, StructureReader &arguments, FlatValues &results, SharedArguments &shared);
  void (*list)(LeafList &list, const std::vector<std::string> &names);
  void (*list_shared)(LeafList &list, const std::vector<std::string> &names); ///< null: it gets copies eagerly, too
  int parameter_count;
  int leaves; ///< tensors among the arguments, or -1 where that depends on the call
  bool is_generic;
};

template <class R, class Call>
void write_result(const Call &call, FlatValues &results) {
  if constexpr (std::is_void_v<R>)
    call();
  else
    Structure<std::decay_t<R>>::write(call(), results);
}
template <class... Args>
void write_shared(const std::tuple<std::decay_t<Args>...> &values, FlatValues &sink) {
  const auto write = [&]<class Arg>(std::type_identity<Arg>, const std::decay_t<Arg> &value) {
    if constexpr (std::is_reference_v<Arg>)
      Structure<std::decay_t<Arg>>::write(value, sink);
  };
  std::apply([&](const auto &...elements) { (write(std::type_identity<Args>(), elements), ...); }, values);
}
template <class... Args>
void list_shared(LeafList &list, const std::vector<std::string> &names) {
  size_t position = 0;
  [[maybe_unused]] const auto list_one = [&]<class Arg>(std::type_identity<Arg>) {
    if constexpr (std::is_reference_v<Arg>)
      Structure<std::decay_t<Arg>>::list(list, names[position]);
    ++position;
  };
  (list_one(std::type_identity<Args>()), ...);
}
template <class R, class... Args>
void invoke_flat(void *callable, StructureReader &arguments, FlatValues &results, SharedArguments &shared) {
  std::tuple<std::decay_t<Args>...> values{Structure<std::decay_t<Args>>::read(arguments)...};
  const auto call = [&]() -> R {
    return std::apply(
        [&](auto &...elements) -> R {
          return static_cast<Callable<R, Args...> *>(callable)->call(std::move(elements)...);
        },
        values);
  };
  write_shared<Args...>(values, shared.before);
  write_result<R>(call, results);
  write_shared<Args...>(values, shared.after);
}
template <class... Args>
void list_arguments(LeafList &list, const std::vector<std::string> &names) {
  [[maybe_unused]] size_t position = 0;
  (Structure<std::decay_t<Args>>::list(list, names[position++]), ...);
}
template <class R>
void list_results([[maybe_unused]] LeafList &list) {
  if constexpr (!std::is_void_v<R>)
    Structure<std::decay_t<R>>::list(list, "result");
}
template <class R, class... Args>
inline constexpr CallableType kCallableType{invoke_flat<R, Args...>, list_arguments<Args...>, list_shared<Args...>,
                                            sizeof...(Args), leaves_of<std::decay_t<Args>...>(), false};

// Callables with `auto` parameters or several call operators: the types of a call are part of its signature, as the
// first token, the address of its CallableType.
template <class T>
using GenericParameter = std::conditional_t<std::is_convertible_v<const T &, const char *>, std::string,
                                            std::conditional_t<std::is_same_v<T, TensorSpec>, Tensor, std::decay_t<T>>>;
template <class F, class... Args>
using GenericResult = std::invoke_result_t<F &, Args...>;
template <class F, class... Args>
void invoke_generic(void *callable, StructureReader &arguments, FlatValues &results, SharedArguments &) {
  arguments.token();
  std::tuple<Args...> values{Structure<Args>::read(arguments)...};
  const auto call = [&]() -> GenericResult<F, Args...> {
    return std::apply(
        [&](auto &...elements) -> GenericResult<F, Args...> {
          return std::invoke(*static_cast<F *>(callable), std::move(elements)...);
        },
        values);
  };
  write_result<GenericResult<F, Args...>>(call, results);
}
/// Every leaf bears the type of its parameter, and where there is none, one stands for it.
template <class T>
void list_typed(LeafList &list, const std::string &name) {
  const size_t first = list.leaves.size();
  Structure<T>::list(list, name);
  if (list.leaves.size() == first)
    list.add_value(name, Leaf::Sort::enumerator, "{}", list.tokens);
  for (size_t i = first; i < list.leaves.size(); ++i)
    list.leaves[i].type = type_name<T>();
}
template <class... Args>
void list_generic(LeafList &list, const std::vector<std::string> &names) {
  list.token();
  [[maybe_unused]] size_t position = 0;
  (list_typed<Args>(list, names[position++]), ...);
}
template <class F, class... Args>
inline constexpr CallableType kGenericType{invoke_generic<F, Args...>, list_generic<Args...>, nullptr, sizeof...(Args),
                                           leaves_of<Args...>(), true};

} // namespace etch::detail
