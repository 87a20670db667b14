// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/detail/construction.h>
#include <etch/detail/fields.h>
#include <etch/tensor.h>
#include <etch/variable.h>

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

// How the arguments and results of a Function are taken apart into tensors, Variables and tokens, and put together
// again. Tokens are all the rest: C++ values and what containers look like at run time. Equal tokens, equal structure.
namespace etch::detail {

/// A list whose first elements need no heap: a warm call must not allocate, nor touch slots it does not use.
template <class T, size_t Capacity>
class InlineList {
public:
  ~InlineList() { std::destroy_n(reinterpret_cast<T *>(inline_), size_ < Capacity ? size_ : Capacity); }
  void push(T value) {
    if (size_ < Capacity) [[likely]]
      std::construct_at(reinterpret_cast<T *>(inline_) + size_, std::move(value));
    else
      spill(std::move(value));
    ++size_;
  }
  size_t size() const { return size_; }
  T *data() { return spilled_.empty() ? reinterpret_cast<T *>(inline_) : spilled_.data(); }
  const T *data() const { return spilled_.empty() ? reinterpret_cast<const T *>(inline_) : spilled_.data(); }
  std::span<const T> span() const { return {data(), size_}; }

private:
  void spill(T value) {
    if (size_ == Capacity)
      spilled_.assign(std::make_move_iterator(data()), std::make_move_iterator(data() + size_));
    spilled_.push_back(std::move(value));
  }

  alignas(T) std::byte inline_[Capacity * sizeof(T)];
  size_t size_ = 0;
  std::vector<T> spilled_;
};

struct CallableType;

/// A tensor that the caller has given away, by its handle and its position among the call's tensors.
struct Donation {
  Tensor *handle;
  size_t position;
  mutable bool is_useless = false; ///< said by the call: its machine code has no result that may take the memory
};

/// A C++ number that the caller has given for a tensor. It is one of its own type, until it adopts the dtype that is
/// declared for its place.
struct GivenNumber {
  Tensor tensor;
  const Dim *extent; ///< that it is, or null
  GivenNumber *next; ///< of the same call
};

/// One call's arguments, in order.
struct FlatArguments {
  const CallableType *type = nullptr;
  InlineList<const Tensor *, 16> tensors;
  InlineList<Donation, 8> donations;
  InlineList<const Variable *, 8> variables;
  InlineList<uint64_t, 16> tokens;
  GivenNumber *numbers = nullptr; ///< those among the tensors

  void tensor(const Tensor &tensor) { tensors.push(&tensor); }
  void number(GivenNumber &number) {
    number.next = numbers;
    numbers = &number;
  }
  void variable(const Variable &variable) { variables.push(&variable); }
  void token(uint64_t token) { tokens.push(token); }
};

/// What a recorded callable returned.
struct FlatValues {
  std::vector<Tensor> tensors;
  std::vector<Variable> variables;
  std::vector<uint64_t> tokens;

  void tensor(const Tensor &tensor) { tensors.push_back(tensor); }
  void variable(const Variable &variable) { variables.push_back(variable); }
  void token(uint64_t token) { tokens.push_back(token); }
};

/// One call's results.
struct FlatResults {
  InlineList<Tensor, 8> tensors;
  std::vector<Variable> variables;
  InlineList<uint64_t, 16> tokens;
};

/// Rebuilds structured values; takes the tensors out of their list.
struct StructureReader {
  Tensor *tensors;
  const Variable *variables;
  const uint64_t *tokens;

  Tensor tensor() { return std::move(*tensors++); }
  Variable variable() { return *variables++; }
  uint64_t token() { return *tokens++; }
};

/// One place among the arguments, for messages.
struct Leaf {
  enum class Kind { tensor, variable, value };
  /// Of a value. `choice`: an alternative, or whether there is a value.
  enum class Sort { number, boolean, enumerator, string, size, choice };

