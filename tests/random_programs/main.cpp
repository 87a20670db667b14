// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// etch_random_programs_test --programs=1000 --first-seed=1 --max-failures=5 [--print]
#include "tests/random_programs/generate.h"
#include "tests/random_programs/print_cpp.h"
#include "tests/random_programs/reduce.h"

#include "codegen/compile.h"

#include <etch/environment.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace etch::test {
namespace {

struct Settings {
  int64_t programs = 1000;
  int64_t first_seed = 1;
  int64_t max_failures = 5;
  bool print = false;
  bool keep_all_passes = false;
};

/// What a child process tells its parent, even when it dies.
struct Report {
  uint64_t seed;
  int64_t done;
  int64_t compiled;
  char said[1000];
};

Report *shared_report() {
  void *memory = mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::cerr << "no shared memory\n";
    std::exit(2);
  }
  return static_cast<Report *>(memory);
}

void say(Report &report, const std::string &text) {
  std::strncpy(report.said, text.c_str(), sizeof report.said - 1);
}

/// "" when eager and compiled code agree, with every pass on or with one of them off.
std::string check(const Program &program, const std::string &disabled_pass) {
  return difference(run_eagerly(program), run_compiled(program, disabled_pass));
}

/// The pass that the program of a seed is also compiled without; "" for none.
std::string pass_to_disable(uint64_t seed) {
  const auto &passes = codegen::optional_passes();
  return seed % 3 ? "" : passes[seed / 3 % passes.size()];
}

/// Runs `body` in a child process, which may crash. Threads are the child's own.
template <class Body>
int in_child(Body &&body) {
  std::cout.flush();
  const pid_t child = fork();
  if (child == 0) {
    set_thread_count(2);
    body();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

/// Runs seeds from `seed` on until one fails; returns the next one to run.
uint64_t run_batch(uint64_t seed, uint64_t end, Report &report, bool keep_all_passes) {
  report.said[0] = 0;
  report.seed = seed;
  const int status = in_child([&] {
    for (uint64_t current = seed; current < end; ++current) {
      report.seed = current;
      const Program program = random_program(current);
      say(report, "crashed");
      std::string text = check(program, "");
      ++report.compiled;
      if (const std::string pass = pass_to_disable(current); text.empty() && !pass.empty() && !keep_all_passes) {
        text = check(program, pass);
        ++report.compiled;
        if (!text.empty())
          text = "without " + pass + ": " + text;
      }
      say(report, text);
      if (!text.empty())
        _exit(1);
      ++report.done;
    }
  });
  if (status == 0)
    return end;
  if (WIFSIGNALED(status))
    say(report, std::string("killed by signal ") + strsignal(WTERMSIG(status)));
  return report.seed + 1;
}

/// Whether the program fails, by itself or by a crash.
bool fails(const Program &program, const std::string &disabled_pass, Report &report) {
  report.said[0] = 0;
  const int status = in_child([&] {
    const std::string text = check(program, disabled_pass);
    say(report, text);
    if (!text.empty())
      _exit(1);
  });
  if (WIFSIGNALED(status))
    say(report, std::string("killed by signal ") + strsignal(WTERMSIG(status)));
  return status != 0;
}

void explain(uint64_t seed, const std::string &said, Report &report) {
  std::cout << "seed " << seed << ": " << said << std::endl;
  const Program program = random_program(seed);
  std::string disabled;
  if (!fails(program, "", report)) {
    disabled = pass_to_disable(seed);
    if (!fails(program, disabled, report)) {
      std::cout << "  does not fail alone\n";
      return;
    }
  }
  const Program small = reduced(program, [&](const Program &candidate) { return fails(candidate, disabled, report); });
  fails(small, disabled, report);
  std::cout << "  reduced to " << small.calls.size() << " calls: " << report.said << "\n";
  if (disabled.empty()) {
    for (const std::string &pass : codegen::optional_passes())
      if (!fails(small, pass, report))
        std::cout << "  does not fail without " << pass << "\n";
  } else {
    std::cout << "  with ETCH_DISABLE=" << disabled << "\n";
  }
  std::cout << cpp_of(small) << std::endl;
}

int run(const Settings &settings) {
  // This process computes nothing with threads, so that its children may start their own.
  set_thread_count(1);
  const uint64_t first = static_cast<uint64_t>(settings.first_seed);
  const uint64_t end = first + static_cast<uint64_t>(settings.programs);
  if (settings.print) {
    for (uint64_t seed = first; seed < end; ++seed)
      std::cout << "// seed " << seed << "\n" << cpp_of(random_program(seed));
    return 0;
  }
  const auto begin = std::chrono::steady_clock::now();
  Report &batch = *shared_report();
  Report &single = *shared_report();
  int64_t failures = 0;
  for (uint64_t seed = first; seed < end && failures < settings.max_failures;) {
    seed = run_batch(seed, std::min(end, seed + 200), batch, settings.keep_all_passes);
    if (batch.said[0]) {
      ++failures;
      explain(batch.seed, batch.said, single);
    }
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::cout << batch.done << " programs agree, " << failures << " fail, " << batch.compiled << " compiled, "
            << seconds.count() << " s\n";
  return failures ? 1 : 0;
}

} // namespace
} // namespace etch::test

int main(int argc, char **argv) {
  etch::test::Settings settings;
  const std::map<std::string_view, int64_t *> numbers{{"--programs", &settings.programs},
                                                      {"--first-seed", &settings.first_seed},
                                                      {"--max-failures", &settings.max_failures}};
  for (const std::string_view word : std::vector<std::string_view>(argv + 1, argv + argc)) {
    const size_t equals = word.find('=');
    const auto found = numbers.find(word.substr(0, equals));
    if (word == "--print") {
      settings.print = true;
    } else if (word == "--keep-all-passes") {
      settings.keep_all_passes = true;
    } else if (found != numbers.end() && equals != std::string_view::npos) {
      *found->second = std::atoll(word.data() + equals + 1);
    } else {
      std::cerr << "unknown argument " << word << "\n";
      return 2;
    }
  }
  return etch::test::run(settings);
}
