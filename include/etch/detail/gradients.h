// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/detail/structure.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace etch::runtime {
class Tape;
} // namespace etch::runtime

// How targets and sources of gradients are taken apart, and gradients put together in their likeness.
namespace etch::detail {

/// A tensor or a Variable among targets or sources.
struct GradientLeaf {
  Tensor tensor;
  std::shared_ptr<VariableState> variable; ///< null for a tensor
};

struct GradientLeaves {
  std::vector<GradientLeaf> leaves;

  void tensor(const Tensor &tensor) { leaves.push_back({tensor, nullptr}); }
  void variable(const Variable &variable) { leaves.push_back({{}, variable.state()}); }
  void token(uint64_t) {}
};

template <class... Ts>
GradientLeaves gradient_leaves(const Ts &...values) {
  GradientLeaves leaves;
  (Structure<Ts>::write(values, leaves), ...);
  return leaves;
}

/// A target with the user's line: a Tensor or a Variable, or containers and structs of them.
struct GradientTarget {
  template <class T>
  GradientTarget(const T &value, const char *file = __builtin_FILE(), const char *function = __builtin_FUNCTION(),
                 int line = __builtin_LINE())
      : leaves(gradient_leaves(value)), location{file, function, line} {}

  GradientLeaves leaves;
  Location location;
};

/// One tensor or Variable.
struct GradientSource {
  GradientSource(const Tensor &tensor) : leaf{tensor, nullptr} {}
  GradientSource(const Variable &variable) : leaf{{}, variable.state()} {}

