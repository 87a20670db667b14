// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/adopt.h"
#include "runtime/dispatcher.h"
#include "runtime/float_environment.h"
#include "runtime/integer_checks.h"
#include "runtime/symbolic_dim.h"

#include "support/require.h"

#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

/// What the generated definitions of the public functions are made of: numbers adopt dtypes, then the thread's
/// Dispatcher takes the call.
namespace etch::runtime {

constexpr uint16_t kBoolOnly = 1 << static_cast<int>(DType::boolean);

inline void require_defined(const ops::OpDef &op, size_t index, const Tensor &tensor, Location location) {
  ETCH_REQUIRE(tensor.defined(), ErrorCode::invalid_argument, location)
      << op.name << ": " << op.operand_names[op.operand_count < 0 ? 0 : index]
      << " must be defined, got an undefined Tensor";
}

/// The dtype that a number at this position adopts; nullopt: it keeps its own.
template <class OperandAt>
std::optional<DType> dtype_for_number(const ops::OpDef &op, size_t index, size_t count, const OperandAt &operand_at) {
  if (op.operand_count >= 0 && op.operand_dtypes[index] == kBoolOnly)
    return DType::boolean;
  if (!op.same_dtypes)
    return std::nullopt;
  for (size_t i = 0; i < count; ++i)
    if (!operand_at(i).is_literal() && op.operand_dtypes[i] != kBoolOnly)
      return operand_at(i).tensor().dtype();
  return std::nullopt;
}

template <class OperandAt>
Tensor operand_tensor(const ops::OpDef &op, size_t index, size_t count, const OperandAt &operand_at) {
  const Operand &operand = operand_at(index);
  if (!operand.is_literal()) {
    require_defined(op, index, operand.tensor(), operand.location());
    return operand.tensor();
  }
  const FloatEnvironment environment; // numbers round to nearest, whatever the host has set
  const auto dtype = dtype_for_number(op, index, count, operand_at);
  if (operand.open_dim()) [[unlikely]]
    return open_dim_tensor(op, *operand.open_dim(), dtype.value_or(DType::i64), operand.location());
  const ops::Scalar scalar =
      dtype ? ops::adopt(op, operand.literal(), *dtype, operand.location()) : ops::own_scalar(operand.literal());
  return Dispatcher::current().literal(scalar, operand.location());
}

template <size_t Count>
std::array<Tensor, Count> operand_tensors(const ops::OpDef &op, const std::array<const Operand *, Count> &operands,
                                          Location location) {
  const auto operand_at = [&](size_t i) -> const Operand & { return *operands[i]; };
  for (size_t i = 0; i < Count; ++i) // before numbers ask tensors for their dtypes
    if (!operands[i]->is_literal())
      require_defined(op, i, operands[i]->tensor(), location);
  std::array<Tensor, Count> tensors;
  for (size_t i = 0; i < Count; ++i)
    tensors[i] = operand_tensor(op, i, Count, operand_at);
  return tensors;
}

template <size_t Count>
Tensor call_op(const ops::OpDef &op, const std::array<const Operand *, Count> &operands, const ops::Attrs &attrs,
               Location location) {
  const std::array<Tensor, Count> tensors = operand_tensors(op, operands, location);
  if (*op.integer_check && integers_are_checked()) [[unlikely]]
    check_integers(op, tensors, location);
  Tensor result;
  Dispatcher::current().call({op, tensors, attrs, nullptr, location}, {&result, 1});
  return result;
}

inline Tensor call_op(const ops::OpDef &op, const std::vector<Tensor> &tensors, const ops::Attrs &attrs,
                      Location location) {
  for (size_t i = 0; i < tensors.size(); ++i)
    require_defined(op, i, tensors[i], location);
  Tensor result;
  Dispatcher::current().call({op, tensors, attrs, nullptr, location}, {&result, 1});
  return result;
}

/// The results of a function of the table, whose expansion runs here through the thread's Dispatcher.
std::vector<Tensor> expand_call(const ops::OpDef &function, std::span<const Tensor> operands, const ops::Attrs &attrs,
                                Location location);

template <size_t Count>
std::vector<Tensor> call_function(const ops::OpDef &function, const std::array<const Operand *, Count> &operands,
                                  const ops::Attrs &attrs, Location location) {
  return expand_call(function, operand_tensors(function, operands, location), attrs, location);
}

inline std::vector<Tensor> call_function(const ops::OpDef &function, const std::vector<Tensor> &tensors,
                                         const ops::Attrs &attrs, Location location) {
  for (size_t i = 0; i < tensors.size(); ++i)
    require_defined(function, i, tensors[i], location);
  return expand_call(function, tensors, attrs, location);
}

inline void call_effect(const ops::OpDef &op, std::initializer_list<Operand> operands, const ops::Attrs &attrs,
                        Location location) {
  const auto operand_at = [&](size_t i) -> const Operand & { return operands.begin()[i]; };
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < operands.size(); ++i)
    tensors.push_back(operand_tensor(op, i, operands.size(), operand_at));
  Dispatcher::current().call({op, tensors, attrs, nullptr, location}, {});
}

