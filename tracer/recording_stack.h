// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <etch/error.h>

#include <cstddef>
#include <string>

namespace etch::tracer {

/// A Function that this thread is recording, inside those it has been recording before. Exists for as long as that goes
/// on.
class RecordingInProgress {
public:
  static constexpr size_t kMostNested = 64;

  /// Throws Error (tracing) where too many are. The name must live as long.
  RecordingInProgress(const std::string &name, Location location);
  ~RecordingInProgress();
  RecordingInProgress(const RecordingInProgress &) = delete;

  /// Whether this thread is recording anything: it must not wait for what other threads record then, who may be waiting
  /// for it.
  static bool any();
};

} // namespace etch::tracer
