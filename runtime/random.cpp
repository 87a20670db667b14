// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Generators: a Variable that holds a state, read and advanced around draws that are pure functions of it.
#include <etch/random.h>

#include "runtime/call_expr.h"
#include "runtime/float_environment.h"

#include <sys/random.h>

#include <bit>
#include <mutex>

namespace etch {

namespace detail {
struct GeneratorState {
  /// Held from the reading of the state to its assignment, so that no two draws start from one state.
  std::mutex mutex;
  Variable state;
};
} // namespace detail

namespace {

using runtime::CallExpr;

constexpr int64_t kMostSplits = 65536;

Operand operand_at(const Tensor &tensor, Location location) {
  return {tensor, location.file, location.function, location.line};
}

Tensor state_of(int64_t stream, int64_t key, Location location) {
  return from_vector<int64_t>({0, stream, key}, Shape({3}), location);
}

uint64_t entropy() {
  uint64_t bits = 0;
  ETCH_CHECK(getrandom(&bits, sizeof bits, 0) == sizeof bits) << "the operating system has no random numbers";
  return bits;
}

std::shared_ptr<detail::GeneratorState> generator_state(const Tensor &state, Location location) {
  return std::shared_ptr<detail::GeneratorState>(
      new detail::GeneratorState{{}, Variable(state, "generator", false, location)});
}

/// draw(state) gives the result; elements() the dimensions of what takes `words` words of 32 bits for each element, and
/// is asked when the arguments have proved good.
template <class Draw, class Elements>
Tensor drawn(detail::GeneratorState &generator, Location location, int64_t words, const Draw &draw,
             const Elements &elements) {
  const runtime::FloatEnvironment environment; // numbers round to nearest, whatever the host has set
  CallExpr::Context context(runtime::Dispatcher::current(), nullptr, location);
  const std::lock_guard lock(generator.mutex);
  const CallExpr state(context, generator.state.value(location));
  const CallExpr result = draw(state);
  const CallExpr next = expansion::random_advance(state, elements(), words);
  generator.state.assign(operand_at(next.tensor(), location));
  return result.tensor();
}

/// The same of one number, made of so many words, for each element of a shape.
template <class Draw>
Tensor drawn_shape(detail::GeneratorState &generator, Location location, const Extents &shape, int64_t words,
                   const Draw &draw) {
  const ops::Dims dims = runtime::dims_here(shape.dims(), "random", location);
  return drawn(
      generator, location, words, [&](const CallExpr &state) { return draw(state, dims); }, [&] { return dims; });
}

/// What a float of the dtype is made of.
int64_t words_of(DType dtype) { return dtype == DType::f64 ? 2 : 1; }

/// A number beside no tensor keeps its own dtype. An undefined tensor is reported when it is used.
Tensor tensor_of(const Operand &operand) {
  if (operand.open_dim())
    return Tensor(*operand.open_dim());
  return operand.is_literal()
             ? runtime::Dispatcher::current().literal(ops::own_scalar(operand.literal()), operand.location())
             : operand.tensor();
}

/// A number as an attribute, which the op reads in the dtype it needs.
ops::Scalar number(double value) { return ops::Scalar::of(DType::f64, value); }

} // namespace

Generator::Generator(uint64_t seed, Location location)
    : state_(generator_state(state_of(0, std::bit_cast<int64_t>(seed), location), location)) {}

Generator Generator::from_state(const Tensor &state, Location location) {
  ETCH_REQUIRE(state.defined(), ErrorCode::invalid_argument, location)
      << "generator: the state must be i64[3], got an undefined Tensor";
  ETCH_REQUIRE(state.dtype() == DType::i64 && (state.is_symbolic() || state.shape() == Shape({3})),
               state.dtype() == DType::i64 ? ErrorCode::shape : ErrorCode::dtype, location)
      << "generator: the state must be i64[3], got " << spec_text(state);
  return Generator(generator_state(state, location));
}

Generator Generator::from_entropy(Location location) {
  const int64_t stream = std::bit_cast<int64_t>(entropy()), key = std::bit_cast<int64_t>(entropy());
  return Generator(generator_state(state_of(stream, key, location), location));
}

void Generator::set_seed(uint64_t seed, Location location) const {
  const std::lock_guard lock(state_->mutex);
  state_->state.assign(operand_at(state_of(0, std::bit_cast<int64_t>(seed), location), location));
}

const Variable &Generator::state() const { return state_->state; }

std::vector<Generator> Generator::split(int64_t count, Location location) const {
  ETCH_REQUIRE(count >= 0 && count <= kMostSplits, ErrorCode::invalid_argument, location)
      << "split: count must be in [0, " << kMostSplits << "], got " << count;
  ETCH_REQUIRE(!runtime::Dispatcher::current().is_recording(), ErrorCode::tracing, location)
      << "split: generators must be made outside traced functions, got a split while one is traced";
  // A stream and a key each: 128 bits that no two generators share.
  const Tensor bits = drawn_shape(*state_, location, {count, 2}, 2, [](const CallExpr &state, const ops::Dims &dims) {
    return expansion::random_bits(state, dims, 64, DType::i64);
  });
  const std::vector<int64_t> numbers = bits.to_vector<int64_t>(location);
  std::vector<Generator> generators;
  for (size_t i = 0; i < numbers.size(); i += 2)
    generators.push_back(Generator(generator_state(state_of(numbers[i], numbers[i + 1], location), location)));
  return generators;
}

Tensor Generator::uniform(const Extents &shape, double minval, double maxval, DType dtype, Location location) const {
  return drawn_shape(*state_, location, shape, words_of(dtype), [&](const CallExpr &state, const ops::Dims &dims) {
    return expansion::random_uniform(state, dims, number(minval), number(maxval), dtype);
  });
}

Tensor Generator::normal(const Extents &shape, double mean, double stddev, DType dtype, Location location) const {
  return drawn_shape(*state_, location, shape, 2 * words_of(dtype), [&](const CallExpr &state, const ops::Dims &dims) {
    return expansion::random_normal(state, dims, number(mean), number(stddev), dtype);
  });
}

Tensor Generator::truncated_normal(const Extents &shape, double mean, double stddev, DType dtype,
                                   Location location) const {
  return drawn_shape(*state_, location, shape, words_of(dtype), [&](const CallExpr &state, const ops::Dims &dims) {
    return expansion::random_truncated_normal(state, dims, number(mean), number(stddev), dtype);
  });
}

Tensor Generator::bernoulli(const Extents &shape, const Operand &p, DType dtype) const {
  Tensor chance;
  if (!p.is_literal()) {
    chance = p.tensor();
  } else {
    const Literal literal = runtime::known_literal(p);
    const double value = is_floating(literal.dtype) ? literal.floating : static_cast<double>(literal.integer);
    ETCH_REQUIRE(value >= 0 && value <= 1, ErrorCode::invalid_argument, p.location())
        << "random_bernoulli: p must be in [0, 1], got " << number(value).text();
    const runtime::FloatEnvironment environment;
    chance = runtime::Dispatcher::current().literal(ops::Scalar::of(DType::f32, value), p.location());
  }
  const int64_t words = chance.defined() ? words_of(chance.dtype()) : 1;
  return drawn_shape(*state_, p.location(), shape, words, [&](const CallExpr &state, const ops::Dims &dims) {
    return expansion::random_bernoulli(CallExpr(state.context(), chance), state, dims, dtype);
  });
}

Tensor Generator::integers(const Extents &shape, int64_t minval, int64_t maxval, DType dtype, Location location) const {
  const int64_t words = expansion::is_small_range(expansion::random_range(minval, maxval)) ? 2 : 4;
  return drawn_shape(*state_, location, shape, words, [&](const CallExpr &state, const ops::Dims &dims) {
    return expansion::random_int(state, dims, minval, maxval, dtype);
  });
}

Tensor Generator::categorical(const Operand &logits, int64_t samples) const {
  const Tensor x = tensor_of(logits);
  const int64_t words = x.defined() ? words_of(x.dtype()) : 1;
  CallExpr::Context context(runtime::Dispatcher::current(), nullptr, logits.location());
  return drawn(
      *state_, logits.location(), words,
      [&](const CallExpr &state) { return expansion::random_categorical(CallExpr(context, x), state, samples); },
      [&] { return expansion::appended(CallExpr(context, x).dims(), samples); });
}

Tensor Generator::shuffle(const Operand &x) const {
  CallExpr::Context context(runtime::Dispatcher::current(), nullptr, x.location());
  const CallExpr slices(context, tensor_of(x));
  return drawn(
      *state_, x.location(), 2, [&](const CallExpr &state) { return expansion::shuffle(slices, state); },
      [&] { return ops::Dims{slices.dim(0)}; });
}

Tensor Generator::dropout(const Operand &x, double rate) const {
  CallExpr::Context context(runtime::Dispatcher::current(), nullptr, x.location());
  const CallExpr elements(context, tensor_of(x));
  return drawn(
      *state_, x.location(), 1,
      [&](const CallExpr &state) { return expansion::dropout(elements, state, number(rate)); },
      [&] { return elements.dims(); });
}

const Generator &default_generator() {
  // Never destroyed: destructors of other static objects may draw.
  static const Generator &generator = []() -> const Generator & {
    const runtime::DispatcherScope eagerly(runtime::Dispatcher::eager()); // a first draw may be in a traced function
    return *new Generator(Generator::from_entropy({}));
  }();
  return generator;
}

void set_seed(uint64_t seed, Location location) { default_generator().set_seed(seed, location); }

Tensor random_uniform(const Extents &shape, double minval, double maxval, DType dtype, Location location) {
  return default_generator().uniform(shape, minval, maxval, dtype, location);
}
Tensor random_normal(const Extents &shape, double mean, double stddev, DType dtype, Location location) {
  return default_generator().normal(shape, mean, stddev, dtype, location);
}
Tensor random_truncated_normal(const Extents &shape, double mean, double stddev, DType dtype, Location location) {
  return default_generator().truncated_normal(shape, mean, stddev, dtype, location);
}
Tensor random_bernoulli(const Extents &shape, const Operand &p, DType dtype) {
  return default_generator().bernoulli(shape, p, dtype);
}
Tensor random_int(const Extents &shape, int64_t minval, int64_t maxval, DType dtype, Location location) {
  return default_generator().integers(shape, minval, maxval, dtype, location);
}
Tensor random_categorical(const Operand &logits, int64_t samples) {
  return default_generator().categorical(logits, samples);
}
Tensor shuffle(const Operand &x) { return default_generator().shuffle(x); }
Tensor dropout(const Operand &x, double rate) { return default_generator().dropout(x, rate); }

} // namespace etch
