// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/op_def.h"

#include <gtest/gtest.h>

#include <cmath>
#include <iterator>
#include <limits>
#include <random>

namespace etch::ops {
namespace {

constexpr Location kHere{"user.cpp", "f", 1};
constexpr int64_t kEdges[] = {
    0, 1, 2, 3, 7, -1, -2, 31, 33, INT32_MAX, INT32_MIN, int64_t{1} << 32, int64_t{1} << 62, INT64_MAX, INT64_MIN};

class Draw {
public:
  explicit Draw(uint32_t seed) : random_(seed) {}

  size_t below(size_t bound) { return random_() % bound; }
  int64_t edge() { return kEdges[below(std::size(kEdges))]; }
  int64_t small() { return static_cast<int64_t>(below(4)); }
  DType dtype() { return static_cast<DType>(below(kDTypeCount)); }

  Dim dim() {
    switch (below(8)) {
    case 0:
      return Dim::symbol("n");
    case 1:
      return Dim::symbol("m") * 2 + 1;
    case 2:
      return Dim(edge());
    default:
      return Dim(small());
    }
  }
  Dims dims(size_t most) {
    Dims result;
    for (size_t rank = below(most + 1); result.size() < rank;)
      result.push_back(dim());
    return result;
  }
  // What a tensor can have: no negative extent, fewer than 2^63 bytes.
  TensorType type() {
    for (;;) {
      TensorType type(dtype(), dims(below(20) == 0 ? 32 : 4));
      int64_t bytes = 8;
      bool valid = true;
      for (const Dim &dim : type.dims)
        if (dim.is_static() && !dim.is(0))
          valid = valid && dim.value() > 0 && !__builtin_mul_overflow(bytes, dim.value(), &bytes);
      if (valid)
        return type;
    }
  }
  Attr attr(AttrKind kind) {
    switch (kind) {
    case AttrKind::integer:
      return below(2) ? edge() : small();
    case AttrKind::boolean:
      return below(2) == 0;
    case AttrKind::dtype:
      return below(2) ? DType::f32 : dtype();
    case AttrKind::integers: {
      std::vector<int64_t> values;
      for (size_t count = below(4); values.size() < count;)
        values.push_back(below(4) ? small() - 1 : edge());
      return values;
    }
    case AttrKind::dims:
      return dims(4);
    case AttrKind::dim:
      return dim();
    case AttrKind::scalar: {
      const double values[] = {0.0, 1.0, -3.0, 1e300, -HUGE_VAL, std::numeric_limits<double>::quiet_NaN()};
      return Scalar::of(below(2) ? DType::f32 : DType::i64, values[below(6)]);
    }
    case AttrKind::string:
      return std::string(below(2) ? "{} and {}" : "");
    }
    return int64_t{0};
  }

private:
  std::mt19937 random_;
};

// Numbers given as attributes have adopted the dtype attribute before any rule sees them.
void adopt_dtype(Attrs &attrs) {
  const DType *dtype = nullptr;
  for (const Attr &attr : attrs)
    if (const DType *found = std::get_if<DType>(&attr))
      dtype = found;
  for (Attr &attr : attrs)
    if (Scalar *scalar = std::get_if<Scalar>(&attr); scalar && dtype)
      *scalar = Scalar::of(*dtype, scalar->as_double());
}

TEST(InferFuzz, EveryInputIsATypeOrAnError) {
  Draw draw(20);
  int inferred = 0, refused = 0;
  for (int round = 0; round < 100000; ++round) {
    const OpDef &op = registry()[draw.below(registry().size())];
    std::vector<TensorType> types;
    const size_t count = op.operand_count < 0 ? draw.below(4) : static_cast<size_t>(op.operand_count);
    const TensorType model = draw.type();
    while (types.size() < count)
      types.push_back(draw.below(2) ? model : draw.type());
    if (draw.below(2))
      for (TensorType &type : types)
        type.dtype = DType::f32;
    Attrs attrs;
    for (const AttrDef &attr : op.attrs)
      attrs.push_back(draw.attr(attr.kind));
    adopt_dtype(attrs);
    InferContext context;
    try {
      for (const TensorType &result : infer(op, types, attrs, context, kHere)) {
        ASSERT_LE(result.rank(), 32);
        for (const Dim &dim : result.dims)
          ASSERT_TRUE(!dim.is_static() || dim.value() >= 0) << op.name << " gives " << result.text();
      }
      ++inferred;
    } catch (const Error &error) {
      EXPECT_TRUE(error.summary().starts_with(std::string(op.name) + ": ")) << error.summary();
      EXPECT_EQ(error.summary().find('\n'), std::string::npos);
      EXPECT_NE(error.summary().back(), '.');
      EXPECT_EQ(error.location().line, 1) << error.summary();
      ++refused;
    }
  }
  EXPECT_GT(inferred, 10000);
  EXPECT_GT(refused, 10000);
}

} // namespace
} // namespace etch::ops
