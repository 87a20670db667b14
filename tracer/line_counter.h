// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/error.h>

#include <cstdint>
#include <vector>

namespace etch::tracer {

/// How often each line of the user's has been seen. A flat table, as it is asked for every operation of a trace.
class LineCounter {
public:
  /// The count of a line, which must be known, this time included.
  int64_t add(Location location);

private:
  struct Line {
    const char *file = nullptr; // by address: a literal that is there twice makes two lines
    int line = 0;
    int64_t count = 0;
  };
  /// The place of a line, or the free one for it.
  Line &find(const char *file, int line);
  void grow();

  std::vector<Line> table_ = std::vector<Line>(16); // its size a power of two
  size_t used_ = 0;
  size_t last_ = 0;
};

} // namespace etch::tracer
