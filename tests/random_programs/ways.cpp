// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/random_programs/ways.h"

#include "codegen/compile.h"
#include "tests/random_programs/batches.h"
#include "tests/random_programs/generate.h"
#include "tests/random_programs/guarded_memory.h"
#include "tests/random_programs/instructions.h"

#include <etch/environment.h>

namespace etch::test {
namespace {

std::string type_error(const Program &program, const Outcome &eager) {
  const auto types = infer_all(program);
  if (!types)
    return "the program has no types";
  for (size_t i = 0; i < std::min(eager.results.size(), program.results.size()); ++i)
    if (const std::string wanted = (*types)[static_cast<size_t>(program.results[i])].text();
        spec_text(eager.results[i]) != wanted)
      return "result " + std::to_string(i) + " should be " + wanted + ", is " + spec_text(eager.results[i]);
  return "";
}

std::optional<std::string> difference_in_batches(const Program &program, const Way &way, const Runs &runs) {
  const auto split = split_batch(program, way.batch_seed);
  if (!split)
    return std::nullopt;
  return batch_difference(*split, [&](const Program &part) {
    return (way.compiled_batch ? runs.compiled(part, way.disabled_pass) : runs.eagerly(part)).front();
  });
}

} // namespace

bool Way::compiles() const {
  return kind == Kind::compiled || kind == Kind::called || kind == Kind::taped ||
         (kind == Kind::split && compiled_batch);
}

std::string Way::text() const {
  const auto named = [this]() -> std::string {
    switch (kind) {
    case Kind::types:
      return "inferred types";
    case Kind::instructions:
      return "eager with the other instruction set";
    case Kind::compiled:
      return "compiled";
    case Kind::split:
      return std::string(compiled_batch ? "compiled" : "eager") + " in two batches, batch seed " +
             std::to_string(batch_seed);
    case Kind::called:
      return "compiled as a call";
    case Kind::taped:
      return "compiled under a tape";
    }
    return "";
  };
  const auto on = [](int count) { return std::to_string(count) + (count == 1 ? " thread" : " threads"); };
  return named() + (disabled_pass.empty() ? "" : " without " + disabled_pass) + ", eager on " + on(eager_threads) +
         ", else on " + on(threads) + (guarded_left ? ", guarded on the left" : "");
}

std::vector<Way> ways_of(uint64_t seed) {
  using Kind = Way::Kind;
  // Results do not depend on threads: each way of running has a number of its own.
  Way way{Kind::types, 1 + static_cast<int>(seed % 3), 1 + static_cast<int>(seed / 3 % 3)};
  way.batch_seed = seed;
  way.compiled_batch = seed % 4 == 0;
  way.guarded_left = seed / 2 % 4 == 0;
  std::vector<Way> ways;
  const auto add = [&](Kind kind, const std::string &disabled_pass = "") {
    way.kind = kind;
    way.disabled_pass = disabled_pass;
    ways.push_back(way);
  };
  add(Kind::types);
  add(Kind::instructions);
  add(Kind::compiled);
  add(Kind::split);
  if (seed % 5 == 2)
    add(Kind::called);
  if (gradient_order(seed) > 0)
    add(Kind::taped);
  const auto &passes = codegen::optional_passes();
  if (seed % 3 == 0)
    add(Kind::compiled, passes[seed / 3 % passes.size()]);
  return ways;
}

std::optional<std::string> difference(const Program &program, const std::vector<Outcome> &eager, const Way &way,
                                      const Runs &runs) {
  set_thread_count(way.threads);
  switch (way.kind) {
  case Way::Kind::types:
    return type_error(program, eager.front());
  case Way::Kind::instructions: {
    const auto level = other_cpu_level();
    if (!level)
      return std::nullopt;
    const EagerKernels kernels(*level);
    return difference(eager, runs.eagerly(program));
  }
  case Way::Kind::compiled:
    return difference(eager, runs.compiled(program, way.disabled_pass));
  case Way::Kind::split:
    return difference_in_batches(program, way, runs);
  case Way::Kind::called:
    return difference(eager, runs.called(program, way.disabled_pass));
  case Way::Kind::taped:
    return difference(eager, runs.taped(program, way.disabled_pass));
  }
  return std::nullopt;
}

void prepare(const Way &way) {
  if (guard_side)
    guard_side(way.guarded_left ? GuardSide::left : GuardSide::right);
}

std::vector<Outcome> eager_outcomes(const Program &program, const Way &way, const Runs &runs) {
  set_thread_count(way.eager_threads);
  return runs.eagerly(program);
}

std::optional<std::string> difference(const Program &program, const Way &way, const Runs &runs) {
  return difference(program, eager_outcomes(program, way, runs), way, runs);
}

} // namespace etch::test
