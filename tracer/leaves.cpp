// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tracer/leaves.h"

#include "support/require.h"
#include "tracer/signature.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

namespace etch {
namespace detail {

std::string value_text(bool value) { return value ? "true" : "false"; }
std::string value_text(int64_t value) { return std::to_string(value); }
std::string value_text(uint64_t value) { return std::to_string(value); }
std::string value_text(float value) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}
std::string value_text(double value) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

namespace {

std::string escaped(std::string_view letters) {
  std::string text;
  for (const char letter : letters) {
    if (letter == '"' || letter == '\\')
      text += '\\';
    if (letter == '\n')
      text += "\\n";
    else
      text += letter;
  }
  return text;
}

} // namespace

std::string key_text(const std::string &value) { return '"' + escaped(value) + '"'; }
std::string value_text(const std::string &value) {
  constexpr size_t kMostLetters = 60, kLastLetters = 20; // names and paths differ at their ends
  if (value.size() <= kMostLetters)
    return key_text(value);
  const std::string_view letters = value;
  return '"' + escaped(letters.substr(0, kMostLetters - kLastLetters)) + "…" +
         escaped(letters.substr(letters.size() - kLastLetters)) + '"';
}

} // namespace detail

namespace tracer {

using detail::Leaf;

namespace {

/// Where two strings differ, for the first of them: "after 50 letters: "abc"".
std::string letters_that_differ(const Leaf &leaf, const Leaf &other) {
  constexpr size_t kMostLetters = 16;
  const auto letters = [](const Leaf &string) {
    detail::StructureReader reader{nullptr, nullptr, string.tokens.data()};
    return detail::Structure<std::string>::read(reader);
  };
  const std::string own = letters(leaf), others = letters(other);
  const size_t same = static_cast<size_t>(std::ranges::mismatch(own, others).in1 - own.begin());
  return "after " + std::to_string(same) + " letters: " + detail::value_text(own.substr(same, kMostLetters));
}

} // namespace

bool is_same(const Leaf &a, const Leaf &b) {
  return a.kind == b.kind && a.text == b.text && a.type == b.type && a.tokens == b.tokens;
}

std::string distinct_text(const Leaf &leaf, const Leaf &other) {
  if (is_same(leaf, other))
    return leaf.text;
  if (leaf.type != other.type && !leaf.type.empty())
    return leaf.text + " (" + leaf.type + ")";
  if (leaf.text != other.text || leaf.kind != other.kind)
    return leaf.text;
  if (leaf.sort == Leaf::Sort::string)
    return leaf.text + " (" + letters_that_differ(leaf, other) + ")";
  char bits[32]; // only NaNs read alike
  return leaf.text + " (bits 0x" + std::string(bits, std::to_chars(bits, bits + sizeof bits, leaf.tokens[0], 16).ptr) +
         ")";
}

void check_values(const std::string &function, std::span<const Leaf> traced, std::span<const Leaf> given,
                  Location location) {
  for (size_t i = 0; i < traced.size() && i < given.size(); ++i) {
    ETCH_REQUIRE(traced[i].path == given[i].path && traced[i].kind == given[i].kind, ErrorCode::invalid_argument,
                 location)
        << function << ": " << traced[i].path << " must be given, as it was traced, got " << given[i].path;
    ETCH_REQUIRE(is_same(traced[i], given[i]), ErrorCode::invalid_argument, location)
        << function << ": " << traced[i].path << " must be " << distinct_text(traced[i], given[i])
        << ", as it was traced, got " << distinct_text(given[i], traced[i]);
  }
  ETCH_CHECK(traced.size() == given.size()) << "sizes come before elements";
}

std::vector<ArgumentVariable> argument_variables(std::span<const Variable *const> variables) {
  std::vector<ArgumentVariable> result;
  for (size_t i = 0; i < variables.size(); ++i)
    result.push_back({ops::TensorType(variables[i]->dtype(), variables[i]->shape()),
                      static_cast<int>(first_same(variables, i)), variables[i]->trainable()});
  return result;
}

void check_variables(const std::string &function, const Trace &trace, std::span<const Variable *const> given,
                     Location location) {
  std::vector<std::string> paths;
  for (const Leaf &leaf : trace.leaves)
    if (leaf.kind == Leaf::Kind::variable)
      paths.push_back(leaf.path);
  const std::vector<ArgumentVariable> now = argument_variables(given);
  for (size_t i = 0; i < now.size(); ++i) {
    const ArgumentVariable &traced = trace.argument_variables[i];
    ETCH_REQUIRE(traced.type == now[i].type,
                 traced.type.dtype == now[i].type.dtype ? ErrorCode::shape : ErrorCode::dtype, location)
        << function << ": " << paths[i] << " must be a Variable " << traced.type.message_text()
        << ", as it was traced, got " << now[i].type.message_text();
    ETCH_REQUIRE(traced.trainable == now[i].trainable, ErrorCode::invalid_argument, location)
        << function << ": " << paths[i] << " must be " << (traced.trainable ? "trainable" : "not trainable")
        << ", as it was traced, got '" << given[i]->name() << (traced.trainable ? "', which is not" : "', which is");
    const auto text = [&](const ArgumentVariable &variable) {
      return static_cast<size_t>(variable.first) == i
                 ? "a Variable of its own"
                 : "the same Variable as " + paths[static_cast<size_t>(variable.first)];
    };
    ETCH_REQUIRE(traced.first == now[i].first, ErrorCode::invalid_argument, location)
        << function << ": " << paths[i] << " must be " << text(traced) << ", as it was traced, got " << text(now[i]);
  }
}

} // namespace tracer
} // namespace etch
