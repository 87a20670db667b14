// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "nn/idx.h"

#include "nn/byte_source.h"

#include <etch/error.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace etch::nn {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;

// 0 for no element type.
size_t element_bytes(uint8_t type) {
  switch (static_cast<IdxType>(type)) {
  case IdxType::u8:
  case IdxType::i8:
    return 1;
  case IdxType::i16:
    return 2;
  case IdxType::i32:
  case IdxType::f32:
    return 4;
  case IdxType::f64:
    return 8;
  }
  return 0;
}

std::string text_of(std::span<const int64_t> shape) {
  std::string text = "[";
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    text += axis ? "," : "";
    text += std::to_string(shape[axis]);
  }
  return text + "]";
}

void read_exactly(ByteSource &source, std::span<uint8_t> out, const char *part) {
  const size_t got = source.read(out);
  if (got != out.size())
    source.fail(std::string(part) + " must hold " + std::to_string(out.size()) + " bytes, got " + std::to_string(got));
}

std::array<uint8_t, 4> read_magic(ByteSource &source) {
  std::array<uint8_t, 4> magic{};
  read_exactly(source, magic, "magic number");
  if (magic[0] != 0 || magic[1] != 0 || element_bytes(magic[2]) == 0) {
    char bytes[16];
    std::snprintf(bytes, sizeof bytes, "%02x %02x %02x %02x", magic[0], magic[1], magic[2], magic[3]);
    source.fail(
        std::string("magic number must be 00 00, an element type (08, 09, 0b, 0c, 0d or 0e) and the rank, got ") +
        bytes);
  }
  return magic;
}

// The byte count is checked against what can follow before anything of that size is allocated.
size_t checked_bytes(ByteSource &source, std::span<const int64_t> shape, size_t bytes_per_element) {
  uint64_t count = bytes_per_element;
  bool overflow = false;
  for (int64_t dim : shape)
    if (dim != 0)
      overflow |= __builtin_mul_overflow(count, static_cast<uint64_t>(dim), &count);
  overflow |= count > static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  const bool empty = std::find(shape.begin(), shape.end(), 0) != shape.end();
  if (overflow || (!empty && count > source.upper_bound()))
    source.fail(std::string("dimensions ") + text_of(shape) + " with " + std::to_string(bytes_per_element) +
                "-byte elements must fit in the file, got at most " + std::to_string(source.upper_bound()) +
                " more bytes");
  return empty ? 0 : count;
}

void read_elements(ByteSource &source, std::vector<uint8_t> &bytes, size_t wanted) {
  while (bytes.size() < wanted) {
    const size_t begin = bytes.size();
    const size_t chunk = std::min(wanted - begin, std::max(kChunkBytes, begin));
    bytes.resize(begin + chunk);
    const size_t got = source.read(std::span(bytes).subspan(begin));
    if (got != chunk)
      source.fail(std::string("elements must hold ") + std::to_string(wanted) + " bytes, got " +
                  std::to_string(begin + got));
  }
  uint8_t extra = 0;
  if (source.read({&extra, 1}) != 0)
    source.fail(std::string("file must end after ") + std::to_string(wanted) + " bytes of elements, got more");
}

void to_native_order(std::vector<uint8_t> &bytes, size_t bytes_per_element) {
  if constexpr (std::endian::native == std::endian::little)
    if (bytes_per_element > 1)
      for (size_t begin = 0; begin < bytes.size(); begin += bytes_per_element)
        std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                     bytes.begin() + static_cast<std::ptrdiff_t>(begin + bytes_per_element));
}

[[noreturn]] void fail_mnist(const std::string &fault, const std::filesystem::path &path) {
  throw Error(ErrorCode::io, std::string("load_mnist: ") + fault + " in '" + path.string() + "'");
}

std::filesystem::path find_file(const std::filesystem::path &folder, std::string_view split, const char *suffix) {
  std::vector<std::string> stems = {std::string(split) + suffix};
  if (split == "test")
    stems.push_back(std::string("t10k") + suffix);
  for (const std::string &stem : stems)
    for (const char *extension : {".gz", ""})
      if (auto path = folder / (stem + extension); std::filesystem::exists(path))
        return path;
  fail_mnist(std::string("file ") + stems.front() + " or " + stems.front() + ".gz must exist, found neither", folder);
}

IdxArray read_bytes(const std::filesystem::path &path, size_t rank) {
  IdxArray array = read_idx(path);
  if (array.type != IdxType::u8 || array.shape.size() != rank)
    fail_mnist(std::string("file must hold unsigned bytes of rank ") + std::to_string(rank) + ", got shape " +
                   text_of(array.shape) + (array.type == IdxType::u8 ? "" : " of another type"),
               path);
  return array;
}

} // namespace

int64_t IdxArray::size() const {
  int64_t count = 1;
  for (int64_t dim : shape)
    count *= dim;
  return count;
}

IdxArray read_idx(const std::filesystem::path &path) {
  ByteSource source("read_idx", path);
  const std::array<uint8_t, 4> magic = read_magic(source);
  IdxArray array;
  array.type = static_cast<IdxType>(magic[2]);
  for (int axis = 0; axis < magic[3]; ++axis) {
    std::array<uint8_t, 4> dim{};
    read_exactly(source, dim, "dimension");
    array.shape.push_back((int64_t{dim[0]} << 24) | (dim[1] << 16) | (dim[2] << 8) | dim[3]);
  }
  const size_t bytes_per_element = element_bytes(magic[2]);
  read_elements(source, array.bytes, checked_bytes(source, array.shape, bytes_per_element));
  to_native_order(array.bytes, bytes_per_element);
  return array;
}

LabelledImages load_mnist(const std::filesystem::path &folder, std::string_view split) {
  if (split != "train" && split != "test")
    throw Error(ErrorCode::invalid_argument,
                std::string("load_mnist: split must be \"train\" or \"test\", got \"") + std::string(split) + "\"");
  const auto images_path = find_file(folder, split, "-images-idx3-ubyte");
  const auto labels_path = find_file(folder, split, "-labels-idx1-ubyte");
  IdxArray images = read_bytes(images_path, 3);
  IdxArray labels = read_bytes(labels_path, 1);
  if (images.shape[0] != labels.shape[0])
    fail_mnist(std::string("every image must have a label, got ") + std::to_string(images.shape[0]) + " images in '" +
                   images_path.string() + "' and " + std::to_string(labels.shape[0]) + " labels",
               labels_path);
  const auto wrong = std::find_if(labels.bytes.begin(), labels.bytes.end(), [](uint8_t label) { return label > 9; });
  if (wrong != labels.bytes.end())
    fail_mnist(std::string("labels must be in 0..9, got ") + std::to_string(*wrong) + " at index " +
                   std::to_string(wrong - labels.bytes.begin()),
               labels_path);
  return {images.shape[0], images.shape[1], images.shape[2], std::move(images.bytes), std::move(labels.bytes)};
}

} // namespace etch::nn
