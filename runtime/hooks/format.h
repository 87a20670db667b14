// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/opaque.h"

#include <span>
#include <string>

namespace etch::runtime::hooks {

/// Appends the format with each {} replaced by the next value. Requires: as many of them as values.
void append_formatted(const std::string &format, std::span<const OpaqueBuffer> values, std::string &out);

} // namespace etch::runtime::hooks
