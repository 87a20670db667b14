// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/result_bytes.h"
#include "ops/rules.h"

#include "support/require.h"

#include <algorithm>

namespace etch::ops {
namespace {

// Which operands share one dtype: all but those that are bool by definition.
constexpr uint16_t kBoolOnly = 1;

std::string operand_name(const OpDef &op, size_t index) {
  if (op.operand_count < 0)
    return std::string(op.operand_names[0]) + "[" + std::to_string(index) + "]";
  return op.operand_names[index];
}

uint16_t allowed_dtypes(const OpDef &op, size_t index) {
  return op.operand_count < 0 ? op.operand_dtypes[0] : op.operand_dtypes[index];
}

// The dtype to cast to so that an op with these dtypes takes the operand.
const char *remedy(uint16_t allowed) {
  for (DType dtype : {DType::f32, DType::i64, DType::i32})
    if (allows(allowed, dtype))
      return name_of(dtype);
  return nullptr;
}

void check_operand_dtypes(const InferCall &call) {
  for (size_t i = 0; i < call.types.size(); ++i) {
    const uint16_t allowed = allowed_dtypes(call.op, i);
    if (allows(allowed, call.types[i].dtype))
      continue;
    const char *target = remedy(allowed);
    ETCH_REQUIRE(false, ErrorCode::dtype, call.location)
        << call.op.name << ": takes " << dtypes_text(allowed) << ", got " << operands_text(call)
        << help(target ? "cast(" + operand_name(call.op, i) + ", DType::" + target + ")" : "");
  }
}

void check_same_dtypes(const InferCall &call) {
  if (!call.op.same_dtypes)
    return;
  std::optional<size_t> key;
  for (size_t i = 0; i < call.types.size(); ++i) {
    if (allowed_dtypes(call.op, i) == kBoolOnly)
      continue;
    if (!key)
      key = i;
    ETCH_REQUIRE(call.types[i].dtype == call.types[*key].dtype, ErrorCode::dtype, call.location)
        << call.op.name << ": operands must have the same dtype, got " << operands_text(call)
        << help("cast(" + operand_name(call.op, i) + ", DType::" +
                (call.types[*key].dtype == DType::boolean ? "boolean" : name_of(call.types[*key].dtype)) + ")");
  }
}

void check_choice(const InferCall &call, const AttrDef &attr, const std::string &word) {
  const bool is_known = attr.choices.empty() || std::any_of(attr.choices.begin(), attr.choices.end(),
                                                            [&](const char *choice) { return word == choice; });
  if (is_known)
    return;
  std::string choices;
  for (size_t i = 0; i < attr.choices.size(); ++i)
    choices += (i == 0 ? "" : i + 1 == attr.choices.size() ? " or " : ", ") + std::string(attr.choices[i]);
  ETCH_REQUIRE(false, ErrorCode::invalid_argument, call.location)
      << call.op.name << ": " << attr.name << " must be " << choices << ", got \"" << word << "\"";
}

void check_attrs(const InferCall &call) {
  ETCH_CHECK(call.attrs.size() == call.op.attrs.size()) << call.op.name;
  for (size_t i = 0; i < call.attrs.size(); ++i) {
    const AttrDef &attr = call.op.attrs[i];
    ETCH_CHECK(call.attrs[i].index() == static_cast<size_t>(attr.kind)) << call.op.name << " " << attr.name;
    if (const std::string *word = std::get_if<std::string>(&call.attrs[i]))
      check_choice(call, attr, *word);
    const DType *dtype = std::get_if<DType>(&call.attrs[i]);
    if (const Scalar *scalar = std::get_if<Scalar>(&call.attrs[i]))
      dtype = &scalar->dtype;
    ETCH_REQUIRE(!dtype || allows(attr.dtypes, *dtype), ErrorCode::dtype, call.location)
        << call.op.name << ": " << attr.name << " must be " << dtypes_text(attr.dtypes) << ", got " << *dtype;
  }
}

// Numbers in a text are of the operands' dtype.
void check_text_numbers(const InferCall &call) {
  if (call.op.op_class != OpClass::elementwise || call.op.key_operand < 0)
    return;
  const DType key = key_dtype(call.op, call.types, call.attrs);
  for (size_t i = 0; i < call.attrs.size(); ++i) {
    const Scalar *scalar = std::get_if<Scalar>(&call.attrs[i]);
    ETCH_REQUIRE(!scalar || scalar->dtype == key, ErrorCode::dtype, call.location)
        << call.op.name << ": " << call.op.attrs[i].name << " must have the dtype of "
        << operand_name(call.op, static_cast<size_t>(call.op.key_operand)) << ", got " << scalar->dtype << " and "
        << key;
  }
}

void check_rank(const InferCall &call, const TensorType &result) {
  ETCH_REQUIRE(result.rank() <= Shape::kMaxRank, ErrorCode::shape, call.location)
      << call.op.name << ": rank must be at most " << Shape::kMaxRank << ", got " << result.rank();
}

// One limit for all ops, so no kernel meets an extent whose byte count leaves 63 bits.
void check_bytes(const InferCall &call, const TensorType &result) {
  ETCH_REQUIRE(byte_count(result), ErrorCode::too_large, call.location)
      << call.op.name << ": result must have fewer than 2^63 bytes, got " << result.message_text();
}

std::vector<TensorType> infer(const InferCall &call) {
  ETCH_CHECK(call.op.operand_count < 0 || call.types.size() == static_cast<size_t>(call.op.operand_count))
      << call.op.name;
  check_attrs(call);
  check_operand_dtypes(call);
  check_same_dtypes(call);
  check_text_numbers(call);
  std::vector<TensorType> results;
  try {
    results = call.op.infer(call);
  } catch (const Error &error) {
    // Dimension arithmetic knows neither op nor place.
    if (error.location().known() || !call.location.known() || error.code() != ErrorCode::too_large)
      throw;
    throw Error(error.code(), std::string(call.op.name) + ": " + error.summary(), call.location);
  }
  ETCH_CHECK(results.size() == static_cast<size_t>(call.op.result_count)) << call.op.name;
  for (const TensorType &result : results)
    check_rank(call, result);
  return results;
}

} // namespace

std::string dtypes_text(uint16_t mask) {
  std::vector<std::string> names;
  for (int i = 0; i < kDTypeCount; ++i)
    if (mask >> i & 1)
      names.push_back(name_of(static_cast<DType>(i)));
  std::string text;
  for (size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return text;
}

std::string operands_text(const InferCall &call) {
  if (call.types.size() == 1)
    return call.types[0].message_text();
  std::string text;
  for (size_t i = 0; i < call.types.size(); ++i)
    text += (i == 0                       ? ""
             : i + 1 == call.types.size() ? " and "
                                          : ", ") +
            operand_name(call.op, i) + ": " + call.types[i].message_text();
  return text;
}

bool InferContext::equal(const Dim &a, const Dim &b, Location location) {
  if (a == b)
    return true;
  // Polynomials that differ by a constant never meet.
  if ((a - b).is_static())
    return false;
  const auto is_same = [&](const Equality &known) { return known.a == a && known.b == b; };
  if (strict_ && std::ranges::none_of(equalities_, is_same))
    equalities_.push_back({a, b, location});
  return true;
}

bool InferContext::at_least(const Dim &larger, const Dim &smaller, Location location) {
  const Dim difference = larger - smaller;
  if (difference.is_static())
    return difference.value() >= 0;
  const auto is_same = [&](const Bound &known) { return known.larger == larger && known.smaller == smaller; };
  if (strict_ && !difference.is_surely_at_least(0) && std::ranges::none_of(bounds_, is_same))
    bounds_.push_back({larger, smaller, location});
  return true;
}

std::optional<Dim> InferContext::quotient(const Dim &numerator, const Dim &divisor, Location location) {
  if (auto exact = numerator.divide_exactly(divisor)) {
    at_least(divisor, 1, location); // n * m / m has no value for an m of 0
    return exact;
  }
  if (divisor.is(0) || (numerator.is_static() && divisor.is_static()))
    return std::nullopt;
  const auto is_same = [&](const Quotient &known) { return known.numerator == numerator && known.divisor == divisor; };
  if (strict_ && std::ranges::none_of(quotients_, is_same))
    quotients_.push_back({numerator, divisor, location});
  return Dim::quotient(numerator, divisor);
}

DType key_dtype(const OpDef &op, std::span<const TensorType> types, const Attrs &attrs) {
  if (op.key_operand >= 0)
    return types[static_cast<size_t>(op.key_operand)].dtype;
  const Attr &attr = attrs[static_cast<size_t>(op.dtype_attr)];
  const Scalar *scalar = std::get_if<Scalar>(&attr);
  return scalar ? scalar->dtype : std::get<DType>(attr);
}

DType result_dtype(const InferCall &call) {
  switch (call.op.result_dtype) {
  case ResultDType::boolean:
    return DType::boolean;
  case ResultDType::attribute: {
    const Attr &attr = call.attrs[static_cast<size_t>(call.op.dtype_attr)];
    const Scalar *scalar = std::get_if<Scalar>(&attr);
    return scalar ? scalar->dtype : std::get<DType>(attr);
  }
  case ResultDType::same:
    break;
  }
  return key_dtype(call.op, call.types, call.attrs);
}

std::optional<int64_t> byte_count(const TensorType &type) {
  int64_t bytes = static_cast<int64_t>(size_of(type.dtype));
  bool is_empty = false;
  for (const Dim &dim : type.dims) {
    if (!dim.is_static())
      continue;
    ETCH_CHECK(dim.value() >= 0) << type.text();
    is_empty |= dim.is(0);
    // Extents beside a 0 must have a product within 63 bits as well, as kernels multiply them.
    if (!dim.is(0) && __builtin_mul_overflow(bytes, dim.value(), &bytes))
      return std::nullopt;
  }
  return is_empty ? 0 : bytes;
}

std::vector<TensorType> infer_inner(const OpDef &op, std::span<const TensorType> types, const Attrs &attrs,
                                    InferContext &context, Location location) {
  return infer({op, types, attrs, context, location});
}

std::vector<TensorType> infer(const OpDef &op, std::span<const TensorType> types, const Attrs &attrs,
                              InferContext &context, Location location) {
  const InferCall call{op, types, attrs, context, location};
  std::vector<TensorType> results = infer(call);
  for (const TensorType &result : results)
    check_bytes(call, result);
  return results;
}

std::span<const OpDef> registry_rows(); // generated

std::span<const OpDef> registry() { return registry_rows(); }

const OpDef *find_op(std::string_view name) {
  const std::span<const OpDef> rows = registry_rows();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const OpDef &op) { return name == op.name; });
  return row == rows.end() ? nullptr : &*row;
}

} // namespace etch::ops
