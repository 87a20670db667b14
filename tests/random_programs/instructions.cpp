// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/random_programs/instructions.h"

#include "runtime/kernels/table.h"

#include <atomic>

namespace etch::test {
namespace {

std::atomic<const runtime::KernelTable *> chosen{nullptr};

} // namespace

std::optional<runtime::CpuLevel> other_cpu_level() {
  using runtime::CpuLevel;
  if (runtime::native_cpu_level() == CpuLevel::v3)
    return std::nullopt;
  return runtime::cpu_level() == CpuLevel::v4 ? CpuLevel::v3 : CpuLevel::v4;
}

EagerKernels::EagerKernels(runtime::CpuLevel level) { chosen = &runtime::kernels(level); }
EagerKernels::~EagerKernels() { chosen = nullptr; }

} // namespace etch::test

extern "C" {

const etch::runtime::KernelTable &__real__ZN4etch7runtime7kernelsEv();

const etch::runtime::KernelTable &__wrap__ZN4etch7runtime7kernelsEv() {
  const etch::runtime::KernelTable *table = etch::test::chosen;
  return table ? *table : __real__ZN4etch7runtime7kernelsEv();
}
}
