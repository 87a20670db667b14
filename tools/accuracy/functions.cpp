// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/accuracy/functions.h"

#include "ops/math/oracle.h"
#include "ops/scalar_text.h"

#include <utility>

namespace etch::accuracy {
namespace {

using namespace text;

template <class Text, size_t... k>
Exact read_exactly(const Exact *x, std::index_sequence<k...>) {
  return Text{}(x[k]...);
}

template <class Text, size_t... k>
void read_fast(int64_t n, const float *const *x, double *y, std::index_sequence<k...>) {
  for (int64_t i = 0; i < n; ++i)
    y[i] = Oracle(Text{}(Oracle(x[k][i])...)).v;
}

template <int operand_count, class Text, class... Attributes>
Function function(int op_index, const char *name, DType dtype, Text, Attributes... attributes) {
  using Arguments = std::make_index_sequence<operand_count + sizeof...(Attributes)>;
  return {op_index,
          name,
          dtype,
          operand_count,
          {static_cast<double>(attributes)...},
          [](const Exact *x) { return read_exactly<Text>(x, Arguments{}); },
          [](int64_t n, const float *const *x, double *y) { read_fast<Text>(n, x, y, Arguments{}); }};
}

} // namespace

const std::vector<Function> &functions() {
  // Unqualified calls: a reading's own function comes before the text.
  static const std::vector<Function> all = {
#define ETCH_FUNCTION(op_index, name, dtype, operand_count, ...)                                                       \
  function<operand_count>(op_index, #name, DType::dtype,                                                               \
                          [](const auto &...x) { return name(x...); } __VA_OPT__(, ) __VA_ARGS__),
#include "ops/measured_rows.inc"
#undef ETCH_FUNCTION
  };
  return all;
}

} // namespace etch::accuracy