  std::string path; ///< "argument 'x'[1].weights", "argument 'layers'.size()"
  Kind kind;
  std::string text;                  ///< of a value: 7, 0.5, "relu"; long strings are cut
  Sort sort = Sort::number;          ///< of a value
  std::vector<uint64_t> tokens = {}; ///< of a value: all of it
  std::string type = {};             ///< of the parameter, where each call brings its own
};

/// Names the places of a structure known by its tokens.
struct LeafList {
  const uint64_t *tokens;
  std::vector<Leaf> leaves = {};

  uint64_t token() { return *tokens++; }
  void add(const std::string &path, Leaf::Kind kind) { leaves.push_back({path, kind, {}}); }
  /// A value whose tokens begin at `begin` and end here.
  void add_value(const std::string &path, Leaf::Sort sort, std::string text, const uint64_t *begin) {
    leaves.push_back({path, Leaf::Kind::value, std::move(text), sort, std::vector(begin, tokens)});
  }
  /// A size or an alternative, as C++ would ask for it.
  uint64_t ask(const std::string &path, const char *question, Leaf::Sort sort) {
    const uint64_t answer = token();
    add_value(path + question, sort, std::to_string(answer), tokens - 1);
    return answer;
  }
};

std::string value_text(bool value);
std::string value_text(int64_t value);
std::string value_text(uint64_t value);
std::string value_text(float value);
std::string value_text(double value);
std::string value_text(const std::string &value);
/// The same, not cut where it is long.
std::string key_text(const std::string &value);

/// kLeaves: the number of tensors in a T, or -1 where that depends on the value.
template <class T>
struct Structure {
  static_assert(!std::is_same_v<T, T>,
                "etch::function: parameters and results may be etch::Tensor, etch::Variable, numbers, enums, "
                "std::string, std::vector, array, tuple, pair, map, optional and variant of these, structs that are "
                "aggregates of these and structs with tie_fields; the type named in Structure<...> is none of them");
  // Declared so that nothing else is said after that sentence.
  static constexpr int kLeaves = 0;
  static void write(const T &value, auto &sink);
  static T read(StructureReader &reader);
  static void list(LeafList &list, const std::string &path);
};

template <class T, size_t Size>
struct Structure<T[Size]> {
  static_assert(!std::is_same_v<T, T>,
                "etch::function: the array that is named in Structure<...> must be a std::array");
  static constexpr int kLeaves = 0;
  static void write(const T (&value)[Size], auto &sink);
  static T read(StructureReader &reader);
  static void list(LeafList &list, const std::string &path);
};

template <>
struct Structure<Tensor> {
  static constexpr int kLeaves = 1;
  static void write(const Tensor &value, auto &sink) { sink.tensor(value); }
  static Tensor read(StructureReader &reader) { return reader.tensor(); }
  static void list(LeafList &list, const std::string &path) { list.add(path, Leaf::Kind::tensor); }
};

template <>
struct Structure<Variable> {
  static constexpr int kLeaves = 0;
  static void write(const Variable &value, auto &sink) { sink.variable(value); }
  static Variable read(StructureReader &reader) { return reader.variable(); }
  static void list(LeafList &list, const std::string &path) { list.add(path, Leaf::Kind::variable); }
};

template <>
struct Structure<std::monostate> {
  static constexpr int kLeaves = 0;
  static void write(std::monostate, auto &) {}
  static std::monostate read(StructureReader &) { return {}; }
  static void list(LeafList &, const std::string &) {}
};

template <class T>
concept Value = (std::is_arithmetic_v<T> || std::is_enum_v<T>) && sizeof(T) <= sizeof(uint64_t);

/// Numbers and enums: floats by their bits, so that NaN is itself and -0 is not 0.
template <Value T>
struct Structure<T> {
  static constexpr int kLeaves = 0;
  static void write(T value, auto &sink) {
    if constexpr (std::is_same_v<T, float>)
      sink.token(std::bit_cast<uint32_t>(value));
    else if constexpr (std::is_same_v<T, double>)
      sink.token(std::bit_cast<uint64_t>(value));
    else
      sink.token(static_cast<uint64_t>(value));
  }
  static T of(uint64_t token) {
    if constexpr (std::is_same_v<T, float>)
      return std::bit_cast<float>(static_cast<uint32_t>(token));
    else if constexpr (std::is_same_v<T, double>)
      return std::bit_cast<double>(token);
    else
      return static_cast<T>(token);
  }
  static T read(StructureReader &reader) { return of(reader.token()); }
  static std::string text(uint64_t token) {
    if constexpr (std::is_same_v<T, bool>)
      return value_text(token != 0);
    else if constexpr (std::is_floating_point_v<T>)
      return value_text(of(token));
    else if constexpr (std::is_enum_v<T>)
      return Structure<std::underlying_type_t<T>>::text(token);
    else if constexpr (std::is_signed_v<T>)
      return value_text(static_cast<int64_t>(token));
    else
      return value_text(token);
  }
  static void list(LeafList &list, const std::string &path) {
    constexpr Leaf::Sort sort = std::is_same_v<T, bool> ? Leaf::Sort::boolean
                                : std::is_enum_v<T>     ? Leaf::Sort::enumerator
                                                        : Leaf::Sort::number;
    const uint64_t token = list.token();
    list.add_value(path, sort, text(token), list.tokens - 1);
  }
};

/// Extents, as the numbers they are.
template <>
struct Structure<Dim> {
  static constexpr int kLeaves = 0;
  static void write(const Dim &value, auto &sink) { sink.token(static_cast<uint64_t>(static_cast<int64_t>(value))); }
  static Dim read(StructureReader &reader) { return static_cast<int64_t>(reader.token()); }
  static void list(LeafList &list, const std::string &path) { Structure<int64_t>::list(list, path); }
};

/// Strings, eight letters to a token.
template <>
struct Structure<std::string> {
  static constexpr int kLeaves = 0;
  static void write(const std::string &value, auto &sink) {
    sink.token(value.size());
    for (size_t begin = 0; begin < value.size(); begin += 8) {
      uint64_t letters = 0;
      for (size_t i = begin; i < value.size() && i < begin + 8; ++i)
        letters |= static_cast<uint64_t>(static_cast<unsigned char>(value[i])) << 8 * (i - begin);
      sink.token(letters);
    }
  }
  static std::string read(auto &reader) {
    std::string value(reader.token(), '\0');
    for (size_t begin = 0; begin < value.size(); begin += 8) {
      const uint64_t letters = reader.token();
      for (size_t i = begin; i < value.size() && i < begin + 8; ++i)
        value[i] = static_cast<char>(letters >> 8 * (i - begin));
    }
    return value;
  }
  static void list(LeafList &list, const std::string &path) {
    const uint64_t *begin = list.tokens;
    const std::string value = read(list);
    list.add_value(path, Leaf::Sort::string, value_text(value), begin);
  }
};

template <class T, class Allocator>
inline constexpr bool kIsContainer<std::vector<T, Allocator>> = true;
template <class T, size_t N>
inline constexpr bool kIsContainer<std::array<T, N>> = true;
template <class... Ts>
inline constexpr bool kIsContainer<std::tuple<Ts...>> = true;
template <class A, class B>
inline constexpr bool kIsContainer<std::pair<A, B>> = true;
template <class T>
inline constexpr bool kIsContainer<std::optional<T>> = true;
template <class... Ts>
inline constexpr bool kIsContainer<std::variant<Ts...>> = true;
template <class K, class T, class Compare, class Allocator>
inline constexpr bool kIsContainer<std::map<K, T, Compare, Allocator>> = true;

/// Leaves of a fixed sequence of types.
template <class... Ts>
constexpr int leaves_of() {
  return (true && ... && (Structure<Ts>::kLeaves >= 0)) ? (0 + ... + Structure<Ts>::kLeaves) : -1;
}

template <class T, class Allocator>
struct Structure<std::vector<T, Allocator>> {
  static constexpr int kLeaves = -1;
  static void write(const std::vector<T, Allocator> &value, auto &sink) {
    sink.token(value.size());
    for (const T &element : value)
      Structure<T>::write(element, sink);
  }
  static std::vector<T, Allocator> read(StructureReader &reader) {
    std::vector<T, Allocator> value;
    const size_t size = reader.token();
    value.reserve(size);
    for (size_t i = 0; i < size; ++i)
      value.push_back(Structure<T>::read(reader));
    return value;
  }
  static void list(LeafList &list, const std::string &path) {
    const uint64_t size = list.ask(path, ".size()", Leaf::Sort::size);
    for (uint64_t i = 0; i < size; ++i)
      Structure<T>::list(list, path + "[" + std::to_string(i) + "]");
  }
};

/// Tuples, pairs and arrays: their size is part of the type, so they need no token. Braces fix the order of reading.
template <class Tuple, class... Ts>
struct FixedStructure {
  static constexpr int kLeaves = leaves_of<Ts...>();
  static void write(const Tuple &value, auto &sink) {
    std::apply([&](const auto &...elements) { (Structure<Ts>::write(elements, sink), ...); }, value);
  }
  static Tuple read(StructureReader &reader) { return Tuple{Structure<Ts>::read(reader)...}; }
  static void list(LeafList &list, const std::string &path) {
    [[maybe_unused]] int position = 0;
    (Structure<Ts>::list(list, path + "[" + std::to_string(position++) + "]"), ...);
  }
};
template <class... Ts>
struct Structure<std::tuple<Ts...>> : FixedStructure<std::tuple<Ts...>, Ts...> {};
template <class A, class B>
struct Structure<std::pair<A, B>> : FixedStructure<std::pair<A, B>, A, B> {};
template <class T, size_t... I>
FixedStructure<std::array<T, sizeof...(I)>, std::enable_if_t<(I + 1 > 0), T>...> of_array(std::index_sequence<I...>);
template <class T, size_t N>
struct Structure<std::array<T, N>> : decltype(of_array<T>(std::make_index_sequence<N>())) {};

template <class T>
struct Structure<std::optional<T>> {
  static constexpr int kLeaves = Structure<T>::kLeaves == 0 ? 0 : -1;
  static void write(const std::optional<T> &value, auto &sink) {
    sink.token(value.has_value());
    if (value)
      Structure<T>::write(*value, sink);
  }
  static std::optional<T> read(StructureReader &reader) {
    if (!reader.token())
      return std::nullopt;
    return Structure<T>::read(reader);
  }
  static void list(LeafList &list, const std::string &path) {
    const bool has_value = list.token() != 0;
    list.add_value(path + ".has_value()", Leaf::Sort::choice, value_text(has_value), list.tokens - 1);
    if (has_value)
      Structure<T>::list(list, path);
  }
};

template <class... Ts>
struct Structure<std::variant<Ts...>> {
  static constexpr int kLeaves = (true && ... && (Structure<Ts>::kLeaves == 0)) ? 0 : -1;
  using Variant = std::variant<Ts...>;
  static void write(const Variant &value, auto &sink) {
    sink.token(value.index());
    std::visit([&]<class T>(const T &element) { Structure<T>::write(element, sink); }, value);
  }
  static Variant read(StructureReader &reader) { return read_alternative<0>(reader, reader.token()); }
  static void list(LeafList &list, const std::string &path) {
    const uint64_t index = list.ask(path, ".index()", Leaf::Sort::choice);
    uint64_t position = 0;
    ((position++ == index ? Structure<Ts>::list(list, path) : void()), ...);
  }

private:
  template <size_t I>
  static Variant read_alternative(StructureReader &reader, uint64_t index) {
    if constexpr (I + 1 < sizeof...(Ts)) {
      if (index != I)
        return read_alternative<I + 1>(reader, index);
    }
    return Variant(std::in_place_index<I>, Structure<std::variant_alternative_t<I, Variant>>::read(reader));
  }
};

template <class K, class T, class Compare, class Allocator>
struct Structure<std::map<K, T, Compare, Allocator>> {
  static_assert(std::is_same_v<K, std::string> || Value<K>,
                "etch::function: the keys of a map must be std::string, numbers or enums");
  static constexpr int kLeaves = -1;
  using Map = std::map<K, T, Compare, Allocator>;
  static void write(const Map &value, auto &sink) {
    sink.token(value.size());
    for (const auto &[key, element] : value) {
      Structure<K>::write(key, sink);
      Structure<T>::write(element, sink);
    }
  }
  static Map read(StructureReader &reader) {
    Map value;
    for (uint64_t size = reader.token(); size > 0; --size) {
      K key = Structure<K>::read(reader); // before its value: the order of arguments is the compiler's
      value.emplace_hint(value.end(), std::move(key), Structure<T>::read(reader));
    }
    return value;
  }
  static void list(LeafList &list, const std::string &path) {
    for (uint64_t size = list.ask(path, ".size()", Leaf::Sort::size); size > 0; --size) {
      std::string key;
      if constexpr (std::is_same_v<K, std::string>)
        key = key_text(Structure<K>::read(list));
      else
        key = Structure<K>::text(list.token());
      Structure<T>::list(list, path + "[" + key + "]");
    }
  }
};

#define ETCH_NEEDS_TIE                                                                                                 \
  "needs tie_fields: friend auto tie_fields(Layer &self) { return std::tie(self.a, self.b); }, for a class Layer"

/// Structs, field by field. One that lists its fields itself needs a default constructor.
template <HasFields T>
struct Structure<T> {
  static_assert(
      HasTiedFields<T> || !has_base<T>(),
      "etch::function: a struct with a base class, which the one named in Structure<...> has, " ETCH_NEEDS_TIE);
  static_assert(
      HasTiedFields<T> || has_base<T>() || !has_array<T>(),
      "etch::function: an array in a struct, which the one named in Structure<...> has, must be a std::array");
  static_assert(HasTiedFields<T> || has_base<T>() || has_array<T>() || has_countable_fields<T>(),
                "etch::function: a struct with more than 16 fields, or with fields that convert from everything, which "
                "the one named in Structure<...> has, " ETCH_NEEDS_TIE);
  using Types = FieldTypes<T>;
  static constexpr size_t kCount = std::tuple_size_v<Types>;
  static constexpr int kLeaves = []<class... Ts>(std::tuple<Ts...> *) {
    return leaves_of<Ts...>();
  }(static_cast<Types *>(nullptr));

