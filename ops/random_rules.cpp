// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/rules.h"

#include "support/require.h"

#include <cmath>
#include <limits>

namespace etch::ops {

void check_random_state(const InferCall &call, const TensorType &state) {
  ETCH_REQUIRE(state.rank() == 1 && call.context.equal(state.dims[0], 3, call.location), ErrorCode::shape,
               call.location)
      << call.op.name << ": the state must be i64[3], got " << state.message_text();
}

TensorType random_bits_type(const InferCall &call, const TensorType &state, const Dims &shape, int64_t digits,
                            DType dtype) {
  check_random_state(call, state);
  const int64_t most = 8 * static_cast<int64_t>(size_of(dtype));
  ETCH_REQUIRE(digits >= 1 && digits <= most, ErrorCode::invalid_argument, call.location)
      << call.op.name << ": digits must be in [1, " << most << "], got " << digits;
  return {dtype, given_dims(call, shape)};
}

void check_random_advance(const InferCall &call, const TensorType &state, const Dims &shape, int64_t words) {
  check_random_state(call, state);
  given_dims(call, shape);
  ETCH_REQUIRE(words >= 0, ErrorCode::invalid_argument, call.location)
      << call.op.name << ": words must not be negative, got " << words;
}

void check_random_uniform(const InferCall &call, const TensorType &state, const Dims &shape, const Scalar &minval,
                          const Scalar &maxval, DType dtype) {
  check_random_state(call, state);
  given_dims(call, shape);
  // As the result's dtype has them.
  const Scalar least = Scalar::of(dtype, minval.as_double()), most = Scalar::of(dtype, maxval.as_double());
  ETCH_REQUIRE(least.as_double() < most.as_double(), ErrorCode::invalid_argument, call.location)
      << call.op.name << ": minval must be less than maxval, got " << least.text() << " and " << most.text();
  const Scalar width = Scalar::of(dtype, maxval.as_double() - minval.as_double());
  ETCH_REQUIRE(std::isfinite(width.as_double()), ErrorCode::invalid_argument, call.location)
      << call.op.name << ": maxval - minval must be finite in " << dtype << ", got " << least.text() << " and "
      << most.text();
}

void check_random_normal(const InferCall &call, const TensorType &state, const Dims &shape, const Scalar &mean,
                         const Scalar &stddev, DType dtype) {
  check_random_state(call, state);
  given_dims(call, shape);
  const Scalar center = Scalar::of(dtype, mean.as_double()), spread = Scalar::of(dtype, stddev.as_double());
  ETCH_REQUIRE(std::isfinite(center.as_double()) && std::isfinite(spread.as_double()), ErrorCode::invalid_argument,
               call.location)
      << call.op.name << ": mean and stddev must be finite, got " << center.text() << " and " << spread.text();
  ETCH_REQUIRE(spread.as_double() >= 0, ErrorCode::invalid_argument, call.location)
      << call.op.name << ": stddev must not be negative, got " << spread.text();
}

void check_random_int(const InferCall &call, const TensorType &state, const Dims &shape, int64_t minval, int64_t maxval,
                      DType dtype) {
  check_random_state(call, state);
  given_dims(call, shape);
  ETCH_REQUIRE(minval < maxval, ErrorCode::invalid_argument, call.location)
      << call.op.name << ": minval must be less than maxval, got " << minval << " and " << maxval;
  if (dtype == DType::i64)
    return;
  const int bits = static_cast<int>(8 * size_of(dtype)) - (dtype == DType::u8 ? 0 : 1);
  const int64_t most = (int64_t{1} << bits) - 1, least = dtype == DType::u8 ? 0 : -most - 1;
  ETCH_REQUIRE(minval >= least && maxval - 1 <= most, ErrorCode::invalid_argument, call.location)
      << call.op.name << ": " << dtype << " must hold minval to maxval - 1, got " << minval << " and " << maxval;
}

void check_random_bernoulli(const InferCall &call, const TensorType &p, const TensorType &state, const Dims &shape) {
  check_random_state(call, state);
  given_dims(call, shape);
  const auto wide = broadcast(p.dims, shape, call.context, call.location);
  ETCH_REQUIRE(wide && wide->size() == shape.size(), ErrorCode::shape, call.location)
      << call.op.name << ": p must broadcast to the shape, got " << p.message_text() << " and shape "
      << list_text(shape);
}

void check_random_categorical(const InferCall &call, const TensorType &logits, const TensorType &state,
                              const Dim &samples) {
  check_random_state(call, state);
  ETCH_REQUIRE(logits.rank() > 0, ErrorCode::shape, call.location)
      << call.op.name << ": logits must have rank 1 or more, got " << logits.message_text();
  ETCH_REQUIRE(call.context.at_least(logits.dims.back(), 1, call.location), ErrorCode::shape, call.location)
      << call.op.name << ": logits must have a class, got " << logits.message_text();
  ETCH_REQUIRE(!samples.is_static() || samples.value() >= 0, ErrorCode::invalid_argument, call.location)
      << call.op.name << ": samples must not be negative, got " << samples.text();
}

void check_shuffle(const InferCall &call, const TensorType &x, const TensorType &state) {
  check_random_state(call, state);
  ETCH_REQUIRE(x.rank() > 0, ErrorCode::shape, call.location)
      << call.op.name << ": x must have rank 1 or more, got " << x.message_text();
}

void check_dropout(const InferCall &call, const TensorType &state, const Scalar &rate) {
  check_random_state(call, state);
  ETCH_REQUIRE(rate.as_double() >= 0 && rate.as_double() < 1, ErrorCode::invalid_argument, call.location)
      << call.op.name << ": rate must be in [0, 1), got " << rate.text();
}

} // namespace etch::ops
