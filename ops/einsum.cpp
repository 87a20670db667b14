// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ops/einsum.h"

#include "support/require.h"

#include <algorithm>
#include <cctype>
#include <map>

namespace etch::ops {
namespace {

constexpr std::string_view kArrow = "->", kEllipsis = "...";

/// The text of an equation cut at its commas and arrow.
struct Terms {
  std::vector<std::string> operands;
  std::string result;
  bool has_result = false;
};

Terms terms_of(const std::string &equation) {
  std::string text;
  for (const char c : equation)
    if (c != ' ')
      text += c;
  Terms terms;
  const size_t arrow = text.find(kArrow);
  terms.has_result = arrow != std::string::npos;
  if (terms.has_result)
    terms.result = text.substr(arrow + kArrow.size());
  const std::string left = text.substr(0, arrow);
  for (size_t begin = 0; begin <= left.size();) {
    const size_t end = std::min(left.find(',', begin), left.size());
    terms.operands.push_back(left.substr(begin, end - begin));
    begin = end + 1;
  }
  return terms;
}

int letter_count(const std::string &term) {
  return static_cast<int>(std::count_if(term.begin(), term.end(), [](char c) { return c != '.'; }));
}

bool is_well_formed(const std::string &term) {
  const size_t ellipsis = term.find(kEllipsis);
  const std::string rest = ellipsis == std::string::npos ? term : term.substr(0, ellipsis) + term.substr(ellipsis + 3);
  return std::all_of(rest.begin(), rest.end(), [](char c) { return std::isalpha(static_cast<unsigned char>(c)); });
}

Labels labels_of(const std::string &term, int ellipsis_rank) {
  Labels labels;
  for (size_t i = 0; i < term.size(); ++i) {
    if (term[i] != '.') {
      labels.push_back(term[i]);
      continue;
    }
    for (int left = ellipsis_rank; left > 0; --left)
      labels.push_back(kFirstEllipsisLabel + left - 1);
    i += kEllipsis.size() - 1;
  }
  return labels;
}

/// What an equation without an arrow means: dimensions of ellipses, then letters that occur once.
Labels implied_result(const std::vector<Labels> &operands) {
  std::map<int, int> occurrences;
  for (const Labels &labels : operands)
    for (const int label : labels)
      ++occurrences[label];
  Labels ellipsis, letters;
  for (const auto &[label, count] : occurrences)
    if (is_ellipsis(label))
      ellipsis.insert(ellipsis.begin(), label);
    else if (count == 1)
      letters.push_back(label);
  ellipsis.insert(ellipsis.end(), letters.begin(), letters.end());
  return ellipsis;
}

void check_terms(const InferCall &call, std::span<const TensorType> xs, const Terms &terms,
                 const std::string &equation) {
  ETCH_REQUIRE(terms.operands.size() == xs.size(), ErrorCode::invalid_argument, call.location)
      << call.op.name << ": the equation must have one term per operand, got \"" << equation << "\" and " << xs.size()
      << (xs.size() == 1 ? " operand" : " operands");
  for (size_t i = 0; i <= terms.operands.size(); ++i) {
    const std::string &term = i < terms.operands.size() ? terms.operands[i] : terms.result;
    ETCH_REQUIRE(is_well_formed(term), ErrorCode::invalid_argument, call.location)
        << call.op.name << ": a term must be letters and at most one \"...\", got \"" << term << "\" in \"" << equation
        << "\"";
  }
  for (size_t i = 0; i < xs.size(); ++i) {
    const bool has_ellipsis = terms.operands[i].find(kEllipsis) != std::string::npos;
    const int letters = letter_count(terms.operands[i]);
    ETCH_REQUIRE(has_ellipsis ? letters <= xs[i].rank() : letters == xs[i].rank(), ErrorCode::shape, call.location)
        << call.op.name << ": term " << i << " of \"" << equation << "\" names " << letters
        << (letters == 1 ? " dimension" : " dimensions") << (has_ellipsis ? " beside \"...\"" : "") << ", got "
        << xs[i].message_text();
  }
}

void check_result(const InferCall &call, const Einsum &einsum, const std::string &equation) {
  Labels known;
  for (const Labels &labels : einsum.operands)
    for (const int label : labels)
      append_label(known, label);
  for (size_t i = 0; i < einsum.result.size(); ++i) {
    const int label = einsum.result[i];
    const bool is_known = has_label(known, label), is_first = place_of(einsum.result, label) == static_cast<int64_t>(i);
    ETCH_REQUIRE(is_known && is_first, ErrorCode::invalid_argument, call.location)
        << call.op.name << ": the result must name letters of the operands once, got '" << static_cast<char>(label)
        << "' in \"" << equation << "\"";
  }
  for (const int label : known)
    ETCH_REQUIRE(!is_ellipsis(label) || has_label(einsum.result, label), ErrorCode::invalid_argument, call.location)
        << call.op.name << ": the result must have the \"...\" of the operands, got \"" << equation << "\"";
}

void check_extents(const InferCall &call, std::span<const TensorType> xs, const Einsum &einsum,
                   const std::string &equation) {
  std::map<int, Dim> extents;
  for (size_t i = 0; i < xs.size(); ++i)
    for (size_t axis = 0; axis < xs[i].dims.size(); ++axis) {
      const int label = einsum.operands[i][axis];
      const Dim &extent = xs[i].dims[axis];
      if (is_ellipsis(label) && extent.is(1))
        continue;
      const auto [found, is_new] = extents.emplace(label, extent);
      ETCH_REQUIRE(is_new || call.context.equal(found->second, extent, call.location), ErrorCode::shape, call.location)
          << call.op.name << ": "
          << (is_ellipsis(label) ? std::string("dimensions of \"...\" must broadcast")
                                 : std::string("'") + static_cast<char>(label) + "' must be one extent")
          << ", got " << found->second.text() << " and " << extent.text() << " in \"" << equation << "\" of "
          << operands_text(call);
    }
}

} // namespace

Einsum::Einsum(const std::vector<int> &ranks, const std::string &equation) {
  const Terms terms = terms_of(equation);
  int widest = 0;
  for (size_t i = 0; i < terms.operands.size(); ++i) {
    const int rest = ranks[i] - letter_count(terms.operands[i]);
    operands.push_back(labels_of(terms.operands[i], rest));
    widest = std::max(widest, rest);
  }
  result = terms.has_result ? labels_of(terms.result, widest) : implied_result(operands);
}

void check_einsum(const InferCall &call, std::span<const TensorType> xs, const std::string &equation) {
  check_terms(call, xs, terms_of(equation), equation);
  std::vector<int> ranks;
  for (const TensorType &x : xs)
    ranks.push_back(x.rank());
  const Einsum einsum(ranks, equation);
  check_result(call, einsum, equation);
  check_extents(call, xs, einsum, equation);
}

PairPlan::PairPlan(const Labels &a, const Labels &b, const Labels &needed) {
  for (const int label : a)
    (!has_label(b, label) ? a_free : has_label(needed, label) ? batch : contracted).push_back(label);
  for (const int label : b)
    if (!has_label(a, label))
      b_free.push_back(label);
  // What "..." stands for broadcasts, so it belongs to the batch also where one operand lacks it.
  const auto move_ellipses = [this](Labels &free) {
    const auto middle = std::stable_partition(free.begin(), free.end(), is_ellipsis);
    batch.insert(batch.end(), free.begin(), middle);
    free.erase(free.begin(), middle);
  };
  move_ellipses(a_free);
  move_ellipses(b_free);
  result = batch;
  result.insert(result.end(), a_free.begin(), a_free.end());
  result.insert(result.end(), b_free.begin(), b_free.end());
}

std::vector<int64_t> places_of(const Labels &labels, const Labels &among) {
  std::vector<int64_t> places;
  for (const int label : labels)
    places.push_back(place_of(among, label));
  return places;
}

std::vector<int64_t> axes_from_front(std::vector<int64_t> axes, int rank) {
  for (int64_t &axis : axes)
    axis += axis < 0 ? rank : 0;
  return axes;
}

} // namespace etch::ops
