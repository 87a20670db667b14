// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// etch-accuracy: measures the functions of the op table and writes, or checks, docs/accuracy.md.
#include "tools/accuracy/error.h"
#include "tools/accuracy/page.h"

#include <etch/error.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

namespace etch::accuracy {
namespace {

constexpr const char *kUsage = R"(usage: etch-accuracy --sample | --full [--resume] [options] [function…]
  --sample            seconds; fails if an error exceeds what the page says, or a row is missing
  --partial           with --sample: rows may be missing; what they would describe stays within 2 ulp
  --full              measures the functions, all by default, and writes their rows
  --resume            with --full: skips rows that a full measurement has written
  --dtype NAME        only this dtype
  --threads N         default: as many as the processor has
  --level x86-64-v3   the kernels' instruction-set level; default: the processor's
  --page FILE         default: docs/accuracy.md
)";

struct Options {
  bool sample = false, partial = false, resume = false;
  Effort effort{.full = false,
                .threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency())),
                .level = runtime::native_cpu_level()};
  std::string dtype, page = "docs/accuracy.md";
  std::vector<std::string> names;
};

[[noreturn]] void reject(const std::string &complaint) {
  throw Error(ErrorCode::invalid_argument, "etch-accuracy: " + complaint);
}

Options parse(const std::vector<std::string> &arguments) {
  Options options;
  size_t next = 0;
  const auto value = [&] {
    if (next == arguments.size())
      reject(arguments[next - 1] + " must be followed by a value");
    return arguments[next++];
  };
  while (next < arguments.size()) {
    const std::string argument = arguments[next++];
    if (argument == "--sample")
      options.sample = true;
    else if (argument == "--partial")
      options.partial = true;
    else if (argument == "--full")
      options.effort.full = true;
    else if (argument == "--resume")
      options.resume = true;
    else if (argument == "--dtype")
      options.dtype = value();
    else if (argument == "--threads")
      options.effort.threads = std::max(1, std::atoi(value().c_str()));
    else if (argument == "--level")
      options.effort.level = runtime::parse_cpu_level(value(), options.effort.level);
    else if (argument == "--page")
      options.page = value();
    else if (argument.starts_with("-"))
      reject("options must be known, got " + argument + "\n" + kUsage);
    else
      options.names.push_back(argument);
  }
  if (options.sample == options.effort.full)
    reject(std::string("either --sample or --full must be given\n") + kUsage);
  return options;
}

std::vector<Function> chosen(const Options &options) {
  for (const std::string &name : options.names)
    if (std::none_of(functions().begin(), functions().end(), [&](const Function &f) { return f.name == name; }))
      reject("functions must be measured ops of the table, got " + name);
  std::vector<Function> result;
  for (const Function &function : functions()) {
    const bool is_named = options.names.empty() ||
                          std::find(options.names.begin(), options.names.end(), function.name) != options.names.end();
    if (is_named && (options.dtype.empty() || options.dtype == name_of(function.dtype)))
      result.push_back(function);
  }
  if (result.empty())
    reject("a dtype must be that of a measured function, got " + options.dtype);
  return result;
}

std::string file_text(const std::string &path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// By way of another file: an interrupted run leaves the old page.
void write(const std::string &path, const std::string &text) {
  const std::string unfinished = path + ".unfinished";
  std::ofstream(unfinished) << text;
  std::filesystem::rename(unfinished, path);
}

std::string title(const Function &function) { return function.name + " " + name_of(function.dtype); }

void print(const Function &function, const Accuracy &accuracy) {
  std::cout << title(function) << ": " << row_of(function, accuracy).ulps << " ulp at " << accuracy.at << ", "
            << accuracy.inputs << " inputs, " << accuracy.wrong.size() << " wrong\n";
  if (!accuracy.wrong.empty())
    std::cout << "  " << accuracy.first_wrong << "\n";
  constexpr size_t kMostPrinted = 8;
  size_t printed = 0;
  for (const Accuracy::Input &input : accuracy.wrong)
    if (++printed <= kMostPrinted)
      std::cout << "  wrong at " << spelled_input(function, input) << "\n";
  std::cout << std::flush;
}

// Without it the sweeps of f32 would overlook errors.
bool is_trusted(const Function &function, const Accuracy &accuracy) {
  if (function.dtype != DType::f32 || accuracy.understatement <= 1)
    return true;
  std::cout << title(function) << ": the double reading understates the error by " << accuracy.understatement * kHair
            << " ulp at " << accuracy.understated_at << "; ops/math/oracle.h needs a better " << function.name << "\n";
  return false;
}

bool is_within(const Function &function, const Accuracy &accuracy, const Row *published, bool partial) {
  if (!published && partial)
    return accuracy.wrong.empty() && row_of(function, accuracy).ulps <= 2;
  if (!published) {
    std::cout << title(function) << ": the page has no row; run etch-accuracy --full " << function.name << "\n";
    return false;
  }
  const Row row = row_of(function, accuracy);
  if (row.ulps <= published->ulps && row.wrong <= published->wrong)
    return true;
  std::cout << title(function) << ": the page says " << published->ulps << " ulp and " << published->wrong
            << " wrong results\n";
  return false;
}

int check(const Options &options) {
  const std::string text = file_text(options.page);
  const Page page = Page::parse(text);
  int failures = 0;
  for (const Function &function : chosen(options)) {
    const Accuracy accuracy = measure(function, options.effort);
    print(function, accuracy);
    failures += !is_trusted(function, accuracy);
    failures += !is_within(function, accuracy, page.find(function), options.partial);
  }
  if (page.text() != text && !options.partial) {
    std::cout << options.page << ": differs from what etch-accuracy writes; run etch-accuracy --full --resume\n";
    ++failures;
  }
  return failures > 0;
}

int rewrite(const Options &options) {
  const std::vector<Function> asked = chosen(options);
  int failures = 0;
  // The page is read again for every row: other runs may have written theirs meanwhile.
  const auto page = [&] { return Page::parse(file_text(options.page)); };
  write(options.page, page().text());
  for (const Function &function : asked) {
    const Page before = page();
    const Row *row = before.find(function);
    if (options.resume && row && row->inputs == full_count(function))
      continue;
    const Accuracy accuracy = measure(function, options.effort);
    print(function, accuracy);
    if (!is_trusted(function, accuracy)) {
      ++failures;
      continue;
    }
    Page after = page();
    after.put(row_of(function, accuracy));
    write(options.page, after.text());
  }
  return failures > 0;
}

int run(const std::vector<std::string> &arguments) {
  const Options options = parse(arguments);
  return options.sample ? check(options) : rewrite(options);
}

} // namespace
} // namespace etch::accuracy

int main(int argc, char **argv) {
  try {
    return etch::accuracy::run({argv + 1, argv + argc});
  } catch (const etch::Error &error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
