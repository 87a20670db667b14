// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/host.h"

#include "runtime/allocator.h"
#include "runtime/concrete_tensor.h"
#include "runtime/contraction.h"
#include "runtime/opaque.h"
#include "tests/runtime/error_text.h"

#include <etch/ops.h>

#include <gtest/gtest.h>
#include <immintrin.h>

#include <cmath>
#include <numeric>
#include <variant>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define ETCH_ASAN 1
#else
#define ETCH_ASAN 0
#endif

// Hand-written entries stand for compiled code.
namespace etch::runtime {
namespace {

using ops::Dim;
using ops::Dims;
using ops::TensorType;

const ops::OpDef *op(const char *name) { return ops::find_op(name); }

std::vector<const Tensor *> handles(std::span<const Tensor> tensors) {
  std::vector<const Tensor *> handles;
  for (const Tensor &tensor : tensors)
    handles.push_back(&tensor);
  return handles;
}

// y[i] = x[i] + x[i] for a vector of unknown length, through a slot of the arena.
Executable doubling() {
  const Dim n = Dim::symbol("n");
  Executable executable;
  executable.inputs = {{DType::f32, Dims{n}}};
  executable.outputs = {{DType::f32, Dims{n}}};
  executable.symbols = {{"n", 0, 0}};
  executable.dims = {n, n * n + Dim(1)};
  executable.slot_bytes = {n * Dim(4), Dim(100), n};
  executable.static_arena_bytes = 65;
  executable.entry = [](etch_frame *frame) {
    const int64_t n = frame->dims[0];
    EXPECT_EQ(frame->abi_version, ETCH_ABI_VERSION);
    EXPECT_EQ(frame->dims[1], n * n + 1);
    EXPECT_EQ(frame->dims[2], 128);
    EXPECT_EQ(frame->dims[3], 128 + (n * 4 + 63) / 64 * 64);
    EXPECT_EQ(frame->dims[4], frame->dims[3] + 128);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(frame->arena) % 64, 0u);
    const float *x = static_cast<const float *>(frame->inputs[0]);
    float *slot = reinterpret_cast<float *>(frame->arena + frame->dims[2]);
    float *y = static_cast<float *>(frame->outputs[0]);
    for (int64_t i = 0; i < n; ++i)
      slot[i] = x[i] + x[i];
    std::copy_n(slot, n, y);
  };
  executable.finalize();
  return executable;
}

TEST(Host, RunsWithUnknownDimensions) {
  const Executable executable = doubling();
  PrintBuffer prints;
  for (int64_t n : {0, 1, 5, 1000}) {
    const Tensor x = range(0, n, 1, DType::f32);
    Tensor y;
    EXPECT_EQ(run_executable(executable, handles({&x, 1}), {&y, 1}, prints).op_id, kNoFailingOp);
    EXPECT_EQ(y.to_vector<float>(), (x + x).to_vector<float>());
  }
}

TEST(Host, MakesViewsContiguous) {
  const Executable executable = doubling();
  PrintBuffer prints;
  const int64_t copies = contiguous_copies();
  const Tensor x = broadcast_to(Tensor(2.f), {3});
  Tensor y;
  run_executable(executable, handles({&x, 1}), {&y, 1}, prints);
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{4, 4, 4}));
  EXPECT_EQ(contiguous_copies(), copies + 1);
}

TEST(Host, WritesIntoInputsThatAreGiven) {
  Executable executable = doubling();
  executable.takes = {{0, 0}};
  const auto memory_after = [&](const Tensor &x, InputMemory memory) {
    const std::vector<float> expected = (x + x).to_vector<float>();
    PrintBuffer prints;
    Tensor y;
    run_executable(executable, handles({&x, 1}), {&y, 1}, prints, {}, {&memory, 1});
    EXPECT_EQ(y.to_vector<float>(), expected);
    EXPECT_EQ(memory == InputMemory::taken, y.node() == x.node());
    return memory;
  };
  const Tensor x = range(0, 100, 1, DType::f32) * 1.0f;
  EXPECT_EQ(memory_after(x, InputMemory::kept), InputMemory::kept);
  EXPECT_EQ(memory_after(x, InputMemory::given), InputMemory::taken);
  EXPECT_EQ(x.to_vector<float>()[7], 14.0f);
  const Tensor other = x;
  EXPECT_EQ(memory_after(x, InputMemory::given), InputMemory::given) << "another handle";
  const Tensor y = x * 1.0f;
  const Tensor view = reshape(y, {10, 10});
  EXPECT_EQ(memory_after(y, InputMemory::given), InputMemory::given) << "a view";
  EXPECT_EQ(memory_after(slice(x * 1.0f, {0}, {50}), InputMemory::given), InputMemory::given) << "part of a buffer";
  EXPECT_EQ(memory_after(reverse(x * 1.0f, {0}), InputMemory::given), InputMemory::given) << "strides";
}

