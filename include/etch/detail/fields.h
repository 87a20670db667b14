// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

// The fields of simple structs without a word from their author: how many there are is found by trying initializers,
// and structured bindings name them. C arrays and base classes are beyond it, which must be found out before a
// structured binding fails on them; such structs have a `tie_fields`.
namespace etch::detail {

struct AnyField {
  template <class T>
  operator T &() const &;
  template <class T>
  operator T &&() const &&;
};

inline constexpr size_t kMostFields = 16;

template <class T, size_t... I>
constexpr bool takes_fields(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), AnyField())...}; };
}
template <class T, size_t Count = kMostFields + 1>
constexpr size_t count_fields() {
  if constexpr (Count == 0 || takes_fields<T>(std::make_index_sequence<Count>()))
    return Count;
  else
    return count_fields<T, Count - 1>();
}

/// What T may be initialized from where it has a base class, which then comes first.
template <class T>
struct AnyBaseOf {
  template <class Base>
    requires(std::is_base_of_v<Base, T> && !std::is_same_v<Base, T>)
  operator Base &&() const &&;
};
struct NoField {};
template <class T>
constexpr bool has_base() {
  // A first field that takes whatever there is says nothing.
  return requires { T{AnyBaseOf<T>()}; } && !requires { T{NoField()}; };
}

/// Whether T takes `Before` fields, one in braces of `Inside` values and `After` more.
template <class T, size_t... Before, size_t... Inside, size_t... After>
constexpr bool takes_braces(std::index_sequence<Before...>, std::index_sequence<Inside...>,
                            std::index_sequence<After...>) {
  return requires {
    T{(static_cast<void>(Before), AnyField())...,
      {(static_cast<void>(Inside), AnyField())...},
      (static_cast<void>(After), AnyField())...};
  };
}
template <class T, size_t At, size_t Inside, size_t After>
constexpr bool takes_braces() {
  return takes_braces<T>(std::make_index_sequence<At>(), std::make_index_sequence<Inside>(),
                         std::make_index_sequence<After>());
}
/// Whether an array begins at a place among `Count` initializers: without braces it takes as many as it has elements,
/// in braces it leaves fewer places to the others.
template <class T, size_t Count, size_t At, size_t Length = 2>
constexpr bool has_array_at() {
  if constexpr (At + Length > Count || takes_braces<T, At, 0, Count - At - 1>())
    return false;
  else if constexpr (takes_braces<T, At, Length, Count - At - Length>() &&
                     !takes_braces<T, At, Length, Count - At - 1>())
    return true;
  else
    return has_array_at<T, Count, At, Length + 1>();
}
template <class T, size_t At = 0>
constexpr bool has_array() {
  constexpr size_t count = count_fields<T>();
  if constexpr (At >= count)
    return false;
  else
    return has_array_at<T, count, At>() || has_array<T, At + 1>();
}

template <class T>
constexpr bool has_countable_fields() {
  return count_fields<T>() <= kMostFields && (count_fields<T>() > 0 || std::is_empty_v<T>);
}
template <class T>
constexpr bool is_decomposable() {
  return !has_base<T>() && !has_array<T>() && has_countable_fields<T>();
}

