// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/ops.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace etch {

namespace detail {
struct GeneratorState;
}

/// A source of random numbers: Philox4x32-10 with a state that is a Variable. Draws happen in program order, eagerly or
/// inside a traced function, and both give the same numbers. The state is read at each call, so two calls of a traced
/// function differ, and a seed set after tracing is honoured. Element i of a draw depends on the state and on i alone:
/// not on threads, on the processor or on the number of elements. docs/random.md is the guide.
///
/// A Generator is a shared handle: copies mean the same state. Draws made eagerly may come from several threads at once
/// and never give the same numbers twice; calls of compiled functions that draw are as Variables are: two at once may
/// start from one state. In one C++ expression the compiler chooses the order of draws; put each in a statement.
///
/// Every draw throws Error (invalid_argument, shape, dtype) where its arguments break a rule, and then draws nothing.
class Generator {
public:
  /// Two generators of one seed give the same numbers. Every seed is as good as any other.
  explicit Generator(uint64_t seed, Location location = Location::current());
  /// Starts from a state as state() gives it: i64[3]. Throws Error (dtype, shape, tracing).
  static Generator from_state(const Tensor &state, Location location = Location::current());
  /// Seeded by the operating system.
  static Generator from_entropy(Location location = Location::current());

  /// Starts again as a generator of this seed.
  void set_seed(uint64_t seed, Location location = Location::current()) const;
  /// {counter, stream, key}: what to save, and to assign when it is restored.
  const Variable &state() const;
  /// Generators whose numbers are independent of each other and of this one's, which advances. At most 65536. Throws
  /// Error (tracing) while a function is traced.
  std::vector<Generator> split(int64_t count, Location location = Location::current()) const;

  /// Numbers of [minval, maxval), of a float dtype.
  Tensor uniform(const Extents &shape, double minval = 0, double maxval = 1, DType dtype = DType::f32,
                 Location location = Location::current()) const;
  /// Of the normal distribution.
  Tensor normal(const Extents &shape, double mean = 0, double stddev = 1, DType dtype = DType::f32,
                Location location = Location::current()) const;
  /// Of the normal distribution without what lies more than two standard deviations from the mean.
  Tensor truncated_normal(const Extents &shape, double mean = 0, double stddev = 1, DType dtype = DType::f32,
                          Location location = Location::current()) const;
  /// 1 (true) with probability p, else 0. p is a number, which counts as f32, or a float tensor that broadcasts to the
  /// shape; an element of it that is NaN or below 0 counts as 0, one above 1 as 1.
  Tensor bernoulli(const Extents &shape, const Operand &p, DType dtype = DType::boolean) const;
  /// Integers of [minval, maxval), of an integer dtype.
  Tensor integers(const Extents &shape, int64_t minval, int64_t maxval, DType dtype = DType::i64,
                  Location location = Location::current()) const;
  /// For each row of logits [..., classes], `samples` classes with the probabilities softmax(logits): i64
  /// [..., samples]. A class at -inf is not drawn where another is not.
  Tensor categorical(const Operand &logits, int64_t samples) const;
  /// The slices of x along its first axis in an order that is as likely as any other.
  Tensor shuffle(const Operand &x) const;
  /// Each element of x divided by 1 - rate, or 0 with probability rate, which is in [0, 1).
  Tensor dropout(const Operand &x, double rate) const;

  // Moving copies, so that no Generator is ever without its state.
  Generator(const Generator &) = default;
  Generator &operator=(const Generator &) = default;

private:
  explicit Generator(std::shared_ptr<detail::GeneratorState> state) : state_(std::move(state)) {}

  std::shared_ptr<detail::GeneratorState> state_;
};

/// The generator of the functions below. The operating system seeds it, so programs differ from run to run until they
/// call set_seed.
const Generator &default_generator();
/// Starts the default generator's numbers again, as those of this seed.
void set_seed(uint64_t seed, Location location = Location::current());

/// Draws of the default generator; the methods of Generator say what they give.
Tensor random_uniform(const Extents &shape, double minval = 0, double maxval = 1, DType dtype = DType::f32,
                      Location location = Location::current());
Tensor random_normal(const Extents &shape, double mean = 0, double stddev = 1, DType dtype = DType::f32,
                     Location location = Location::current());
Tensor random_truncated_normal(const Extents &shape, double mean = 0, double stddev = 1, DType dtype = DType::f32,
                               Location location = Location::current());
Tensor random_bernoulli(const Extents &shape, const Operand &p, DType dtype = DType::boolean);
Tensor random_int(const Extents &shape, int64_t minval, int64_t maxval, DType dtype = DType::i64,
                  Location location = Location::current());
Tensor random_categorical(const Operand &logits, int64_t samples);
Tensor shuffle(const Operand &x);
Tensor dropout(const Operand &x, double rate);

} // namespace etch
