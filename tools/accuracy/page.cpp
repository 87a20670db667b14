// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/accuracy/page.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

namespace etch::accuracy {
namespace {

constexpr const char *kExplanation =
    R"(<!-- Written by etch-accuracy, the rows included; measure again instead of editing. -->
# Accuracy

How far results are from the exact values, for every public function of one or two floats whose record says that its text
approximates it (`mathText`). Arithmetic, `sqrt` and whatever else [numerics.md](numerics.md) defines by IEEE 754 is rounded
once and has no row. Nor have functions that are defined as a few such operations, each of which rounds: `hard_sigmoid`,
`squared_difference`, `floordiv` of floats, and expansions into several ops. Eager and compiled results are the same bits at
every instruction-set level, so the figures hold for all of them.

f16 and bf16 have no rows: the text is evaluated in f32 and its result is rounded once, so the error is at most half an ulp
plus 2^-13 (f16) or 2^-16 (bf16) of what the row for f32 says: less than 0.501 ulp for every function here.

**An ulp** is the distance between neighbouring numbers of the dtype at the exact value; below the smallest normal number it
is the smallest denormal. An error of 0.5 ulp is that of correct rounding. A result is *wrong*, and its error not counted
in ulps, if it is NaN, infinite or a zero of one sign where correct rounding gives something else, or the other way round.

**What is measured** is the eager kernel. The exact value comes from [MPFR](https://www.mpfr.org) with 192 bits and is that of the
function itself, with its limits at the infinities. In f32 a function of one operand is tried on all 2^32 inputs and a
function of two on 10^9 pairs: the C++ library in double, whose own error is below 2^-14 ulp of f32, says where the error
may exceed the largest one so far, and MPFR decides there. In f64 10^7 inputs are compared with MPFR: zeros, ends of the range,
powers of two, neighbours of 1 and of multiples of pi/2, all pairs of such where there are two operands, then random bits,
moderate exponents, intervals around 0 and random neighbours of the former. Where not all inputs are tried, the figure is
the largest error found and not a bound. Figures are rounded up.

```bash
etch-accuracy --full [--resume] [--dtype f32] [--threads 8] [exp log …]   # measures all or these, writes their rows
etch-accuracy --sample                                                   # a test: seconds, fails beyond what is written here
```

Both are run from the root of the repository. `--full` writes each row as soon as it is measured, and `--resume` skips rows that
are complete.

| function | dtype | largest error, ulp | at | inputs | wrong |
|---|---|---|---|---|---|
)";

std::string with_commas(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t i = digits.size(); i > 3; i -= 3)
    digits.insert(i - 3, ",");
  return digits;
}

uint64_t number_in(std::string text) {
  std::erase(text, ',');
  return std::strtoull(text.c_str(), nullptr, 10); // "none" is 0
}

std::string quoted(const std::string &text) { return text.empty() ? "" : "`" + text + "`"; }

std::string unquoted(const std::string &text) {
  const size_t begin = text.find('`'), end = text.rfind('`');
  return begin == end ? "" : text.substr(begin + 1, end - begin - 1);
}

std::vector<std::string> cells(const std::string &line) {
  std::vector<std::string> result;
  std::istringstream stream(line);
  std::string cell;
  std::getline(stream, cell, '|');
  while (std::getline(stream, cell, '|')) {
    const size_t begin = cell.find_first_not_of(' ');
    result.push_back(begin == std::string::npos ? "" : cell.substr(begin, cell.find_last_not_of(' ') - begin + 1));
  }
  return result;
}

std::string line_of(const Row &row) {
  char ulps[32];
  std::snprintf(ulps, sizeof ulps, "%.3f", row.ulps);
  const std::string wrong = row.wrong == 0 ? "none" : with_commas(row.wrong) + ": " + quoted(row.first_wrong);
  return "| " + row.name + " | " + row.dtype + " | " + ulps + " | " + quoted(row.at) + " | " + with_commas(row.inputs) +
         " | " + wrong + " |\n";
}

} // namespace

Row row_of(const Function &function, const Accuracy &accuracy) {
  return {function.name,       name_of(function.dtype), std::ceil(accuracy.ulps * 1000) / 1000,
          accuracy.at,         accuracy.inputs,         accuracy.wrong.size(),
          accuracy.first_wrong};
}

Page Page::parse(const std::string &text) {
  Page page;
  std::istringstream lines(text);
  bool in_table = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("|---"))
      in_table = true;
    else if (const auto cell = cells(line); in_table && cell.size() == 6)
      page.rows_.push_back({cell[0], cell[1], std::strtod(cell[2].c_str(), nullptr), unquoted(cell[3]),
                            number_in(cell[4]), number_in(cell[5].substr(0, cell[5].find(':'))), unquoted(cell[5])});
  }
  return page;
}

const Row *Page::find(const Function &function) const {
  const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Row &row) {
    return row.name == function.name && row.dtype == name_of(function.dtype);
  });
  return found == rows_.end() ? nullptr : &*found;
}

void Page::put(const Row &row) {
  std::erase_if(rows_, [&](const Row &other) { return other.name == row.name && other.dtype == row.dtype; });
  rows_.push_back(row);
}

std::string Page::text() const {
  std::string text = kExplanation;
  for (const Function &function : functions())
    if (const Row *row = find(function))
      text += line_of(*row);
  return text;
}

} // namespace etch::accuracy
