// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace etch::nn {

/// A file's bytes in order, decompressed on the way when the file is gzipped. Every fault is an Error (io) that names
/// the file. Not thread-safe.
class ByteSource {
public:
  /// `reader` opens every message: the public function the user called.
  ByteSource(std::string reader, std::filesystem::path path);
  ~ByteSource();
  ByteSource(const ByteSource &) = delete;
  ByteSource &operator=(const ByteSource &) = delete;

  /// Fills as much of `out` as the file still holds and returns that many bytes.
  size_t read(std::span<uint8_t> out);
  /// No byte more than this can follow: deflate expands at most 1032-fold.
  uint64_t upper_bound() const;
  /// Throws the io error "<reader>: <fault> in '<path>'".
  [[noreturn]] void fail(const std::string &fault) const;

private:
  struct Inflater;
  size_t inflate(std::span<uint8_t> out);

  std::string reader_;
  std::filesystem::path path_;
  std::vector<uint8_t> file_;
  size_t position_ = 0; ///< next byte of an uncompressed file
  std::unique_ptr<Inflater> inflater_;
};

} // namespace etch::nn
