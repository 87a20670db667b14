// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tracer/trace.h"

#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace etch::tracer {

/// One place among the arguments, with a text of what a signature holds of it whatever it is: "f32[2,3]", "Variable
/// f32[10]", "7".
using SignaturePart = detail::Leaf;

/// What the options of a Function say of extents: whether they are in its signatures unless declared open, or left open
/// already, so that there is nothing to advise.
enum class Extents { known, open };

/// Of a call's arguments, whose places are `leaves`.
std::vector<SignaturePart> signature_of(std::span<const detail::Leaf> leaves, const detail::FlatArguments &arguments);
std::vector<SignaturePart> signature_of(const Trace &trace);

/// A place where two signatures differ; null where one of them does not have it.
struct SignatureDifference {
  const SignaturePart *before, *now;

  const std::string &path() const { return (now ? now : before)->path; }
};
/// Its parts are those given. Where extents are open, one that the signature before leaves open is no difference.
std::vector<SignatureDifference> differences(std::span<const SignaturePart> before, std::span<const SignaturePart> now,
                                             Extents extents);

/// The signature of a trace.
struct KnownSignature {
  std::vector<SignaturePart> parts;
  std::string text; ///< "step(x: f32[2]) -> f32[2]"
};

/// Why a call with the signature `now` is traced, in lines: the closest known signature, at most five places that
/// differ and what to change. Requires: one is known.
std::string explain_trace(std::span<const KnownSignature> known, std::span<const SignaturePart> now, Extents extents);

/// Watches for a Function that is traced over and over. Thread-safe.
class RetraceWatch {
public:
  static constexpr size_t kTraces = 5;  ///< of so many traces …
  static constexpr int64_t kCalls = 10; ///< … in so many calls a warning is given
  static constexpr int kMostWarnings = 2;

  /// To be told of every trace, `call` being the number of the call among all; the text of a warning where one is due.
  std::optional<std::string> traced(const std::string &function, int64_t call, std::vector<SignaturePart> signature,
                                    Extents extents);

private:
  std::mutex mutex_;
  std::deque<std::pair<int64_t, std::vector<SignaturePart>>> recent_; // the last kTraces
  int warnings_ = 0;
};

/// To be told of every wrapper that has been traced and ends without a hit; a warning where it is the fifth one from
/// its line: wrappers that are built in a loop share nothing. Thread-safe.
std::optional<std::string> wrapper_ended(const std::string &function, Location made_at);

} // namespace etch::tracer