  static void write(const T &value, auto &sink) {
    std::apply(
        [&](const auto &...fields) { (Structure<std::remove_cvref_t<decltype(fields)>>::write(fields, sink), ...); },
        fields_of(value));
  }
  static T read(StructureReader &reader) {
    if constexpr (HasTiedFields<T>) {
      T value = constructed<T>();
      std::apply(
          [&](auto &...fields) { ((fields = Structure<std::remove_cvref_t<decltype(fields)>>::read(reader)), ...); },
          fields_of(value));
      return value;
    } else {
      return [&]<class... Ts>(std::tuple<Ts...> *) {
        return T{Structure<Ts>::read(reader)...};
      }(static_cast<Types *>(nullptr));
    }
  }
  static void list(LeafList &list, const std::string &path) {
    [&]<size_t... I>(std::index_sequence<I...>) {
      (Structure<std::tuple_element_t<I, Types>>::list(list, path + "." + field_name_of<I>()), ...);
    }(std::make_index_sequence<kCount>());
  }

private:
  /// Its position where the compiler does not tell.
  template <size_t I>
  static std::string field_name_of() {
    if constexpr (HasFieldNames<T>)
      return std::string(kFieldNames<T>[I]);
    else
      return std::to_string(I);
  }
};

#undef ETCH_NEEDS_TIE

} // namespace etch::detail
