// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Faults planted in each way of running: every one is found, repeated in that way and reduced to what makes it fail.
#include "codegen/compile.h"
#include "runtime/kernels/table.h"
#include "tests/random_programs/elements.h"
#include "tests/random_programs/generate.h"
#include "tests/random_programs/instructions.h"
#include "tests/random_programs/investigate.h"
#include "tests/random_programs/print_cpp.h"
#include "tests/random_programs/reduce.h"

#include <etch/environment.h>
#include <etch/ops.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

namespace etch::test {
namespace {

using ops::OpClass;

constexpr size_t kMostCalls = 5;

/// The culprit: a reduction of what an elementwise op has computed, as if fusing them were wrong.
bool has_culprit(const Program &program) {
  return std::ranges::any_of(program.calls, [&](const Call &call) {
    const Call *producer = call.operands.empty() || call.operands[0] < 0 ? nullptr : program.producer(call.operands[0]);
    return call.op->op_class == OpClass::reduction && producer && producer->op->op_class == OpClass::elementwise;
  });
}

/// One bit is wrong in every result.
std::vector<Outcome> spoiled(std::vector<Outcome> outcomes) {
  for (Outcome &outcome : outcomes)
    for (Tensor &result : outcome.results) {
      auto elements = elements_of(result);
      if (elements.empty())
        continue;
      elements[0] = {result.dtype(), is_nan(elements[0]) ? 0 : elements[0].bits ^ 1};
      result = tensor_of(elements, result.dtype(), result.shape());
    }
  return outcomes;
}

using Spoils = std::function<bool(const Program &, const std::string &disabled_pass)>;

/// Compiled code that is eager code, wrong where `spoils` says so.
Runs::Compiled compiled_with(const Spoils &spoils) {
  return [spoils](const Program &program, const std::string &disabled_pass) {
    return spoils(program, disabled_pass) ? spoiled(run_eagerly(program)) : run_eagerly(program);
  };
}

/// What never fails, to plant one fault in.
Runs sound() {
  const Runs::Compiled compiled = compiled_with([](const Program &, const std::string &) { return false; });
  return {run_eagerly, compiled, compiled};
}

const std::string &some_pass() { return codegen::optional_passes().back(); }

struct Fault {
  const char *name;
  Runs runs;
  std::function<bool(const Way &)> shows_in; ///< the way that finds it
  std::vector<std::string> guilty_passes = {};
  const char *says = "";
};

Runs wrong_as_compiled(const Spoils &spoils) {
  Runs runs = sound();
  runs.compiled = compiled_with(spoils);
  return runs;
}

Runs wrong_as_call() {
  Runs runs = sound();
  runs.called = compiled_with([](const Program &program, const std::string &) { return has_culprit(program); });
  return runs;
}

Runs crashing() {
  Runs runs = sound();
  runs.compiled = [](const Program &program, const std::string &) {
    if (has_culprit(program))
      raise(SIGKILL); // which sanitizers leave alone
    return run_eagerly(program);
  };
  return runs;
}

/// Eager code that is wrong where a result has an odd number of rows.
Runs wrong_for_odd_rows() {
  Runs runs = sound();
  runs.eagerly = [](const Program &program) {
    std::vector<Outcome> outcomes = run_eagerly(program);
    const bool is_odd = std::ranges::any_of(outcomes[0].results, [](const Tensor &result) {
      return result.rank() > 0 && static_cast<int64_t>(result.dim(0)) % 2 == 1;
    });
    return is_odd && has_culprit(program) ? spoiled(std::move(outcomes)) : outcomes;
  };
  return runs;
}

Runs wrong_with_other_instructions() {
  Runs runs = sound();
  runs.eagerly = [](const Program &program) {
    const bool is_other = other_cpu_level() && &runtime::kernels() == &runtime::kernels(*other_cpu_level());
    return is_other && has_culprit(program) ? spoiled(run_eagerly(program)) : run_eagerly(program);
  };
  return runs;
}

Runs wrong_types() {
  Runs runs = sound();
  runs.eagerly = [](const Program &program) {
    std::vector<Outcome> outcomes = run_eagerly(program);
    if (has_culprit(program))
      for (Tensor &result : outcomes[0].results)
        result = expand_dims(result, 0);
    return outcomes;
  };
  return runs;
}

const std::vector<Fault> &faults() {
  using Kind = Way::Kind;
  const auto is = [](Kind kind) {
    return [kind](const Way &way) { return way.kind == kind && way.disabled_pass.empty(); };
  };
  static const std::vector<Fault> all{
      {"of_one_pass",
       wrong_as_compiled([](const Program &program, const std::string &disabled) {
         return has_culprit(program) && disabled != some_pass();
       }),
       is(Kind::compiled),
       {some_pass()},
       "elements differ"},
      {"of_no_pass",
       wrong_as_compiled([](const Program &program, const std::string &) { return has_culprit(program); }),
       is(Kind::compiled)},
      {"where_a_pass_is_missing", wrong_as_compiled([](const Program &program, const std::string &disabled) {
         return has_culprit(program) && disabled == some_pass();
       }),
       [](const Way &way) { return way.disabled_pass == some_pass(); }},
      {"on_three_threads", wrong_as_compiled([](const Program &program, const std::string &) {
         return has_culprit(program) && thread_count() == 3;
       }),
       [is](const Way &way) { return is(Kind::compiled)(way) && way.threads == 3; }},
      {"as_a_call", wrong_as_call(), is(Kind::called)},
      {"in_batches", wrong_for_odd_rows(),
       [is](const Way &way) { return is(Kind::split)(way) && !way.compiled_batch; }},
      {"of_other_instructions", wrong_with_other_instructions(), is(Kind::instructions)},
      {"of_types", wrong_types(), is(Kind::types), {}, "should be"},
      {"that_kills", crashing(), is(Kind::compiled), {}, "killed by signal Killed"},
  };
  return all;
}

class Faults : public testing::TestWithParam<size_t> {
protected:
  Faults() { set_thread_count(1); } // children have threads of their own
};

TEST_P(Faults, AreReducedToWhatMakesThemFail) {
  const Fault &fault = faults()[GetParam()];
  if (fault.name == std::string("of_other_instructions") && !other_cpu_level())
    GTEST_SKIP() << "this processor has one level";
  int found = 0;
  for (uint64_t seed = 1; seed < 400 && found < 2; ++seed) {
    const std::vector<Way> ways = ways_of(seed);
    const auto way = std::ranges::find_if(ways, fault.shows_in);
    const Program program = random_program(seed);
    if (way == ways.end() || !has_culprit(program))
      continue;
    const auto finding = investigate(program, *way, fault.runs);
    if (!finding)
      continue; // no result shows it
    ++found;
    EXPECT_LE(finding->program.calls.size(), kMostCalls) << seed << "\n" << text_of(*finding);
    EXPECT_TRUE(has_culprit(finding->program)) << seed;
    EXPECT_EQ(finding->guilty_passes, fault.guilty_passes) << seed;
    EXPECT_NE(finding->said.find(fault.says), std::string::npos) << finding->said;
    const std::string text = text_of(*finding);
    EXPECT_NE(text.find(way->text()), std::string::npos) << text;
    for (const std::string &pass : fault.guilty_passes)
      EXPECT_NE(text.find("does not fail without " + pass), std::string::npos) << text;
    if (!way->disabled_pass.empty()) {
      EXPECT_NE(text.find("ETCH_DISABLE=" + way->disabled_pass), std::string::npos) << text;
    }
  }
  EXPECT_EQ(found, 2);
}

INSTANTIATE_TEST_SUITE_P(Planted, Faults, testing::Range(size_t{0}, faults().size()),
                         [](const auto &info) { return std::string(faults()[info.param].name); });

TEST(Reducer, NeedsNoValuesOfCodeThatCrashes) {
  const Fails fails = has_culprit;
  for (uint64_t seed = 1; seed < 60; ++seed)
    if (const Program program = random_program(seed); has_culprit(program)) {
      const Program small = reduced(program, fails, made_up_values);
      EXPECT_LE(small.calls.size(), kMostCalls) << seed << "\n" << cpp_of(small);
      EXPECT_TRUE(has_culprit(small)) << seed;
    }
}

TEST(Reducer, SaysThatASoundProgramAgrees) {
  set_thread_count(1);
  EXPECT_FALSE(investigate(random_program(1), ways_of(1).back(), sound()));
}

} // namespace
} // namespace etch::test
