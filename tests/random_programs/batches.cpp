// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/random_programs/batches.h"

#include "ops/expansions.h"
#include "tests/random_programs/elements.h"
#include "tests/random_programs/reduce.h"

#include <etch/ops.h>

#include <algorithm>
#include <map>

namespace etch::test {
namespace {

using ops::OpClass;
using ops::TensorType;

/// How a value depends on the rows of the batch: not at all; row i on row i; otherwise.
enum class Rows { none, same, mixed };

struct RowValue {
  TensorType type;
  Rows rows;
};

/// An operand without rows of its own must be the same for all of them.
bool is_shared(const RowValue &operand, const TensorType &result) {
  return operand.type.rank() < result.rank() || operand.type.dims[0].is(1);
}

Rows elementwise_rows(std::span<const RowValue> operands, const TensorType &result) {
  const bool aligned = std::ranges::all_of(operands, [&](const RowValue &x) {
    return x.rows == Rows::same ? x.type.rank() == result.rank() : is_shared(x, result);
  });
  return aligned ? Rows::same : Rows::mixed;
}

/// Rows are those of a, or the first batch dimension of both or one.
Rows contraction_rows(const RowValue &a, const RowValue &b, const TensorType &result) {
  const bool is_matrix = result.rank() == 2;
  const auto carries = [&](const RowValue &x) { return x.rows == Rows::same && x.type.rank() == result.rank(); };
  if (is_matrix)
    return carries(a) && b.rows == Rows::none ? Rows::same : Rows::mixed;
  const bool fits_a = carries(a) || (a.rows == Rows::none && is_shared(a, result));
  const bool fits_b = carries(b) || (b.rows == Rows::none && is_shared(b, result));
  return fits_a && fits_b ? Rows::same : Rows::mixed;
}

std::optional<int64_t> axis_of(const ops::OpDef &op, const ops::Attrs &attrs, int rank) {
  for (size_t i = 0; i < attrs.size(); ++i)
    if (op.attrs[i].kind == ops::AttrKind::integer && op.attrs[i].name == std::string("axis")) {
      const int64_t axis = std::get<int64_t>(attrs[i]);
      return axis < 0 ? axis + rank : axis;
    }
  return std::nullopt;
}

/// Rows keep their place when the stride of the first dimension, taken as unknown, stays that dimension's alone.
Rows movement_rows(const ops::OpDef &op, std::span<const RowValue> operands, const TensorType &result,
                   const ops::Attrs &attrs) {
  const bool all_have = std::ranges::all_of(operands, [](const RowValue &x) { return x.rows == Rows::same; });
  if (!op.movement) // piece by piece
    return all_have && axis_of(op, attrs, result.rank()) != 0 ? Rows::same : Rows::mixed;
  for (const ops::AttrDef &attr : op.attrs)
    if (attr.kind == ops::AttrKind::dims || attr.kind == ops::AttrKind::dim)
      return Rows::mixed; // they say the number of rows
  ops::IndexMap source = ops::IndexMap::contiguous(operands[0].type.dims);
  source.strides[0] = ops::Dim::symbol("row");
  const auto map = op.movement(source, result, attrs);
  if (!map || map->sizes.empty() || map->sizes[0] != operands[0].type.dims[0] || map->strides[0] != source.strides[0] ||
      !map->offset.is_static())
    return Rows::mixed;
  const bool others =
      std::all_of(map->strides.begin() + 1, map->strides.end(), [](const ops::Dim &d) { return d.is_static(); });
  return others ? Rows::same : Rows::mixed;
}

Rows rows_of(const ops::OpDef &op, std::span<const RowValue> operands, const TensorType &result,
             const ops::Attrs &attrs) {
  const auto any = [&](Rows rows) {
    return std::ranges::any_of(operands, [&](const RowValue &x) { return x.rows == rows; });
  };
  if (any(Rows::mixed))
    return Rows::mixed;
  if (!any(Rows::same))
    return Rows::none;
  switch (op.op_class) {
  case OpClass::elementwise:
    return elementwise_rows(operands, result);
  case OpClass::contraction:
    return contraction_rows(operands[0], operands[1], result);
  case OpClass::reduction: {
    const std::vector<int64_t> axes = ops::reduced_axes(attrs, operands[0].type.rank());
    return std::ranges::find(axes, 0) == axes.end() ? Rows::same : Rows::mixed;
  }
  case OpClass::movement:
    return movement_rows(op, operands, result, attrs);
  case OpClass::opaque:
    return operands.size() == 1 && axis_of(op, attrs, operands[0].type.rank()).value_or(0) != 0 ? Rows::same
                                                                                                : Rows::mixed;
  case OpClass::composite:
    break;
  }
  return Rows::mixed;
}

/// Whether an expansion may ask an operand how many rows it has, which the values in it do not show.
template <class Operand>
bool may_count_rows(const std::vector<Operand> &operands, const ops::Attrs &attrs) {
  for (const Operand &operand : operands) {
    if (operand.value().rows == Rows::none)
      continue;
    bool names_rows = true;
    for (const ops::Attr &attr : attrs)
      if (const auto *axes = std::get_if<std::vector<int64_t>>(&attr))
        names_rows = ops::names_axis(*axes, 0, operand.dims().size());
    if (names_rows)
      return true;
  }
  return false;
}

/// Expansions read for their rows.
class RowExpr : public expansion::DimsOfReading<RowExpr> {
public:
  struct Context {
    RowExpr emit(const ops::OpDef &op, const std::vector<RowExpr> &operands, const ops::Attrs &attrs) {
      if (op.op_class == OpClass::composite)
        return expanded(expansion::expand<RowExpr>(op, *this, operands, attrs), operands, attrs);
      std::vector<RowValue> values;
      std::vector<TensorType> types;
      for (const RowExpr &operand : operands) {
        values.push_back(operand.value());
        types.push_back(operand.value().type);
      }
      ops::InferContext context;
      const TensorType result = ops::infer(op, types, attrs, context, {}).at(0);
      return {*this, {result, rows_of(op, values, result, attrs)}};
    }
    RowExpr call(const Call &call, const std::vector<RowExpr> &operands) {
      const auto results = expansion::expand_function<RowExpr>(*call.op, *this, operands, call.attrs);
      return expanded(results.at(static_cast<size_t>(call.result)), operands, call.attrs);
    }

