// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/function.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace etch::tracer {

/// A Signature as words: the tokens (C++ values, sizes of containers), then dtype, rank and extents of every tensor and
/// of every Variable among the arguments, these with their identities, then whether integers are checked. Equal words,
/// equal signature. Strides and the values of tensors are not part of it. Signatures of one Function differ before
/// either ends, so a comparison of all words is exact: [[x], y] and [[x, y]] have different tokens.
using SignatureWords = detail::InlineList<uint64_t, 48>;

/// What the words name.
enum class ShapePolicy {
  declared, ///< what the options say; Variables by which of them are the same
  exact,    ///< every extent, every Variable
};

/// What the options of a Function say of extents.
class SignatureRule {
public:
  /// The options must outlive it.
  SignatureRule(const Options &options) : options_(options) {}

  /// Whether the trace of a signature may have open extents without an outer trace.
  bool opens_extents() const;
  /// Of one axis of a flat tensor: whether every extent it may have is served by one trace, or those of a bucket.
  bool is_open(size_t tensor, size_t axis) const;
  uint64_t word(size_t tensor, size_t axis, int64_t extent) const;
  /// "5..8": the extents of the bucket of an open one; empty without buckets.
  std::string bucket_text(int64_t extent) const;
  /// Every extent is in the words.
  bool names_extents() const { return options_.shapes == Shapes::exact && options_.input_signature.empty(); }
  bool relaxes() const { return options_.shapes == Shapes::relax; }
  const std::vector<TensorSpec> &specs() const { return options_.input_signature; }

private:
  int64_t bucket_of(int64_t extent) const;

  const Options &options_;
};

/// An open extent, in the words. Buckets count down from it.
inline constexpr uint64_t kOpenExtent = ~uint64_t{0};

/// Extents that an outer trace does not know are open.
void append_signature(const detail::FlatArguments &arguments, const SignatureRule &rule, ShapePolicy policy,
                      SignatureWords &words);
uint64_t hash_of(std::span<const uint64_t> words);

/// Whether the arguments fit the declared specs; dimensions that an outer trace does not know fit any extent.
bool fits_declared(const detail::FlatArguments &arguments, std::span<const TensorSpec> specs);
/// Throws Error (invalid_argument, dtype, shape) naming the first argument that does not fit. Requires: one does not.
[[noreturn]] void raise_misfit(const std::string &function, const detail::FlatArguments &arguments,
                               std::span<const TensorSpec> specs, const std::vector<std::string> &paths,
                               Location location);

/// The position of the first Variable that is the same as the one at `position`.
size_t first_same(std::span<const Variable *const> variables, size_t position);

/// Whether it was made from a TensorSpec.
bool is_spec(const Tensor &tensor);

/// "argument 0" for the unnamed, "argument 'x'" for the named; paths below them keep their brackets: "argument 'x'[1]".
std::vector<std::string> parameter_names(const Options &options, int parameter_count);

} // namespace etch::tracer
