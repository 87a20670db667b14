// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/dtype.h>
#include <etch/tensor.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace etch {

/// In a TensorSpec: a dimension that is not known before the call.
inline constexpr int64_t dyn = -1;

/// dtype and dimensions that a function declares for one tensor of its arguments.
struct TensorSpec {
  DType dtype = DType::f32;
  std::vector<int64_t> dims; ///< an extent, or etch::dyn

  /// "f32[?,128]"
  std::string text() const;
  /// A tensor without a value that stands for an argument of this type in Function::concrete and trace; anywhere else
  /// it is an Error (tracing). Throws Error (invalid_argument, shape) for what is no dtype or no dimension.
  operator Tensor() const;
  bool operator==(const TensorSpec &) const = default;
};

/// spec<float>({etch::dyn, 128})
template <Element T>
TensorSpec spec(std::initializer_list<int64_t> dims = {}) {
  return {dtype_of<T>(), dims};
}

/// Which calls share a trace when only extents differ. A call that a shared trace cannot serve, because the callable
/// needs to know an extent, has one of its own.
enum class Shapes {
  exact,  ///< none: one trace for each combination of extents
  relax,  ///< the first trace knows its extents; where a later call differs, one is made that leaves the extents that
          ///< have differed so far open, and takes its place
  rank,   ///< all of one rank: every extent is open from the start
  bucket, ///< those whose extents lie in the same intervals of Options::buckets
};

class NameScope;
/// While the result lives, the operations that this thread records bear its name, inside those of the ones around it:
/// "encoder/layer1". A trace may serve many calls, so names around a call of its function are not in it, but those in
/// a callable are around what functions inside become there. Names are kept beside the user's line, in the IR's
/// locations, in pictures and in the lines of ETCH_DEBUG=kernels. To be destroyed on the thread that made it, in the
/// reverse order of creation.
[[nodiscard]] NameScope name_scope(const std::string &name);

/// What name_scope returns.
class NameScope {
public:
  ~NameScope();
  NameScope(const NameScope &) = delete;

private:
  explicit NameScope(const std::string &name);
  friend NameScope name_scope(const std::string &name);

  size_t outer_length_;
};

/// A value that a trace holds for good: a C++ value among the arguments or beside tensors, an eager tensor, what an op
/// was given besides tensors and does not by default, or what the callable has learned of an open extent.
struct FrozenValue {
  std::string text;  ///< "n = 9", "0.25", "a tensor f32[256]", "reshape: shape = [2,3]", "x.dim(0) = 7"
  Location location; ///< of the use; of an argument, of the call that was traced
};

/// Whether a callable is held to doing the same whenever it is traced.
enum class Purity {
  trust, ///< it is traced once
  check, ///< it is traced twice for each signature, and where the second trace differs the call throws Error (tracing)
         ///< with the first difference: host random numbers, clocks, counters and growing containers show up so
};

/// How etch::function treats its callable.
struct Options {
  /// For messages, dumps and profiles; "function" when empty.
  std::string name = {};
  /// Names of the parameters for messages, all or none; "argument 0", … when empty.
  std::vector<std::string> arguments = {};
  /// One spec for each tensor among the arguments, in order. Arguments must match it, where numbers that are given for
  /// Tensors take its dtypes, and one trace serves all of its unknown dimensions. Empty: one trace for each combination
  /// of dtypes and shapes.
  std::vector<TensorSpec> input_signature = {};
  /// Beside input_signature, which says so itself, it must be exact.
  Shapes shapes = Shapes::exact;
  /// Ascending upper ends of the intervals for Shapes::bucket, above the last one is another; empty: the powers of two.
  std::vector<int64_t> buckets = {};
  Purity purity = Purity::trust;
  /// This function runs its callable op by op, whatever the switches say.
  bool run_eagerly = false;
  /// Called inside another traced function, this one stays a call of its own machine code, which is compiled once
  /// however many functions call it; else it becomes part of the outer function and is optimized with it. The results
  /// are the same.
  bool no_inline = false;
  /// It stays a call, too, where its trace has more operations than this; at least 0.
  int64_t inline_limit = 1000;
  /// How many traces are kept; at least 1. When another comes, the one that was not used for longest is freed, and
  /// recorded again if its signature returns.
  int64_t cache_entries = 64;
  /// How many bytes of machine code are kept; at least 1. A trace whose code is larger is kept until the next one
  /// comes.
  int64_t cache_bytes = int64_t{256} << 20;
};

/// Bytes that a call takes.
struct MemoryUse {
  int64_t arguments = 0;   ///< the tensors among them
  int64_t results = 0;     ///< fresh at each call; a tensor that is returned twice counts once
  int64_t captures = 0;    ///< the tensors that the callable used and did not get as arguments
  int64_t variables = 0;   ///< the values of the Variables that are used, and the new values of those written
  int64_t temporaries = 0; ///< the one block for what lies in memory in between; routines of the runtime have more
  int64_t code = 0;        ///< pages of machine code, with that of functions that are called
};

/// What a Function has done so far; copies of a Function count together. Monotone, except code_bytes.
struct FunctionStats {
  int64_t traces = 0;             ///< recordings of the callable
  int64_t hits = 0;               ///< calls that found their signature
  int64_t misses = 0;             ///< calls that did not
  int64_t shape_fallbacks = 0;    ///< calls whose shapes broke an assumption of the declared signature's trace
  int64_t replays = 0;            ///< calls that were repeated op by op because a check failed
  int64_t copied_views = 0;       ///< strided arguments that were copied for compiled code
  int64_t reused_arguments = 0;   ///< donated arguments whose memory became a result's
  int64_t variables_in_place = 0; ///< old values of Variables whose memory a new value, or a result, was written to
  int64_t evictions = 0;          ///< traces that were freed to keep to Options::cache_entries and cache_bytes
  int64_t shared_code = 0;        ///< traces that run machine code which an equal trace, of any Function, had compiled
  int64_t kernels = 0;            ///< in the machine code of all compiled traces; a call of a Function in it is one
  int64_t fused_ops = 0;          ///< operations in kernels of at least two, literals included, of all compiled traces
  int64_t gradients = 0;  ///< compiled for tapes: forward passes that keep what gradients use, and backward passes
  int64_t code_bytes = 0; ///< pages of machine code that the cache holds now
  double trace_ms = 0;    ///< spent recording, the callable's own time included
  double compile_ms = 0;  ///< spent turning traces into machine code
};

} // namespace etch
