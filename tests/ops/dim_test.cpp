// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/dim.h"

#include <etch/error.h>

#include <gtest/gtest.h>

namespace etch::ops {
namespace {

Dim dim(std::string_view text) { return Dim::parse(text).value(); }
const Dim n = Dim::symbol("n"), m = Dim::symbol("m");

TEST(Dim, KeepsOneTextPerPolynomial) {
  EXPECT_EQ((n * 2 + 3).text(), "2*n+3");
  EXPECT_EQ((Dim(3) + n + n).text(), "2*n+3");
  EXPECT_EQ((n * m).text(), "m*n");
  EXPECT_EQ((m * n), (n * m));
  EXPECT_EQ((n - n).text(), "0");
  EXPECT_TRUE((n - n).is_static());
  EXPECT_EQ((Dim(0) - n).text(), "-n");
  EXPECT_EQ((n * n - m * 4 - 7).text(), "-4*m+n*n-7");
  EXPECT_EQ(((n + m) * (n - m)).text(), "-m*m+n*n");
}

TEST(Dim, ParsesWhatItPrints) {
  for (const Dim &each : {Dim(0), Dim(-5), Dim(INT64_MAX), n, n * 2 + 3, n * m - n, n * n * n, Dim(0) - n - 1,
                          Dim::quotient(n + 1, 2), Dim::quotient(Dim::quotient(n, 3) * m, m + 2) * 2 - 1}) {
    ASSERT_TRUE(Dim::parse(each.text())) << each.text();
    EXPECT_EQ(dim(each.text()), each);
    EXPECT_EQ(dim(each.text()).text(), each.text());
  }
}

TEST(Dim, RejectsMalformedText) {
  for (std::string_view text : {"",     "+",   "n+",       "2n",   "n*",  "*n",  "n**m", "[n]",
                                "[n/2", "n/2", "[/2]",     "[n/]", "n m", "(n)", " n",   "99999999999999999999",
                                "n-",   "--n", "[[[[n/2]", "?"})
    EXPECT_FALSE(Dim::parse(text)) << text;
  const std::string deep(100000, '[');
  EXPECT_FALSE(Dim::parse(deep + "n/2" + std::string(100000, ']')));
}

TEST(Dim, DividesExactlyOrNotAtAll) {
  EXPECT_EQ(((n + m) * (n - m)).divide_exactly(n + m), n - m);
  EXPECT_EQ((n * 6 + 9).divide_exactly(3), n * 2 + 3);
  EXPECT_EQ(Dim(12).divide_exactly(4), Dim(3));
  EXPECT_EQ(Dim(0).divide_exactly(n), Dim(0));
  EXPECT_EQ((n * m * 128).divide_exactly(m * 64), n * 2);
  EXPECT_EQ((n * 6 + 9).divide_exactly(2), std::nullopt);
  EXPECT_EQ(n.divide_exactly(m), std::nullopt);
  EXPECT_EQ(n.divide_exactly(0), std::nullopt);
  EXPECT_EQ((n * n + 1).divide_exactly(n + 1), std::nullopt);
  EXPECT_EQ(Dim(INT64_MIN).divide_exactly(-1), std::nullopt);
}

TEST(Dim, EvaluatesQuotientsFromTheirText) {
  const auto value_of = [](const std::string &name) { return name == "n" ? int64_t{5} : int64_t{4}; };
  EXPECT_EQ((n * m * 2 - 1).evaluate(value_of), 39);
  EXPECT_EQ(Dim::quotient(n * m, 10).evaluate(value_of), 2);
  EXPECT_EQ(Dim::quotient(n, n - 5).evaluate(value_of), 0);
  std::vector<std::string> names;
  (Dim::quotient(n * m, 10) + m).collect_symbols(names);
  EXPECT_EQ(names, (std::vector<std::string>{"m", "n"}));
}

TEST(Dim, ReportsOverflow) {
  EXPECT_THROW(Dim(INT64_MAX) + 1, Error);
  EXPECT_THROW(Dim(INT64_MIN) - 1, Error);
  EXPECT_THROW(Dim(INT64_MAX) * 2, Error);
  EXPECT_THROW(n * INT64_MAX + n, Error);
  try {
    Dim(int64_t{1} << 62) * 2;
    FAIL();
  } catch (const Error &error) {
    EXPECT_EQ(error.summary(), "dimensions must fit in 63 bits, got 4611686018427387904 * 2");
    EXPECT_EQ(error.code(), ErrorCode::too_large);
  }
}

} // namespace
} // namespace etch::ops
