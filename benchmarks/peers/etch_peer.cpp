// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// etch as a worker of benchmarks/peers: `etch_peer eager` runs the programs op by op, `etch_peer traced` compiles them.
// ETCH_THREADS chooses the threads.
#include "benchmarks/peers/worker.h"

#include <etch/etch.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace etch::benchmarks::peers {
namespace {

Tensor chain20(Tensor x, Tensor y) {
  for (int round = 0; round < 5; ++round)
    x = maximum(x * y - 0.25f, -1.5f) + y;
  return x;
}

Tensor functions6(Tensor x) {
  const Tensor bounded = erf(tanh(exp(x) - 1.0f));
  return sqrt(sin(log(bounded + 2.0f)) + 2.0f);
}

/// Programs on vectors see one row as rank 1; the others get matrices. A scale or a bias is one row.
Tensor read_input(const Request &request, size_t index) {
  const bool is_row = request.program == "layer_norm" && index > 0;
  const int64_t rows = is_row ? 1 : request.rows;
  std::vector<float> elements(static_cast<size_t>(rows * request.columns));
  read_floats(request.inputs.at(index), elements.data(), rows * request.columns);
  return from_vector(elements, rows == 1 ? Shape{request.columns} : Shape{rows, request.columns});
}

template <class... Tensors>
class EtchWorkload : public Workload {
public:
  using Program = Tensor (*)(Tensors...);

  EtchWorkload(Program program, const Request &request, bool traced)
      : program_(program), traced_(traced), function_(etch::function(program, {.name = request.program})) {
    size_t next = 0;
    std::apply([&](auto &...inputs) { ((inputs = read_input(request, next++)), ...); }, inputs_);
  }

  void run() override { const Tensor result = compute(); }
  void save(const std::string &file) override {
    const Tensor result = compute();
    const auto count = static_cast<size_t>(result.size());
    if (result.dtype() == DType::i64)
      write_bytes(file, result.data<int64_t>(), count * sizeof(int64_t));
    else
      write_bytes(file, result.data<float>(), count * sizeof(float));
    if (traced_ && function_.trace_count() != 1)
      throw std::runtime_error("a warm call traced again");
  }

private:
  Tensor compute() { return traced_ ? std::apply(function_, inputs_) : std::apply(program_, inputs_); }

  Program program_;
  bool traced_;
  std::tuple<Tensors...> inputs_;
  decltype(etch::function(std::declval<Program>())) function_;
};

std::unique_ptr<Workload> load(const Request &request, bool traced) {
  const auto make = [&]<class... Tensors>(Tensor (*program)(Tensors...)) -> std::unique_ptr<Workload> {
    return std::make_unique<EtchWorkload<Tensors...>>(program, request, traced);
  };
  const std::string &name = request.program;
  if (name == "chain20")
    return make(chain20);
  if (name == "functions6")
    return make(functions6);
  if (name == "softmax")
    return make(+[](Tensor x) { return softmax(x); });
  if (name == "layer_norm")
    return make(+[](Tensor x, Tensor scale, Tensor bias) { return layer_norm(x, scale, bias); });
  if (name == "sum_all")
    return make(+[](Tensor x) { return reduce_sum(x); });
  if (name == "sum_rows")
    return make(+[](Tensor x) { return reduce_sum(x, {1}); });
  if (name == "sum_columns")
    return make(+[](Tensor x) { return reduce_sum(x, {0}); });
  if (name == "argmax_rows")
    return make(+[](Tensor x) { return argmax(x, 1); });
  throw std::runtime_error("no program " + name);
}

} // namespace
} // namespace etch::benchmarks::peers

int main(int argc, char **argv) {
  using namespace etch::benchmarks::peers;
  const std::string_view mode = argc == 2 ? argv[1] : "";
  if (mode == "version") {
    std::cout << etch::describe_environment() << '\n';
    return 0;
  }
  if (mode != "eager" && mode != "traced") {
    std::cerr << "usage: etch_peer eager | traced | version\n";
    return 1;
  }
  return serve([=](const Request &request) { return load(request, mode == "traced"); });
}
