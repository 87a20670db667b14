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

namespace {

/// Of a tensor that broadcasts to `dims`, the element that is at a position there.
const char *broadcast_element(const OpaqueBuffer &tensor, std::span<const int64_t> dims, int64_t position) {
  const size_t missing = dims.size() - tensor.dims.size();
  int64_t offset = 0, stride = 1;
  for (size_t axis = dims.size(); axis-- > missing;) {
    const int64_t extent = tensor.dims[axis - missing];
    offset += extent == 1 ? 0 : position % dims[axis] * stride;
    stride *= extent;
    position /= dims[axis];
  }
  return tensor.as<const char>() + offset * static_cast<int64_t>(size_of(tensor.dtype));
}

} // namespace

void check_elements(const OpaqueCall &call) {
  const OpaqueBuffer &condition = call.operands[0];
  const bool *elements = condition.as<const bool>();
  const int64_t size = condition.size();
  const int64_t first = std::find(elements, elements + size, false) - elements;
  if (first == size)
    return;
  report(call, kBadElement, first);
  if (!call.message)
    return;
  std::vector<OpaqueBuffer> values;
  for (const OpaqueBuffer &operand : call.operands.subspan(1))
    values.push_back({operand.dtype, {}, const_cast<char *>(broadcast_element(operand, condition.dims, first))});
  append_formatted(std::get<std::string>(call.attrs[0]), values, *call.message);
  if (!condition.dims.empty())
    *call.message += " at position " + std::to_string(first);
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
