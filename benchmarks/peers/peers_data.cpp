// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The peers' inputs, and what their results are held against:
//   peers_data generate <file> <count> <seed> <low> <high>
//   peers_data check <program> <rows> <columns> <input file>… : <result file>…     prints one error per result
// The check computes in double, with the C++ library, independently of every peer. The error is the largest difference
// of an element, divided by its magnitude or by the mean magnitude of the result if that is larger.
#include "benchmarks/peers/worker.h"
#include "benchmarks/random_tensor.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace etch::benchmarks::peers {
namespace {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

double chain20(double x, double y) {
  for (int round = 0; round < 5; ++round)
    x = std::max(x * y - 0.25, -1.5) + y;
  return x;
}

double functions6(double x) {
  return std::sqrt(std::sin(std::log(std::erf(std::tanh(std::exp(x) - 1.0)) + 2.0)) + 2.0);
}

void softmax(std::span<const float> x, std::span<double> result) {
  const double largest = *std::max_element(x.begin(), x.end());
  std::transform(x.begin(), x.end(), result.begin(), [&](double element) { return std::exp(element - largest); });
  const double sum = std::accumulate(result.begin(), result.end(), 0.0);
  for (double &element : result)
    element /= sum;
}

void layer_norm(std::span<const float> x, const Floats &scale, const Floats &bias, std::span<double> result) {
  const auto count = static_cast<double>(x.size());
  const double mean = std::accumulate(x.begin(), x.end(), 0.0) / count;
  double variance = 0.0;
  for (const double element : x)
    variance += (element - mean) * (element - mean) / count;
  for (size_t i = 0; i < x.size(); ++i)
    result[i] = (x[i] - mean) / std::sqrt(variance + 1e-5) * scale[i] + bias[i];
}

/// Programs that take the rows of a matrix one by one.
Doubles by_rows(const Request &request, const std::vector<Floats> &inputs) {
  const auto rows = static_cast<size_t>(request.rows), columns = static_cast<size_t>(request.columns);
  const bool same_shape = request.program == "softmax" || request.program == "layer_norm";
  Doubles result(same_shape ? rows * columns : request.program == "sum_columns" ? columns : rows);
  for (size_t row = 0; row < rows; ++row) {
    const auto x = std::span(inputs[0]).subspan(row * columns, columns);
    if (request.program == "softmax")
      softmax(x, std::span(result).subspan(row * columns, columns));
    else if (request.program == "layer_norm")
      layer_norm(x, inputs.at(1), inputs.at(2), std::span(result).subspan(row * columns, columns));
    else if (request.program == "sum_rows")
      result[row] = std::accumulate(x.begin(), x.end(), 0.0);
    else if (request.program == "sum_columns")
      std::transform(x.begin(), x.end(), result.begin(), result.begin(), std::plus<double>());
    else if (request.program == "argmax_rows")
      result[row] = static_cast<double>(std::max_element(x.begin(), x.end()) - x.begin());
    else
      throw std::runtime_error("no program " + request.program);
  }
  return result;
}

Doubles reference(const Request &request) {
  std::vector<Floats> inputs;
  for (const std::string &file : request.inputs) {
    const bool is_row = request.program == "layer_norm" && !inputs.empty();
    inputs.emplace_back(static_cast<size_t>(is_row ? request.columns : request.size()));
    read_floats(file, inputs.back().data(), static_cast<int64_t>(inputs.back().size()));
  }
  const Floats &x = inputs.at(0);
  if (request.program == "sum_all")
    return {std::accumulate(x.begin(), x.end(), 0.0)};
  Doubles result(x.size());
  if (request.program == "chain20")
    std::transform(x.begin(), x.end(), inputs.at(1).begin(), result.begin(), chain20);
  else if (request.program == "functions6")
    std::transform(x.begin(), x.end(), result.begin(), functions6);
  else
    return by_rows(request, inputs);
  return result;
}

template <class Element>
double largest_error(const Doubles &expected, const std::string &file) {
  std::vector<Element> got(expected.size());
  std::ifstream stream(file, std::ios::binary);
  const auto bytes = static_cast<std::streamsize>(got.size() * sizeof(Element));
  if (!stream.read(reinterpret_cast<char *>(got.data()), bytes) || stream.peek() != std::ifstream::traits_type::eof())
    throw std::runtime_error(file + ": must hold " + std::to_string(got.size()) + " elements");
  double mean = 0.0, worst = 0.0;
  for (const double element : expected)
    mean += std::abs(element) / static_cast<double>(expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    const double error = std::abs(static_cast<double>(got[i]) - expected[i]) / std::max(std::abs(expected[i]), mean);
    worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : std::max(worst, error);
  }
  return worst;
}

int check(const std::vector<std::string> &arguments) {
  const auto colon = std::find(arguments.begin(), arguments.end(), ":");
  const Request request{
      arguments.at(1), std::stoll(arguments.at(2)), std::stoll(arguments.at(3)), {arguments.begin() + 4, colon}};
  const Doubles expected = reference(request);
  for (auto file = colon + 1; file < arguments.end(); ++file)
    std::cout << (request.program == "argmax_rows" ? largest_error<int64_t>(expected, *file)
                                                   : largest_error<float>(expected, *file))
              << '\n';
  return 0;
}

int run(const std::vector<std::string> &arguments) {
  if (arguments.size() == 6 && arguments[0] == "generate") {
    const int64_t count = std::stoll(arguments[2]);
    const Tensor tensor =
        random_floats({count}, std::stoull(arguments[3]), std::stof(arguments[4]), std::stof(arguments[5]));
    write_bytes(arguments[1], tensor.data<float>(), static_cast<size_t>(count) * sizeof(float));
    return 0;
  }
  if (arguments.size() >= 6 && arguments[0] == "check")
    return check(arguments);
  throw std::runtime_error("usage: peers_data generate <file> <count> <seed> <low> <high> | check <program> <rows> "
                           "<columns> <input file>… : <result file>…");
}

} // namespace
} // namespace etch::benchmarks::peers

int main(int argc, char **argv) {
  try {
    return etch::benchmarks::peers::run({argv + 1, argv + argc});
  } catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
