// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/error.h>
#include <etch/tensor.h>

#include <array>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace etch {

/// In a TensorSpec: a dimension that is not known before the call.
inline constexpr int64_t dyn = -1;

/// dtype and dimensions that a function declares for one tensor of its arguments.
struct TensorSpec {
  DType dtype = DType::f32;
  std::vector<int64_t> dims; ///< an extent, or etch::dyn

  /// "f32[?,128]"
  std::string text() const;
};

/// spec<float>({etch::dyn, 128})
template <Element T>
TensorSpec spec(std::initializer_list<int64_t> dims = {}) {
  return {dtype_of<T>(), dims};
}

/// How etch::function treats its callable.
struct Options {
  /// For messages, dumps and profiles; "function" when empty.
  std::string name = {};
  /// Names of the parameters for messages, all or none; "argument 0", … when empty.
  std::vector<std::string> arguments = {};
  /// One spec for each tensor among the arguments, in order. Arguments must match it, and one trace serves all of its
  /// unknown dimensions. Empty: one trace for each combination of dtypes and shapes.
  std::vector<TensorSpec> input_signature = {};
};

/// What a Function has done so far. Monotone; copies of a Function count together.
struct FunctionStats {
  int64_t traces = 0;          ///< recordings of the callable
  int64_t hits = 0;            ///< calls that found their signature
  int64_t misses = 0;          ///< calls that did not
  int64_t shape_fallbacks = 0; ///< calls whose shapes broke an assumption of the declared signature's trace
  int64_t replays = 0;         ///< calls that were repeated op by op because a check failed
  int64_t copied_views = 0;    ///< strided arguments that were copied for compiled code
};

/// Forms of a traced function on its way to machine code, in order.
enum class Phase { optimized, kernels, exec, llvm, assembly };

/// While true, calls of Functions run their callable op by op, in every thread; ETCH_RUN_EAGERLY=1 has the same effect.
/// Both are read at each call.
void run_functions_eagerly(bool eagerly);
/// True when the switch or the environment asks for eager calls. Throws Error for a malformed ETCH_RUN_EAGERLY.
bool functions_run_eagerly();

namespace detail {

class FunctionState;
class TraceState;

/// A list whose first elements need no heap: a warm call must not allocate, nor touch slots it does not use.
template <class T, size_t Capacity>
class InlineList {
public:
  ~InlineList() { std::destroy_n(reinterpret_cast<T *>(inline_), size_ < Capacity ? size_ : Capacity); }
  void push(T value) {
    if (size_ == Capacity)
      spilled_.assign(std::make_move_iterator(data()), std::make_move_iterator(data() + size_));
    if (size_ < Capacity)
      std::construct_at(data() + size_, std::move(value));
    else
      spilled_.push_back(std::move(value));
    ++size_;
  }
  size_t size() const { return size_; }
  T *data() { return spilled_.empty() ? reinterpret_cast<T *>(inline_) : spilled_.data(); }
  const T *data() const { return spilled_.empty() ? reinterpret_cast<const T *>(inline_) : spilled_.data(); }
  std::span<const T> span() const { return {data(), size_}; }

private:
  alignas(T) std::byte inline_[Capacity * sizeof(T)];
  size_t size_ = 0;
  std::vector<T> spilled_;
};

/// One call's arguments: the tensors in order, and a token for every run-time fact about the containers around them.
struct FlatArguments {
  InlineList<const Tensor *, 16> tensors;
  InlineList<uint64_t, 16> tokens;

  void tensor(const Tensor &tensor) { tensors.push(&tensor); }
  void token(uint64_t token) { tokens.push(token); }
};

/// What a recorded callable returned.
struct FlatValues {
  std::vector<Tensor> tensors;
  std::vector<uint64_t> tokens;

  void tensor(const Tensor &tensor) { tensors.push_back(tensor); }
  void token(uint64_t token) { tokens.push_back(token); }
};

/// One call's results; the tokens belong to the concrete function.
struct FlatResults {
  InlineList<Tensor, 8> tensors;
  const uint64_t *tokens = nullptr;
};

/// Rebuilds structured values; takes the tensors out of their list. A null list gives undefined tensors.
struct StructureReader {
  Tensor *tensors;
  const uint64_t *tokens;

