// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>

namespace etch::tracer {

/// Of this thread: "encoder/layer1", or empty.
const std::string &current_name_scope();

/// Sets the name scopes of this thread aside while it lives: a trace has those of its callable alone, and is inlined
/// into others under theirs.
class FreshNameScope {
public:
  FreshNameScope();
  ~FreshNameScope();
  FreshNameScope(const FreshNameScope &) = delete;

private:
  std::string outer_;
};

} // namespace etch::tracer
