// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// etch_random_programs_test --programs=1000 --first-seed=1 --max-failures=5 [--print] [--write-digests=FILE]
// [--compare-digests=FILE]
// Runs programs eagerly and compiled, in child processes, and reduces those that differ or crash to a C++ reproducer.
// Digests carry the eager results from one process to another with other instructions.
#include "tests/random_programs/batches.h"
#include "tests/random_programs/generate.h"
#include "tests/random_programs/print_cpp.h"
#include "tests/random_programs/reduce.h"

#include "codegen/compile.h"

#include <etch/environment.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
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
  std::string write_digests, compare_digests;
};

/// What a child process tells its parent, even when it dies.
struct Report {
  uint64_t seed;
  int64_t done;
  int64_t compiled;
  int64_t split; ///< also run as two parts of a batch
  char said[1000];

  void say(const std::string &text) { std::strncpy(said, text.c_str(), sizeof said - 1); }
  void say_end(int status) {
    if (WIFSIGNALED(status))
      say(std::string("killed by signal ") + strsignal(WTERMSIG(status)));
  }
};

template <class T>
T *shared(size_t count) {
  void *memory = mmap(nullptr, sizeof(T) * (count + 1), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::cerr << "no shared memory\n";
    std::exit(2);
  }
  return static_cast<T *>(memory);
}

