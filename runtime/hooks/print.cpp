// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/opaque.h"
#include "runtime/tensor_print.h"

namespace etch::runtime::hooks {

void print(const OpaqueCall &call) {
  const std::string &format = std::get<std::string>(call.attrs[0]);
  std::string &out = *call.output;
  size_t at = 0;
  for (const OpaqueBuffer &value : call.operands) {
    const size_t place = format.find("{}", at);
    out.append(format, at, place - at);
    out += elements_text(value.dtype, value.dims, value.elements);
    at = place + 2;
  }
  out.append(format, at);
  out += '\n';
}

} // namespace etch::runtime::hooks
