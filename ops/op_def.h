// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "ops/attrs.h"
#include "ops/index_map.h"
#include "ops/tensor_type.h"

#include <etch/error.h>

#include <span>
#include <string_view>
#include <vector>

namespace etch::ops {

/// The classes of ops in the op table.
enum class OpClass { elementwise, contraction, reduction, composite, movement, opaque };

/// Effects are part of a record. Ops with any of them are never pruned, merged or reordered against each other.
enum class Effect : uint8_t { none, reads_variable, writes_variable, prints, calls_host, checks };
/// Visible outside, in program order, when the call has succeeded.
inline bool is_output(Effect effect) { return effect == Effect::prints || effect == Effect::calls_host; }

/// Where a result's dtype comes from: the key operand, always bool, or attribute number OpDef::dtype_attr.
enum class ResultDType : uint8_t { same, boolean, attribute };

/// Collects what a shape rule has to assume about unknown dimensions, to be guarded where the dimensions are known.
/// A lenient context (the IR verifier's) assumes freely and keeps nothing.
class InferContext {
public:
  struct Equality {
    Dim a, b;
    Location location;
  };
  struct Quotient {
    Dim numerator, divisor; ///< numerator / divisor must be exact
    Location location;
  };
  struct Bound {
    Dim larger, smaller; ///< larger >= smaller
    Location location;
  };
  explicit InferContext(bool strict = true) : strict_(strict) {}

  /// True when a equals b, or may.
  bool equal(const Dim &a, const Dim &b, Location location);
  /// True when larger is at least smaller, or may be.
  bool at_least(const Dim &larger, const Dim &smaller, Location location);
  /// numerator / divisor: a polynomial where division is exact for all values, else Dim::quotient, assumed exact.
  /// nullopt when it cannot be exact.
  std::optional<Dim> quotient(const Dim &numerator, const Dim &divisor, Location location);

  const std::vector<Equality> &equalities() const { return equalities_; }
  const std::vector<Quotient> &quotients() const { return quotients_; }
  const std::vector<Bound> &bounds() const { return bounds_; }

private:
  bool strict_;
  std::vector<Equality> equalities_;
  std::vector<Quotient> quotients_;
  std::vector<Bound> bounds_;
};

struct OpDef;

/// Everything a shape rule sees. `types` has one entry per operand; a Variable counts as the tensor it holds.
struct InferCall {
  const OpDef &op;
  std::span<const TensorType> types;
  const Attrs &attrs;
  InferContext &context;
  Location location;
};
/// Throws etch::Error with the rule and the values; the text is the same for every caller.
using InferRule = std::vector<TensorType> (*)(const InferCall &);
/// The dimensions of a result whose dtype the record class knows.
using DimsRule = Dims (*)(const InferCall &);
/// Movement ops: the source index map seen through the op. nullopt: needs a copy.
using MovementRule = std::optional<IndexMap> (*)(const IndexMap &source, const TensorType &result, const Attrs &attrs);

struct AttrDef {
  const char *name;
  AttrKind kind;
  uint16_t dtypes;                      ///< allowed in a dtype or scalar attribute, a bit mask by DType
  bool in_text;                         ///< Elementwise: a number that the scalar text takes as a parameter
  std::span<const char *const> choices; ///< the words a string may be; empty: any text
  const char *default_text;             ///< C++ of the public default; "" when it must be given
};

/// One row of the registry; opgen writes it from a record.
struct OpDef {
  const char *name;
  const char *summary;
  const char *since;
  int index; ///< position in registry()
  OpClass op_class;
  Effect effect;
  bool test_only;    ///< exists in test builds only
  int operand_count; ///< the Variable included; -1: variadic
  int result_count;
  bool widens; ///< f16 and bf16 operands are cast to f32 first, results of their dtype cast back
  std::span<const char *const> operand_names;
  std::span<const AttrDef> attrs;
  std::span<const uint16_t> operand_dtypes; ///< per operand, a bit mask by DType; variadic: one entry
  bool same_dtypes;                         ///< operands that are not bool by definition must agree
  int key_operand; ///< whose dtype selects the kernel: the first not bool by definition; -1: none
  ResultDType result_dtype;
  int dtype_attr; ///< for ResultDType::attribute: a dtype or scalar attribute; else -1
  InferRule infer;
  DimsRule dims; ///< Movement, and Elementwise without operands; else null
  // Elementwise: the text's parameters are the operands, then the attributes in_text, then the position.
  bool uses_position;        ///< the value text reads the element's position (rank-1 results)
  bool converts;             ///< changes dtypes: cast
  bool is_math_text;         ///< the text approximates a function
  const char *integer_check; ///< the op that holds of integer operands whose result is likely meant; "": all are
  // Contraction
  const char *einsum;        ///< "...mk,...kn->...mn"; "" otherwise
  const char *mismatch_help; ///< advice when a summed dimension differs
  // Reduction, before saturation to the dtype
  double init;
  double empty;
  // Movement
  MovementRule movement; ///< null: written piece by piece
  // Opaque
  bool may_fail;      ///< the compiled form checks values and may set the status
  const char *update; ///< writes_variable: op combining old value and operand ("add"), or ""
  const char *vjp;    ///< text over Tensor; "" where not differentiable

  /// True when operand 0 is a Variable, which runtime::OpCall carries apart from the tensors.
  bool has_variable() const { return effect == Effect::reads_variable || effect == Effect::writes_variable; }
};

/// All ops of the table, in table order.
std::span<const OpDef> registry();
/// Public functions that are expanded where they are called and never are ops of a trace. A row holds what its
/// arguments are checked by; its results are its expansion's.
std::span<const OpDef> functions();
/// Null when there is no such op.
const OpDef *find_op(std::string_view name);

/// Checks operand count, attributes and dtypes, applies the op's rule, checks the results' limits. Throws etch::Error.
std::vector<TensorType> infer(const OpDef &op, std::span<const TensorType> types, const Attrs &attrs,
                              InferContext &context, Location location);

/// The dtype that selects the kernel: the key operand's, else the dtype attribute's.
DType key_dtype(const OpDef &op, std::span<const TensorType> types, const Attrs &attrs);

/// Axes of a Reduction that passed infer(): sorted, within [0, rank); all of them for an empty list.
std::vector<int64_t> reduced_axes(const Attrs &attrs, int rank);

} // namespace etch::ops
