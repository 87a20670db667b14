// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/opaque.h"

namespace etch::runtime::hooks {

/// The indices operand of an op, with what becomes of those outside [0, extent).
class Indices {
public:
  static constexpr int64_t kLeftOut = -1;

  /// mode: "error", "clip", or another word for leaving out.
  Indices(const OpaqueBuffer &indices, int64_t extent, const std::string &mode)
      : elements_(indices.elements), dtype_(indices.dtype), count_(indices.size()), extent_(extent),
        reports_(mode == "error"), leaves_out_(!reports_ && mode != "clip") {}

  int64_t count() const { return count_; }
  int64_t raw(int64_t position) const {
    switch (dtype_) {
    case DType::i16:
      return static_cast<const int16_t *>(elements_)[position];
    case DType::i32:
      return static_cast<const int32_t *>(elements_)[position];
    default:
      return static_cast<const int64_t *>(elements_)[position];
    }
  }
  /// The index to use: always within the extent, or kLeftOut. An index that is an error is made valid, so that memory
  /// stays safe until the failure is looked at.
  int64_t operator[](int64_t position) const {
    const int64_t index = raw(position);
    if (index >= 0 && index < extent_)
      return index;
    if (leaves_out_ || extent_ == 0)
      return kLeftOut;
    return index < 0 ? 0 : extent_ - 1;
  }
  /// Reports the first index outside, where that is an error.
  void check(const OpaqueCall &call) const;

private:
  const void *elements_;
  DType dtype_;
  int64_t count_, extent_;
  bool reports_, leaves_out_;
};

} // namespace etch::runtime::hooks
