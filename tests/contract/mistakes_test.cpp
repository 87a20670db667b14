// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calls around a valid one of every op and function: other dtypes, ranks and extents, edge values for every number,
// unknown words, nothing at all, tensors without a value. Run eagerly, traced, and traced for unknown extents, each
// gives one outcome: the same bits or the same error. The errors' texts are kept in mistakes.txt, which is written anew
// by
//   cmake --build <folder> --target update_texts
#include "tests/contract/contract.h"
#include "tests/contract/mistakes.h"

#include <etch/etch.h>

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

namespace etch::test {
namespace {

constexpr size_t kKeptTexts = 12; // of one op

bool updates_texts = false; // asked for by --update-texts

struct Entry {
  const ops::OpDef *op;
  bool is_function;
};

std::vector<Entry> entries() {
  std::vector<Entry> all;
  for (const ops::OpDef &op : ops::registry())
    if (!op.has_variable() && !op.test_only && op.effect == ops::Effect::none)
      all.push_back({&op, false});
  for (const ops::OpDef &op : ops::functions())
    all.push_back({&op, true});
  return all;
}

Options unknown_extents(const std::vector<Tensor> &operands) {
  Options options;
  for (const Tensor &operand : operands)
    options.input_signature.push_back(
        {operand.dtype(), std::vector<int64_t>(static_cast<size_t>(operand.rank()), dyn)});
  return options;
}

/// The outcome of an eager call, once the others have been found equal to it.
Outcome expect_one_outcome(const AnyCall &call) {
  const auto run = [&](const std::vector<Tensor> &operands) { return call.run(operands); };
  const std::string title = std::string(call.op->name) + ", " + call.change;
  const Outcome eager = outcome_of([&] { return run(call.operands); });
  const Outcome traced = outcome_of(
      [&] { return call.captured ? function([&] { return run(call.operands); })() : function(run)(call.operands); });
  EXPECT_EQ(difference(eager, traced), "") << title << ", traced";
  if (!call.operands.empty() && !call.captured) {
    const Outcome unknown = outcome_of([&] { return function(run, unknown_extents(call.operands))(call.operands); });
    EXPECT_EQ(difference(eager, unknown), "") << title << ", traced for unknown extents";
  }
  const std::string prefix = std::string(call.op->name) + ": ";
  EXPECT_TRUE(eager.error.empty() || eager.error.starts_with(prefix)) << title << ": " << eager.error;
  return eager;
}

class Mistakes : public testing::TestWithParam<Entry> {
protected:
  static inline int calls = 0, errors = 0;

  static void TearDownTestSuite() { std::printf("%d calls, %d of them errors\n", calls, errors); }
};

std::vector<std::string> golden_lines() {
  std::vector<std::string> lines;
  std::ifstream file(ETCH_MISTAKES_FILE);
  for (std::string line; std::getline(file, line);)
    lines.push_back(line);
  return lines;
}

std::vector<std::string> golden_lines_of(const std::string &title) {
  std::vector<std::string> own;
  for (const std::string &line : golden_lines())
    if (line.starts_with(title + " | "))
      own.push_back(line);
  return own;
}

/// "matmul", or "matmul(a, b, transpose_a, transpose_b)" for functions, which may be overloads.
std::string title_of(const Entry &entry) {
  std::string title = entry.op->name;
  if (!entry.is_function)
    return title;
  title += "(";
  for (const char *name : entry.op->operand_names)
    title += (title.back() == '(' ? "" : ", ") + std::string(name);
  for (const ops::AttrDef &attr : entry.op->attrs)
    title += ", " + std::string(attr.name);
  return title + ")";
}

void replace_golden_lines(const std::string &title, const std::vector<std::string> &lines) {
  std::vector<std::string> all = golden_lines();
  std::erase_if(all, [&](const std::string &line) { return line.starts_with(title + " | "); });
  all.insert(all.end(), lines.begin(), lines.end());
  std::stable_sort(all.begin(), all.end(), [](const std::string &a, const std::string &b) {
    return a.substr(0, a.find(" | ")) < b.substr(0, b.find(" | "));
  });
  std::ofstream file(ETCH_MISTAKES_FILE);
  for (const std::string &line : all)
    file << line << "\n";
}

/// The same on every machine and after every edit: without the place where a symbolic tensor was made.
std::string kept_text(const std::string &error) { return error.substr(0, error.find("; it was made at ")); }

/// Tries everything; the texts of the op's errors, each once.
std::vector<std::string> texts_of(const Entry &entry, int &calls, int &errors) {
  AnyCall valid;
  if (!valid_call(*entry.op, entry.is_function, valid)) {
    ADD_FAILURE() << entry.op->name << " has no golden";
    return {};
  }
  std::vector<AnyCall> tried = with_other_operands(valid);
  for (auto &more : {with_other_attributes(valid), with_empty_operands(valid), with_unusable_operands(valid)})
    tried.insert(tried.end(), more.begin(), more.end());
  std::vector<std::string> lines;
  std::set<std::string> seen;
  for (const AnyCall &call : tried) {
    if (!is_quick(call))
      continue;
    ++calls;
    const Outcome outcome = expect_one_outcome(call);
    errors += !outcome.error.empty();
    const std::string text = kept_text(outcome.error);
    if (!text.empty() && lines.size() < kKeptTexts && seen.insert(text).second)
      lines.push_back(title_of(entry) + " | " + call.change + " | " + text);
  }
  return lines;
}

TEST_P(Mistakes, HaveOneOutcome) {
  const std::string title = title_of(GetParam());
  const std::vector<std::string> lines = texts_of(GetParam(), calls, errors);
  if (updates_texts)
    replace_golden_lines(title, lines);
  EXPECT_EQ(lines, golden_lines_of(title));
}

void PrintTo(const Entry &entry, std::ostream *out) { *out << entry.op->name; }

INSTANTIATE_TEST_SUITE_P(Table, Mistakes, testing::ValuesIn(entries()), [](const auto &info) {
  return std::string(info.param.op->name) +
         (info.param.is_function ? "_function_" + std::to_string(info.param.op->index) : "");
});

} // namespace
} // namespace etch::test

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  etch::test::updates_texts = argc > 1 && argv[1] == std::string_view("--update-texts");
  return RUN_ALL_TESTS();
}