  Tensor tensor() { return tensors ? std::move(*tensors++) : Tensor(); }
  uint64_t token() { return *tokens++; }
};

/// "x[1]": the place of each tensor among the arguments, for messages.
using Paths = std::vector<std::string>;

/// How a type is taken apart into tensors and tokens and put together again. kLeaves: its number of tensors, or -1
/// where that depends on the value.
template <class T>
struct Structure {
  static_assert(!std::is_same_v<T, T>,
                "etch::function: parameters and results must be etch::Tensor, or std::vector, array, tuple, pair, map "
                "or optional of such types; the type named in Structure<...> is none of these");
  static constexpr int kLeaves = 0;
};

template <>
struct Structure<Tensor> {
  static constexpr int kLeaves = 1;
  static void write(const Tensor &value, auto &sink) { sink.tensor(value); }
  static Tensor read(StructureReader &reader) { return reader.tensor(); }
  static void paths(StructureReader &, const std::string &prefix, Paths &paths) { paths.push_back(prefix); }
};

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
  static void paths(StructureReader &reader, const std::string &prefix, Paths &paths) {
    const size_t size = reader.token();
    for (size_t i = 0; i < size; ++i)
      Structure<T>::paths(reader, prefix + "[" + std::to_string(i) + "]", paths);
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
  static void paths(StructureReader &reader, const std::string &prefix, Paths &paths) {
    [[maybe_unused]] int position = 0;
    (Structure<Ts>::paths(reader, prefix + "[" + std::to_string(position++) + "]", paths), ...);
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
  static constexpr int kLeaves = -1;
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
  static void paths(StructureReader &reader, const std::string &prefix, Paths &paths) {
    if (reader.token())
      Structure<T>::paths(reader, prefix, paths);
  }
};

template <class K>
void write_key(const K &key, auto &sink) {
  if constexpr (std::is_integral_v<K>) {
    sink.token(static_cast<uint64_t>(key));
  } else {
    sink.token(key.size());
    for (const char letter : key)
      sink.token(static_cast<uint64_t>(letter));
  }
}
template <class K>
K read_key(StructureReader &reader) {
  if constexpr (std::is_integral_v<K>) {
    return static_cast<K>(reader.token());
  } else {
    K key(reader.token(), '\0');
    for (char &letter : key)
      letter = static_cast<char>(reader.token());
    return key;
  }
}
inline std::string key_text(const std::string &key) { return "\"" + key + "\""; }
inline std::string key_text(std::integral auto key) { return std::to_string(key); }

template <class K, class T, class Compare, class Allocator>
struct Structure<std::map<K, T, Compare, Allocator>> {
  static_assert(std::is_same_v<K, std::string> || std::is_integral_v<K>,
                "etch::function: the keys of a map must be std::string or an integral type");
  static constexpr int kLeaves = -1;
  using Map = std::map<K, T, Compare, Allocator>;
  static void write(const Map &value, auto &sink) {
    sink.token(value.size());
    for (const auto &[key, element] : value) {
      write_key(key, sink);
      Structure<T>::write(element, sink);
    }
  }
  static Map read(StructureReader &reader) {
    Map value;
    for (size_t size = reader.token(); size > 0; --size) {
      K key = read_key<K>(reader); // before its value: the order of arguments is the compiler's
      value.emplace_hint(value.end(), std::move(key), Structure<T>::read(reader));
    }
    return value;
  }
  static void paths(StructureReader &reader, const std::string &prefix, Paths &paths) {
    for (size_t size = reader.token(); size > 0; --size) {
      const K key = read_key<K>(reader);
      Structure<T>::paths(reader, prefix + "[" + key_text(key) + "]", paths);
    }
  }
};

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

/// What the tracer knows of a callable's type.
struct CallableType {
  void (*invoke)(void *callable, StructureReader &arguments, FlatValues &results);
  void (*paths)(StructureReader &arguments, const std::vector<std::string> &names, Paths &paths);
  int parameter_count;
  int leaves; ///< tensors among the arguments, or -1 where that depends on the call
};

template <class R, class... Args>
void invoke_flat(void *callable, StructureReader &arguments, FlatValues &results) {
  std::tuple<std::decay_t<Args>...> values{Structure<std::decay_t<Args>>::read(arguments)...};
  auto call = [callable](auto &...elements) -> R {
    return static_cast<Callable<R, Args...> *>(callable)->call(std::move(elements)...);
  };
  if constexpr (std::is_void_v<R>)
    std::apply(call, values);
  else
    Structure<std::decay_t<R>>::write(std::apply(call, values), results);
}
template <class... Args>
void flat_paths(StructureReader &arguments, const std::vector<std::string> &names, Paths &paths) {
  [[maybe_unused]] size_t position = 0;
  (Structure<std::decay_t<Args>>::paths(arguments, names[position++], paths), ...);
}
template <class R, class... Args>
inline constexpr CallableType kCallableType{invoke_flat<R, Args...>, flat_paths<Args...>, sizeof...(Args),
                                            leaves_of<std::decay_t<Args>...>()};

std::shared_ptr<FunctionState> make_function(std::shared_ptr<void> callable, const CallableType &type, bool empty,
                                             Options options, Location location);
/// False when the caller has to run the callable itself: eager mode, or a trace is being recorded.
bool call_function(FunctionState &state, const FlatArguments &arguments, FlatResults &results, Location location);
std::shared_ptr<TraceState> trace_function(FunctionState &state, const FlatArguments &arguments, Location location);
FunctionStats stats_of(const FunctionState &state);
std::string text_of(const FunctionState &state);

std::string text_of(const TraceState &trace);
std::string lower_trace(const TraceState &trace, Phase phase);
std::string graph_of(const TraceState &trace);
void compile_trace(TraceState &trace);
void call_trace(TraceState &trace, const FlatArguments &arguments, FlatResults &results, Location location);
bool same_function(const TraceState &a, const TraceState &b);
int kernel_count(const TraceState &trace);
int op_count(const TraceState &trace);

template <class... Args>
FlatArguments flat(const Args &...args) {
  FlatArguments arguments;
  (Structure<Args>::write(args, arguments), ...);
  return arguments;
}
template <class R>
std::decay_t<R> structured(FlatResults &results) {
  if constexpr (!std::is_void_v<R>) {
    StructureReader reader{results.tensors.data(), results.tokens};
    return Structure<std::decay_t<R>>::read(reader);
  }
}

} // namespace detail

/// Text of one phase of a traced function.
class Lowered {
public:
  explicit Lowered(std::string text) : text_(std::move(text)) {}
  const std::string &text() const { return text_; }

private:
  std::string text_;
};

template <class Signature>
class ConcreteFunction;
template <class Signature>
class Function;

/// Machine code for one signature. Shared handle; thread-safe.
template <class R, class... Args>
class ConcreteFunction<R(Args...)> {
public:
  /// Throws Error (dtype, shape, invalid_argument) naming the argument that differs from the traced one.
  std::decay_t<R> operator()(const std::decay_t<Args> &...args, Location location = Location::current()) const {
    detail::FlatResults results;
    detail::call_trace(*state_, detail::flat(args...), results, location);
    return detail::structured<R>(results);
  }
  /// The trace in the etch dialect.
  std::string text() const { return detail::text_of(*state_); }
  /// Loop nests, contractions and calls of the runtime's own routines per call.
  int kernel_count() const { return detail::kernel_count(*state_); }
  /// Operations that were recorded.
  int op_count() const { return detail::op_count(*state_); }
  /// Same signature, same concrete function.
  bool operator==(const ConcreteFunction &other) const { return detail::same_function(*state_, *other.state_); }

