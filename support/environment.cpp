// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/environment.h"

#include "support/require.h"

#include <algorithm>
#include <cstdlib>

namespace etch::support {
namespace {

constexpr const char *kNames[] = {
#define ETCH_ENV(name, grammar, default_text, sentence) #name,
#include "support/env.def"
#undef ETCH_ENV
};

std::string joined(const std::vector<std::string> &words) {
  std::string text;
  for (const std::string &word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text;
}

} // namespace

std::string environment(std::string_view name) {
  for (const char *known : kNames) {
    if (name == known) {
      const char *value = std::getenv(known);
      return value ? value : "";
    }
  }
  throw Error(ErrorCode::invalid_argument, "environment: unknown variable " + std::string(name));
}

std::vector<std::string> environment_words(std::string_view name, const std::vector<std::string> &known) {
  const std::string value = environment(name);
  std::vector<std::string> words;
  for (size_t begin = 0; begin < value.size();) {
    const size_t comma = std::min(value.find(',', begin), value.size());
    std::string word = value.substr(begin, comma - begin);
    ETCH_REQUIRE(std::find(known.begin(), known.end(), word) != known.end(), ErrorCode::invalid_argument, Location{})
        << name << ": unknown word '" << word << "', known words are: " << joined(known);
    words.push_back(std::move(word));
    begin = comma + 1;
  }
  return words;
}

bool environment_flag(std::string_view name) {
  const std::string value = environment(name);
  ETCH_REQUIRE(value.empty() || value == "0" || value == "1", ErrorCode::invalid_argument, Location{})
      << name << ": must be 0 or 1, got '" << value << "'";
  return value == "1";
}

} // namespace etch::support
