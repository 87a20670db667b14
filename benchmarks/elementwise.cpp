// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "benchmarks/compare.h"
#include "benchmarks/random_tensor.h"

namespace etch::benchmarks {
namespace {

constexpr int64_t kFloat = sizeof(float);

void register_add() {
  for (const int64_t size : {1'000, 200'000, 2'000'000})
    compare("add", std::to_string(size), {size, 3 * size * kFloat}, [](Tensor x, Tensor y) { return x + y; },
            [=] { return std::tuple(random_floats({size}, 1), random_floats({size}, 2)); });
}

template <class Op>
void register_unary(const char *program, Op op) {
  for (const int64_t size : {1'000, 100'000, 1'000'000})
    compare(program, std::to_string(size), {size, 2 * size * kFloat}, op,
            [=] { return std::tuple(random_floats({size}, 3, -5.0f, 5.0f)); });
}

Tensor chain_of_20(Tensor x, Tensor y) {
  for (int round = 0; round < 5; ++round)
    x = maximum(x * y - 0.25f, -1.5f) + y;
  return x;
}

void register_chain() {
  for (const int64_t size : {1'000, 100'000, 1'000'000})
    compare("chain20", std::to_string(size), {20 * size, 3 * size * kFloat}, chain_of_20,
            [=] { return std::tuple(random_floats({size}, 4), random_floats({size}, 5)); });
}

void register_softmax() {
  constexpr std::pair<int64_t, int64_t> sizes[] = {{8, 1024}, {512, 1024}, {1024, 4096}};
  for (const auto &[rows, columns] : sizes)
    compare("softmax", std::to_string(rows) + "x" + std::to_string(columns),
            {rows * columns, 2 * rows * columns * kFloat}, [](Tensor x) { return softmax(x); },
            [shape = Shape{rows, columns}] { return std::tuple(random_floats(shape, 6, -5.0f, 5.0f)); });
}

} // namespace

void register_elementwise() {
  register_add();
  register_unary("exp", [](Tensor x) { return exp(x); });
  register_unary("gelu", [](Tensor x) { return gelu(x); });
  register_chain();
  register_softmax();
}

} // namespace etch::benchmarks