inline std::vector<int64_t> flat(const Pairs &pairs) {
  std::vector<int64_t> numbers;
  for (const auto &pair : pairs)
    numbers.insert(numbers.end(), pair.begin(), pair.end());
  return numbers;
}

inline ops::Dim call_dim(const ops::OpDef &op, const Dim &dim, Location location) {
  return dim_here(dim, op.name, location);
}
inline ops::Dims call_dims(const ops::OpDef &op, const std::vector<Dim> &dims, Location location) {
  return dims_here(dims, op.name, location);
}

/// The dtype that numbers beside this operand adopt; an undefined tensor is reported when the op is called.
inline std::optional<DType> call_dtype(const Operand &operand) {
  if (operand.is_literal())
    return operand.literal().dtype;
  return operand.tensor().defined() ? std::optional(operand.tensor().dtype()) : std::nullopt;
}

/// A C++ integer or an extent; nullopt: something else.
inline std::optional<Dim> call_extent(const Operand &value) {
  if (value.open_dim())
    return *value.open_dim();
  if (!value.is_literal() || (value.literal().dtype != DType::i32 && value.literal().dtype != DType::i64))
    return std::nullopt;
  return Dim(value.literal().integer);
}

/// Whether a <= b for all extents. Asks for none.
inline bool surely_ordered(const Dim &a, const Dim &b, Location location) {
  return dim_here(b - a, "dim", location).is_surely_at_least(0);
}

/// A C++ number; an open extent is asked for its own. Throws Error (tracing), with the remedy, where it may not be.
inline Literal known_literal(const Operand &value, const char *remedy = nullptr) {
  Literal literal = value.literal();
  if (!value.open_dim())
    return literal;
  try {
    literal.integer = *value.open_dim();
  } catch (const Error &error) {
    if (!remedy || error.code() != ErrorCode::tracing)
      throw;
    throw Error(error.code(), error.summary(), error.location(), remedy);
  }
  return literal;
}

/// A number given as an attribute, in its own dtype or in the one asked for. `remedy`: instead of an open extent.
inline ops::Scalar call_scalar(const ops::OpDef &op, const char *name, const Operand &value,
                               std::optional<DType> dtype = std::nullopt, const char *remedy = nullptr) {
  ETCH_REQUIRE(value.is_literal(), ErrorCode::invalid_argument, value.location())
      << op.name << ": " << name << " must be a C++ number, got a tensor";
  const FloatEnvironment environment;
  const Literal literal = known_literal(value, remedy);
  if (!dtype || !is_dtype(*dtype)) // inference reports the latter
    return ops::own_scalar(literal);
  return ops::adopt(op, literal, *dtype, value.location(), "give the result's dtype, DType::f32 say");
}

} // namespace etch::runtime