  explicit ConcreteFunction(std::shared_ptr<detail::TraceState> state) : state_(std::move(state)) {}

private:
  std::shared_ptr<detail::TraceState> state_;
};

/// The recording of one signature, not necessarily compiled yet. Shared handle; thread-safe.
template <class Signature>
class Traced {
public:
  explicit Traced(std::shared_ptr<detail::TraceState> state) : state_(std::move(state)) {}

  /// The trace in the etch dialect.
  std::string text() const { return detail::text_of(*state_); }
  /// A picture of the fused function in Graphviz's language, one box per kernel.
  std::string graph() const { return detail::graph_of(*state_); }
  /// Compiles anew as far as `phase`.
  Lowered lower(Phase phase) const { return Lowered(detail::lower_trace(*state_, phase)); }
  /// The compiled form that calls of the Function use too.
  ConcreteFunction<Signature> compile() const {
    detail::compile_trace(*state_);
    return ConcreteFunction<Signature>(state_);
  }

private:
  std::shared_ptr<detail::TraceState> state_;
};

/// A callable that is recorded once for each signature of its arguments and then runs as machine code, with the same
/// results, effects on Variables and errors as the callable itself. Host side effects of the callable happen once for
/// each recording. Shared handle: copies use one cache. Thread-safe; the first call with a signature records while
/// others with the same signature wait, so a callable first called from several threads with different signatures must
/// allow that. What an exception leaves behind is what it leaves behind eagerly; the next call works.
template <class R, class... Args>
class Function<R(Args...)> {
public:
  /// Throws what the callable throws, and Error (dtype, shape) where arguments differ from Options::input_signature.
  std::decay_t<R> operator()(const std::decay_t<Args> &...args, Location location = Location::current()) const {
    detail::FlatResults results;
    if (detail::call_function(*state_, detail::flat(args...), results, location)) [[likely]]
      return detail::structured<R>(results);
    return callable_->call(args...);
  }
  /// Records for these arguments unless their signature is known; runs nothing. Throws as the call does.
  Traced<R(Args...)> trace(const std::decay_t<Args> &...args, Location location = Location::current()) const {
    return Traced<R(Args...)>(detail::trace_function(*state_, detail::flat(args...), location));
  }
  /// How often the callable was recorded.
  int64_t trace_count() const { return stats().traces; }
  FunctionStats stats() const { return detail::stats_of(*state_); }
  /// One line for each recorded signature: "step(argument 'x': f32[?,128]) -> (f32[?])".
  std::string text() const { return detail::text_of(*state_); }

