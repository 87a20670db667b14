// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <immintrin.h>

namespace etch::runtime {

/// Kernels run inside one: round to nearest, denormals kept, exceptions masked, whatever the host program has set. The
/// host's control and sticky bits come back unchanged.
class FloatEnvironment {
public:
  FloatEnvironment() : saved_(_mm_getcsr()) {
    if ((saved_ & ~kStickyFlags) != kDefault) [[unlikely]]
      _mm_setcsr(kDefault);
  }
  ~FloatEnvironment() {
    if (_mm_getcsr() != saved_)
      _mm_setcsr(saved_);
  }
  FloatEnvironment(const FloatEnvironment &) = delete;
  FloatEnvironment &operator=(const FloatEnvironment &) = delete;

  /// For threads of our own: new ones inherit what their creator had.
  static void set_for_this_thread() { _mm_setcsr(kDefault); }

private:
  static constexpr unsigned kStickyFlags = 0x3f;
  static constexpr unsigned kDefault = 0x1f80;
  unsigned saved_;
};

} // namespace etch::runtime
