// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/callbacks.h"
#include "runtime/concrete_tensor.h"
#include "runtime/hooks/format.h"
#include "runtime/print_buffer.h"
#include "runtime/tensor_print.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace etch::runtime::hooks {

void append_formatted(const std::string &format, std::span<const OpaqueBuffer> values, std::string &out) {
  size_t at = 0;
  for (const OpaqueBuffer &value : values) {
    const size_t place = format.find("{}", at);
    out.append(format, at, place - at);
    out += elements_text(value.dtype, value.dims, value.elements);
    at = place + 2;
  }
  out.append(format, at);
}

void print(const OpaqueCall &call) {
  append_formatted(std::get<std::string>(call.attrs[0]), call.operands, call.output->text());
  call.output->text() += '\n';
}

void check(const OpaqueCall &call) {
  const OpaqueBuffer &condition = call.operands[0];
  const bool *elements = condition.as<const bool>();
  const int64_t size = condition.size();
  const int64_t first = std::find(elements, elements + size, false) - elements;
  if (first == size)
    return;
  report(call, kCheckFailed, first);
  if (!call.message)
    return;
  *call.message = std::string(call.op.name) + ": ";
  append_formatted(std::get<std::string>(call.attrs[0]), call.operands.subspan(1), *call.message);
}

void call_host(const OpaqueCall &call) {
  std::vector<Tensor> values;
  for (const OpaqueBuffer &buffer : call.operands) {
    values.push_back(allocate_tensor(buffer.dtype, Shape(buffer.dims), {}));
    std::memcpy(mutable_elements(values.back()), buffer.elements,
                static_cast<size_t>(buffer.size()) * size_of(buffer.dtype));
  }
  call.output->call([callback = find_callback(std::get<int64_t>(call.attrs[0])), values = std::move(values)] {
    (*callback)(values);
  });
}

} // namespace etch::runtime::hooks