  Function(std::shared_ptr<detail::Callable<R, Args...>> callable, bool empty, Options options, Location location)
      : callable_(std::move(callable)), state_(detail::make_function(callable_, detail::kCallableType<R, Args...>,
                                                                     empty, std::move(options), location)) {
    static_assert((true && ... && detail::kIsValueOrConstReference<Args>),
                  "etch::function: parameters must be taken by value or by const reference");
  }

private:
  std::shared_ptr<detail::Callable<R, Args...>> callable_;
  std::shared_ptr<detail::FunctionState> state_;
};

namespace detail {

template <class F>
struct CallableSignature;
template <class R, class... Args, bool Noexcept>
struct CallableSignature<R (*)(Args...) noexcept(Noexcept)> {
  template <class F>
  static Function<R(Args...)> make(F callable, bool empty, Options options, Location location) {
    return {std::make_shared<CallableOf<F, R, Args...>>(std::move(callable)), empty, std::move(options), location};
  }
};
template <class C, class R, class... Args, bool Noexcept>
struct CallableSignature<R (C::*)(Args...) noexcept(Noexcept)> : CallableSignature<R (*)(Args...)> {};
template <class C, class R, class... Args, bool Noexcept>
struct CallableSignature<R (C::*)(Args...) const noexcept(Noexcept)> : CallableSignature<R (*)(Args...)> {};

} // namespace detail

/// Wraps a callable: a lambda without `auto` parameters, a function, a std::function or an object with one call
/// operator. It is copied (or moved) in. Parameters and results: Tensor and nested vector, array, tuple, pair, map,
/// optional of it, by value or const reference; the result may be void. Throws Error (invalid_argument) for an empty
/// std::function and for options that do not fit the parameters.
template <class F>
auto function(F &&callable, Options options = {}, Location location = Location::current()) {
  using Decayed = std::decay_t<F>;
  if constexpr (std::is_pointer_v<Decayed>) {
    const Decayed pointer = callable;
    return detail::CallableSignature<Decayed>::make(pointer, pointer == nullptr, std::move(options), location);
  } else {
    constexpr bool has_one_call_operator = requires { &Decayed::operator(); };
    static_assert(has_one_call_operator,
                  "etch::function: the callable must be a function or have exactly one call operator that is not a "
                  "template; give a lambda's `auto` parameters types");
    bool empty = false;
    if constexpr (requires { callable = nullptr; }) // std::function and its like
      empty = !callable;
    if constexpr (has_one_call_operator)
      return detail::CallableSignature<decltype(&Decayed::operator())>::template make<Decayed>(
          std::forward<F>(callable), empty, std::move(options), location);
  }
}

} // namespace etch
