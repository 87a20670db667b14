// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every mistake gives one error: the same code, first line and user line whether the callable runs eagerly, traced, or
// traced for unknown dimensions; and the wrapper works afterwards.
#include <etch/etch.h>

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace etch {
namespace {

constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();

struct Mistake {
  const char *name;
  const char *rule; ///< part of the first line
  std::function<Tensor(Tensor x, Tensor i)> run;
  bool found_when_run = false; ///< the trace is fine, each call of it fails
};

// x is f32[2,3], i is i32[4].
const std::vector<Mistake> &array_mistakes() {
  static const std::vector<Mistake> all{
      {"broadcast", "add:", [](Tensor x, Tensor) { return x + zeros({4}); }},
      {"broadcast_rank", "mul:", [](Tensor x, Tensor) { return x * zeros({2, 2, 2}); }},
      {"mixed_dtypes", "add:", [](Tensor x, Tensor i) { return x + i; }},
      {"exp_of_integers", "exp:", [](Tensor, Tensor i) { return exp(i); }},
      {"integer_division", "div:", [](Tensor, Tensor i) { return i / i; }},
      {"mean_of_integers", "reduce_mean:", [](Tensor, Tensor i) { return reduce_mean(i); }},
      {"float_beside_integers", "add:", [](Tensor, Tensor i) { return i + 0.5f; }},
      {"number_too_large", "add:", [](Tensor, Tensor i) { return i + (int64_t{1} << 40); }},
      {"bool_beside_numbers", "add:", [](Tensor x, Tensor) { return x + true; }},
      {"inner_dimensions", "matmul: inner dimensions must match",
       [](Tensor x, Tensor) { return matmul(x, zeros({4, 5})); }},
      {"matmul_rank", "matmul:", [](Tensor, Tensor) { return matmul(zeros({3}), zeros({3, 2})); }},
      {"matmul_batch", "matmul:", [](Tensor, Tensor) { return matmul(zeros({2, 3, 4}), zeros({3, 4, 5})); }},
      {"reshape_count", "reshape:", [](Tensor x, Tensor) { return reshape(x, {5}); }},
      {"reshape_two_unknown", "reshape:", [](Tensor x, Tensor) { return reshape(x, {-1, -1}); }},
      {"reshape_negative", "reshape:", [](Tensor x, Tensor) { return reshape(x, {-2, 3}); }},
      {"reshape_overflow", "reshape:", [](Tensor x, Tensor) { return reshape(x, {kHuge, kHuge}); }},
      {"transpose_short", "transpose:", [](Tensor x, Tensor) { return transpose(x, {0}); }},
      {"transpose_twice", "transpose:", [](Tensor x, Tensor) { return transpose(x, {0, 0}); }},
      {"transpose_range", "transpose:", [](Tensor x, Tensor) { return transpose(x, {0, 7}); }},
      {"broadcast_to_smaller", "broadcast_to:", [](Tensor x, Tensor) { return broadcast_to(x, {3}); }},
      {"broadcast_to_other", "broadcast_to:", [](Tensor x, Tensor) { return broadcast_to(x, {2, 4}); }},
      {"slice_outside", "slice:", [](Tensor x, Tensor) { return slice(x, {1, 1}, {2, 1}); }},
      {"slice_negative", "slice:", [](Tensor x, Tensor) { return slice(x, {-1, 0}, {1, 1}); }},
      {"slice_rank", "slice:", [](Tensor x, Tensor) { return slice(x, {0}, {1}); }},
      {"slice_overflow", "slice:", [](Tensor x, Tensor) { return slice(x, {kHuge, 0}, {kHuge, 1}); }},
      {"concat_nothing", "concat:", [](Tensor, Tensor) { return concat({}); }},
      {"concat_extents", "concat:", [](Tensor x, Tensor) { return concat({x, zeros({2, 4})}, 0); }},
      {"concat_dtypes", "concat:", [](Tensor x, Tensor i) { return concat({reshape(x, {6}), i}, 0); }},
      {"concat_axis", "concat:", [](Tensor x, Tensor) { return concat({x, x}, 2); }},
      {"sum_axis", "reduce_sum:", [](Tensor x, Tensor) { return reduce_sum(x, {2}); }},
      {"sum_axis_low", "reduce_sum:", [](Tensor x, Tensor) { return reduce_sum(x, {-3}); }},
      {"sum_axis_twice", "reduce_sum:", [](Tensor x, Tensor) { return reduce_sum(x, {1, -1}); }},
      {"sum_of_bool", "reduce_sum:", [](Tensor x, Tensor) { return reduce_sum(x > 0.0f); }},
      {"argmax_axis", "argmax:", [](Tensor x, Tensor) { return argmax(x, 5); }},
      {"argmax_of_nothing", "argmax:", [](Tensor, Tensor) { return argmax(zeros({0, 3}), 0); }},
      {"softmax_axis", "softmax:", [](Tensor x, Tensor) { return softmax(x, 2); }},
      {"softmax_of_integers", "softmax:", [](Tensor, Tensor i) { return softmax(i); }},
      {"cross_entropy_classes",
       "softmax_cross_entropy:", [](Tensor x, Tensor) { return softmax_cross_entropy(x, zeros({2, 4})); }},
      {"one_hot_of_floats", "one_hot:", [](Tensor x, Tensor) { return one_hot(x, 3); }},
      {"one_hot_negative_depth", "one_hot:", [](Tensor, Tensor i) { return one_hot(i, -1); }},
      {"gather_axis", "gather:", [](Tensor x, Tensor i) { return gather(x, i, 2); }},
      {"gather_float_indices", "gather:", [](Tensor x, Tensor) { return gather(x, x, 0); }},
      {"gather_out_of_range", "gather: index must be in [0,2), got 2",
       [](Tensor x, Tensor i) { return gather(x, i + 2, 0); }, true},
      {"gather_negative", "gather: index must be in [0,2), got -1",
       [](Tensor x, Tensor i) { return gather(x, i - 1, 0); }, true},
      {"where_condition", "where:", [](Tensor x, Tensor) { return where(x, x, x); }},
      {"zeros_negative", "", [](Tensor, Tensor) { return zeros({2, -1}); }},
      {"zeros_overflow", "", [](Tensor, Tensor) { return zeros({kHuge, 2}); }},
      {"zeros_too_large", "zeros:", [](Tensor, Tensor) { return zeros({int64_t{1} << 40, 1 << 20}); }, true},
      {"zeros_rank", "", [](Tensor, Tensor) { return zeros(std::vector<int64_t>(33, 1)); }},
      {"range_zero_step", "range:", [](Tensor, Tensor) { return range(0, 5, 0); }},
      {"undefined_operand", "add:", [](Tensor x, Tensor) { return x + Tensor(); }},
  };
  return all;
}

const std::vector<Mistake> &image_mistakes() {
  static const std::vector<Mistake> all{
      {"conv_rank", "conv2d: x and filters must have rank 4",
       [](Tensor x, Tensor) { return conv2d(x, zeros({2, 2, 3, 1})); }},
      {"conv_channels", "conv2d: the channels of x",
       [](Tensor x, Tensor) { return conv2d(reshape(x, {1, 1, 2, 3}), zeros({1, 1, 2, 1})); }},
      {"conv_groups", "conv2d: groups must divide",
       [](Tensor x, Tensor) {
         return conv2d(reshape(x, {1, 1, 2, 3}), zeros({1, 1, 1, 4}), {1, 1}, "same", {1, 1}, 3);
       }},
      {"conv_no_groups", "conv2d: groups must be 1 or more",
       [](Tensor x, Tensor) {
         return conv2d(reshape(x, {1, 1, 2, 3}), zeros({1, 1, 3, 4}), {1, 1}, "same", {1, 1}, 0);
       }},
      {"conv_window", "conv2d: the window must not be larger",
       [](Tensor x, Tensor) { return conv2d(expand_dims(expand_dims(x, 0), 3), zeros({2, 4, 1, 1})); }},
      {"conv_dilated_window", "conv2d: the window must not be larger",
       [](Tensor x, Tensor) {
         return conv2d(expand_dims(expand_dims(x, 0), 3), zeros({2, 2, 1, 1}), {1, 1}, "valid", {2, 1});
       }},
      {"conv_strides", "conv2d: strides must be",
       [](Tensor x, Tensor) { return conv2d(reshape(x, {1, 1, 2, 3}), zeros({1, 1, 3, 1}), {1, 0}); }},
      {"conv_of_integers", "conv2d: takes",
       [](Tensor, Tensor i) { return conv2d(reshape(i, {1, 2, 2, 1}), ones({1, 1, 1, 1}, DType::i32)); }},
      {"depthwise_channels", "depthwise_conv2d: the channels of x must be those of filters",
       [](Tensor x, Tensor) { return depthwise_conv2d(reshape(x, {1, 1, 2, 3}), zeros({1, 1, 2, 1})); }},
      {"pool_window", "max_pool: the window must not be larger",
       [](Tensor x, Tensor) { return max_pool(expand_dims(expand_dims(x, 0), 3), {3, 1}); }},
      {"pool_padding", "avg_pool: padding must be same or valid",
       [](Tensor x, Tensor) { return avg_pool(expand_dims(expand_dims(x, 0), 3), {1, 1}, {}, "full"); }},
  };
  return all;
}

const std::vector<Mistake> &random_mistakes() {
  static const std::vector<Mistake> all{
      {"dropout_rate", "dropout: rate must be", [](Tensor x, Tensor) { return dropout(x, 1); }},
      {"dropout_of_integers", "dropout: takes", [](Tensor, Tensor i) { return dropout(i, 0.5); }},
      {"uniform_bounds", "random_uniform: minval", [](Tensor, Tensor) { return random_uniform({2}, 3, 2); }},
      {"categorical_of_integers", "random_categorical: takes",
       [](Tensor, Tensor i) { return random_categorical(i, 2); }},
  };
  return all;
}

constexpr int64_t kBeyondMemory = int64_t{1} << 45; // elements

// The op that is called says what it was asked for, not one of those that its expansion is made of.
const std::vector<Mistake> &memory_mistakes() {
  static const std::vector<Mistake> all{
      {"zeros_beyond_memory", "zeros: the result must fit in this machine's memory, got f32[35184372088832]",
       [](Tensor, Tensor) { return zeros({kBeyondMemory}); }, true},
      {"eye_beyond_memory", "eye: the result must fit in this machine's memory, got f32[1073741824,1073741824]",
       [](Tensor, Tensor) { return eye(int64_t{1} << 30); }, true},
      {"eye_beyond_numbers", "eye: result must have fewer than 2^63 bytes, got f32[1099511627776,1099511627776]",
       [](Tensor, Tensor) { return eye(int64_t{1} << 40); }},
      {"range_beyond_memory", "range: the result must fit in this machine's memory, got i64[35184372088832]",
       [](Tensor, Tensor) { return range(0, kBeyondMemory); }, true},
      {"linspace_beyond_memory", "linspace: the result must fit in this machine's memory, got f16[35184372088832]",
       [](Tensor, Tensor) { return linspace(0, 1, kBeyondMemory, DType::f16); }, true},
      {"one_hot_beyond_memory", "one_hot: the result must fit in this machine's memory, got f32[4,35184372088832]",
       [](Tensor, Tensor i) { return one_hot(i, kBeyondMemory); }, true},
      {"one_hot_beyond_numbers", "one_hot: result must have fewer than 2^63 bytes, got f32[4,9223372036854775807]",
       [](Tensor, Tensor i) { return one_hot(i, kHuge); }},
      {"one_hot_between", "one_hot: intermediate results must have fewer than 2^63 bytes, got i64[2305843009213693952]",
       [](Tensor, Tensor) { return one_hot(constant<int64_t>({1}), int64_t{1} << 61, DType::boolean); }},
      {"tile_beyond_memory", "tile: the result must fit in this machine's memory, got f32[2,105553116266496]",
       [](Tensor x, Tensor) { return tile(x, {1, kBeyondMemory}); }, true},
      {"pad_beyond_memory", "pad: the result must fit in this machine's memory, got i32[35184372088836]",
       [](Tensor, Tensor i) { return pad(i, {{kBeyondMemory, 0}}); }, true},
      {"segments_beyond_memory", "segment_sum: the result must fit in this machine's memory, got f32[35184372088832,3]",
       [](Tensor x, Tensor) { return segment_sum(x, constant({0, 1}), kBeyondMemory); }, true},
      {"exp_of_a_view", "exp: the result must fit in this machine's memory, got f32[35184372088832,2,3]",
       [](Tensor x, Tensor) { return exp(broadcast_to(x, {kBeyondMemory, 2, 3})); }, true},
      {"exp_of_a_captured_view", "exp: the result must fit in this machine's memory, got f32[35184372088832]",
       [view = broadcast_to(constant(1.0f), {kBeyondMemory})](Tensor, Tensor) { return exp(view); }, true},
      {"einsum_beyond_memory", "einsum: the result must fit in this machine's memory, got f32[8388608,8388608]",
       [](Tensor x, Tensor) {
         const Tensor row = tile(reshape(slice(x, {0, 0}, {1, 1}), {1}), {1 << 23});
         return einsum("i,j->ij", {row, row});
       },
       true},
      {"uniform_beyond_memory", "random_uniform: the result must fit in this machine's memory, got f32[35184372088832]",
       [](Tensor, Tensor) { return random_uniform({kBeyondMemory}); }, true},
      {"uniform_beyond_numbers",
       "random_uniform: result must have fewer than 2^63 bytes, got f32[9223372036854775807,2]",
       [](Tensor, Tensor) { return random_uniform({kHuge, 2}); }},
      {"normal_beyond_memory", "random_normal: the result must fit in this machine's memory, got f32[35184372088832]",
       [](Tensor, Tensor) { return random_normal({kBeyondMemory}); }, true},
      {"split_beyond_numbers", "split: sizes must add up to the axis, got",
       [](Tensor, Tensor i) { return split(i, {kHuge, kHuge, kHuge})[0]; }},
  };
  return all;
}

const std::vector<Mistake> &mistakes() {
  static const std::vector<Mistake> all = [] {
    std::vector<Mistake> joined = array_mistakes();
    joined.insert(joined.end(), image_mistakes().begin(), image_mistakes().end());
    joined.insert(joined.end(), random_mistakes().begin(), random_mistakes().end());
    joined.insert(joined.end(), memory_mistakes().begin(), memory_mistakes().end());
    return joined;
  }();
  return all;
}

struct Outcome {
  std::string summary;
  ErrorCode code{};
  int line = 0;
};

template <class F>
Outcome outcome(const F &call) {
  try {
    call();
  } catch (const Error &error) {
    return {error.summary(), error.code(), error.location().line};
  }
  return {};
}

class Parity : public testing::TestWithParam<size_t> {};

TEST_P(Parity, OfEagerAndTracedErrors) {
  const Mistake &mistake = mistakes()[GetParam()];
  const Tensor x = constant({{1.0f, 2.0f, 3.0f}, {4.0f, 5.0f, 6.0f}});
  const Tensor i = from_vector(std::vector<int32_t>{0, 0, 0, 0}, Shape({4}));
  const Outcome eager = outcome([&] { mistake.run(x, i); });
  ASSERT_FALSE(eager.summary.empty()) << mistake.name << " is no mistake";
  EXPECT_NE(eager.summary.find(mistake.rule), std::string::npos) << eager.summary;
  EXPECT_GT(eager.line, 0) << eager.summary;

  bool wrong = true;
  const auto body = [&](Tensor a, Tensor b) { return wrong ? mistake.run(a, b) : a + 1.0f; };
  const auto exact = function(body);
  const auto unknown = function(body, {.input_signature = {spec<float>({dyn, dyn}), spec<int32_t>({dyn})}});
  for (const auto &traced : {exact, unknown}) {
    const Outcome error = outcome([&] { traced(x, i); });
    EXPECT_EQ(error.summary, eager.summary) << mistake.name;
    EXPECT_EQ(error.code, eager.code) << mistake.name;
    EXPECT_EQ(error.line, eager.line) << mistake.name;
  }
  wrong = false;
  if (!mistake.found_when_run) { // a failed trace leaves nothing behind
    EXPECT_EQ(exact(x, i).to_vector<float>(), (x + 1.0f).to_vector<float>());
    EXPECT_EQ(unknown(x, i).to_vector<float>(), (x + 1.0f).to_vector<float>());
  }
}

INSTANTIATE_TEST_SUITE_P(Errors, Parity, testing::Range(size_t{0}, mistakes().size()),
                         [](const auto &info) { return std::string(mistakes()[info.param].name); });

} // namespace
} // namespace etch
