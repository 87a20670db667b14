// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

namespace etch::runtime {
class Dispatcher;
} // namespace etch::runtime

namespace etch::detail {

/// What was current for this thread.
struct OutsideConstruction {
  runtime::Dispatcher *dispatcher;
  int eager_scope;
};
OutsideConstruction begin_construction();
void end_construction(const OutsideConstruction &outside);

/// While it lives, this thread makes an object only to set its fields: what its default constructor computes has no
/// effect outside, and Variables that it makes are no part of a trace.
class ConstructionScope {
public:
  ConstructionScope() : outside_(begin_construction()) {}
  ~ConstructionScope() { end_construction(outside_); }
  ConstructionScope(const ConstructionScope &) = delete;

private:
  const OutsideConstruction outside_;
};

template <class T>
T constructed() {
  const ConstructionScope scope;
  return T{};
}

} // namespace etch::detail
