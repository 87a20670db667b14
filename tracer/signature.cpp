// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/signature.h"

#include "runtime/concrete_tensor.h"
#include "runtime/symbolic_tensor.h"
#include "support/require.h"
#include "tracer/given_numbers.h"

#include <etch/environment.h>

#include <algorithm>
#include <bit>

namespace etch {

std::string TensorSpec::text() const {
  std::string text = std::string(name_of(dtype)) + "[";
  for (size_t i = 0; i < dims.size(); ++i)
    text += std::string(i ? "," : "") + (dims[i] == dyn ? "?" : std::to_string(dims[i]));
  return text + "]";
}

namespace {

/// Stands for an argument that there is no value of.
struct SpecNode final : runtime::SymbolicNode {
  using SymbolicNode::SymbolicNode;

  bool is_being_recorded() const override { return false; }
  [[noreturn]] void raise_misplaced(const std::string &what, Location location) const override {
    throw Error(ErrorCode::tracing, what + ": a spec has no value, got " + type.message_text(), location,
                "specs stand for arguments of Function::concrete and trace");
  }
};

} // namespace

TensorSpec::operator Tensor() const {
  ETCH_REQUIRE(is_dtype(dtype), ErrorCode::invalid_argument, Location())
      << "spec: the dtype must be one of DType, got " << dtype;
  ops::Dims extents;
  for (const int64_t dim : dims) {
    ETCH_REQUIRE(dim >= dyn, ErrorCode::shape, Location())
        << "spec: a dimension must be etch::dyn or at least 0, got " << dim;
    extents.push_back(dim == dyn ? ops::Dim::symbol("spec" + std::to_string(extents.size())) : ops::Dim(dim));
  }
  return Tensor(new SpecNode({dtype, extents}, {}));
}

namespace tracer {

size_t first_same(std::span<const Variable *const> variables, size_t position) {
  size_t first = 0;
  while (variables[first]->state() != variables[position]->state())
    ++first;
  return first;
}

bool is_spec(const Tensor &tensor) {
  return tensor.is_symbolic() && dynamic_cast<const SpecNode *>(tensor.node()) != nullptr;
}

namespace {

constexpr uint64_t kUndefinedTensor = 0xff;
// One word more than arguments of the same tokens have else; unlike the number of a variant, which may come behind.
constexpr uint64_t kIntegersChecked = uint64_t{1} << 63;

bool fits(const Tensor &tensor, const TensorSpec &spec) {
  if (!tensor.defined())
    return false;
  const auto rank = static_cast<int>(spec.dims.size());
  if (tensor.is_symbolic()) {
    const ops::TensorType &type = runtime::symbolic(tensor).type;
    bool same = type.dtype == spec.dtype && type.rank() == rank;
    for (size_t axis = 0; same && axis < spec.dims.size(); ++axis)
      same = spec.dims[axis] == dyn || !type.dims[axis].is_static() || type.dims[axis].is(spec.dims[axis]);
    return same;
  }
  const runtime::ConcreteNode &node = runtime::concrete(tensor);
  bool same = node.dtype == spec.dtype && node.shape.rank() == rank;
  for (int axis = 0; same && axis < rank; ++axis)
    same = spec.dims[static_cast<size_t>(axis)] == dyn || spec.dims[static_cast<size_t>(axis)] == node.shape[axis];
  return same;
}

/// Of a tensor whose extents may be unknown; no rule: its extents are named.
void append_type(const ops::TensorType &type, const SignatureRule *rule, size_t position, SignatureWords &words) {
  words.push(static_cast<uint64_t>(type.dtype) | static_cast<uint64_t>(type.rank()) << 8);
  for (size_t axis = 0; axis < type.dims.size(); ++axis) {
    const ops::Dim &dim = type.dims[axis];
    words.push(!dim.is_static() ? kOpenExtent
               : rule           ? rule->word(position, axis, dim.value())
                                : static_cast<uint64_t>(dim.value()));
  }
}

void append_variable(std::span<const Variable *const> variables, size_t position, ShapePolicy policy,
                     SignatureWords &words) {
  const Variable &variable = *variables[position];
  if (policy == ShapePolicy::exact) {
    words.push(reinterpret_cast<uintptr_t>(variable.state().get()));
    return;
  }
  words.push(first_same(variables, position) << 32 | static_cast<uint64_t>(variable.trainable()) << 16 |
             static_cast<uint64_t>(variable.dtype()) | static_cast<uint64_t>(variable.shape().rank()) << 8);
  for (const int64_t extent : variable.shape())
    words.push(static_cast<uint64_t>(extent));
}

} // namespace

bool SignatureRule::opens_extents() const {
  return options_.shapes != Shapes::exact || std::ranges::any_of(specs(), [](const TensorSpec &spec) {
           return std::ranges::find(spec.dims, dyn) != spec.dims.end();
         });
}

bool SignatureRule::is_open(size_t tensor, size_t axis) const {
  return specs().empty() ? options_.shapes != Shapes::exact : specs()[tensor].dims[axis] == dyn;
}

uint64_t SignatureRule::word(size_t tensor, size_t axis, int64_t extent) const {
  const auto value = static_cast<uint64_t>(extent);
  if (!is_open(tensor, axis))
    return value;
  if (options_.shapes != Shapes::bucket)
    return kOpenExtent;
  return kOpenExtent - 1 - static_cast<uint64_t>(bucket_of(extent));
}

int64_t SignatureRule::bucket_of(int64_t extent) const {
  const std::vector<int64_t> &ends = options_.buckets;
  return ends.empty() ? std::bit_width(static_cast<uint64_t>(extent - (extent != 0)))
                      : std::ranges::lower_bound(ends, extent) - ends.begin();
}

std::string SignatureRule::bucket_text(int64_t extent) const {
  if (options_.shapes != Shapes::bucket)
    return "";
  const std::vector<int64_t> &ends = options_.buckets;
  const int64_t bucket = bucket_of(extent);
  const auto end_of = [&](int64_t number) { // of the powers of two the last one has no number
    return !ends.empty() ? ends[static_cast<size_t>(number)] : number < 63 ? int64_t{1} << number : INT64_MAX;
  };
  const int64_t first = bucket == 0 ? 0 : end_of(bucket - 1) + 1;
  if (!ends.empty() && bucket == static_cast<int64_t>(ends.size()))
    return std::to_string(first) + "..";
  const int64_t last = end_of(bucket);
  return first == last ? std::to_string(first) : std::to_string(first) + ".." + std::to_string(last);
}

void append_signature(const detail::FlatArguments &arguments, const SignatureRule &rule, ShapePolicy policy,
                      SignatureWords &words) {
  for (const uint64_t token : arguments.tokens.span())
    words.push(token);
  const SignatureRule *opening = policy == ShapePolicy::declared && !rule.names_extents() ? &rule : nullptr;
  size_t position = 0;
  for (const Tensor *tensor : arguments.tensors.span()) {
    const size_t at = position++;
    if (!tensor->defined()) {
      words.push(kUndefinedTensor);
      continue;
    }
    if (tensor->is_symbolic()) [[unlikely]] {
      append_type(runtime::symbolic(*tensor).type, opening, at, words);
      continue;
    }
    const runtime::ConcreteNode &node = runtime::concrete(*tensor);
    const int rank = node.shape.rank();
    words.push(static_cast<uint64_t>(node.dtype) | static_cast<uint64_t>(rank) << 8);
    const int64_t *dims = node.shape.begin();
    for (int axis = 0; axis < rank; ++axis)
      words.push(opening ? opening->word(at, static_cast<size_t>(axis), dims[axis])
                         : static_cast<uint64_t>(dims[axis]));
  }
  for (size_t i = 0; i < arguments.variables.size(); ++i)
    append_variable(arguments.variables.span(), i, policy, words);
  if (integers_are_checked()) [[unlikely]]
    words.push(kIntegersChecked);
}

uint64_t hash_of(std::span<const uint64_t> words) {
  // FNV-1a over words, finished by a multiply-shift, because a table uses the low bits.
  uint64_t hash = 0xcbf29ce484222325u;
  for (const uint64_t word : words)
    hash = (hash ^ word) * 0x100000001b3u;
  hash ^= hash >> 32;
  hash *= 0x9e3779b97f4a7c15u;
  return hash ^ hash >> 29;
}

bool fits_declared(const detail::FlatArguments &arguments, std::span<const TensorSpec> specs) {
  bool fit = arguments.tensors.size() == specs.size();
  for (size_t i = 0; fit && i < specs.size(); ++i)
    fit = fits(*arguments.tensors.data()[i], specs[i]);
  return fit;
}

void raise_misfit(const std::string &function, const detail::FlatArguments &arguments,
                  std::span<const TensorSpec> specs, const std::vector<std::string> &paths, Location location) {
  ETCH_REQUIRE(arguments.tensors.size() == specs.size(), ErrorCode::invalid_argument, location)
      << function << ": the input signature declares " << specs.size() << " tensors, got " << arguments.tensors.size();
  for (size_t i = 0; i < specs.size(); ++i) {
    const Tensor &tensor = *arguments.tensors.data()[i];
    const ErrorCode code = !tensor.defined()                  ? ErrorCode::invalid_argument
                           : tensor.dtype() == specs[i].dtype ? ErrorCode::shape
                                                              : ErrorCode::dtype;
    if (fits(tensor, specs[i]))
      continue;
    const auto [got, advice] = misfit_text(arguments, i, specs[i].dtype);
    ETCH_REQUIRE(false, code, location) << function << ": " << paths[i] << " must be " << specs[i].text()
                                        << " by the input signature, got " << got << help(advice);
  }
  throw InternalError("every argument fits the input signature");
}

std::vector<std::string> parameter_names(const Options &options, int parameter_count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < static_cast<size_t>(parameter_count); ++i)
    names.push_back(i < options.arguments.size() ? "argument '" + options.arguments[i] + "'"
                                                 : "argument " + std::to_string(i));
  return names;
}

} // namespace tracer
} // namespace etch
