// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/random_programs/investigate.h"

#include "codegen/compile.h"
#include "tests/random_programs/child.h"
#include "tests/random_programs/print_cpp.h"
#include "tests/random_programs/reduce.h"

namespace etch::test {

std::string failure(const Program &program, const Way &way, const Runs &runs) {
  const Shared<Said> said;
  const int status = in_child([&] {
    const std::string text = difference(program, way, runs).value_or("");
    said->say(text);
    if (!text.empty())
      _exit(1);
  });
  said->say_end(status);
  return status == 0 ? "" : said->text;
}

namespace {

/// Where eager code itself crashes, this process must not run it.
Values values_for(const Program &program) {
  return in_child([&] { eager_values(program); }) == 0 ? eager_values : made_up_values;
}

} // namespace

std::optional<Finding> investigate(const Program &program, const Way &way, const Runs &runs) {
  const auto fails = [&](const Program &candidate) { return !failure(candidate, way, runs).empty(); };
  if (!fails(program))
    return std::nullopt;
  Finding finding{reduced(program, fails, values_for(program)), way, "", {}};
  finding.said = failure(finding.program, way, runs);
  if (!way.compiles() || !way.disabled_pass.empty())
    return finding;
  for (const std::string &pass : codegen::optional_passes()) {
    Way without = way;
    without.disabled_pass = pass;
    if (failure(finding.program, without, runs).empty())
      finding.guilty_passes.push_back(pass);
  }
  return finding;
}

std::string text_of(const Finding &finding) {
  std::string text = "  reduced to " + std::to_string(finding.program.calls.size()) + " calls: " + finding.said +
                     "\n  " + finding.way.text() + "\n";
  for (const std::string &pass : finding.guilty_passes)
    text += "  does not fail without " + pass + "\n";
  if (!finding.way.disabled_pass.empty())
    text += "  to be run with ETCH_DISABLE=" + finding.way.disabled_pass + "\n";
  const Way &way = finding.way;
  return text + cpp_of(finding.program, {way.eager_threads, way.threads, way.kind == Way::Kind::called});
}

} // namespace etch::test
