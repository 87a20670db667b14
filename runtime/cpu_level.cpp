// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cpu_level.h"

#include "support/environment.h"
#include "support/require.h"

#include <cpuid.h>

#include <cstdint>
#include <cstring>

namespace etch::runtime {
namespace {

struct Registers {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf = 0) {
  Registers r;
  __get_cpuid_count(leaf, subleaf, &r.a, &r.b, &r.c, &r.d);
  return r;
}

// Which register sets the operating system saves: bits 1 and 2 for AVX, 5 to 7 for AVX-512.
uint64_t saved_state() {
  if (!(cpuid(1).c & bit_OSXSAVE))
    return 0;
  unsigned low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
}

bool has_all(unsigned bits, unsigned wanted) { return (bits & wanted) == wanted; }

bool supports_v3() {
  constexpr uint64_t avx_state = 0x6;
  return (saved_state() & avx_state) == avx_state &&
         has_all(cpuid(1).c, bit_AVX | bit_FMA | bit_F16C | bit_MOVBE | bit_POPCNT | bit_SSE4_2) &&
         has_all(cpuid(7).b, bit_AVX2 | bit_BMI | bit_BMI2) && has_all(cpuid(0x80000001).c, bit_LZCNT);
}

bool supports_v4() {
  constexpr uint64_t avx512_state = 0xe6;
  return (saved_state() & avx512_state) == avx512_state &&
         has_all(cpuid(7).b, bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL);
}

} // namespace

const char *name_of(CpuLevel level) { return level == CpuLevel::v4 ? "x86-64-v4" : "x86-64-v3"; }

CpuLevel native_cpu_level() {
  ETCH_REQUIRE(supports_v3(), ErrorCode::unsupported, Location{})
      << "etch: the processor must have the x86-64-v3 instructions (AVX2, FMA, BMI2), got " << processor_name();
  return supports_v4() ? CpuLevel::v4 : CpuLevel::v3;
}

CpuLevel parse_cpu_level(const std::string &text, CpuLevel native) {
  if (text.empty() || text == "native")
    return native;
  ETCH_REQUIRE(text == "x86-64-v3" || text == "x86-64-v4", ErrorCode::invalid_argument, Location{})
      << "ETCH_CPU: must be x86-64-v3, x86-64-v4 or native, got '" << text << "'";
  const CpuLevel level = text == "x86-64-v4" ? CpuLevel::v4 : CpuLevel::v3;
  ETCH_REQUIRE(level <= native, ErrorCode::unsupported, Location{})
      << "ETCH_CPU: the processor must have the instructions of " << text << ", got " << processor_name();
  return level;
}

CpuLevel cpu_level() {
  static const CpuLevel level = parse_cpu_level(support::environment("ETCH_CPU"), native_cpu_level());
  return level;
}

std::string processor_name() {
  char name[49] = {};
  if (cpuid(0x80000000).a < 0x80000004)
    return "an unknown processor";
  for (unsigned part = 0; part < 3; ++part) {
    const Registers r = cpuid(0x80000002 + part);
    std::memcpy(name + 16 * part, &r, sizeof r);
  }
  const std::string text = name;
  const size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? "an unknown processor" : text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

} // namespace etch::runtime