/// References to the fields of an aggregate, in order; none where it cannot be taken apart.
template <class T>
constexpr auto tie_aggregate(T &value) {
  constexpr size_t count = is_decomposable<std::remove_const_t<T>>() ? count_fields<std::remove_const_t<T>>() : 0;
#define ETCH_TIE(number, ...)                                                                                          \
  if constexpr (count == number) {                                                                                     \
    auto &[__VA_ARGS__] = value;                                                                                       \
    return std::tie(__VA_ARGS__);                                                                                      \
  } else
  ETCH_TIE(1, a)
  ETCH_TIE(2, a, b)
  ETCH_TIE(3, a, b, c)
  ETCH_TIE(4, a, b, c, d)
  ETCH_TIE(5, a, b, c, d, e)
  ETCH_TIE(6, a, b, c, d, e, f)
  ETCH_TIE(7, a, b, c, d, e, f, g)
  ETCH_TIE(8, a, b, c, d, e, f, g, h)
  ETCH_TIE(9, a, b, c, d, e, f, g, h, i)
  ETCH_TIE(10, a, b, c, d, e, f, g, h, i, j)
  ETCH_TIE(11, a, b, c, d, e, f, g, h, i, j, k)
  ETCH_TIE(12, a, b, c, d, e, f, g, h, i, j, k, l)
  ETCH_TIE(13, a, b, c, d, e, f, g, h, i, j, k, l, m)
  ETCH_TIE(14, a, b, c, d, e, f, g, h, i, j, k, l, m, n)
  ETCH_TIE(15, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)
  ETCH_TIE(16, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
  return std::tie();
#undef ETCH_TIE
}

/// A struct whose fields its author lists: friend auto tie_fields(Layer &self) { return std::tie(self.a, self.b); }
template <class T>
concept HasTiedFields = requires(T &value) { tie_fields(value); };
/// Classes that are taken apart in a way of their own. They are not asked for a tie_fields: that of an element's class would
/// be found, and its return type need not compile for them.
template <class T>
inline constexpr bool kIsContainer = false;
template <class T>
concept HasFields = std::is_class_v<T> && !kIsContainer<T> && (HasTiedFields<T> || std::is_aggregate_v<T>);

template <class T>
constexpr auto fields_of(T &value) {
  if constexpr (!HasTiedFields<std::remove_const_t<T>>)
    return tie_aggregate(value);
  else if constexpr (!std::is_const_v<T>)
    return tie_fields(value);
  else // their author need not say it once more for const
    return std::apply([](const auto &...fields) { return std::tie(fields...); },
                      tie_fields(const_cast<std::remove_const_t<T> &>(value)));
}

template <class Tuple>
struct FieldTypesOf;
template <class... Ts>
struct FieldTypesOf<std::tuple<Ts &...>> {
  using type = std::tuple<std::remove_const_t<Ts>...>;
};
template <class T>
using FieldTypes = typename FieldTypesOf<decltype(fields_of(std::declval<T &>()))>::type;

/// As the compiler spells it: "int", "std::vector<float>".
template <class T>
constexpr std::string_view type_name() {
  if constexpr (std::is_same_v<T, std::string>) // and not std::__cxx11::basic_string<char>
    return "std::string";
  std::string_view text = __PRETTY_FUNCTION__; // "… [with T = int; std::string_view = …]", "… [T = int]"
  text = text.substr(text.find("T = ") + 4);
  const size_t alias = text.rfind("; std::string_view");
  return text.substr(0, alias == std::string_view::npos ? text.size() - 1 : alias);
}

// Compilers spell the address of a member of an object that need not exist as "…value.name" or "…::name".
#if !defined(__clang__) || __clang_major__ >= 18
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif
template <class T>
struct FieldHolder {
  T value;
};
template <class T>
extern const FieldHolder<T> kFieldHolder;

template <auto *Field>
constexpr std::string_view field_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  text = text.substr(0, text.rfind("; std::string_view"));
  text = text.substr(0, text.find_last_not_of(")]") + 1);
  return text.substr(text.find_last_of(":.") + 1);
}
template <class T, size_t... I>
consteval auto field_names(std::index_sequence<I...>) {
  [[maybe_unused]] constexpr auto fields = tie_aggregate(kFieldHolder<T>.value);
  return std::array<std::string_view, sizeof...(I)>{field_name<&std::get<I>(fields)>()...};
}
#ifdef __clang__
#pragma clang diagnostic pop
#endif
template <class T>
  requires(!HasTiedFields<T>)
inline constexpr auto kFieldNames = field_names<T>(std::make_index_sequence<count_fields<T>()>());
template <class T>
concept HasFieldNames = !HasTiedFields<T>;
#else
template <class T>
concept HasFieldNames = false;
template <class T>
inline constexpr std::array<std::string_view, 0> kFieldNames{};
#endif

} // namespace etch::detail