  GradientLeaf leaf;
};

/// Takes the next gradients, in the order in which the leaves of a value of T were written.
template <class T>
struct GradientOf {
  static_assert(!std::is_same_v<T, T>,
                "GradientTape: sources may be Tensors and Variables, and vectors, arrays, tuples, "
                "pairs, maps, optionals and structs of them");
};

template <>
struct GradientOf<Tensor> {
  using type = Tensor;
  static Tensor of(const Tensor &, Tensor *&next) { return std::move(*next++); }
};
template <>
struct GradientOf<Variable> {
  using type = Tensor;
  static Tensor of(const Variable &, Tensor *&next) { return std::move(*next++); }
};
/// Numbers and strings beside tensors stay what they are.
template <class T>
  requires(Value<T> || std::is_same_v<T, std::string>)
struct GradientOf<T> {
  using type = T;
  static T of(const T &value, Tensor *&) { return value; }
};

template <class T>
using GradientType = typename GradientOf<T>::type;

template <class T, class Allocator>
struct GradientOf<std::vector<T, Allocator>> {
  using type = std::vector<GradientType<T>>;
  static type of(const std::vector<T, Allocator> &value, Tensor *&next) {
    type gradients;
    for (const T &element : value)
      gradients.push_back(GradientOf<T>::of(element, next));
    return gradients;
  }
};
template <class K, class T, class Compare, class Allocator>
struct GradientOf<std::map<K, T, Compare, Allocator>> {
  using type = std::map<K, GradientType<T>, Compare>;
  static type of(const std::map<K, T, Compare, Allocator> &value, Tensor *&next) {
    type gradients;
    for (const auto &[key, element] : value)
      gradients.emplace(key, GradientOf<T>::of(element, next));
    return gradients;
  }
};
template <class T>
struct GradientOf<std::optional<T>> {
  using type = std::optional<GradientType<T>>;
  static type of(const std::optional<T> &value, Tensor *&next) {
    if (!value)
      return std::nullopt;
    return GradientOf<T>::of(*value, next);
  }
};
template <class... Ts>
struct GradientOf<std::tuple<Ts...>> {
  using type = std::tuple<GradientType<Ts>...>;
  static type of(const std::tuple<Ts...> &value, [[maybe_unused]] Tensor *&next) {
    return std::apply([&](const Ts &...elements) { return type{GradientOf<Ts>::of(elements, next)...}; }, value);
  }
};
template <class A, class B>
struct GradientOf<std::pair<A, B>> {
  using type = std::pair<GradientType<A>, GradientType<B>>;
  static type of(const std::pair<A, B> &value, Tensor *&next) {
    GradientType<A> first = GradientOf<A>::of(value.first, next);
    return {std::move(first), GradientOf<B>::of(value.second, next)};
  }
};
template <class T, size_t N>
struct GradientOf<std::array<T, N>> {
  using type = std::array<GradientType<T>, N>;
  static type of(const std::array<T, N> &value, Tensor *&next) {
    type gradients{};
    for (size_t i = 0; i < N; ++i)
      gradients[i] = GradientOf<T>::of(value[i], next);
    return gradients;
  }
};

/// A struct of tensors is one of gradients as well; one with Variables, which gradients are not, gives a tuple.
template <HasFields T>
struct GradientOf<T> {
  using Tuple = typename GradientOf<FieldTypes<T>>::type;
  static constexpr bool kIsOwn = std::is_same_v<Tuple, FieldTypes<T>>;
  using type = std::conditional_t<kIsOwn, T, Tuple>;
  static type of(const T &value, [[maybe_unused]] Tensor *&next) {
    if constexpr (kIsOwn) {
      T gradients = value;
      std::apply(
          [&](auto &...fields) {
            ((fields = GradientOf<std::remove_cvref_t<decltype(fields)>>::of(fields, next)), ...);
          },
          fields_of(gradients));
      return gradients;
    } else {
      return std::apply(
          [&](const auto &...fields) {
            return Tuple{GradientOf<std::remove_cvref_t<decltype(fields)>>::of(fields, next)...};
          },
          fields_of(value));
    }
  }
};

template <class... Sources>
auto as_gradients(std::vector<Tensor> gradients, const Sources &...sources) {
  Tensor *next = gradients.data();
  if constexpr (sizeof...(Sources) == 1)
    return (GradientOf<Sources>::of(sources, next), ...);
  else
    return std::tuple<GradientType<Sources>...>{GradientOf<Sources>::of(sources, next)...};
}

/// The gradients of a call's operands, given those of its results; undefined where there is none.
using Pullback = std::function<std::vector<Tensor>(const std::vector<Tensor> &)>;

/// Says what the gradient of a call is that has been made, for the tapes that note it and in the trace that has it.
/// `results` get identities of their own.
void note_custom_gradient(const GradientLeaves &operands, std::vector<Tensor> &results, Pullback pullback,
                          Location location);

/// Leaves of a gradient, which may be none of Variables. Throws Error (invalid_argument) unless there are `count`.
std::vector<Tensor> gradients_of(const GradientLeaves &gradients, size_t count, Location location);

/// The value with the gradient that `pullback` says, from the gradient of the value, in its form, to those of the
/// arguments: of one argument in its form, of several a tuple.
template <class V, class P, class... Args>
V with_pullback(const V &value, P pullback, Location location, const Args &...args) {
  const GradientLeaves operands = gradient_leaves(args...);
  FlatValues results;
  Structure<V>::write(value, results);
  auto flat = [pullback = std::move(pullback), value, location,
               count = operands.leaves.size()](const std::vector<Tensor> &dys) {
    std::vector<Tensor> given = dys;
    Tensor *next = given.data();
    return gradients_of(gradient_leaves(pullback(GradientOf<V>::of(value, next))), count, location);
  };
  note_custom_gradient(operands, results.tensors, std::move(flat), location);
  StructureReader reader{results.tensors.data(), results.variables.data(), results.tokens.data()};
  return Structure<V>::read(reader);
}

/// Runs it while tapes note nothing. Returns the Variables of floats that it reads, those among its arguments left out.
std::vector<Variable> run_unnoted(const std::function<void()> &run, const GradientLeaves &arguments, Location location);

/// The tensor as what is computed again begins with it.
Tensor recomputed(const Tensor &tensor, Location location);
template <class T>
T recomputed_value(const T &value, Location location) {
  FlatValues flat;
  Structure<T>::write(value, flat);
  for (Tensor &tensor : flat.tensors)
    tensor = recomputed(tensor, location);
  StructureReader reader{flat.tensors.data(), flat.variables.data(), flat.tokens.data()};
  return Structure<T>::read(reader);
}
/// The gradients, given those of what `run` returns, of leaves that it computes this from; undefined ones of integers.
std::vector<Tensor> recomputed_gradients(const std::function<GradientLeaves()> &run, const GradientLeaves &sources,
                                         const GradientLeaves &dys, Location location);

/// The tensor under an identity of its own, of the same value; undefined ones stay so.
Tensor with_own_identity(const Tensor &tensor, Location location);
/// Zeros of its dtype and shape.
Tensor zeros_of(const Tensor &tensor);

/// The arguments of a call whose tensors are told apart by gradients, though the same one may be given twice.
template <class T>
T told_apart(const T &value, std::vector<const TensorNode *> &seen, Location location) {
  FlatValues flat;
  Structure<T>::write(value, flat);
  for (Tensor &tensor : flat.tensors) {
    if (std::find(seen.begin(), seen.end(), tensor.node()) != seen.end())
      tensor = with_own_identity(tensor, location);
    seen.push_back(tensor.node());
  }
  StructureReader reader{flat.tensors.data(), flat.variables.data(), flat.tokens.data()};
  return Structure<T>::read(reader);
}
template <class... Args>
std::tuple<std::decay_t<Args>...> told_apart(Location location, const Args &...args) {
  std::vector<const TensorNode *> seen;
  return {told_apart<std::decay_t<Args>>(args, seen, location)...};
}

/// The first where no position is given.
template <size_t... Positions>
using OrFirst =
    std::conditional_t<sizeof...(Positions) == 0, std::index_sequence<0>, std::index_sequence<Positions...>>;

/// body(options, rest...): the last argument where it is Options, else default ones.
template <class Options, class Body, class... Args>
auto split_options(const Body &body, const Args &...args) {
  constexpr size_t count = sizeof...(Args);
  const auto all = std::tie(args...);
  const auto with = [&]<size_t... I>(const Options &options, std::index_sequence<I...>) {
    return body(options, std::get<I>(all)...);
  };
  if constexpr (count == 0)
    return body(Options());
  else if constexpr (std::is_same_v<std::tuple_element_t<count - 1, std::tuple<Args...>>, Options>)
    return with(std::get<count - 1>(all), std::make_index_sequence<count - 1>());
  else
    return with(Options(), std::make_index_sequence<count>());
}

} // namespace etch::detail
