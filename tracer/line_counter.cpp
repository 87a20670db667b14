// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/line_counter.h"

#include <cstddef>
#include <utility>

namespace etch::tracer {

int64_t LineCounter::add(Location location) {
  if (used_ * 2 >= table_.size())
    grow();
  Line &line = find(location.file, location.line);
  if (line.count == 0) {
    line = {location.file, location.line, 0};
    ++used_;
  }
  return ++line.count;
}

LineCounter::Line &LineCounter::find(const char *file, int line) {
  // Most operations are on the line of the one before.
  if (Line &last = table_[last_]; last.file == file && last.line == line)
    return last;
  const uint64_t key = reinterpret_cast<uintptr_t>(file) + static_cast<uint64_t>(line) * 0x9e3779b97f4a7c15u;
  last_ = static_cast<size_t>(key * 0x9e3779b97f4a7c15u >> 32);
  while (true) {
    last_ &= table_.size() - 1;
    Line &found = table_[last_];
    if (found.count == 0 || (found.file == file && found.line == line))
      return found;
    ++last_;
  }
}

void LineCounter::grow() {
  const std::vector<Line> old = std::exchange(table_, std::vector<Line>(table_.size() * 2));
  last_ = 0;
  for (const Line &line : old)
    if (line.count > 0)
      find(line.file, line.line) = line;
}

} // namespace etch::tracer
