// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/detail/gradients.h>
#include <etch/tensor.h>
#include <etch/variable.h>

#include <memory>
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

} // namespace etch
