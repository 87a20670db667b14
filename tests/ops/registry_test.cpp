// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/op_def.h"
#include "tests/ops/golden.h"

#include "ops/type_expr.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace etch::ops {
namespace {

struct Row {
  std::string_view text;
  const OpDef &op;
};

std::vector<Row> goldens() {
  std::vector<Row> rows;
#define ETCH_GOLDEN(op_index, text) rows.push_back({text, registry()[op_index]});
#include "ops/contract_rows.inc"
  return rows;
}

std::vector<TensorType> types_of(const Golden &golden) {
  std::vector<TensorType> types;
  for (const GoldenTensor &operand : golden.operands)
    types.push_back(operand.type);
  return types;
}

std::string file_text(const std::string &path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Registry, FindsEveryOpByItsName) {
  for (const OpDef &op : registry()) {
    EXPECT_EQ(find_op(op.name), &op);
    EXPECT_EQ(&registry()[static_cast<size_t>(op.index)], &op);
  }
  EXPECT_EQ(find_op("no_such_op"), nullptr);
  EXPECT_EQ(find_op(""), nullptr);
}

TEST(Registry, HoldsAllSixClasses) {
  std::set<OpClass> classes;
  for (const OpDef &op : registry())
    classes.insert(op.op_class);
  EXPECT_EQ(classes.size(), 6u);
}

TEST(Registry, EveryPureOpHasGoldens) {
  std::map<std::string, int> count;
  for (const Row &row : goldens())
    ++count[row.op.name];
  for (const OpDef &op : registry())
    EXPECT_TRUE(op.effect != Effect::none || count[op.name] > 0) << op.name;
}

TEST(Registry, GoldensHaveTheInferredTypes) {
  for (const Row &row : goldens()) {
    const Golden golden = parse_golden(row.op, row.text, DType::f32);
    InferContext context;
    const auto types = infer(row.op, types_of(golden), golden.attrs, context, {"golden", "", 1});
    EXPECT_EQ(types.at(0).text(), golden.results.at(0).type.text()) << row.text;
  }
}

// Unknown dimensions: the same shapes under symbols give the same shapes once the symbols are known.
TEST(Registry, SymbolicTypesAgreeWithKnownOnes) {
  for (const Row &row : goldens()) {
    const Golden golden = parse_golden(row.op, row.text, DType::f32);
    std::vector<TensorType> types = types_of(golden);
    std::map<std::string, int64_t> values;
    for (TensorType &type : types)
      for (Dim &dim : type.dims)
        if (dim.value() > 1) {
          const std::string name = "s" + dim.text();
          values[name] = dim.value();
          dim = Dim::symbol(name);
        }
    InferContext context;
    TensorType result = infer(row.op, types, golden.attrs, context, {"golden", "", 1}).at(0);
    const auto value_of = [&](const std::string &name) { return values.at(name); };
    for (Dim &dim : result.dims)
      dim = dim.evaluate(value_of);
    EXPECT_EQ(result.text(), golden.results.at(0).type.text()) << row.text;
    for (const auto &equality : context.equalities())
      EXPECT_EQ(equality.a.evaluate(value_of), equality.b.evaluate(value_of)) << row.text;
    for (const auto &bound : context.bounds())
      EXPECT_GE(bound.larger.evaluate(value_of), bound.smaller.evaluate(value_of)) << row.text;
  }
}

TEST(Registry, GradientsHaveTheTypesOfTheirOperands) {
  for (const Row &row : goldens()) {
    if (*row.op.vjp == 0)
      continue;
    const Golden golden = parse_golden(row.op, row.text, DType::f32);
    if (!is_floating(golden.results.at(0).type.dtype))
      continue;
    const std::vector<TensorType> types = types_of(golden);
    InferContext context;
    const InferCall call{row.op, types, golden.attrs, context, {"golden", "", 1}};
    TypeExpr::Context reading(call);
    std::vector<TypeExpr> operands;
    for (const TensorType &type : types)
      operands.emplace_back(reading, type);
    const TypeExpr y(reading, golden.results.at(0).type);
    std::vector<bool> needed;
    for (const TensorType &type : types)
      needed.push_back(is_floating(type.dtype));
    const auto gradients = expansion::vjp<TypeExpr>(row.op, reading, operands, golden.attrs, y, y, needed);
    ASSERT_EQ(gradients.size(), operands.size()) << row.text;
    for (size_t i = 0; i < gradients.size(); ++i) {
      if (gradients[i]) {
        EXPECT_EQ(gradients[i]->type().text(), types[i].text()) << row.text << " operand " << i;
      }
    }
  }
}

TEST(Registry, DocumentationIsWhatTheRecordsSay) {
  EXPECT_EQ(file_text(ETCH_SOURCE_DIR "/docs/ops.md"), file_text(ETCH_GENERATED_DIR "/ops/ops.md"))
      << "copy the generated ops/ops.md of the build folder to docs/ops.md";
}

TEST(Registry, TheExtraRecordReachesEveryDerivedFile) {
  const OpDef *extra = find_op("squareplus");
  ASSERT_NE(extra, nullptr);
  EXPECT_TRUE(extra->test_only);
  EXPECT_EQ(extra->index, static_cast<int>(registry().size()) - 1) << "shipped ops keep their indices";
  for (const char *file :
       {"/tests/test_ops.h", "/tests/test_ops.md", "/runtime/public_ops.cpp", "/ops/scalar_text.h",
        "/ops/eager_rows.inc", "/ops/scalar_builders.inc", "/ops/expansions.h", "/ops/contract_rows.inc"})
    EXPECT_NE(file_text(ETCH_GENERATED_DIR + std::string(file)).find("squareplus"), std::string::npos) << file;
  for (const char *file : {"/include/etch/ops.h", "/ops/ops.md"})
    EXPECT_EQ(file_text(ETCH_GENERATED_DIR + std::string(file)).find("squareplus"), std::string::npos) << file;
}

} // namespace
} // namespace etch::ops
