// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "benchmarks/peers/worker.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace etch::benchmarks::peers {
namespace {

double wall_ns() {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Of all threads of this process: shows whether a peer keeps to one thread.
double processor_ns() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

std::string measure(Workload &workload, double seconds) {
  // Another peer ran meanwhile: the first call fills the caches again and tells how many fit the time.
  const double warm = wall_ns();
  workload.run();
  const double estimate = std::max(wall_ns() - warm, 1.0);
  int64_t calls = 0, batch = std::max<int64_t>(1, static_cast<int64_t>(0.1 * seconds * 1e9 / estimate));
  const double begin = wall_ns(), processor_begin = processor_ns();
  double elapsed = 0.0;
  while (elapsed < seconds * 1e9) {
    for (int64_t call = 0; call < batch; ++call)
      workload.run();
    calls += batch;
    elapsed = wall_ns() - begin;
  }
  const double processor = processor_ns() - processor_begin;
  std::ostringstream reply;
  reply << elapsed / static_cast<double>(calls) << ' ' << processor / static_cast<double>(calls) << ' ' << calls;
  return reply.str();
}

std::string answer(const std::string &line, std::unique_ptr<Workload> &workload,
                   const std::function<std::unique_ptr<Workload>(const Request &)> &load) {
  std::istringstream words(line);
  std::string verb;
  words >> verb;
  if (verb == "load") {
    Request request;
    words >> request.program >> request.rows >> request.columns;
    for (std::string file; words >> file;)
      request.inputs.push_back(file);
    workload.reset(); // the last row's tensors first: both may not fit
    workload = load(request);
    for (int call = 0; call < 2; ++call) // compiles; the second call is warm
      workload->run();
    return "ok";
  }
  if (!workload)
    throw std::runtime_error("no program is loaded");
  if (verb == "time") {
    double seconds = 0.0;
    words >> seconds;
    return "ok " + measure(*workload, seconds);
  }
  if (verb != "save")
    throw std::runtime_error("unknown request " + verb);
  std::string file;
  words >> file;
  workload->save(file);
  return "ok";
}

} // namespace

int serve(const std::function<std::unique_ptr<Workload>(const Request &)> &load) {
  std::unique_ptr<Workload> workload;
  for (std::string line; std::getline(std::cin, line);) {
    std::string reply;
    try {
      reply = answer(line, workload, load);
    } catch (const std::exception &error) {
      reply = std::string("failed: ") + error.what();
      std::replace(reply.begin(), reply.end(), '\n', ' ');
    }
    std::cout << reply << std::endl;
  }
  return 0;
}

void read_floats(const std::string &file, float *elements, int64_t count) {
  std::ifstream stream(file, std::ios::binary);
  const auto bytes = static_cast<std::streamsize>(static_cast<size_t>(count) * sizeof(float));
  if (!stream.read(reinterpret_cast<char *>(elements), bytes) || stream.peek() != std::ifstream::traits_type::eof())
    throw std::runtime_error(file + ": must hold " + std::to_string(count) + " elements");
}

void write_bytes(const std::string &file, const void *bytes, size_t count) {
  std::ofstream stream(file, std::ios::binary);
  if (!stream.write(static_cast<const char *>(bytes), static_cast<std::streamsize>(count)))
    throw std::runtime_error(file + ": cannot be written");
}

} // namespace etch::benchmarks::peers
