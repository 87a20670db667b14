// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/debug.h"

#include "support/environment.h"

#include <algorithm>
#include <iostream>

namespace etch::tracer {

bool debugs(const char *word) {
  const auto words = support::environment_words("ETCH_DEBUG", {"trace", "retrace", "passes", "kernels", "timing"});
  return std::ranges::find(words, word) != words.end();
}

void warn(const std::string &text) {
  if (!support::environment_flag("ETCH_NO_WARNINGS"))
    std::cerr << "etch: warning: " + text + "\n";
}

} // namespace etch::tracer
