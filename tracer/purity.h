// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tracer/trace.h"

#include <cstdint>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace etch::tracer {

/// Throws Error (tracing) with the first difference between two traces of one callable for one signature.
void require_same(const Trace &first, const Trace &second);

/// While it lives, this thread records a callable a second time to compare the traces; Functions that it calls are
/// compared, too.
class PurityScope {
public:
  PurityScope();
  ~PurityScope();
  PurityScope(const PurityScope &) = delete;

  /// Whether a scope of this thread has to compare this signature of a Function, which it has not asked before.
  static bool is_to_compare(const void *function, std::span<const uint64_t> signature);

private:
  PurityScope *const outer_;
  std::set<std::pair<const void *, std::vector<uint64_t>>> compared_;
};

} // namespace etch::tracer