  private:
    static RowExpr expanded(RowExpr result, const std::vector<RowExpr> &operands, const ops::Attrs &attrs) {
      if (result.value().rows == Rows::none && may_count_rows(operands, attrs))
        result.value_.rows = Rows::mixed;
      return result;
    }
  };

  RowExpr(Context &context, RowValue value) : context_(&context), value_(std::move(value)) {}
  DType dtype() const { return value_.type.dtype; }
  const ops::Dims &dims() const { return value_.type.dims; }
  Context &context() const { return *context_; }
  const RowValue &value() const { return value_; }

private:
  Context *context_;
  RowValue value_;
};

/// The most frequent first extent above 1 of inputs; 0 for none.
int64_t batch_extent(const Program &program) {
  std::map<int64_t, int> counts;
  for (const Input &input : program.inputs) {
    const Shape shape = input.value().shape();
    if (shape.rank() > 0 && shape[0] > 1)
      ++counts[shape[0]];
  }
  const auto most = std::ranges::max_element(counts, {}, [](const auto &entry) { return entry.second; });
  return most == counts.end() ? 0 : most->first;
}

bool has_rows(const Input &input, int64_t extent) {
  const Shape shape = input.value().shape();
  return shape.rank() > 0 && shape[0] == extent;
}

std::vector<RowExpr> rows_of_values(const Program &program, int64_t extent, RowExpr::Context &context) {
  std::vector<RowExpr> values;
  for (const Input &input : program.inputs)
    values.push_back(
        {context,
         {TensorType(input.stored.dtype(), input.value().shape()), has_rows(input, extent) ? Rows::same : Rows::none}});
  for (const Call &call : program.calls) {
    std::vector<RowExpr> operands;
    for (const int operand : call.operands)
      operands.push_back(
          operand >= 0
              ? values[static_cast<size_t>(operand)]
              : RowExpr(context, {TensorType(program.literals[static_cast<size_t>(-1 - operand)].dtype, ops::Dims{}),
                                  Rows::none}));
    if (call.variable >= 0) {
      const Tensor &variable = program.variables[static_cast<size_t>(call.variable)];
      values.push_back({context, {TensorType(variable.dtype(), variable.shape()), Rows::none}});
    } else {
      values.push_back(!call.has_result()   ? RowExpr(context, {TensorType(DType::boolean, ops::Dims{}), Rows::mixed})
                       : call.is_function() ? context.call(call, operands)
                                            : context.emit(*call.op, operands, call.attrs));
    }
  }
  return values;
}

Program with_rows(Program program, int64_t extent, int64_t first, int64_t count) {
  for (Input &input : program.inputs) {
    if (!has_rows(input, extent))
      continue;
    const Tensor value = input.value();
    const Shape shape = value.shape();
    std::vector<int64_t> begin(static_cast<size_t>(shape.rank()), 0), size(shape.begin(), shape.end());
    begin[0] = first;
    size[0] = count;
    input.stored = slice(value, begin, size);
    input.transposed = false;
  }
  return program;
}

/// Whether the results of a part are those of the whole but for the number of rows: a dimension of one row may be
/// dropped.
bool has_same_results(const Program &part, const Program &whole, int64_t rows) {
  const auto types = infer_all(part), wanted = infer_all(whole);
  for (size_t i = 0; types && wanted && i < whole.results.size(); ++i) {
    TensorType type = (*wanted)[static_cast<size_t>(whole.results[i])];
    type.dims[0] = rows;
    if (!((*types)[static_cast<size_t>(part.results[i])] == type))
      return false;
  }
  return types && wanted;
}

} // namespace

std::optional<BatchSplit> split_batch(const Program &program, uint64_t seed) {
  const int64_t extent = batch_extent(program);
  if (extent == 0)
    return std::nullopt;
  RowExpr::Context context;
  const std::vector<RowExpr> values = rows_of_values(program, extent, context);
  BatchSplit split;
  split.whole = program;
  split.whole.open_extents = false;
  split.whole.resizing = {-1, -1};
  split.whole.gradient_order = 0;
  split.whole.results.clear();
  for (size_t value = program.inputs.size(); value < values.size(); ++value)
    if (values[value].value().rows == Rows::same)
      split.whole.results.push_back(static_cast<int>(value));
  if (split.whole.results.empty())
    return std::nullopt;
  // The rest of the program would not accept fewer rows.
  split.whole = without_dead(split.whole, /*keeps_effects=*/false);
  const int64_t rows = 1 + static_cast<int64_t>(seed % static_cast<uint64_t>(extent - 1));
  split.parts = {with_rows(split.whole, extent, 0, rows), with_rows(split.whole, extent, rows, extent - rows)};
  if (!has_same_results(split.parts[0], split.whole, rows) ||
      !has_same_results(split.parts[1], split.whole, extent - rows))
    return std::nullopt;
  return split;
}

std::string batch_difference(const BatchSplit &split, const std::function<Outcome(const Program &)> &run) {
  const Outcome whole = run(split.whole), head = run(split.parts[0]), tail = run(split.parts[1]);
  if (!whole.error.empty()) // a row has an index out of range
    return "";
  if (!head.error.empty() || !tail.error.empty())
    return "a part of the batch fails: " + head.error + tail.error;
  for (size_t i = 0; i < whole.results.size(); ++i)
    if (const std::string text = difference(whole.results[i], concat({head.results[i], tail.results[i]}, 0));
        !text.empty())
      return "split into batches, result " + std::to_string(i) + ": " + text;
  return "";
}

} // namespace etch::test
