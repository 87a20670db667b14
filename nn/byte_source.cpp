// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "nn/byte_source.h"

#include <etch/error.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include <zconf.h>
#include <zlib.h>

namespace etch::nn {

struct ByteSource::Inflater {
  z_stream stream{};
  bool ended = false;

  ~Inflater() { inflateEnd(&stream); }
};

namespace {

constexpr uint64_t kLargestDeflateRatio = 1032;
constexpr int kGzipOnly = 15 + 16; // zlib: the largest window, gzip header required

bool starts_gzip(std::span<const uint8_t> bytes) { return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b; }

// zlib counts in 32 bits.
uInt clamp_count(size_t count) { return static_cast<uInt>(std::min<size_t>(count, std::numeric_limits<uInt>::max())); }

} // namespace

ByteSource::ByteSource(std::string reader, std::filesystem::path path)
    : reader_(std::move(reader)), path_(std::move(path)) {
  std::error_code error;
  const auto status = std::filesystem::status(path_, error);
  if (!std::filesystem::exists(status))
    fail("file must exist, found none");
  if (!std::filesystem::is_regular_file(status))
    fail("file must be a regular file, found a folder or device");
  const uintmax_t size = std::filesystem::file_size(path_, error);
  std::ifstream stream(path_, std::ios::binary);
  if (error || !stream)
    fail("file must be readable, opening it failed");
  file_.resize(size);
  stream.read(reinterpret_cast<char *>(file_.data()), static_cast<std::streamsize>(size));
  if (static_cast<uintmax_t>(stream.gcount()) != size)
    fail("file must be readable, got " + std::to_string(stream.gcount()) + " of " + std::to_string(size) + " bytes");
  if (starts_gzip(file_)) {
    inflater_ = std::make_unique<Inflater>();
    if (inflateInit2(&inflater_->stream, kGzipOnly) != Z_OK)
      fail("decompression must start, zlib refused");
    inflater_->stream.next_in = file_.data();
  }
}

ByteSource::~ByteSource() = default;

size_t ByteSource::read(std::span<uint8_t> out) {
  if (inflater_)
    return inflate(out);
  const size_t count = std::min(out.size(), file_.size() - position_);
  std::copy_n(file_.begin() + static_cast<std::ptrdiff_t>(position_), count, out.begin());
  position_ += count;
  return count;
}

size_t ByteSource::inflate(std::span<uint8_t> out) {
  z_stream &stream = inflater_->stream;
  size_t done = 0;
  const uint8_t *const end = file_.data() + file_.size();
  while (done < out.size() && !inflater_->ended) {
    stream.avail_in = clamp_count(static_cast<size_t>(end - stream.next_in));
    stream.next_out = out.data() + done;
    stream.avail_out = clamp_count(out.size() - done);
    const int status = ::inflate(&stream, Z_NO_FLUSH);
    done = static_cast<size_t>(stream.next_out - out.data());
    if (status == Z_STREAM_END) {
      const std::span<const uint8_t> rest(stream.next_in, end);
      if (rest.empty())
        inflater_->ended = true;
      else if (!starts_gzip(rest) || inflateReset(&stream) != Z_OK)
        fail("gzip data must end the file, got " + std::to_string(rest.size()) + " more bytes");
    } else if (status == Z_BUF_ERROR || (status == Z_OK && stream.next_in == end && stream.avail_out != 0)) {
      fail("gzip data must be complete, got a file cut off after " + std::to_string(file_.size()) + " bytes");
    } else if (status != Z_OK) {
      fail(std::string("gzip data must be intact, got ") + (stream.msg ? stream.msg : "a damaged stream"));
    }
  }
  return done;
}

uint64_t ByteSource::upper_bound() const {
  return inflater_ ? file_.size() * kLargestDeflateRatio : file_.size() - position_;
}

void ByteSource::fail(const std::string &fault) const {
  throw Error(ErrorCode::io, reader_ + ": " + fault + " in '" + path_.string() + "'");
}

} // namespace etch::nn
