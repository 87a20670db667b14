// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/detail/gradients.h>
#include <etch/tensor.h>
#include <etch/variable.h>

#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace etch {

/// What a gradient is where a source is not connected to the target.
enum class Unconnected {
  none,  ///< an undefined Tensor
  zero,  ///< zeros of the source's dtype and shape
  raise, ///< an Error (invalid_argument) that names the source and the first operation no gradient passes
};

struct GradientOptions {
  /// What the target's gradient is taken to be, one for each tensor of the target, of its dtype and shape; an undefined
  /// one, or none at all: ones, so that the gradient of a target with several elements is that of their sum.
  std::vector<Tensor> output_gradients = {};
  Unconnected unconnected = Unconnected::none;
};

struct TapeOptions {
  /// It may be asked more than once, and notes the calls that compute its own gradients until it is destroyed or
  /// stopped; else its first gradient ends it.
  bool persistent = false;
  /// Trainable Variables are watched from their first read on.
  bool watch_accessed_variables = true;
};

class StopRecording;

/// Notes the operations that depend on what it watches, from its construction on, and computes gradients from them. It
/// works in eager code, in a function that is traced, where its gradients are operations of the trace, and around calls
/// of functions. Tapes nest: an outer one notes the gradients that an inner one computes, which makes their gradients
/// in turn. Gradients keep the dtype and shape of their source. Not thread-safe: for the thread that makes it alone.
class GradientTape {
public:
  explicit GradientTape(TapeOptions options = {}, Location location = Location::current());
  ~GradientTape();
  GradientTape(const GradientTape &) = delete;
  GradientTape &operator=(const GradientTape &) = delete;

  /// From now on operations on these are noted: Tensors, Variables, and containers and structs of them. Throws Error
  /// (dtype) for integers and bools, (invalid_argument) for undefined tensors.
  template <class T>
  void watch(const T &sources, Location location = Location::current()) {
    watch_leaves(detail::gradient_leaves(sources), location);
  }

  /// While the result lives, nothing is noted.
  [[nodiscard]] StopRecording stop_recording();
  /// Forgets everything, what is watched included.
  void reset(Location location = Location::current());

  /// d target / d source for each of the sources: Tensors and Variables give a Tensor, containers one of the same kind,
  /// a struct of Tensors one of the same type, a struct with Variables a tuple; several sources give a tuple. A source
  /// that is not connected to the target gives an undefined Tensor, unless GradientOptions, which may be the last
  /// argument, say otherwise. Throws Error (invalid_argument) for a tensor the tape does not watch or know, for a tape
  /// that has given its gradients, or one of another thread or of a function that has ended; (dtype) for integers and
  /// bools.
  template <class... Args>
  auto gradient(const detail::GradientTarget &target, const Args &...args) {
    return detail::split_options<GradientOptions>(
        [&](const GradientOptions &options, const auto &...sources) {
          static_assert(sizeof...(sources) > 0, "GradientTape::gradient: name the sources behind the target");
          return detail::as_gradients(gradients(target, detail::gradient_leaves(sources...), options), sources...);
        },
        args...);
  }

  /// The derivatives of every element of the target by every element of the source: [target dims, source dims].
  /// Computed row by row, so that in a trace the target's extents must be known. An undefined Tensor where there is no
  /// connection.
  Tensor jacobian(const detail::GradientTarget &target, const detail::GradientSource &source);
  /// The same where row i of the target depends on row i of the source alone: [rows, rest of target, rest of source].
  /// The first dimensions must agree. Throws Error (shape).
  Tensor batch_jacobian(const detail::GradientTarget &target, const detail::GradientSource &source);

private:
  friend class StopRecording;
  void watch_leaves(const detail::GradientLeaves &leaves, Location location);
  std::vector<Tensor> gradients(const detail::GradientTarget &target, const detail::GradientLeaves &sources,
                                const GradientOptions &options);

  const std::shared_ptr<runtime::Tape> tape_;
};

/// What GradientTape::stop_recording returns.
class StopRecording {
public:
  ~StopRecording();
  StopRecording(const StopRecording &) = delete;

private:
  friend class GradientTape;
  explicit StopRecording(std::shared_ptr<runtime::Tape> tape);
  const std::shared_ptr<runtime::Tape> tape_;
  const bool was_paused_;
};

/// A callable with the arguments of f that returns what f returns and its gradients by the arguments at `Positions`,
/// the first where none is given: of one position the gradient, of several a tuple. It may be traced:
/// function(grad(f)).
template <size_t... Positions, class F>
auto value_and_grad(F f, Location location = Location::current()) {
  return [f = std::move(f), location](const auto &...args) {
    const auto own = detail::told_apart(location, args...);
    return [&]<size_t... I>(std::index_sequence<I...>) {
      GradientTape tape({}, location);
      (tape.watch(std::get<I>(own), location), ...);
      auto value = std::apply(f, own);
      auto gradients = tape.gradient(detail::GradientTarget(value, location.file, location.function, location.line),
                                     std::get<I>(own)...);
      return std::pair(std::move(value), std::move(gradients));
    }(detail::OrFirst<Positions...>());
  };
}