/// Runs `body` in a child process, which may crash. Threads are the child's own.
template <class Body>
int in_child(Body &&body) {
  std::cout.flush();
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

std::string inference_error(const Program &program, const Outcome &eager) {
  const auto types = infer_all(program);
  if (!types)
    return "the program has no types";
  for (size_t i = 0; i < eager.results.size(); ++i)
    if (const std::string wanted = (*types)[static_cast<size_t>(program.results[i])].text();
        spec_text(eager.results[i]) != wanted)
      return "result " + std::to_string(i) + " should be " + wanted + ", is " + spec_text(eager.results[i]);
  return "";
}

/// The pass that the program of a seed is also compiled without; "" for none.
std::string pass_to_disable(uint64_t seed) {
  const auto &passes = codegen::optional_passes();
  return seed % 3 ? "" : passes[seed / 3 % passes.size()];
}

class Runner {
public:
  explicit Runner(const Settings &settings)
      : settings_(settings), first_(static_cast<uint64_t>(settings.first_seed)),
        end_(first_ + static_cast<uint64_t>(settings.programs)), batch_(*shared<Report>(1)),
        single_(*shared<Report>(1)), digests_(shared<uint64_t>(static_cast<size_t>(settings.programs))),
        expected_(read_digests()) {}

  int run() {
    const auto begin = std::chrono::steady_clock::now();
    int64_t failures = 0;
    for (uint64_t seed = first_; seed < end_ && failures < settings_.max_failures;) {
      seed = run_batch(seed, std::min(end_, seed + kBatch));
      if (batch_.said[0]) {
        ++failures;
        explain(batch_.seed, batch_.said);
      }
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    std::cout << batch_.done << " programs agree, " << failures << " fail, " << batch_.compiled << " compiled, "
              << batch_.split << " split into batches, " << seconds.count() << " s\n";
    write_digests();
    return failures ? 1 : 0;
  }

private:
  static constexpr uint64_t kBatch = 200;

  /// Runs programs from `seed` on until one fails; returns the next one to run.
  uint64_t run_batch(uint64_t seed, uint64_t end) {
    batch_.said[0] = 0;
    batch_.seed = seed;
    const int status = in_child([&] {
      for (uint64_t current = seed; current < end; ++current) {
        batch_.seed = current;
        batch_.say("died");
        const std::string text = check_seed(current);
        batch_.say(text);
        if (!text.empty())
          _exit(1);
        ++batch_.done;
      }
    });
    if (status == 0)
      return end;
    batch_.say_end(status);
    return batch_.seed + 1;
  }

  std::string check_seed(uint64_t seed) {
    const Program program = random_program(seed);
    // Results do not depend on threads: each way of running has a number of its own.
    set_thread_count(1 + static_cast<int>(seed % 3));
    const auto eager = run_eagerly(program);
    const size_t number = seed - first_;
    digests_[number] = digest(eager);
    if (number < expected_.size() && digests_[number] != expected_[number])
      return "the eager results differ from those of another instruction set";
    if (const std::string text = inference_error(program, eager[0]); !text.empty())
      return text;
    ++batch_.compiled;
    set_thread_count(1 + static_cast<int>(seed / 3 % 3));
    if (const std::string text = difference(eager, run_compiled(program)); !text.empty())
      return text;
    if (const auto split = split_batch(program, seed)) {
      ++batch_.split;
      if (const std::string text = batch_difference(*split, seed % 4 == 0); !text.empty())
        return text;
    }
    if (seed % 5 == 2)
      if (const std::string text = difference(eager, run_called(program)); !text.empty())
        return "as a call: " + text;
    const std::string pass = pass_to_disable(seed);
    if (pass.empty())
      return "";
    ++batch_.compiled;
    const std::string text = difference(eager, run_compiled(program, pass));
    return text.empty() ? "" : "without " + pass + ": " + text;
  }

  /// Whether the program fails, by itself or by a crash.
  bool fails(const Program &program, const std::string &disabled_pass) {
    single_.say("");
    const int status = in_child([&] {
      set_thread_count(2);
      std::string text = difference(run_eagerly(program), run_compiled(program, disabled_pass));
      if (const auto split = text.empty() ? split_batch(program, 0) : std::nullopt)
        text = batch_difference(*split, false);
      single_.say(text);
      if (!text.empty())
        _exit(1);
    });
    single_.say_end(status);
    return status != 0;
  }

  void explain(uint64_t seed, const std::string &said) {
    std::cout << "seed " << seed << ": " << said << std::endl;
    const Program program = random_program(seed);
    std::string disabled;
    if (!fails(program, "")) {
      disabled = pass_to_disable(seed);
      if (disabled.empty() || !fails(program, disabled)) {
        std::cout << "  eager and compiled results agree when it runs alone\n";
        return;
      }
    }
    const Program small = reduced(program, [&](const Program &candidate) { return fails(candidate, disabled); });
    fails(small, disabled);
    std::cout << "  reduced to " << small.calls.size() << " calls: " << single_.said << "\n";
    if (!disabled.empty())
      std::cout << "  with ETCH_DISABLE=" << disabled << "\n";
    for (const std::string &pass : codegen::optional_passes())
      if (disabled.empty() && !fails(small, pass))
        std::cout << "  does not fail without " << pass << "\n";
    std::cout << cpp_of(small) << std::endl;
  }

  std::vector<uint64_t> read_digests() const {
    std::vector<uint64_t> digests;
    std::ifstream file(settings_.compare_digests);
    for (uint64_t value; file >> value;)
      digests.push_back(value);
    if (!settings_.compare_digests.empty() && digests.empty()) {
      std::cerr << "no digests in " << settings_.compare_digests << "\n";
      std::exit(2);
    }
    return digests;
  }

  void write_digests() const {
    if (settings_.write_digests.empty())
      return;
    std::ofstream file(settings_.write_digests);
    for (int64_t i = 0; i < settings_.programs; ++i)
      file << digests_[i] << "\n";
  }

  const Settings settings_;
  const uint64_t first_, end_;
  Report &batch_, &single_;
  uint64_t *digests_; ///< by program, written by children
  const std::vector<uint64_t> expected_;
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
  const std::map<std::string_view, std::string *> files{{"--write-digests", &settings.write_digests},
                                                        {"--compare-digests", &settings.compare_digests}};
  for (const std::string_view word : std::vector<std::string_view>(argv + 1, argv + argc)) {
    const size_t equals = std::min(word.find('='), word.size());
    const std::string_view name = word.substr(0, equals);
    const std::string value(word.substr(std::min(equals + 1, word.size())));
    if (word == "--print") {
      settings.print = true;
    } else if (numbers.count(name) && !value.empty()) {
      *numbers.at(name) = std::atoll(value.c_str());
    } else if (files.count(name) && !value.empty()) {
      *files.at(name) = value;
    } else {
      std::cerr << "unknown argument " << word << "\n";
      return 2;
    }
  }
  return etch::test::run(settings);
}
