// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A network of two layers on real digits: one training step with a GradientTape and Adam, first compiled by
// etch::function, then run op by op. Prints both times and checks that both end with the same parameters, bit for bit.
//   mnist_mlp [folder with the digits] [output folder]
#include <etch/etch.h>

#include "nn/idx.h"
#include "nn/optimizers.h"
#include "nn/progress_bar.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

using etch::Tensor;

namespace {

constexpr int64_t kBatch = 32;
constexpr int kEpochs = 5;
constexpr int64_t kPixels = 784, kHidden = 128, kClasses = 10;

/// One split of the digits as batches of tensors: pixels in [0, 1] and class numbers.
struct Digits {
  std::vector<Tensor> images, labels;
};

Digits load(const std::filesystem::path &folder, const char *split, int64_t batch) {
  const etch::nn::LabelledImages raw = etch::nn::load_mnist(folder, split);
  const int64_t pixels = raw.rows * raw.columns;
  Digits digits;
  for (int64_t first = 0; first + batch <= raw.count; first += batch) {
    const std::span<const uint8_t> bytes(raw.pixels.data() + first * pixels, static_cast<size_t>(batch * pixels));
    const std::span<const uint8_t> classes(raw.labels.data() + first, static_cast<size_t>(batch));
    digits.images.push_back(etch::cast(etch::from_span(bytes, {batch, pixels}), etch::DType::f32) / 255.0f);
    digits.labels.push_back(etch::cast(etch::from_span(classes, {batch}), etch::DType::i64));
  }
  return digits;
}

struct Model {
  etch::Variable w1, b1{etch::zeros({kHidden}), "b1"}, w2, b2{etch::zeros({kClasses}), "b2"};
  const std::vector<etch::Variable> parameters{w1, b1, w2, b2};
  etch::nn::Adam adam{0.001};

  explicit Model(etch::Generator random)
      : w1(weights(random, kPixels, kHidden), "w1"), w2(weights(random, kHidden, kClasses), "w2") {
    adam.build(parameters);
  }

  static Tensor weights(const etch::Generator &random, int64_t inputs, int64_t outputs) {
    return random.normal({inputs, outputs}) * std::sqrt(2.0 / static_cast<double>(inputs));
  }

  Tensor logits(const Tensor &x) const { return etch::matmul(etch::relu(etch::matmul(x, w1) + b1), w2) + b2; }

  static Tensor accuracy(const Tensor &logits, const Tensor &labels) {
    return etch::reduce_mean(etch::cast(etch::argmax(logits, -1) == labels, etch::DType::f32));
  }

  /// Loss and accuracy of a batch, and one step of Adam.
  std::pair<Tensor, Tensor> step(const Tensor &x, const Tensor &labels) {
    etch::GradientTape tape;
    const Tensor scores = logits(x);
    const Tensor loss = etch::reduce_mean(etch::softmax_cross_entropy(scores, labels));
    adam.apply_gradients(tape.gradient(loss, parameters), parameters);
    return {loss, accuracy(scores, labels)};
  }

