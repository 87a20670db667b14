// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/dim.h"

#include <etch/error.h>

#include <cctype>

namespace etch::ops {
namespace {

// Text may come from files, so depth is bounded.
constexpr int kMaxNesting = 16;

bool starts_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool continues_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.'; }

std::optional<Dim> parse_sum(std::string_view text, int depth);

std::optional<Dim> parse_grouped(std::string_view text, int depth) {
  if (text.size() >= 2 && text.front() == '(' && text.back() == ')')
    text = text.substr(1, text.size() - 2);
  return parse_sum(text, depth);
}

std::optional<std::pair<Dim, Dim>> parse_quotient_at(std::string_view symbol, int depth) {
  if (depth > kMaxNesting || symbol.size() < 5 || symbol.front() != '[' || symbol.back() != ']')
    return std::nullopt;
  const std::string_view inside = symbol.substr(1, symbol.size() - 2);
  int open = 0;
  for (size_t at = 0; at < inside.size(); ++at) {
    open += (inside[at] == '[') - (inside[at] == ']');
    if (inside[at] != '/' || open != 0)
      continue;
    const auto numerator = parse_grouped(inside.substr(0, at), depth + 1);
    const auto divisor = parse_grouped(inside.substr(at + 1), depth + 1);
    if (!numerator || !divisor)
      return std::nullopt;
    return std::pair(*numerator, *divisor);
  }
  return std::nullopt;
}

// Splits the next factor off: an integer, a name or a bracketed quotient.
std::optional<Dim> parse_factor(std::string_view &text, int depth) {
  size_t end = 0;
  if (text.empty())
    return std::nullopt;
  if (std::isdigit(static_cast<unsigned char>(text[0]))) {
    int64_t value = 0;
    for (; end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])); ++end)
      if (__builtin_mul_overflow(value, int64_t{10}, &value) ||
          __builtin_add_overflow(value, static_cast<int64_t>(text[end] - '0'), &value))
        return std::nullopt;
    text.remove_prefix(end);
    return Dim(value);
  }
  if (text[0] == '[') {
    int open = 0;
    do {
      if (end == text.size())
        return std::nullopt;
      open += (text[end] == '[') - (text[end] == ']');
    } while (++end, open != 0);
    const auto parts = parse_quotient_at(text.substr(0, end), depth);
    if (!parts)
      return std::nullopt;
    text.remove_prefix(end);
    return Dim::quotient(parts->first, parts->second);
  }
  if (!starts_name(text[0]))
    return std::nullopt;
  while (end < text.size() && continues_name(text[end]))
    ++end;
  Dim symbol = Dim::symbol(std::string(text.substr(0, end)));
  text.remove_prefix(end);
  return symbol;
}

std::optional<Dim> parse_sum(std::string_view text, int depth) {
  if (depth > kMaxNesting || text.empty())
    return std::nullopt;
  Dim sum = 0;
  for (bool first = true; first || !text.empty(); first = false) {
    Dim term = 1;
    if (text[0] == '+' || text[0] == '-') {
      if (first && text[0] == '+')
        return std::nullopt;
      term = text[0] == '-' ? -1 : 1;
      text.remove_prefix(1);
    } else if (!first) {
      return std::nullopt;
    }
    for (;;) {
      const auto factor = parse_factor(text, depth);
      if (!factor)
        return std::nullopt;
      term = term * *factor;
      if (text.empty() || text[0] != '*')
        break;
      text.remove_prefix(1);
    }
    sum = sum + term;
  }
  return sum;
}

} // namespace

std::optional<Dim> Dim::parse(std::string_view text) {
  try {
    return parse_sum(text, 0);
  } catch (const Error &) {
    return std::nullopt; // coefficients beyond 64 bits
  }
}

std::optional<std::pair<Dim, Dim>> parse_quotient(std::string_view symbol) {
  try {
    return parse_quotient_at(symbol, 0);
  } catch (const Error &) {
    return std::nullopt;
  }
}

} // namespace etch::ops
