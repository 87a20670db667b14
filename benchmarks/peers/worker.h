// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace etch::benchmarks::peers {

/// What the driver asks a worker to compute.
struct Request {
  std::string program;
  int64_t rows = 0, columns = 0;   ///< of the first input
  std::vector<std::string> inputs; ///< files of f32 elements, row-major

  int64_t size() const { return rows * columns; }
};

/// One peer's version of a program with its inputs in memory.
class Workload {
public:
  virtual ~Workload() = default;
  /// One call; the result is complete when it returns.
  virtual void run() = 0;
  /// The result of a call: f32, or i64 where the program gives indices.
  virtual void save(const std::string &file) = 0;
};

/// Answers the driver's lines on standard input until it closes:
///   load <program> <rows> <columns> <input file>…    ok
///   time <seconds>                                   ok <nanoseconds per call> <processor nanoseconds per call>
///   <calls> save <file>                                      ok
/// An exception is answered with its text, "failed: …". Workers live through all measurements of a row, so that the
/// driver can measure the peers in turn.
int serve(const std::function<std::unique_ptr<Workload>(const Request &)> &load);

/// Throws when the file does not hold exactly this many elements.
void read_floats(const std::string &file, float *elements, int64_t count);
void write_bytes(const std::string &file, const void *bytes, size_t count);

} // namespace etch::benchmarks::peers