  /// What training changes.
  std::vector<etch::Variable> state() const {
    std::vector<etch::Variable> all = adam.variables();
    all.insert(all.end(), parameters.begin(), parameters.end());
    return all;
  }
};

using Step = etch::Function<std::pair<Tensor, Tensor>(Tensor, Tensor)>;

/// All epochs; returns the seconds spent in steps.
double train(const Step &step, const Digits &digits, const char *mode) {
  double seconds = 0;
  for (int epoch = 1; epoch <= kEpochs; ++epoch) {
    etch::nn::ProgressBar bar(std::string(mode) + " epoch " + std::to_string(epoch) + "/" + std::to_string(kEpochs),
                              static_cast<int64_t>(digits.images.size()));
    double loss = 0, accuracy = 0;
    for (size_t i = 0; i < digits.images.size(); ++i) {
      const auto start = std::chrono::steady_clock::now();
      const auto [batch_loss, batch_accuracy] = step(digits.images[i], digits.labels[i]);
      seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      loss += batch_loss.item<float>();
      accuracy += batch_accuracy.item<float>();
      const auto done = static_cast<double>(i + 1);
      const etch::nn::Metric metrics[] = {{"loss", loss / done}, {"acc", accuracy / done}};
      bar.advance(metrics);
      if (i + 1 == digits.images.size())
        bar.finish(metrics);
    }
  }
  return seconds;
}

bool same_bits(const std::vector<etch::Variable> &a, const std::vector<etch::Variable> &b) {
  for (size_t i = 0; i < a.size(); ++i) {
    const Tensor x = a[i].value(), y = b[i].value();
    const bool same = x.dtype() == etch::DType::i64 ? x.item<int64_t>() == y.item<int64_t>()
                                                    : std::memcmp(x.data<float>(), y.data<float>(),
                                                                  static_cast<size_t>(x.size()) * sizeof(float)) == 0;
    if (!same)
      return false;
  }
  return a.size() == b.size();
}

void write_file(const std::filesystem::path &path, const std::string &text) {
  std::ofstream file(path);
  file << text;
  if (!file.flush())
    throw etch::Error(etch::ErrorCode::io, "mnist_mlp: cannot write " + path.string());
}

/// The IR of every stage, and a picture of the graph.
std::string write_stages(const Step &step, const Digits &digits, const std::filesystem::path &folder) {
  std::filesystem::create_directories(folder / "ir");
  const auto traced = step.trace(digits.images[0], digits.labels[0]);
  write_file(folder / "ir/0-etch.mlir", traced.text());
  using etch::Phase;
  const std::pair<Phase, const char *> stages[] = {{Phase::optimized, "1-optimized.mlir"},
                                                   {Phase::kernels, "2-kernels.mlir"},
                                                   {Phase::exec, "3-exec.mlir"},
                                                   {Phase::llvm, "4-llvm.ll"},
                                                   {Phase::assembly, "5-assembly.s"}};
  for (const auto &[phase, name] : stages)
    write_file(folder / "ir" / name, traced.lower(phase).text());
  write_file(folder / "graph.dot", traced.graph());
  const std::string dot = (folder / "graph.dot").string(), svg = (folder / "graph.svg").string();
  const bool drawn = std::system(("dot -Tsvg '" + dot + "' -o '" + svg + "' 2>/dev/null").c_str()) == 0;
  if (drawn)
    std::filesystem::remove(folder / "graph.dot");
  return drawn ? "graph.svg" : "graph.dot";
}

int run(const std::filesystem::path &data, const std::filesystem::path &output) {
  std::cout << etch::describe_environment() << '\n';
  const Digits digits = load(data, "train", kBatch);
  const Digits held_out = load(data, "test", 2000);

  Model compiled{etch::Generator(1)}, eager{etch::Generator(1)};
  const Step step = etch::function([&](Tensor x, Tensor labels) { return compiled.step(x, labels); },
                                   {.name = "train_step", .arguments = {"x", "labels"}});
  const auto start = std::chrono::steady_clock::now();
  const auto concrete = step.trace(digits.images[0], digits.labels[0]).compile();
  const std::chrono::duration<double, std::milli> compile_time = std::chrono::steady_clock::now() - start;
  std::printf("train_step  traced %d×  %d ops → %d kernels   trace and compile %.0f ms\n",
              static_cast<int>(step.trace_count()), concrete.op_count(), concrete.kernel_count(), compile_time.count());
  const double compiled_seconds = train(step, digits, "compiled");

  etch::run_functions_eagerly(true);
  const Step eager_step = etch::function([&](Tensor x, Tensor labels) { return eager.step(x, labels); });
  const double eager_seconds = train(eager_step, digits, "eager   ");
  etch::run_functions_eagerly(false);

  const float accuracy = Model::accuracy(compiled.logits(held_out.images[0]), held_out.labels[0]).item<float>();
  const bool equal = same_bits(compiled.state(), eager.state());
  const double steps = kEpochs * static_cast<double>(digits.images.size());
  std::printf("held-out accuracy %.4f on %d digits\n", accuracy, static_cast<int>(held_out.labels[0].size()));
  std::printf("compiled %.1f µs/step, eager %.1f µs/step\n", 1e6 * compiled_seconds / steps,
              1e6 * eager_seconds / steps);
  std::printf("parameters and Adam's state after training: %s\n", equal ? "equal, bit for bit" : "DIFFERENT");
  std::printf("compiled %.1f× faster than eager.", eager_seconds / compiled_seconds);
  const std::string picture = write_stages(step, digits, output);
  std::printf("   wrote %s/{%s, ir/}\n", output.string().c_str(), picture.c_str());
  return equal && accuracy >= 0.93f ? 0 : 1;
}

} // namespace

int main(int argc, char **argv) {
  try {
    return run(argc > 1 ? argv[1] : ETCH_MNIST_DIR, argc > 2 ? argv[2] : "runs/demo");
  } catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
