// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/purity.h"

#include "runtime/concrete_tensor.h"
#include "support/require.h"
#include "tracer/frozen_values.h"

#include <algorithm>
#include <cstring>

namespace etch::tracer {
namespace {

[[noreturn]] void raise(const Trace &trace, const std::string &difference, Location location) {
  throw Error(ErrorCode::tracing, trace.name + ": two traces of the callable must be the same, got " + difference,
              location, "what changes from call to call must come in as an argument, a Variable or late()");
}

void require_same_op(const Trace &first, const TraceOp &a, const TraceOp &b) {
  if (a.def != b.def)
    raise(first, std::string(a.def->name) + place(a.location) + ", then " + b.def->name + place(b.location),
          b.location);
  const std::string name = a.def->name;
  for (size_t i = 0; i < a.attrs.size(); ++i)
    if (!(a.attrs[i] == b.attrs[i]) && !is_numbered_anew(a.def->attrs[i]))
      raise(first,
            name + " with " + a.def->attrs[i].name + " = " + attr_text(a.attrs[i]) + place(a.location) + ", then " +
                attr_text(b.attrs[i]),
            b.location);
  if (a.operands != b.operands || a.variable != b.variable)
    raise(first, name + place(a.location) + " of some values, then of others", b.location);
}

} // namespace

void require_same(const Trace &first, const Trace &second) {
  for (size_t i = 0; i < std::min(first.ops.size(), second.ops.size()); ++i)
    require_same_op(first, first.ops[i], second.ops[i]);
  if (first.ops.size() != second.ops.size()) {
    const Trace &longer = first.ops.size() > second.ops.size() ? first : second;
    const TraceOp &extra = longer.ops[std::min(first.ops.size(), second.ops.size())];
    raise(first,
          std::to_string(first.ops.size()) + " operations, then " + std::to_string(second.ops.size()) + ": " +
              extra.def->name + place(extra.location) + " is in one alone",
          extra.location);
  }
  const auto same_tensor = [](const Tensor &a, const Tensor &b) { // which the callable may make anew each time
    if (!a.defined() || !b.defined())
      return a.defined() == b.defined();
    runtime::ConcreteNode &x = runtime::concrete(a), &y = runtime::concrete(b);
    return x.dtype == y.dtype && x.shape == y.shape &&
           std::memcmp(x.contiguous_elements(), y.contiguous_elements(),
                       static_cast<size_t>(x.shape.size()) * size_of(x.dtype)) == 0;
  };
  if (!std::ranges::equal(first.captured, second.captured, same_tensor))
    raise(first, "other captured tensors", {});
  const auto same_variable = [](const TraceVariable &a, const TraceVariable &b) {
    return a.state == b.state && a.argument == b.argument;
  };
  if (!std::ranges::equal(first.variables, second.variables, same_variable))
    raise(first, "other Variables", {});
  if (first.results != second.results || first.result_tokens != second.result_tokens)
    raise(first, "other results", {});
}

} // namespace etch::tracer
