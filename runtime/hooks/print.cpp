// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/callbacks.h"
#include "runtime/concrete_tensor.h"
#include "runtime/hooks/format.h"
#include "runtime/print_buffer.h"
#include "runtime/tensor_print.h"

#include <algorithm>
#include <cstring>
#include <optional>
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

namespace {

/// Reports where the condition, operand 0, is false first. Its position, where the call is to say what was wrong.
std::optional<int64_t> report_first_false(const OpaqueCall &call, FailureKind kind) {
  const bool *elements = call.operands[0].as<const bool>();
  const int64_t size = call.operands[0].size();
  const int64_t first = std::find(elements, elements + size, false) - elements;
  if (first == size)
    return std::nullopt;
  report(call, kind, first);
  return call.message ? std::optional(first) : std::nullopt;
}

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

void check(const OpaqueCall &call) {
  if (!report_first_false(call, kCheckFailed))
    return;
  *call.message = std::string(call.op.name) + ": ";
  append_formatted(std::get<std::string>(call.attrs[0]), call.operands.subspan(1), *call.message);
}

void check_elements(const OpaqueCall &call) {
  const auto first = report_first_false(call, kBadElement);
  if (!first)
    return;
  const std::span<const int64_t> dims = call.operands[0].dims;
  std::vector<OpaqueBuffer> values;
  for (const OpaqueBuffer &operand : call.operands.subspan(1))
    values.push_back({operand.dtype, {}, const_cast<char *>(broadcast_element(operand, dims, *first))});
  append_formatted(std::get<std::string>(call.attrs[0]), values, *call.message);
  if (!dims.empty())
    *call.message += " at position " + std::to_string(*first);
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
