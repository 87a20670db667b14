// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace etch::support {

/// The value of a variable of support/env.def, or "" when unset. The only place that calls getenv; reads it anew each
/// time. Throws Error (invalid_argument) for a name that is not in the table.
std::string environment(std::string_view name);
/// The words of a comma list. Throws Error for a word not in `known`, naming the known ones.
std::vector<std::string> environment_words(std::string_view name, const std::vector<std::string> &known);
/// True for "1", false for "0" and unset. Throws Error otherwise.
bool environment_flag(std::string_view name);

} // namespace etch::support
