// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions of the table: einsum and tensordot against plain loops, pieces, and their errors.
#include "tests/runtime/error_text.h"
#include "tests/runtime/naive.h"

#include <etch/ops.h>

#include <gtest/gtest.h>

#include <map>

namespace etch {
namespace {

/// Integers, so that the order of additions does not matter.
Tensor integers(std::mt19937 &random, const Shape &shape) {
  return cast(naive::random_tensor<int64_t>(random, shape, 9), DType::i32);
}

struct Equation {
  std::string text;
  std::vector<std::string> terms; ///< without ellipses
  std::string result;
};

/// The sum over all letters, one assignment of letters at a time.
std::vector<int32_t> naive_einsum(const Equation &equation, const std::map<char, int64_t> &extents,
                                  const std::vector<Tensor> &xs) {
  std::string letters = equation.result;
  for (const std::string &term : equation.terms)
    for (const char c : term)
      if (letters.find(c) == std::string::npos)
        letters += c;
  std::vector<int64_t> all, kept;
  for (const char c : letters)
    all.push_back(extents.at(c));
  for (const char c : equation.result)
    kept.push_back(extents.at(c));
  const Shape result(kept);
  std::vector<int32_t> sums(static_cast<size_t>(result.size()), 0);
  std::vector<std::vector<int32_t>> elements;
  for (const Tensor &x : xs)
    elements.push_back(x.to_vector<int32_t>());
  naive::for_each(Shape(all), [&](const naive::Index &index) {
    int32_t product = 1;
    for (size_t i = 0; i < xs.size(); ++i) {
      naive::Index own;
      for (const char c : equation.terms[i])
        own.push_back(index[letters.find(c)]);
      product *= elements[i][static_cast<size_t>(naive::flat(xs[i].shape(), own))];
    }
    const naive::Index to(index.begin(), index.begin() + static_cast<std::ptrdiff_t>(kept.size()));
    sums[static_cast<size_t>(naive::flat(result, to))] += product;
  });
  return sums;
}

TEST(Einsum, AgreesWithSumsOverAllLetters) {
  const std::vector<Equation> equations{{"ij,jk->ik", {"ij", "jk"}, "ik"},
                                        {"ij,jk->ki", {"ij", "jk"}, "ki"},
                                        {" i j , k j -> i k ", {"ij", "kj"}, "ik"},
                                        {"bij,bjk->bik", {"bij", "bjk"}, "bik"},
                                        {"ijk,jil->kl", {"ijk", "jil"}, "kl"},
                                        {"ijk,kji->", {"ijk", "kji"}, ""},
                                        {"i,j->ij", {"i", "j"}, "ij"},
                                        {"ij,ij->ij", {"ij", "ij"}, "ij"},
                                        {"ij,i->j", {"ij", "i"}, "j"},
                                        {"ij->", {"ij"}, ""},
                                        {"ijk->kij", {"ijk"}, "kij"},
                                        {"ijk->j", {"ijk"}, "j"},
                                        {"ii->i", {"ii"}, "i"},
                                        {"ii->", {"ii"}, ""},
                                        {"iij->ji", {"iij"}, "ji"},
                                        {"iii", {"iii"}, ""},
                                        {"ii,ij->j", {"ii", "ij"}, "j"},
                                        {"ba", {"ba"}, "ab"},
                                        {"ab,bc,cd->ad", {"ab", "bc", "cd"}, "ad"},
                                        {"ab,cd,bd->ca", {"ab", "cd", "bd"}, "ca"},
                                        {"i,i,i", {"i", "i", "i"}, ""},
                                        {"ijA,Aj->i", {"ijA", "Aj"}, "i"},
                                        {"abcd,bd->ca", {"abcd", "bd"}, "ca"},
                                        {",i->i", {"", "i"}, "i"},
                                        {"->", {""}, ""}};
  std::mt19937 random(7);
  for (const Equation &equation : equations)
    for (const int64_t base : {2, 1, 0}) {
      std::map<char, int64_t> extents;
      int64_t next = base;
      for (const char c : std::string("Aabcdijkl"))
        extents[c] = base == 0 ? (c == 'j' ? 0 : 2) : next++ % 4 + 1;
      std::vector<Tensor> xs;
      for (const std::string &term : equation.terms) {
        std::vector<int64_t> dims;
        for (const char c : term)
          dims.push_back(extents.at(c));
        xs.push_back(integers(random, Shape(dims)));
      }
      const Tensor got = einsum(equation.text, xs);
      EXPECT_EQ(got.to_vector<int32_t>(), naive_einsum(equation, extents, xs)) << equation.text << " " << base;
    }
}

TEST(Einsum, BroadcastsEllipses) {
  std::mt19937 random(8);
  const Tensor a = integers(random, Shape({4, 1, 2, 3})), b = integers(random, Shape({5, 3, 2}));
  EXPECT_EQ(einsum("...ij,...jk->...ik", {a, b}).to_vector<int32_t>(), matmul(a, b).to_vector<int32_t>());
  EXPECT_EQ(einsum("...ij,...jk->ik...", {a, b}).shape(), Shape({2, 2, 4, 5}));
  EXPECT_EQ(einsum("...ij,...jk", {a, b}).to_vector<int32_t>(), matmul(a, b).to_vector<int32_t>());
  EXPECT_EQ(einsum("i...->...", {b}).to_vector<int32_t>(), reduce_sum(b, {0}).to_vector<int32_t>());
  EXPECT_EQ(einsum("...,...->...", {a, integers(random, Shape({3}))}).shape(), Shape({4, 1, 2, 3}));
}

TEST(Einsum, HasTheBitsOfTheContraction) {
  std::mt19937 random(9);
  const Tensor a = naive::random_tensor<float>(random, Shape({33, 70})),
               b = naive::random_tensor<float>(random, Shape({70, 17}));
  EXPECT_TRUE(naive::same(einsum("ij,jk->ik", {a, b}).to_vector<float>(), matmul(a, b).to_vector<float>()));
  EXPECT_TRUE(naive::same(einsum("ij,ij->i", {a, a}).to_vector<float>(), reduce_sum(a * a, {1}).to_vector<float>()));
  EXPECT_TRUE(naive::same(matmul(a, transpose(b), false, true).to_vector<float>(), matmul(a, b).to_vector<float>()));
  EXPECT_TRUE(naive::same(matmul(transpose(a), b, true).to_vector<float>(), matmul(a, b).to_vector<float>()));
  EXPECT_TRUE(naive::same(tensordot(a, b, 1).to_vector<float>(), matmul(a, b).to_vector<float>()));
  EXPECT_TRUE(naive::same(tensordot(transpose(a), b, {0}, {-2}).to_vector<float>(), matmul(a, b).to_vector<float>()));
}

TEST(Einsum, RejectsWhatItCannotRead) {
  const Tensor x = ones({2, 3}), y = ones({4, 5});
  const auto text = [&](const char *equation, const std::vector<Tensor> &xs) {
    return error_text([&] { einsum(equation, xs); });
  };
  EXPECT_EQ(text("ij,jk->ik", {x}),
            "einsum: the equation must have one term per operand, got \"ij,jk->ik\" and 1 operand");
  EXPECT_EQ(text("i1->i", {x}), "einsum: a term must be letters and at most one \"...\", got \"i1\" in \"i1->i\"");
  EXPECT_EQ(text("i..->i", {x}), "einsum: a term must be letters and at most one \"...\", got \"i..\" in \"i..->i\"");
  EXPECT_EQ(text("ijk->i", {x}), "einsum: term 0 of \"ijk->i\" names 3 dimensions, got f32[2,3]");
  EXPECT_EQ(text("ijk...->i", {x}), "einsum: term 0 of \"ijk...->i\" names 3 dimensions beside \"...\", got f32[2,3]");
  EXPECT_EQ(text("ij->ik", {x}), "einsum: the result must name letters of the operands once, got 'k' in \"ij->ik\"");
  EXPECT_EQ(text("ij->ii", {x}), "einsum: the result must name letters of the operands once, got 'i' in \"ij->ii\"");
  EXPECT_EQ(text("i...->i", {x}), "einsum: the result must have the \"...\" of the operands, got \"i...->i\"");
  EXPECT_EQ(text("ij,jk->ik", {x, y}),
            "einsum: 'j' must be one extent, got 3 and 4 in \"ij,jk->ik\" of xs[0]: f32[2,3] and xs[1]: f32[4,5]");
  EXPECT_EQ(text("ii", {x}), "einsum: 'i' must be one extent, got 2 and 3 in \"ii\" of f32[2,3]");
  EXPECT_EQ(text("...,...", {x, y}),
            "einsum: dimensions of \"...\" must broadcast, got 2 and 4 in \"...,...\" of xs[0]: f32[2,3] and xs[1]: "
            "f32[4,5]");
  EXPECT_EQ(text("", {}), "einsum: the equation must have one term per operand, got \"\" and 0 operands");
  EXPECT_EQ(text("i->j->k", {zeros({1})}),
            "einsum: a term must be letters and at most one \"...\", got \"j->k\" in \"i->j->k\"");
  EXPECT_EQ(text("ij", {x > 0.f}), "einsum: takes u8, i8, i16, i32, i64, f16, bf16, f32 or f64, got bool[2,3]");
}

TEST(Pieces, AreCutWhereAsked) {
  const Tensor x = reshape(range(0, 24), {2, 12});
  const auto even = split(x, 3, 1);
  ASSERT_EQ(even.size(), 3u);
  EXPECT_EQ(even[2].to_vector<int64_t>(), (std::vector<int64_t>{8, 9, 10, 11, 20, 21, 22, 23}));
  const auto sized = split(x, {5, -1, 0}, -1);
  ASSERT_EQ(sized.size(), 3u);
  EXPECT_EQ(sized[1].shape(), Shape({2, 7}));
  EXPECT_EQ(sized[2].shape(), Shape({2, 0}));
  EXPECT_EQ(unstack(x)[1].to_vector<int64_t>(), slice(x, {1, 0}, {1, 12}).to_vector<int64_t>());
  EXPECT_TRUE(unstack(zeros({0, 3})).empty());
  EXPECT_EQ(error_text([&] { split(x, 5, 1); }),
            "split: count must divide the axis, got i64[2,12], count 5 and axis 1");
  EXPECT_EQ(error_text([&] { split(x, 0, 1); }),
            "split: count must divide the axis, got i64[2,12], count 0 and axis 1");
  EXPECT_EQ(error_text([&] { split(x, {5, 5}, 1); }),
            "split: sizes must add up to the axis, got i64[2,12], sizes [5,5] and axis 1");
  EXPECT_EQ(error_text([&] { split(x, {13, -1}, 1); }),
            "split: sizes must add up to the axis, got i64[2,12], sizes [13,-1] and axis 1");
  EXPECT_EQ(error_text([&] { split(x, {-1, -1}, 1); }),
            "split: sizes must be 0 or more, one of them may be -1, got [-1,-1]");
  EXPECT_EQ(error_text([&] { unstack(constant(1.f)); }), "unstack: needs a dimension to work along, got f32[]");
  EXPECT_EQ(error_text([&] { matmul(ones({3}), ones({3}), true); }),
            "matmul: operands must have rank 2 or more, got a: f32[3] and b: f32[3]");
  EXPECT_EQ(error_text([&] { tensordot(ones({2}), ones({3}), 1); }),
            "tensordot: paired axes must have one extent, got a: f32[2] and b: f32[3], a_axes [0] and b_axes [0]");
  EXPECT_EQ(error_text([&] { tensordot(ones({2}), ones({3}), 2); }),
            "tensordot: axes must be 0 or more and at most each rank, got a: f32[2] and b: f32[3] and axes 2");
  EXPECT_EQ(error_text([&] { tensordot(ones({2}), ones({3}), {0}, {}); }),
            "tensordot: a_axes and b_axes must be as many, got [0] and []");
  EXPECT_EQ(error_text([&] { diagonal(ones({2, 3})); }),
            "diagonal: both axes must have one extent, got f32[2,3], axes 0 and 1");
}

TEST(Pad, ReachesBeyondEveryBorder) {
  const Tensor x = constant({{1, 2, 3}, {4, 5, 6}});
  EXPECT_EQ(pad(x, {{1, 0}, {0, 2}}, "constant", 9).to_vector<int32_t>(),
            (std::vector<int32_t>{9, 9, 9, 9, 9, 1, 2, 3, 9, 9, 4, 5, 6, 9, 9}));
  EXPECT_EQ(pad(x, {{1, 1}, {2, 2}}, "reflect").to_vector<int32_t>(),
            (std::vector<int32_t>{6, 5, 4, 5, 6, 5, 4, 3, 2, 1, 2, 3, 2, 1, 6, 5, 4, 5, 6, 5, 4, 3, 2, 1, 2, 3, 2, 1}));
  EXPECT_EQ(pad(x, {{0, 1}, {1, 0}}, "edge").to_vector<int32_t>(),
            (std::vector<int32_t>{1, 1, 2, 3, 4, 4, 5, 6, 4, 4, 5, 6}));
  EXPECT_EQ(pad(constant({true}), {{1, 0}}).to_vector<bool>(), (std::vector<bool>{false, true}));
  EXPECT_EQ(error_text([&] { pad(x, {{1, 0}}); }),
            "pad: paddings must be two numbers, 0 or more, per dimension of i32[2,3], got [1,0]");
  EXPECT_EQ(error_text([&] { pad(x, {{1, 0}, {-1, 0}}); }),
            "pad: paddings must be two numbers, 0 or more, per dimension of i32[2,3], got [1,0,-1,0]");
  EXPECT_EQ(error_text([&] { pad(x, {{2, 0}, {0, 0}}, "reflect"); }),
            "pad: axis 0 of i32[2,3] is too short for a padding of 2 in mode reflect");
  EXPECT_EQ(error_text([&] { pad(zeros({0}), {{1, 0}}, "edge"); }),
            "pad: axis 0 of f32[0] is too short for a padding of 1 in mode edge");
  EXPECT_EQ(error_text([&] { pad(x, {{1, 0}, {0, 0}}, "wrap"); }),
            "pad: mode must be constant, reflect or edge, got \"wrap\"");
  EXPECT_EQ(error_text([&] { pad(x, {{1, 0}, {0, 0}}, "constant", 0.5f); }),
            "pad: a float cannot become an integer unasked, got 0.5 beside i32");
  EXPECT_EQ(error_code([&] { pad(x, {{INT64_MAX, INT64_MAX}, {0, 0}}); }), ErrorCode::too_large);
}

} // namespace
} // namespace etch
