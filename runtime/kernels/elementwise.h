// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/kernels/lane.h"

#include <utility>

namespace etch::runtime {
namespace {

/// How a T is read beside elements of `size` bytes: numbers as lanes, bool as a mask of as many.
template <class T, int size>
struct Reading {
  using Type = Lane<T>;
};
template <int size>
struct Reading<bool, size> {
  using Type = LaneMask<size>;
};

/// The size of the elements that are not bool; 1 if there are none.
template <class... T>
constexpr int element_size() {
  int size = 1;
  ((size = std::is_same_v<T, bool> ? size : static_cast<int>(sizeof(T))), ...);
  return size;
}

/// One operand of a loop: its elements, or two lanes of the one that all share, so that one loop serves both.
template <class T, int size>
class Operand {
public:
  using Type = typename Reading<T, size>::Type;

  ETCH_INLINE Operand(const void *data, int64_t step) : elements_(static_cast<const T *>(data)), moving_(-step) {
    if (step == 0) {
      const Type shared = Type::splat(*elements_);
      shared.store(spread_);
      shared.store(spread_ + Type::width);
      elements_ = spread_;
    }
  }
  Operand(const Operand &) = delete;
  Operand &operator=(const Operand &) = delete;

  /// The lane of elements first + offset and on; a shared operand only looks at the offset.
  ETCH_INLINE Type load(int64_t first, int64_t offset) const {
    return Type::load(elements_ + (first & moving_) + offset);
  }
  ETCH_INLINE Type load_partial(int64_t first, int64_t n) const {
    return Type::load_partial(elements_ + (first & moving_), n, T{});
  }

private:
  alignas(kLaneBytes) T spread_[2 * Type::width];
  const T *elements_;
  int64_t moving_; // all ones or 0
};

template <class Text, class Out, int size, class... Operands>
ETCH_INLINE void map_lanes(int64_t n, Out *out, const Operands &...operand) {
  using Result = typename Reading<Out, size>::Type;
  constexpr int64_t width = Result::width;
  int64_t i = 0;
  // Two lanes an iteration: one hides the other's latency, more only spill registers (measured on exp, tanh, erf).
  for (; i + 2 * width <= n; i += 2 * width) {
    const Result low = Text{}(operand.load(i, 0)...);
    const Result high = Text{}(operand.load(i, width)...);
    low.store(out + i);
    high.store(out + i + width);
  }
  if (i + width <= n) {
    const Result last = Text{}(operand.load(i, 0)...);
    last.store(out + i);
    i += width;
  }
  if (i < n) {
    const Result rest = Text{}(operand.load_partial(i, n - i)...);
    rest.store_partial(out + i, n - i);
  }
}

template <class Text, class Out, class... In, size_t... k>
ETCH_INLINE void open_operands(int64_t n, void *out, [[maybe_unused]] const void *const *in,
                               [[maybe_unused]] const int64_t *step, std::index_sequence<k...>) {
  constexpr int size = element_size<Out, In...>();
  static_assert((std::is_same_v<Out, bool> || sizeof(Out) == size) &&
                    ((std::is_same_v<In, bool> || sizeof(In) == size) && ...),
                "a loop has elements of one size, and bool");
  map_lanes<Text, Out, size>(n, static_cast<Out *>(out), Operand<In, size>(in[k], step[k])...);
}

/// out[i] = Text{}(in[0][i], in[1][i], …) for i < n. step[k] is 1, or 0 where in[k] is one element for all. An operand
/// may be the very buffer of the result; other overlaps are not allowed. Nothing beyond the n elements is touched.
template <class Text, class Out, class... In>
__attribute__((flatten)) void elementwise_loop(int64_t n, void *out, const void *const *in, const int64_t *step) {
  if (n > 0)
    open_operands<Text, Out, In...>(n, out, in, step, std::index_sequence_for<In...>());
}

} // namespace
} // namespace etch::runtime
