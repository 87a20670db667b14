// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The programs as one would write them by hand with Eigen: array expressions, fused where Eigen fuses them, results
// written to an array that exists already. Array expressions use one thread.
#include "benchmarks/peers/worker.h"

#include <Eigen/Core>
#include <unsupported/Eigen/SpecialFunctions>

#include <cmath>
#include <cstdint>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace etch::benchmarks::peers {
namespace {

using Vector = Eigen::ArrayXf;
using Row = Eigen::Array<float, 1, Eigen::Dynamic>;
using Matrix = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct Chain20 {
  Vector x, y, result;
  explicit Chain20(const Request &request) : x(request.size()), y(request.size()), result(request.size()) {
    read_floats(request.inputs.at(0), x.data(), x.size());
    read_floats(request.inputs.at(1), y.data(), y.size());
  }
  /// One expression of 20 operations. Maps, because an expression holds them by value and may be returned.
  void run() {
    const Eigen::Map<const Vector> first(x.data(), x.size()), y_map(y.data(), y.size());
    const auto round = [&](const auto &value) { return (value * y_map - 0.25f).max(-1.5f) + y_map; };
    result = round(round(round(round(round(first)))));
  }
};

struct Functions6 {
  Vector x, result;
  explicit Functions6(const Request &request) : x(request.size()), result(request.size()) {
    read_floats(request.inputs.at(0), x.data(), x.size());
  }
  void run() { result = (((((x.exp() - 1.0f).tanh().erf()) + 2.0f).log()).sin() + 2.0f).sqrt(); }
};

struct Softmax {
  Matrix x, result;
  explicit Softmax(const Request &request) : x(request.rows, request.columns), result(request.rows, request.columns) {
    read_floats(request.inputs.at(0), x.data(), x.size());
  }
  void run() {
    for (Eigen::Index row = 0; row < x.rows(); ++row) {
      result.row(row) = (x.row(row) - x.row(row).maxCoeff()).exp();
      result.row(row) *= 1.0f / result.row(row).sum();
    }
  }
};

struct LayerNorm {
  Matrix x, result;
  Row scale, bias;
  explicit LayerNorm(const Request &request)
      : x(request.rows, request.columns), result(request.rows, request.columns), scale(request.columns),
        bias(request.columns) {
    read_floats(request.inputs.at(0), x.data(), x.size());
    read_floats(request.inputs.at(1), scale.data(), scale.size());
    read_floats(request.inputs.at(2), bias.data(), bias.size());
  }
  void run() {
    for (Eigen::Index row = 0; row < x.rows(); ++row) {
      const float mean = x.row(row).mean();
      const float variance = (x.row(row) - mean).square().mean();
      result.row(row) = (x.row(row) - mean) * (1.0f / std::sqrt(variance + 1e-5f)) * scale + bias;
    }
  }
};

struct SumAll {
  Vector x;
  Eigen::Array<float, 1, 1> result;
  explicit SumAll(const Request &request) : x(request.size()) { read_floats(request.inputs.at(0), x.data(), x.size()); }
  void run() { result(0) = x.sum(); }
};

struct SumRows {
  Matrix x;
  Vector result;
  explicit SumRows(const Request &request) : x(request.rows, request.columns), result(request.rows) {
    read_floats(request.inputs.at(0), x.data(), x.size());
  }
  void run() { result = x.rowwise().sum(); }
};

struct SumColumns {
  Matrix x;
  Row result;
  explicit SumColumns(const Request &request) : x(request.rows, request.columns), result(request.columns) {
    read_floats(request.inputs.at(0), x.data(), x.size());
  }
  /// Row by row: `x.colwise().sum()` would walk down a row-major matrix.
  void run() {
    result.setZero();
    for (Eigen::Index row = 0; row < x.rows(); ++row)
      result += x.row(row);
  }
};

struct ArgmaxRows {
  Matrix x;
  Eigen::Array<int64_t, Eigen::Dynamic, 1> result;
  explicit ArgmaxRows(const Request &request) : x(request.rows, request.columns), result(request.rows) {
    read_floats(request.inputs.at(0), x.data(), x.size());
  }
  void run() {
    for (Eigen::Index row = 0; row < x.rows(); ++row) {
      Eigen::Index column = 0;
      x.row(row).maxCoeff(&column);
      result(row) = column;
    }
  }
};

template <class Program>
class EigenWorkload : public Workload {
public:
  explicit EigenWorkload(const Request &request) : program_(request) {}
  void run() override { program_.run(); }
  void save(const std::string &file) override {
    program_.run();
    const auto &result = program_.result;
    write_bytes(file, result.data(), static_cast<size_t>(result.size()) * sizeof(*result.data()));
  }

private:
  Program program_;
};

template <class Program>
std::unique_ptr<Workload> make(const Request &request) {
  return std::make_unique<EigenWorkload<Program>>(request);
}

std::unique_ptr<Workload> load(const Request &request) {
  constexpr std::pair<const char *, std::unique_ptr<Workload> (*)(const Request &)> programs[] = {
      {"chain20", make<Chain20>},        {"functions6", make<Functions6>}, {"softmax", make<Softmax>},
      {"layer_norm", make<LayerNorm>},   {"sum_all", make<SumAll>},        {"sum_rows", make<SumRows>},
      {"sum_columns", make<SumColumns>}, {"argmax_rows", make<ArgmaxRows>}};
  for (const auto &[name, make_workload] : programs)
    if (request.program == name)
      return make_workload(request);
  throw std::runtime_error("no program " + request.program);
}

} // namespace
} // namespace etch::benchmarks::peers

int main(int argc, char **argv) {
  if (argc == 2 && std::string(argv[1]) == "version") {
    std::cout << "Eigen " << EIGEN_WORLD_VERSION << '.' << EIGEN_MAJOR_VERSION << '.' << EIGEN_MINOR_VERSION << ", "
              << Eigen::SimdInstructionSetsInUse() << '\n';
    return 0;
  }
  return etch::benchmarks::peers::serve(etch::benchmarks::peers::load);
}
