// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "nn/idx.h"

#include <etch/error.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

namespace etch::nn {
namespace {

using Bytes = std::vector<uint8_t>;

class IdxTest : public testing::Test {
protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("etch_idx_test_" + std::to_string(getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string &name, std::span<const uint8_t> bytes) const {
    std::ofstream stream(folder_ / name, std::ios::binary);
    stream.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return folder_ / name;
  }

  /// The text of the io error, which must name the file; "" when reading succeeds.
  static std::string fault_of(const std::filesystem::path &path) {
    try {
      read_idx(path);
    } catch (const Error &error) {
      EXPECT_EQ(error.code(), ErrorCode::io);
      EXPECT_NE(error.summary().find("in '" + path.string() + "'"), std::string::npos) << error.what();
      EXPECT_EQ(error.summary().rfind("read_idx: ", 0), 0u) << error.what();
      return error.summary();
    }
    return "";
  }

  std::filesystem::path folder_;
};

Bytes header(uint8_t type, std::initializer_list<uint32_t> dims) {
  Bytes bytes = {0, 0, type, static_cast<uint8_t>(dims.size())};
  for (uint32_t dim : dims)
    for (int shift : {24, 16, 8, 0})
      bytes.push_back(static_cast<uint8_t>(dim >> shift));
  return bytes;
}

Bytes small_file() {
  Bytes bytes = header(0x08, {2, 3, 4});
  for (int i = 0; i < 24; ++i)
    bytes.push_back(static_cast<uint8_t>(i));
  return bytes;
}

Bytes gzip(std::span<const uint8_t> bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Bytes out(deflateBound(&stream, bytes.size()) + 32);
  stream.next_in = const_cast<uint8_t *>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

bool mentions(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

TEST_F(IdxTest, ReadsPlainAndGzippedFilesAlike) {
  const Bytes bytes = small_file();
  for (const auto &path : {write("plain", bytes), write("packed.gz", gzip(bytes))}) {
    const IdxArray array = read_idx(path);
    EXPECT_EQ(array.type, IdxType::u8);
    EXPECT_EQ(array.shape, (std::vector<int64_t>{2, 3, 4}));
    EXPECT_EQ(array.size(), 24);
    Bytes expected(24);
    std::iota(expected.begin(), expected.end(), uint8_t{0});
    EXPECT_EQ(array.bytes, expected);
  }
}

TEST_F(IdxTest, ReadsEveryElementTypeInNativeOrder) {
  Bytes i16 = header(0x0B, {2});
  i16.insert(i16.end(), {0x01, 0x02, 0xff, 0xfe});
  const IdxArray shorts = read_idx(write("i16", i16));
  EXPECT_EQ(reinterpret_cast<const int16_t *>(shorts.bytes.data())[0], 0x0102);
  EXPECT_EQ(reinterpret_cast<const int16_t *>(shorts.bytes.data())[1], -2);

  Bytes f32 = header(0x0D, {1});
  f32.insert(f32.end(), {0x3f, 0x80, 0, 0});
  EXPECT_EQ(*reinterpret_cast<const float *>(read_idx(write("f32", f32)).bytes.data()), 1.0f);

  Bytes f64 = header(0x0E, {1});
  f64.insert(f64.end(), {0xc0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(*reinterpret_cast<const double *>(read_idx(write("f64", f64)).bytes.data()), -2.0);

  for (uint8_t type : {uint8_t{0x09}, uint8_t{0x0C}}) {
    Bytes bytes = header(type, {1});
    bytes.resize(bytes.size() + (type == 0x0C ? 4 : 1));
    EXPECT_EQ(fault_of(write("typed", bytes)), "");
  }
}

TEST_F(IdxTest, ReportsTruncationAtEveryByte) {
  const Bytes bytes = small_file();
  const Bytes packed = gzip(bytes);
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_TRUE(mentions(fault_of(write("cut", std::span(bytes).first(length))), "got")) << length;
  for (size_t length = 0; length < packed.size(); ++length)
    EXPECT_NE(fault_of(write("cut.gz", std::span(packed).first(length))), "") << length;
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_NE(fault_of(write("cut_inside.gz", gzip(std::span(bytes).first(length)))), "") << length;
}

TEST_F(IdxTest, ReportsEveryDamagedByteOfAGzippedFile) {
  const Bytes packed = gzip(small_file());
  const IdxArray intact = read_idx(write("intact.gz", packed));
  int reported = 0;
  for (size_t at = 0; at < packed.size(); ++at) {
    Bytes damaged = packed;
    damaged[at] ^= 0x55;
    const auto path = write("damaged.gz", damaged);
    if (!fault_of(path).empty())
      ++reported;
    else // Time stamp, operating system and compression hints carry no data.
      EXPECT_EQ(read_idx(path).bytes, intact.bytes) << at;
  }
  EXPECT_GE(reported, static_cast<int>(packed.size()) - 8);
}

TEST_F(IdxTest, ReportsTrailingBytes) {
  Bytes bytes = small_file();
  bytes.push_back(7);
  EXPECT_TRUE(mentions(fault_of(write("long", bytes)), "file must end after 24 bytes of elements, got more"));
  EXPECT_TRUE(mentions(fault_of(write("long.gz", gzip(bytes))), "file must end after 24 bytes of elements, got more"));
  Bytes packed = gzip(small_file());
  packed.insert(packed.end(), {1, 2, 3});
  EXPECT_TRUE(mentions(fault_of(write("tail.gz", packed)), "gzip data must end the file, got 3 more bytes"));
}

TEST_F(IdxTest, ReadsConcatenatedGzipMembers) {
  const Bytes bytes = small_file();
  Bytes packed = gzip(std::span(bytes).first(20));
  const Bytes second = gzip(std::span(bytes).subspan(20));
  packed.insert(packed.end(), second.begin(), second.end());
  EXPECT_EQ(read_idx(write("members.gz", packed)).bytes, read_idx(write("plain", bytes)).bytes);
}

TEST_F(IdxTest, ReportsCorruptMagicNumbers) {
  for (size_t at : {0, 1, 2}) {
    Bytes bytes = small_file();
    bytes[at] = 0x77;
    EXPECT_TRUE(mentions(fault_of(write("magic", bytes)), "magic number must be 00 00, an element type")) << at;
  }
}

TEST_F(IdxTest, ReportsDimensionsLargerThanTheFile) {
  EXPECT_TRUE(mentions(fault_of(write("huge", header(0x08, {0xffffffff, 0xffffffff}))), "must fit in the file"));
  EXPECT_TRUE(mentions(fault_of(write("wrapping", header(0x0E, {0x80000000, 0x80000000, 0x80000000}))),
                       "dimensions [2147483648,2147483648,2147483648] with 8-byte elements must fit in the file"));
  EXPECT_TRUE(mentions(fault_of(write("huge.gz", gzip(header(0x08, {0xffffffff, 2})))), "must fit in the file"));
  EXPECT_TRUE(mentions(fault_of(write("empty_but_huge", header(0x08, {0xffffffff, 0xffffffff, 0xffffffff, 0}))),
                       "must fit in the file"));
  Bytes deep = {0, 0, 8, 255};
  EXPECT_TRUE(mentions(fault_of(write("deep", deep)), "dimension must hold 4 bytes, got 0"));
}

TEST_F(IdxTest, ReadsEmptyAndRankZeroArrays) {
  const IdxArray empty = read_idx(write("empty", header(0x08, {0, 28, 28})));
  EXPECT_EQ(empty.size(), 0);
  EXPECT_TRUE(empty.bytes.empty());
  Bytes scalar = header(0x08, {});
  scalar.push_back(42);
  EXPECT_EQ(read_idx(write("scalar", scalar)).bytes, Bytes{42});
}

TEST_F(IdxTest, ReportsMissingFilesAndFolders) {
  EXPECT_TRUE(mentions(fault_of(folder_ / "nowhere"), "file must exist, found none"));
  EXPECT_TRUE(mentions(fault_of(folder_), "file must be a regular file"));
}

TEST_F(IdxTest, ReadsFilesOfTheFullTrainingSetsSize) {
  Bytes bytes = header(0x08, {60000, 28, 28});
  bytes.resize(bytes.size() + size_t{60000} * 28 * 28, 3);
  const IdxArray array = read_idx(write("full.gz", gzip(bytes)));
  EXPECT_EQ(array.size(), 47040000);
  EXPECT_EQ(array.bytes.size(), 47040000u);
}

class MnistTest : public IdxTest {
protected:
  std::string load_fault(std::string_view split = "train") const {
    try {
      load_mnist(folder_, split);
    } catch (const Error &error) {
      return error.summary();
    }
    return "";
  }

  void write_pair(uint32_t images, uint32_t labels, uint8_t label = 1) const {
    Bytes image_bytes = header(0x08, {images, 2, 2});
    image_bytes.resize(image_bytes.size() + size_t{images} * 4, 9);
    write("train-images-idx3-ubyte", image_bytes);
    Bytes label_bytes = header(0x08, {labels});
    label_bytes.resize(label_bytes.size() + labels, label);
    write("train-labels-idx1-ubyte", label_bytes);
  }
};

TEST_F(MnistTest, ReadsTheDigitsOfTheCheckout) {
  const LabelledImages train = load_mnist(ETCH_MNIST_DIR, "train");
  EXPECT_EQ(train.count, 8000);
  EXPECT_EQ(train.rows, 28);
  EXPECT_EQ(train.columns, 28);
  EXPECT_EQ(train.pixels.size(), 8000u * 28 * 28);
  EXPECT_EQ(std::vector<uint8_t>(train.labels.begin(), train.labels.begin() + 5),
            (std::vector<uint8_t>{7, 2, 1, 0, 4}));
  const LabelledImages test = load_mnist(ETCH_MNIST_DIR, "test");
  EXPECT_EQ(test.count, 2000);
  EXPECT_EQ(test.labels.size(), 2000u);
}

TEST_F(MnistTest, FindsTheOriginalNamesOfTheTestFiles) {
  write_pair(3, 3);
  std::filesystem::rename(folder_ / "train-images-idx3-ubyte", folder_ / "t10k-images-idx3-ubyte");
  std::filesystem::rename(folder_ / "train-labels-idx1-ubyte", folder_ / "t10k-labels-idx1-ubyte");
  EXPECT_EQ(load_mnist(folder_, "test").count, 3);
}

TEST_F(MnistTest, ReportsPairsThatDoNotBelongTogether) {
  write_pair(3, 2);
  EXPECT_TRUE(mentions(load_fault(), "every image must have a label, got 3 images in"));
  write_pair(2, 2, 10);
  EXPECT_TRUE(mentions(load_fault(), "labels must be in 0..9, got 10 at index 0 in"));
  write_pair(2, 2);
  std::filesystem::copy_file(folder_ / "train-labels-idx1-ubyte", folder_ / "train-images-idx3-ubyte",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(mentions(load_fault(), "file must hold unsigned bytes of rank 3, got shape [2] in"));
}

TEST_F(MnistTest, ReportsMissingFilesAndUnknownSplits) {
  EXPECT_TRUE(mentions(load_fault(), "file train-images-idx3-ubyte or train-images-idx3-ubyte.gz must exist"));
  EXPECT_EQ(load_fault("valid"), "load_mnist: split must be \"train\" or \"test\", got \"valid\"");
}

} // namespace
} // namespace etch::nn