/// The same without the value.
template <size_t... Positions, class F>
auto grad(F f, Location location = Location::current()) {
  return [both = value_and_grad<Positions...>(std::move(f), location)](const auto &...args) {
    return both(args...).second;
  };
}

/// What f returns, a Tensor, and a callable from its gradient to those of all arguments, a tuple. It may be called
/// often.
template <class F, class... Args>
auto vjp(F f, const Args &...args) {
  const Location location{};
  auto own = std::make_shared<const std::tuple<std::decay_t<Args>...>>(detail::told_apart(location, args...));
  auto tape = std::make_shared<GradientTape>(TapeOptions{.persistent = true}, location);
  std::apply([&](const auto &...each) { (tape->watch(each, location), ...); }, *own);
  Tensor value = std::apply(f, *own);
  auto stopped = std::shared_ptr<StopRecording>(new StopRecording(tape->stop_recording()));
  auto pullback = [own, tape, stopped, value](const Tensor &dy) {
    return std::apply(
        [&](const auto &...each) {
          return std::tuple<detail::GradientType<std::decay_t<Args>>...>{
              tape->gradient(value, each, GradientOptions{.output_gradients = {dy}})...};
        },
        *own);
  };
  return std::pair(std::move(value), std::move(pullback));
}

/// What f returns, a Tensor, and its derivative along a direction: f(x) and J(x) v, for an x and a v of one dtype and
/// shape. By the gradient of a gradient, which is linear in what it is given.
template <class F>
std::pair<Tensor, Tensor> jvp(const F &f, const Tensor &x, const Tensor &v) {
  GradientTape tape;
  auto [y, pullback] = vjp(f, x);
  const Tensor u = detail::zeros_of(y);
  tape.watch(u);
  const Tensor gradient = std::get<0>(pullback(u));
  if (!gradient.defined())
    return {y, u};
  return {y, tape.gradient(gradient, u, GradientOptions{.output_gradients = {v}, .unconnected = Unconnected::zero})};
}

/// H(x) v, the product of the second derivatives of f, or of the sum of its elements, with a direction.
template <class F>
Tensor hvp(const F &f, const Tensor &x, const Tensor &v) {
  GradientTape tape;
  tape.watch(x);
  const Tensor gradient = grad(f)(x);
  return tape.gradient(gradient, x, GradientOptions{.output_gradients = {v}, .unconnected = Unconnected::zero});
}

/// f with a gradient of the user's own. f(args...) returns a pair: the value, and a callable from the value's gradient
/// to those of the arguments, which tapes call instead of going through what f has done: of one argument its gradient,
/// of several a tuple. Value and gradients are Tensors or containers and structs of them; an undefined Tensor is no
/// gradient, the gradients that the callable is given are zeros where there is none. What it computes is noted by outer
/// tapes as any computation, so that it has gradients in turn. Variables that f reads have none but as arguments. In a
/// traced function the callable runs while it is recorded, nested up to order 6 where it uses itself. Throws Error
/// (invalid_argument, dtype, shape) where a gradient is missing or not of the dtype and shape of its argument.
template <class F>
auto custom_gradient(F f, Location location = Location::current()) {
  return [f = std::move(f), location](const auto &...args) {
    auto [value, pullback] = f(args...);
    return detail::with_pullback(value, std::move(pullback), location, args...);
  };
}

/// f whose intermediate values are not kept for its gradient but computed once more: memory for time. f must compute
/// the same both times, from its arguments and Variables, whose gradients it has; other tensors that it has captured
/// count as constants. Variables are read once more, with the values that they have when the gradient is asked for.
template <class F>
auto recompute_grad(F f, Location location = Location::current()) {
  return [f = std::move(f), location](const auto &...args) {
    using Value = std::decay_t<decltype(f(args...))>;
    std::optional<Value> value;
    const std::vector<Variable> variables =
        detail::run_unnoted([&] { value.emplace(f(args...)); }, detail::gradient_leaves(args...), location);
    const auto pull = [f, location, variables, own = std::make_tuple(args...)](const detail::GradientType<Value> &dy) {
      const auto again = std::apply(
          [&](const auto &...each) { return std::make_tuple(detail::recomputed_value(each, location)...); }, own);
      const auto run = [&] { return detail::gradient_leaves(std::apply(f, again)); };
      return detail::recomputed_gradients(run, detail::gradient_leaves(again, variables), detail::gradient_leaves(dy),
                                          location);
    };
    return detail::with_pullback(*value, pull, location, std::make_tuple(args...), variables);
  };
}

} // namespace etch
