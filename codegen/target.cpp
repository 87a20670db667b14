// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/target.h"

#include "runtime/cpu_level.h"
#include "support/environment.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"

#include <algorithm>

namespace etch::codegen {
namespace {

// The height of tiles that cover m rows with the least work, counting the columns of B that each loads as one more row.
int even_rows(int64_t m, int most) {
  int best = most;
  const auto cost = [m](int rows) { return (m + rows - 1) / rows * (rows + 1); };
  for (int rows = most - 1; rows > most / 2; --rows)
    if (cost(rows) < cost(best))
      best = rows;
  return best;
}

} // namespace

Target::Tile Target::contraction_tile(DType dtype, int64_t m, int64_t n) const {
  const int native = lanes(dtype);
  const bool wide = vector_registers >= 32;
  Tile tile{wide ? 14 : 6, 2 * native};
  if (n >= 0 && n <= native)
    tile.columns = native;
  if (m >= 0 && m < tile.rows) {
    tile.rows = static_cast<int>(std::max<int64_t>(m, 1));
    const int registers = wide ? 28 : 12;
    const int fitting = std::clamp(registers / tile.rows, 1, 8);
    const int64_t needed = n < 0 ? fitting : std::max<int64_t>((n + native - 1) / native, 1);
    tile.columns = native * static_cast<int>(std::min<int64_t>(fitting, needed));
  } else if (m >= 0) {
    tile.rows = even_rows(m, tile.rows);
  }
  return tile;
}

const Target &Target::host() {
  static const Target target = [] {
    const bool wide = runtime::cpu_level() == runtime::CpuLevel::v4;
    const std::string wanted = support::environment("ETCH_CPU");
    Target host;
    host.vector_bytes = wide ? 64 : 32;
    host.vector_registers = wide ? 32 : 16;
    host.scales_by_exponent = wide;
    host.specialize = wide ? use_avx512_instructions : nullptr;
    if (wanted == "x86-64-v3" || wanted == "x86-64-v4") {
      host.cpu = wanted;
    } else {
      host.cpu = llvm::sys::getHostCPUName().str();
      for (const auto &feature : llvm::sys::getHostCPUFeatures())
        host.features.append(host.features.empty() ? "" : ",")
            .append(feature.second ? "+" : "-")
            .append(feature.first().str());
    }
    return host;
  }();
  return target;
}

} // namespace etch::codegen
