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
/// of every Variable among the arguments, these with their identities. Equal words, equal signature. Strides and the
/// values of tensors are not part of it. Signatures of one Function differ before either ends, so a comparison of all
/// words is exact: [[x], y] and [[x, y]] have different tokens.
using SignatureWords = detail::InlineList<uint64_t, 48>;

/// What the words name.
enum class ShapePolicy {
  declared, ///< extents that the input signature leaves open count as equal, Variables by which of them are the same
  exact,    ///< every extent, every Variable
};

/// An open extent, in the words.
inline constexpr uint64_t kOpenExtent = ~uint64_t{0};

/// Extents that an outer trace does not know are open. `specs` is empty or has one entry per tensor.
void append_signature(const detail::FlatArguments &arguments, std::span<const TensorSpec> specs, ShapePolicy policy,
                      SignatureWords &words);
uint64_t hash_of(std::span<const uint64_t> words);

/// Whether the arguments fit the declared specs; dimensions that an outer trace does not know fit any extent.
bool fits_declared(const detail::FlatArguments &arguments, std::span<const TensorSpec> specs);
/// Throws Error (invalid_argument, dtype, shape) naming the first argument that does not fit. Requires: one does not.
[[noreturn]] void raise_misfit(const std::string &function, const detail::FlatArguments &arguments,
                               std::span<const TensorSpec> specs, const std::vector<std::string> &paths,
                               Location location);

/// "argument 0" for the unnamed, "argument 'x'" for the named; paths below them keep their brackets: "argument 'x'[1]".
std::vector<std::string> parameter_names(const Options &options, int parameter_count);

} // namespace etch::tracer
