// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Extents that a trace leaves open, as the callable sees them.
#include "tests/tracer/bits.h"

#include <etch/random.h>

#include <optional>
#include <sstream>

namespace etch {
namespace {

using test::error_of;
using test::ramp;
using test::same_bits;

const std::vector<int64_t> kSizes = {1, 2, 7, 64, 4096};

Options open_rows() { return {.name = "f", .arguments = {"x"}, .input_signature = {spec<float>({dyn, 3})}}; }
Options any_shape() { return {.name = "f", .arguments = {"x"}, .shapes = Shapes::rank}; }

/// One trace, the bits of the callable itself.
template <class F>
void expect_one_trace(const F &callable) {
  auto f = function([&](const Tensor &x) { return callable(x); }, open_rows());
  for (const int64_t n : kSizes)
    EXPECT_TRUE(same_bits(f(ramp({n, 3})), callable(ramp({n, 3})))) << n;
  EXPECT_EQ(f.trace_count(), 1);
  EXPECT_EQ(f.stats().shape_fallbacks, 0);
}

TEST(Dim, IsANumberInEagerCode) {
  const Tensor x = ramp({4, 6});
  const Dim rows = x.dim(0);
  EXPECT_TRUE(rows.is_known());
  const int64_t number = rows;
  EXPECT_EQ(number, 4);
  EXPECT_EQ(rows + 1, 5);
  EXPECT_EQ(1 + rows, 5);
  EXPECT_EQ(rows - x.dim(1), -2);
  EXPECT_EQ(-rows, -4);
  EXPECT_EQ(rows * 2u, 8);
  EXPECT_EQ(rows / 3, 1);
  EXPECT_EQ(-rows / 3, -1) << "as C++ rounds";
  EXPECT_EQ(rows % 3, 1);
  EXPECT_EQ(9 / rows, 2);
  EXPECT_EQ(9 % rows, 1);
  EXPECT_TRUE(rows < 5 && rows <= 4 && rows > size_t{3} && rows >= 4 && rows != 5 && 3 < rows && 5 > rows);
  EXPECT_EQ(x.size(), 24);
  EXPECT_EQ(rows * 0.5, 2.0);
  Dim sum = 0;
  for (int64_t i = 0; i < rows; ++i)
    sum += x.dim(1);
  ++sum;
  EXPECT_EQ(sum, 25);
  std::ostringstream text;
  text << sum;
  EXPECT_EQ(text.str(), "25");
  EXPECT_EQ(std::vector<float>(static_cast<size_t>(rows)).size(), 4u);
  EXPECT_TRUE(same_bits(x * rows, x * 4.0f));
}

TEST(Dim, StandsWhereNumbersStand) {
  Dim n = ramp({4, 6}).dim(0);
  EXPECT_EQ(n++, 4);
  EXPECT_EQ(n--, 5);
  n %= 3;
  EXPECT_EQ(n, 1);
  EXPECT_TRUE(n && !Dim(0));
  EXPECT_TRUE(n < std::string::npos);
  const Tensor t = n;
  EXPECT_EQ(t.dtype(), DType::i64);
  EXPECT_EQ(t.item<int64_t>(), 1);
  const std::vector<Tensor> list{n};
  EXPECT_EQ(list.size(), 1u);
  EXPECT_EQ(constant(n).item<int64_t>(), 1);
  switch (n) {
  case 1:
    break;
  default:
    ADD_FAILURE();
  }
  auto f = function([](Tensor x) { return stack({x.dim(0), x.dim(1)}); }, any_shape());
  EXPECT_TRUE(same_bits(f(ramp({2, 3})), constant({int64_t{2}, int64_t{3}})));
  EXPECT_TRUE(same_bits(f(ramp({5, 3})), constant({int64_t{5}, int64_t{3}})));
  EXPECT_EQ(f.trace_count(), 1);
}

TEST(Dim, ChecksItsArithmetic) {
  const Dim big = INT64_MAX;
  EXPECT_EQ(error_of([&] { big + 1; }).summary(), "dim: the result must fit in 64 bits, got 9223372036854775807 + 1");
  EXPECT_EQ(error_of([&] { big *big; }).code(), ErrorCode::too_large);
  EXPECT_EQ(error_of([&] { -Dim(INT64_MIN); }).code(), ErrorCode::too_large);
  EXPECT_EQ(error_of([&] { Dim(INT64_MIN) / -1; }).code(), ErrorCode::too_large);
  EXPECT_EQ(Dim(INT64_MIN) % -1, 0);
  EXPECT_EQ(error_of([&] { big / 0; }).summary(), "dim: the divisor must not be 0, got 9223372036854775807 / 0");
  EXPECT_EQ(error_of([&] { big % 0; }).summary(), "dim: the divisor must not be 0, got 9223372036854775807 % 0");
}

TEST(OpenDim, ShapesTensors) {
  expect_one_trace([](const Tensor &x) { return reshape(x, {x.dim(0) * 3}); });
  expect_one_trace([](const Tensor &x) { return reshape(x, {1, -1, x.dim(0)}); });
  expect_one_trace([](const Tensor &x) { return x + zeros({x.dim(0), 1}); });
  expect_one_trace([](const Tensor &x) { return x + ones(x.shape()); });
  expect_one_trace([](const Tensor &x) { return full({2, x.dim(0) + 1}, 0.5f); });
  expect_one_trace([](const Tensor &x) { return broadcast_to(reduce_sum(x), x.shape()); });
  expect_one_trace([](const Tensor &x) { return slice(x, {x.dim(0) - 1, 0}, {1, 3}); });
  expect_one_trace([](const Tensor &x) { return cast(eye(x.dim(0), x.dim(1)), DType::f32) + x; });
  expect_one_trace([](const Tensor &x) { return one_hot(cast(x, DType::i32), x.dim(0) + 2); });
  expect_one_trace([](const Tensor &x) { return linspace(0.0f, 1.0f, x.dim(0) + 3); });
  expect_one_trace([](const Tensor &x) { return iota(x.dim(0)) * 2 + reduce_sum(iota(x.size() + 1)); });
  expect_one_trace([](const Tensor &x) {
    const Dim rows = x.dim(0), twice = 2 * rows;
    return reshape(concat({x, x}, 0), {twice / 2, 2, 3});
  });
}

TEST(OpenDim, IsANumberBesideTensors) {
  expect_one_trace([](const Tensor &x) { return reduce_sum(x) / x.size(); });
  expect_one_trace([](const Tensor &x) { return x.dim(0) - x; });
  expect_one_trace([](const Tensor &x) { return cast(x, DType::f16) * x.dim(0); });
  expect_one_trace([](const Tensor &x) { return cast(x, DType::f64) * (x.dim(0) * 7 + 1); });
  expect_one_trace([](const Tensor &x) { return cast(x, DType::i32) * x.dim(0); });
  expect_one_trace([](const Tensor &x) { return cast(x, DType::i64) + x.dim(0); });
  EXPECT_EQ(error_of([] {
              function([](Tensor x) { return cast(x, DType::i8) + x.dim(0); }, open_rows())(ramp({2, 3}));
            }).summary(),
            "dim: the number must be known while tracing, got x.dim(0)");
}

TEST(OpenDim, DrawsAsManyNumbersAsEagerCode) {
  const Generator traced(7), eager(7);
  auto f = function([&](Tensor x) { return x + traced.uniform({x.dim(0), 3}); }, open_rows());
  for (const int64_t n : kSizes)
    EXPECT_TRUE(same_bits(f(ramp({n, 3})), ramp({n, 3}) + eager.uniform({n, 3}))) << n;
  EXPECT_EQ(f.trace_count(), 1);
}

TEST(OpenDim, PrintsItsNumberAtEachCall) {
  auto f = function([](Tensor x) { print("{} rows", x.dim(0)); }, open_rows());
  for (const int64_t n : {2, 5}) {
    testing::internal::CaptureStdout();
    f(ramp({n, 3}));
    EXPECT_EQ(testing::internal::GetCapturedStdout(), std::to_string(n) + " rows\n");
  }
}

TEST(OpenDim, HasNoNumberUnderADeclaredSignature) {
  const auto error_in = [](auto question) {
    return error_of([&] { function([&](Tensor x) { return question(x), x; }, open_rows())(ramp({2, 3})); });
  };
  const Error error = error_in([](const Tensor &x) { static_cast<void>(static_cast<int64_t>(x.dim(0) * 2 + 1)); });
  EXPECT_EQ(error.code(), ErrorCode::tracing);
  EXPECT_EQ(error.summary(), "dim: the number must be known while tracing, got 2*x.dim(0)+1");
  EXPECT_EQ(error.help(), "ops take an open extent as it is; with Options::shapes a trace may depend on its number");
  EXPECT_EQ(error.location().line, __LINE__ - 4);
  EXPECT_EQ(error_in([](const Tensor &x) { static_cast<void>(x.dim(0) == 5); }).summary(),
            "dim: the comparison must be known while tracing, got x.dim(0) = 5");
  EXPECT_EQ(error_in([](const Tensor &x) { static_cast<void>(5 >= x.dim(0)); }).summary(),
            "dim: the comparison must be known while tracing, got 5 < x.dim(0)");
  EXPECT_EQ(error_in([](const Tensor &x) {
              EXPECT_EQ(x.shape()[1], 3);
              static_cast<void>(x.shape()[0]);
            }).summary(),
            "dim: the number must be known while tracing, got x.dim(0)");
  EXPECT_EQ(error_in([](const Tensor &x) { static_cast<void>(x.dim(0) % 2); }).summary(),
            "dim: the number must be known while tracing, got x.dim(0)");
}

TEST(OpenDim, AnswersWhatItsExpressionDecides) {
  expect_one_trace([](const Tensor &x) {
    const Dim rows = x.dim(0);
    const bool right = rows == x.dim(0) && rows + 1 > rows && rows + 1 != 0 && !(rows < 0) && rows >= 0 &&
                       2 * rows % 2 == 0 && x.shape() == (x + 1.0f).shape() && x.shape().rank() == 2;
    return right ? x : -x;
  });
}

TEST(OpenDim, BindsTheTraceToItsNumber) {
  auto f = function([](Tensor x) { return x * static_cast<float>(x.dim(1)); }, any_shape());
  const auto traces_after = [&](int64_t rows, int64_t columns) {
    EXPECT_TRUE(same_bits(f(ramp({rows, columns})), ramp({rows, columns}) * static_cast<float>(columns)));
    return f.trace_count();
  };
  EXPECT_EQ(traces_after(2, 3), 1);
  EXPECT_EQ(traces_after(9, 3), 1) << "the other extent stays open";
  EXPECT_EQ(traces_after(9, 4), 2);
  EXPECT_EQ(traces_after(2, 3), 2);
  EXPECT_EQ(f.trace(ramp({2, 4})).compile().frozen()[1].text, "x.dim(1) = 4") << "the trace that the call would run";
  const auto concrete = f.trace(ramp({2, 3})).compile();
  ASSERT_EQ(concrete.frozen().size(), 2u);
  EXPECT_EQ(concrete.frozen()[1].text, "x.dim(1) = 3");
}

TEST(OpenDim, BindsTheTraceToAComparison) {
  auto f = function([](Tensor x) { return x.dim(0) > 10 ? x + 1.0f : x - 1.0f; }, any_shape());
  const auto traces_after = [&](int64_t n) {
    EXPECT_TRUE(same_bits(f(ramp({n})), n > 10 ? ramp({n}) + 1.0f : ramp({n}) - 1.0f)) << n;
    return f.trace_count();
  };
  EXPECT_EQ(traces_after(3), 1);
  EXPECT_EQ(traces_after(0), 1);
  EXPECT_EQ(traces_after(10), 1);
  EXPECT_EQ(traces_after(11), 2);
  EXPECT_EQ(traces_after(5), 2);
  auto special = function([](Tensor x) { return x.dim(0) == 1 ? x * 2.0f : x + 1.0f; }, any_shape());
  for (int64_t n = 1; n < 40; ++n)
    EXPECT_TRUE(same_bits(special(ramp({n})), n == 1 ? ramp({n}) * 2.0f : ramp({n}) + 1.0f)) << n;
  EXPECT_EQ(special.trace_count(), 2) << "whichever came first";
  auto by_remainder = function([](Tensor x) { return x.dim(0) % 8 == 0 ? x : x + 1.0f; }, any_shape());
  for (int64_t n = 0; n < 20; ++n)
    EXPECT_TRUE(same_bits(by_remainder(ramp({n})), n % 8 == 0 ? ramp({n}) : ramp({n}) + 1.0f)) << n;
  EXPECT_LE(by_remainder.trace_count(), 20);
  auto equal = function([](Tensor x, Tensor y) { return x.dim(0) == y.dim(0) ? x + y : x; }, {.shapes = Shapes::rank});
  for (const auto &[m, n] : {std::pair<int64_t, int64_t>{2, 2}, {3, 3}, {2, 3}, {5, 3}, {4, 4}})
    EXPECT_TRUE(same_bits(equal(ramp({m}), ramp({n})), m == n ? ramp({m}) * 2.0f : ramp({m}))) << m << " " << n;
}

TEST(OpenDim, MayEndALoop) {
  const auto sum_of = [](const Tensor &x) {
    Tensor sum = zeros({});
    for (int64_t i = 0; i < x.dim(0); ++i)
      sum = sum + reshape(slice(x, {i}, {1}), {});
    return sum;
  };
  auto f = function([&](Tensor x) { return sum_of(x); }, any_shape());
  for (const int64_t n : {3, 40, 0, 3, 40})
    EXPECT_TRUE(same_bits(f(ramp({n})), sum_of(ramp({n})))) << n;
  EXPECT_EQ(f.trace_count(), 3);
  const auto frozen = f.trace(ramp({3})).compile().frozen();
  ASSERT_GE(frozen.size(), 2u);
  EXPECT_EQ(frozen[frozen.size() - 2].text, "2 < x.dim(0)") << "the bounds below are left out";
  EXPECT_EQ(frozen.back().text, "3 >= x.dim(0)");
}

TEST(OpenDim, DividesExactlyOrHasATraceOfItsOwn) {
  for (const Options &options : {open_rows(), any_shape()}) {
    auto f = function([](Tensor x) { return slice(x, {0, 0}, {x.dim(0) / 2, 3}); }, options);
    for (const int64_t n : {4, 8, 2, 0})
      EXPECT_TRUE(same_bits(f(ramp({n, 3})), slice(ramp({n, 3}), {0, 0}, {n / 2, 3}))) << n;
    EXPECT_EQ(f.trace_count(), 1);
    EXPECT_TRUE(same_bits(f(ramp({5, 3})), slice(ramp({5, 3}), {0, 0}, {2, 3})));
    EXPECT_EQ(f.trace_count(), 2);
  }
}

TEST(OpenDim, IsAResultAsTheNumberItIs) {
  auto f = function([](Tensor x) { return std::pair(x + 1.0f, x.dim(0)); }, any_shape());
  for (const int64_t n : {3, 4, 3}) {
    const auto [y, rows] = f(ramp({n}));
    EXPECT_EQ(rows, n);
  }
  auto g = function([](Tensor x, Dim rows) { return slice(x, {0}, {rows}); });
  EXPECT_TRUE(same_bits(g(ramp({5}), 2), ramp({2})));
  EXPECT_EQ(g.trace(ramp({5}), ramp({3}).dim(0)).text(), g.trace(ramp({5}), 3).text());
}

TEST(OpenDim, IsTakenIntoNestedFunctions) {
  auto inner = function([](Tensor x) { return x / x.dim(0) + zeros({x.dim(0), 3}); });
  auto asking = function([](Tensor x) { return x * static_cast<float>(x.dim(0)); });
  expect_one_trace([&](const Tensor &x) { return inner(x) + inner(exp(x)); });
  expect_one_trace([&](const Tensor &x) {
    const Dim rows = x.dim(0);
    auto captures = function([&](Tensor y) { return reshape(y, {y.dim(0) * rows}) + zeros({rows * rows}); });
    return captures(ones({rows, rows}));
  });
  auto f = function([&](Tensor x) { return asking(x) + 1.0f; }, any_shape());
  for (const int64_t n : {2, 3, 2, 5})
    EXPECT_TRUE(same_bits(f(ramp({n, 3})), ramp({n, 3}) * static_cast<float>(n) + 1.0f)) << n;
  auto declared = function([&](Tensor x) { return asking(x); }, open_rows());
  EXPECT_EQ(error_of([&] { declared(ramp({2, 3})); }).summary(),
            "dim: the number must be known while tracing, got x.dim(0)");
}

TEST(OpenDim, DoesNotServeAnOuterTraceThatMayDiffer) {
  auto inner = function([](Tensor x) { return x.dim(0) > 4 ? x + 1.0f : x - 1.0f; }, {.shapes = Shapes::rank});
  inner(ramp({9})); // traced for more than 4
  auto outer = function([&](Tensor x) { return inner(x) * 2.0f; }, any_shape());
  for (const int64_t n : {7, 3, 9, 4})
    EXPECT_TRUE(same_bits(outer(ramp({n})), (n > 4 ? ramp({n}) + 1.0f : ramp({n}) - 1.0f) * 2.0f)) << n;
}

TEST(OpenDim, IsResolvedThroughThreeFunctions) {
  auto innermost = function([](Tensor z) { return z * z.dim(0) + zeros(z.shape()); });
  auto f = function(
      [&](Tensor x, Tensor y) {
        auto middle = function([&](Tensor a) { return concat({a * x.dim(0), innermost(x), innermost(a)}); });
        return middle(y);
      },
      {.shapes = Shapes::rank});
  for (const auto &[m, n] : {std::pair<int64_t, int64_t>{3, 7}, {7, 3}, {1, 1}, {2, 5}}) {
    const Tensor x = ramp({m}), y = ramp({n});
    EXPECT_TRUE(same_bits(f(x, y), concat({y * m, x * m, y * n}))) << m << " " << n;
  }
  EXPECT_EQ(f.trace_count(), 1);
}

TEST(OpenDim, IsWrittenToVariables) {
  const Variable v(zeros({}, DType::i64), "v");
  auto f = function([&](Tensor x) { v.assign(x.dim(0)), v.assign_add(x.dim(0) * 2); }, any_shape());
  for (const int64_t n : {3, 5}) {
    f(ramp({n}));
    EXPECT_EQ(v.value().item<int64_t>(), 3 * n);
  }
  EXPECT_EQ(f.trace_count(), 1);
}

/// Eager bits or errors, whatever was traced before.
template <class F>
void expect_eager_outcome(const F &callable, const std::vector<Shape> &shapes) {
  for (const Options &options : {Options{.shapes = Shapes::rank}, Options{.shapes = Shapes::relax}}) {
    auto f = function([&](Tensor x) { return callable(x); }, options);
    for (const Shape &shape : shapes) {
      std::string expected, got;
      Tensor eager, traced;
      try {
        eager = callable(ramp(shape));
      } catch (const Error &error) {
        expected = error.summary();
      }
      try {
        traced = f(ramp(shape));
      } catch (const Error &error) {
        got = error.summary();
      }
      EXPECT_EQ(got, expected) << shape;
      if (expected.empty() && got.empty()) {
        EXPECT_TRUE(same_bits(traced, eager)) << shape;
      }
    }
  }
}

TEST(OpenDim, MustNotBecomeNegative) {
  const std::vector<Shape> shapes = {Shape({10}), Shape({3}), Shape({5}), Shape({4}), Shape({10})};
  expect_eager_outcome([](const Tensor &x) { return reduce_sum(zeros({x.dim(0) - 5}) + 1.0f); }, shapes);
  expect_eager_outcome([](const Tensor &x) { return reshape(cumsum(ones({x.dim(0) - 5, x.dim(0) - 6})), {-1}); },
                       shapes);
  expect_eager_outcome([](const Tensor &x) { return cast(eye(x.dim(0), x.dim(0) - 4), DType::f32); }, shapes);
  expect_eager_outcome([](const Tensor &x) { return reshape(ones({x.dim(0), 1}), {x.dim(0), x.dim(0) - 4}); }, shapes);
}

TEST(OpenDim, IsNotDividedByZero) {
  const std::vector<Shape> shapes = {Shape({3, 2}), Shape({3, 0}), Shape({0, 3}), Shape({3, 2})};
  expect_eager_outcome([](const Tensor &x) { return zeros({x.dim(0) * x.dim(1) / x.dim(1)}); }, shapes);
  expect_eager_outcome([](const Tensor &x) { return zeros({x.dim(1) / x.dim(1)}); }, shapes);
  expect_eager_outcome([](const Tensor &x) { return reshape(x, {x.size() / x.dim(0), x.dim(0)}); }, shapes);
  auto inner = function([](Tensor z) { return concat({reshape(z, {-1}), zeros({6 / z.dim(1)})}); });
  expect_eager_outcome([&](const Tensor &x) { return inner(x); }, shapes);
}

TEST(OpenDim, FitsTheIntegersBesideIt) {
  const std::vector<Shape> shapes = {Shape({3}), Shape({10}), Shape({2})};
  for (const int64_t factor : {300000007, -300000007}) {
    expect_eager_outcome([&](const Tensor &x) { return cast(x, DType::i32) + x.dim(0) * factor; }, shapes);
    auto inner = function([&](Tensor z) { return cast(z, DType::i32) * 0 + z.dim(0) * factor; });
    expect_eager_outcome([&](const Tensor &x) { return inner(x); }, shapes);
  }
}

TEST(OpenDim, MayBeNegativeWhereItIsCompared) {
  const std::vector<Shape> shapes = {Shape({3}), Shape({2}), Shape({7}), Shape({0})};
  expect_eager_outcome(
      [](const Tensor &x) {
        const Dim n = x.dim(0) - 5;
        auto inner = function([&](Tensor a) { return a.dim(0) + n >= 0 ? exp(a) : a; });
        return inner(x);
      },
      shapes);
  auto f = function([](Tensor x) { return x.dim(0) > INT64_MIN ? x + 1.0f : x; }, any_shape());
  for (const int64_t n : {1, 2, 3})
    f(ramp({n}));
  EXPECT_EQ(f.trace_count(), 1);
}

TEST(OpenDim, DoesNotLetErrorsOfOpenExtentsBeCaught) {
  const auto first_row = [](const Tensor &x) {
    try {
      return unstack(x).at(0);
    } catch (const Error &) {
      return x * 2.0f;
    }
  };
  const std::vector<Shape> shapes = {Shape({2, 3}), Shape({4, 3}), Shape({2, 3})};
  expect_eager_outcome(first_row, shapes);
  auto declared = function([&](Tensor x) { return first_row(x); }, open_rows());
  for (const Shape &shape : shapes)
    EXPECT_TRUE(same_bits(declared(ramp(shape)), first_row(ramp(shape))));
  auto asks = function(
      [](Tensor x) {
        try {
          return x * static_cast<float>(x.dim(0));
        } catch (const Error &) {
          throw std::runtime_error("no");
        }
      },
      open_rows());
  EXPECT_EQ(error_of([&] { asks(ramp({2, 3})); }).summary(),
            "f: the callable must not ask for a dimension that the trace does not know");
}

TEST(OpenDim, StartsVariablesFromTheNumbersOfTheCall) {
  for (const auto &[m, n] : {std::pair<int64_t, int64_t>{3, 7}, {1, 5}, {5, 5}}) {
    std::optional<Variable> traced, eager, assumed;
    const auto body = [](std::optional<Variable> &w, const Tensor &x, const Tensor &y) {
      const Dim size = x.dim(0);
      auto inner = function([&](Tensor z) {
        if (!w)
          w.emplace(z * size + zeros({z.dim(0)}), "w");
        return z + reduce_sum(*w);
      });
      return inner(y);
    };
    auto f = function([&](Tensor x, Tensor y) { return body(traced, x, y); }, {.shapes = Shapes::rank});
    const Tensor x = ramp({m}), y = ramp({n});
    EXPECT_TRUE(same_bits(f(x, y), body(eager, x, y)));
    EXPECT_TRUE(same_bits(traced->value(), eager->value()));
    if (m != n && m != 1)
      continue;
    auto g = function(
        [&](Tensor a, Tensor b) {
          const Tensor sum = a + b; // taken for equally long
          if (!assumed)
            assumed.emplace(ones({sum.dim(0)}), "assumed");
          return zeros({sum.dim(0)}) + *assumed;
        },
        {.shapes = Shapes::rank});
    EXPECT_TRUE(same_bits(g(x, y), ones({n})));
    EXPECT_EQ(assumed->shape(), Shape({n}));
  }
  Function<Tensor(Tensor)> h =
      function([&](Tensor x) { return x + h.local_variable("w", [&] { return ones({x.dim(-1)}); }); }, any_shape());
  for (const int64_t rows : {2, 3, 4})
    EXPECT_TRUE(same_bits(h(ramp({rows, 3})), ramp({rows, 3}) + 1.0f));
  EXPECT_LE(h.trace_count(), 2);
}

TEST(OpenDim, IsUselessOutsideItsTrace) {
  std::optional<Dim> kept;
  std::optional<Shape> shape;
  auto f = function([&](Tensor x) { return kept = x.dim(0), shape = x.shape(), x + 1.0f; }, open_rows());
  EXPECT_NO_THROW(f(ramp({2, 3})));
  ASSERT_TRUE(kept && !kept->is_known());
  EXPECT_EQ(kept->text(), "?");
  EXPECT_EQ(shape->text(), "[?,3]");
  const std::string ended =
      "dim: an open extent is out of scope: it belongs to the trace of function 'f', which has ended";
  EXPECT_EQ(error_of([&] { static_cast<void>(static_cast<int64_t>(*kept)); }).summary(), ended);
  EXPECT_EQ(error_of([&] { static_cast<void>(*kept == 2); }).summary(), ended);
  EXPECT_EQ(error_of([&] { static_cast<void>(shape->size()); }).summary(), ended);
  const std::string text = error_of([&] { zeros({*kept}); }).summary();
  EXPECT_TRUE(text.starts_with(
      "zeros: an open extent is out of scope: it belongs to the trace of function 'f', which has ended; a tensor "
      "was asked for it at "))
      << text;
  EXPECT_TRUE(same_bits(f(ramp({2, 3})), ramp({2, 3}) + 1.0f));
}

TEST(OpenDim, IsANumberInTensorsOfElements) {
  std::optional<Tensor> table;
  auto f = function(
      [&](Tensor x) {
        table = from_vector(std::vector<float>(static_cast<size_t>(x.size()), 2.0f), x.shape());
        return x * *table;
      },
      any_shape());
  for (const int64_t n : {2, 3, 2})
    EXPECT_TRUE(same_bits(f(ramp({n, 3})), ramp({n, 3}) * 2.0f));
  EXPECT_TRUE(table->shape().is_known());
  EXPECT_TRUE(table->dim(0).is_known());
  EXPECT_EQ(table->shape(), Shape({3, 3}));
}

TEST(OpenDim, HasNoNumberWithoutACall) {
  auto f = function([](Tensor x) { return x * static_cast<float>(x.dim(0)); }, any_shape());
  EXPECT_EQ(error_of([&] { f.concrete(spec<float>({dyn})); }).summary(),
            "dim: the number must be known while tracing, got x.dim(0)");
  EXPECT_NO_THROW(f.concrete(spec<float>({3})));
  const Tensor x = spec<float>({dyn, 2});
  EXPECT_EQ(error_of([&] { x.dim(0); }).summary(),
            "dim: a spec has no open extents to compute with, got axis 0 of f32[?,2]");
  EXPECT_EQ(x.dim(1), 2);
}

} // namespace
} // namespace etch
