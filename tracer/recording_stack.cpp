// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/recording_stack.h"

#include "support/require.h"

#include <vector>

namespace etch::tracer {
namespace {

thread_local std::vector<const std::string *> levels; // names, outermost first

/// "f → g → f"; the middle of a long one is left out.
std::string chain(const std::string &last) {
  constexpr size_t kEnds = 4;
  std::string text;
  for (size_t i = 0; i < levels.size(); ++i) {
    if (i == kEnds && levels.size() > 2 * kEnds) {
      i = levels.size() - kEnds;
      text += "… → ";
    }
    text += *levels[i] + " → ";
  }
  return text + last;
}

} // namespace

RecordingInProgress::RecordingInProgress(const std::string &name, Location location) {
  ETCH_REQUIRE(levels.size() < kMostNested, ErrorCode::tracing, location)
      << name << ": functions must be nested at most " << kMostNested << " deep while they are traced, got "
      << chain(name)
      << help("a recursion must end while it is traced: by a C++ value or a shape, not by what a tensor holds");
  levels.push_back(&name);
}

RecordingInProgress::~RecordingInProgress() { levels.pop_back(); }

bool RecordingInProgress::any() { return !levels.empty(); }

} // namespace etch::tracer
