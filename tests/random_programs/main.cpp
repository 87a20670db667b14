// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// etch_random_programs_test --programs=1000 --first-seed=1 --max-failures=5 [--print]
// Runs programs eagerly and in several other ways, in child processes, and reduces those that differ or crash to a C++
// reproducer. README.md says how to read one.
#include "tests/random_programs/child.h"
#include "tests/random_programs/generate.h"
#include "tests/random_programs/investigate.h"
#include "tests/random_programs/print_cpp.h"

#include <etch/environment.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

namespace etch::test {
namespace {

struct Settings {
  int64_t programs = 1000;
  int64_t first_seed = 1;
  int64_t max_failures = 5;
  bool print = false;
};

struct Report {
  uint64_t seed;
  size_t way; ///< in progress, of ways_of(seed)
  int64_t done;
  int64_t compiled, split, called; ///< of the programs
  Said said;

  void count(const Way &way) {
    compiled += way.kind == Way::Kind::compiled;
    split += way.kind == Way::Kind::split;
    called += way.kind == Way::Kind::called;
  }
};

class Runner {
public:
  explicit Runner(const Settings &settings)
      : settings_(settings), first_(static_cast<uint64_t>(settings.first_seed)),
        end_(first_ + static_cast<uint64_t>(settings.programs)) {}

  int run() {
    const auto begin = std::chrono::steady_clock::now();
    int64_t failures = 0;
    for (uint64_t seed = first_; seed < end_ && failures < settings_.max_failures;) {
      seed = run_batch(seed, std::min(end_, seed + kBatch));
      if (batch_->said.text[0]) {
        ++failures;
        explain(batch_->seed, ways_of(batch_->seed).at(batch_->way));
      }
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    std::cout << batch_->done << " programs agree, " << failures << " fail, " << batch_->compiled << " compiled, "
              << batch_->split << " split into batches, " << batch_->called << " called, " << seconds.count() << " s\n";
    return failures ? 1 : 0;
  }

private:
  static constexpr uint64_t kBatch = 200;

  /// Runs programs from `seed` on until one fails; returns the next one to run.
  uint64_t run_batch(uint64_t seed, uint64_t end) {
    batch_->said = {};
    const int status = in_child([&] {
      for (uint64_t current = seed; current < end; ++current) {
        batch_->seed = current;
        batch_->way = 0;
        batch_->said.say("died");
        const std::string text = check_seed(current);
        batch_->said = {};
        batch_->said.say(text);
        if (!text.empty())
          _exit(1);
        ++batch_->done;
      }
    });
    if (status == 0)
      return end;
    batch_->said.say_end(status);
    return batch_->seed + 1;
  }

  std::string check_seed(uint64_t seed) {
    const std::vector<Way> ways = ways_of(seed);
    prepare(ways.front());
    const Program program = random_program(seed);
    const std::vector<Outcome> eager = eager_outcomes(program, ways.front(), runs_);
    for (size_t i = 0; i < ways.size(); ++i) {
      batch_->way = i;
      const auto text = difference(program, eager, ways[i], runs_);
      if (!text)
        continue;
      batch_->count(ways[i]);
      if (!text->empty())
        return ways[i].text() + ": " + *text;
    }
    return "";
  }

  void explain(uint64_t seed, const Way &way) const {
    std::cout << "seed " << seed << ": " << batch_->said.text << std::endl;
    // In a child, so that what kills the reduction leaves the program as it is.
    prepare(way);
    const int status = in_child([&] {
      const auto finding = investigate(random_program(seed), way, runs_);
      std::cout << (finding ? text_of(*finding) : "  agrees when it runs alone\n") << std::endl;
    });
    if (status != 0)
      std::cout << "  cannot be reduced\n" << cpp_of(random_program(seed)) << std::endl;
  }

  const Settings settings_;
  const uint64_t first_, end_;
  const Runs runs_;
  const Shared<Report> batch_;
};

int run(const Settings &settings) {
  // This process computes nothing with threads, so that its children may start their own.
  set_thread_count(1);
  if (!settings.print)
    return Runner(settings).run();
  for (int64_t seed = settings.first_seed; seed < settings.first_seed + settings.programs; ++seed)
    std::cout << "// seed " << seed << "\n" << cpp_of(random_program(static_cast<uint64_t>(seed)));
  return 0;
}

} // namespace
} // namespace etch::test

int main(int argc, char **argv) {
  etch::test::Settings settings;
  const std::map<std::string_view, int64_t *> numbers{{"--programs", &settings.programs},
                                                      {"--first-seed", &settings.first_seed},
                                                      {"--max-failures", &settings.max_failures}};
  for (const std::string_view word : std::vector<std::string_view>(argv + 1, argv + argc)) {
    const size_t equals = std::min(word.find('='), word.size());
    const std::string_view name = word.substr(0, equals);
    const std::string value(word.substr(std::min(equals + 1, word.size())));
    if (word == "--print") {
      settings.print = true;
    } else if (numbers.count(name) && !value.empty()) {
      *numbers.at(name) = std::atoll(value.c_str());
    } else {
      std::cerr << "unknown argument " << word << "\n";
      return 2;
    }
  }
  return etch::test::run(settings);
}
