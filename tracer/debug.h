// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>

namespace etch::tracer {

/// Whether ETCH_DEBUG asks for this kind of log. Throws Error for words it does not know.
bool debugs(const char *word);
/// To standard error, unless ETCH_NO_WARNINGS is set.
void warn(const std::string &text);

} // namespace etch::tracer
