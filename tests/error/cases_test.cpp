// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs every case and compares its text with the file beside it, which is written anew by
//   cmake --build <folder> --target update_texts
#include "tests/error/case.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <vector>

namespace etch::test {
namespace {

bool updates_texts = false; // asked for by --update-texts

std::vector<Case> &cases() {
  static std::vector<Case> all;
  return all;
}

/// Places without their folder: the same on every machine.
std::string without_folders(std::string text) {
  const std::string_view folder = "tests/error/cases/";
  for (size_t at = text.find(folder); at != std::string::npos; at = text.find(folder, at)) {
    size_t begin = at;
    while (begin > 0 && std::string_view(" '\n(").find(text[begin - 1]) == std::string_view::npos)
      --begin;
    text.erase(begin, at + folder.size() - begin);
    at = begin;
  }
  return text;
}

std::optional<Error> error_of(const Case &tried) {
  try {
    tried.run();
  } catch (const Error &error) {
    return error;
  }
  return std::nullopt;
}

std::string text_of(const Case &tried) {
  if (tried.kind == Kind::text)
    return tried.run();
  if (tried.kind == Kind::warning) {
    testing::internal::CaptureStderr();
    tried.run();
    return testing::internal::GetCapturedStderr();
  }
  const std::optional<Error> error = error_of(tried);
  EXPECT_TRUE(error.has_value()) << tried.name << " is no mistake";
  return error ? error->what() : "";
}

std::string path_of(const Case &tried) { return std::string(ETCH_ERROR_CASES) + "/" + tried.name + ".txt"; }

std::string kept_text(const Case &tried) {
  std::ifstream file(path_of(tried));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class Cases : public testing::TestWithParam<Case> {};

TEST_P(Cases, HaveTheirTexts) {
  const Case &tried = GetParam();
  EXPECT_EQ(std::filesystem::path(tried.file).stem().string(), tried.name) << "a case is named after its file";
  std::string text = without_folders(text_of(tried));
  if (text.empty() || text.back() != '\n')
    text += '\n';
  if (updates_texts)
    std::ofstream(path_of(tried)) << text;
  EXPECT_EQ(text, kept_text(tried));
}

TEST_P(Cases, HaveOneFirstLine) {
  const Case &tried = GetParam();
  if (tried.kind != Kind::mistake)
    return;
  const RunFunctionsEagerly eagerly;
  const std::optional<Error> error = error_of(tried);
  ASSERT_TRUE(error.has_value()) << tried.name << " is no mistake eagerly";
  const std::string kept = kept_text(tried);
  EXPECT_EQ(without_folders(error->summary()), kept.substr(0, kept.find('\n')));
}

TEST(Texts, BelongToCases) {
  std::set<std::string> names;
  for (const Case &known : cases())
    names.insert(known.name);
  for (const auto &entry : std::filesystem::directory_iterator(ETCH_ERROR_CASES))
    EXPECT_TRUE(names.contains(entry.path().stem().string())) << entry.path();
}

void PrintTo(const Case &tried, std::ostream *out) { *out << tried.name; }

// Read when main begins, so every file has noted its case.
INSTANTIATE_TEST_SUITE_P(Texts, Cases, testing::ValuesIn(cases()),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace

RegisteredCase::RegisteredCase(const Case &noted) { cases().push_back(noted); }

} // namespace etch::test

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  etch::test::updates_texts = argc > 1 && argv[1] == std::string_view("--update-texts");
  return RUN_ALL_TESTS();
}