TEST(Host, AWarmCallAllocatesNothingButItsOutputs) {
  if (ETCH_ASAN)
    GTEST_SKIP() << "every block is the system's own under AddressSanitizer";
  const Executable executable = doubling();
  PrintBuffer prints;
  const Tensor x = range(0, 300, 1, DType::f32);
  const auto call = [&] {
    Tensor y;
    run_executable(executable, handles({&x, 1}), {&y, 1}, prints);
  };
  call();
  const AllocatorCounters before = allocator_counters();
  for (int i = 0; i < 10; ++i)
    call();
  const AllocatorCounters after = allocator_counters();
  EXPECT_EQ(after.requests - before.requests, 10);
  EXPECT_EQ(after.system_allocations, before.system_allocations);
  EXPECT_EQ(after.live_bytes, before.live_bytes);
}

TEST(Host, EvaluatesQuotientsAndRejectsOverflow) {
  const Dim n = Dim::symbol("n");
  Executable executable;
  executable.inputs = {{DType::i8, Dims{n}}};
  executable.symbols = {{"n", 0, 0}};
  executable.dims = {Dim::quotient(n * n + Dim(1), n), Dim::quotient(Dim::quotient(n, Dim(2)) + n, Dim(3)),
                     n * n * n * Dim(1'000'000'000'000'000)};
  executable.entry = [](etch_frame *frame) {
    EXPECT_EQ(frame->dims[0], 10);
    EXPECT_EQ(frame->dims[1], 5);
  };
  executable.finalize();
  PrintBuffer prints;
  const Tensor ten = zeros({10}, DType::i8), many = zeros({100'000}, DType::i8);
  run_executable(executable, handles({&ten, 1}), {}, prints);
  EXPECT_EQ(error_code([&] { run_executable(executable, handles({&many, 1}), {}, prints); }), ErrorCode::too_large);
}

TEST(Host, ArenasBeyondTheMachineAreErrors) {
  Executable executable;
  executable.slot_bytes = {Dim(INT64_MAX - 200), Dim(INT64_MAX - 200)};
  executable.entry = [](etch_frame *) { FAIL(); };
  executable.finalize();
  PrintBuffer prints;
  EXPECT_EQ(error_code([&] { run_executable(executable, {}, {}, prints); }), ErrorCode::too_large);
  executable.slot_bytes = {Dim(int64_t{1} << 55)};
  executable.finalize();
  EXPECT_EQ(error_code([&] { run_executable(executable, {}, {}, prints); }), ErrorCode::too_large);
}

Executable gathering() {
  const Dim n = Dim::symbol("n");
  const TensorType params{DType::f32, Dims{5}}, indices{DType::i32, Dims{n}}, result{DType::f32, Dims{n}};
  Executable executable;
  executable.inputs = {params, indices};
  executable.outputs = {result};
  executable.symbols = {{"n", 1, 0}};
  executable.opaque_calls = {{op("gather"), {int64_t{0}, std::string("error")}, 17, {params, indices}, {result}}};
  executable.print_calls = {{op("print"), {std::string("chosen {}")}, 18, {result}, {}}};
  executable.entry = [](etch_frame *frame) {
    void *buffers[] = {frame->inputs[0], frame->inputs[1], frame->outputs[0]};
    frame->host->opaque(frame, 0, buffers);
    frame->host->print(frame, 0, buffers + 2);
  };
  executable.finalize();
  return executable;
}

TEST(Host, RunsOpaqueOpsAndPrints) {
  const Executable executable = gathering();
  PrintBuffer prints;
  const Tensor inputs[] = {constant({0.f, 1.f, 2.f, 3.f, 4.f}), constant({4, 0, 2})};
  Tensor y;
  EXPECT_EQ(run_executable(executable, handles(inputs), {&y, 1}, prints).op_id, kNoFailingOp);
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{4, 0, 2}));
  EXPECT_EQ(prints.text(), "chosen [4. 0. 2.]\n");
}

TEST(Host, ReportsTheFirstFailingCheck) {
  const Executable executable = gathering();
  PrintBuffer prints;
  const Tensor inputs[] = {constant({0.f, 1.f, 2.f, 3.f, 4.f}), constant({4, 0, 5, -1})};
  Tensor y;
  const etch_status status = run_executable(executable, handles(inputs), {&y, 1}, prints);
  EXPECT_EQ(status.op_id, 17);
  EXPECT_EQ(status.kind, kIndexOutOfRange);
  EXPECT_EQ(status.index, 2);
}

TEST(Host, EarlierOpsFailFirst) {
  etch_status status = kNoStatus;
  const ops::Attrs attrs;
  const auto fail = [&](int64_t op_id, int64_t index) {
    report({*op("gather"), attrs, {}, {}, op_id, &status}, kIndexOutOfRange, index);
  };
  fail(9, 4);
  fail(12, 0);
  fail(9, 3);
  fail(9, 7);
  EXPECT_EQ(status.op_id, 9);
  EXPECT_EQ(status.index, 3);
}

TEST(Host, ContractsWithPlainAndGivenKernels) {
  Executable executable;
  executable.inputs = {{DType::f32, Dims{3, 4}}, {DType::f32, Dims{4, 5}}};
  executable.outputs = {{DType::f32, Dims{3, 5}}, {DType::f32, Dims{3, 5}}};
  executable.entry = [](etch_frame *frame) {
    const etch_contraction shape{static_cast<int64_t>(DType::f32), 1, 3, 5, 4, 0, 4, 1, 0, 5, 1, 0, 5};
    frame->host->contract(frame, &shape, frame->inputs[0], frame->inputs[1], frame->outputs[0], nullptr, 0, 0, nullptr);
    // A kernel of one element whose epilogue adds what it is given.
    const auto micro = [](const MicroTile *tile) {
      float *c = static_cast<float *>(tile->c);
      float chain = tile->first ? -0.f : *c;
      for (int64_t p = 0; p < tile->kc; ++p)
        chain = std::fma(static_cast<const float *>(tile->a)[p * tile->a_step],
                         static_cast<const float *>(tile->b)[p * tile->b_step], chain);
      *c = tile->last ? chain + *static_cast<const float *>(tile->epilogue) : chain;
    };
    float addend = 10;
    frame->host->contract(frame, &shape, frame->inputs[0], frame->inputs[1], frame->outputs[1],
                          reinterpret_cast<void *>(static_cast<MicroKernel>(micro)), 1, 1, &addend);
  };
  executable.finalize();
  PrintBuffer prints;
  const Tensor inputs[] = {reshape(range(0, 12, 1, DType::f32), {3, 4}), reshape(range(0, 20, 1, DType::f32), {4, 5})};
  Tensor outputs[2];
  run_executable(executable, handles(inputs), outputs, prints);
  const Tensor product = matmul(inputs[0], inputs[1]);
  EXPECT_EQ(outputs[0].to_vector<float>(), product.to_vector<float>());
  EXPECT_EQ(outputs[1].to_vector<float>(), (product + 10).to_vector<float>());
}

TEST(Host, ParallelForCoversAllTiles) {
  Executable executable;
  executable.outputs = {{DType::i32, Dims{1000}}};
  executable.entry = [](etch_frame *frame) {
    frame->host->parallel_for(
        frame, 1000, 10,
        [](void *context, int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i)
            static_cast<int32_t *>(context)[i] = static_cast<int32_t>(i);
        },
        frame->outputs[0]);
  };
  executable.finalize();
  PrintBuffer prints;
  Tensor y;
  run_executable(executable, {}, {&y, 1}, prints);
  std::vector<int32_t> expected(1000);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(y.to_vector<int32_t>(), expected);
}

TEST(Host, AServiceThatThrowsEndsTheCall) {
  Executable executable;
  // An attribute of the wrong kind, which no compiler emits, stands for any failure of a service.
  executable.print_calls = {{op("print"), {int64_t{3}}, 1, {}, {}}};
  executable.entry = [](etch_frame *frame) { frame->host->print(frame, 0, nullptr); };
  executable.finalize();
  PrintBuffer prints;
  EXPECT_THROW(run_executable(executable, {}, {}, prints), std::bad_variant_access);
}

TEST(Host, CompiledCodeRunsInTheDefaultFloatEnvironment) {
  Executable executable;
  executable.entry = [](etch_frame *) { EXPECT_EQ(_mm_getcsr() & ~0x3fu, 0x1f80u); };
  executable.finalize();
  PrintBuffer prints;
  const unsigned before = _mm_getcsr();
  const unsigned host = 0x1f80 | 0x8040 | 0x6000;
  _mm_setcsr(host);
  run_executable(executable, {}, {}, prints);
  EXPECT_EQ(_mm_getcsr(), host);
  _mm_setcsr(before);
}

} // namespace
} // namespace etch::runtime
