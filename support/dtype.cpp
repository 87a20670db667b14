// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <etch/dtype.h>

#include <ostream>

namespace etch {

const char *name_of(DType dtype) {
  constexpr const char *names[kDTypeCount] = {"bool", "u8", "i8", "i16", "i32", "i64", "f16", "bf16", "f32", "f64"};
  return is_dtype(dtype) ? names[static_cast<int>(dtype)] : "no dtype";
}

std::ostream &operator<<(std::ostream &stream, DType dtype) {
  if (is_dtype(dtype))
    return stream << name_of(dtype);
  return stream << "DType(" << static_cast<int>(dtype) << ")";
}

} // namespace etch
