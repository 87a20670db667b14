// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace etch::nn {

/// Element types an IDX file may hold; the values are the third byte of its magic number.
enum class IdxType : uint8_t { u8 = 0x08, i8 = 0x09, i16 = 0x0B, i32 = 0x0C, f32 = 0x0D, f64 = 0x0E };

/// The contents of an IDX file: row-major elements in the byte order of this machine.
struct IdxArray {
  IdxType type = IdxType::u8;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;

  /// Number of elements; 1 for rank 0.
  int64_t size() const;
};

/// Reads an IDX file, gzipped or not (told apart by content, not by name). Memory stays proportional to the elements
/// that are really there, whatever the header claims.
/// Throws: Error (io) naming the file and the fault when it is missing, truncated, malformed or followed by more bytes.
IdxArray read_idx(const std::filesystem::path &path);

/// Images with one label each, as in MNIST and its relatives.
struct LabelledImages {
  int64_t count = 0;
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<uint8_t> pixels; ///< count × rows × columns
  std::vector<uint8_t> labels; ///< count values in 0..9
};

/// Reads <split>-images-idx3-ubyte and <split>-labels-idx1-ubyte, with or without .gz, from a folder. The split is
/// "train" or "test"; the original name "t10k" of the test files is found too.
/// Throws: Error (io) as read_idx does, and when images and labels do not belong together; Error (invalid_argument) for
/// another split.
LabelledImages load_mnist(const std::filesystem::path &folder, std::string_view split);

} // namespace etch::nn
