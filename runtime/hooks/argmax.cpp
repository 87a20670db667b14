// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/table.h"
#include "runtime/opaque.h"
#include "runtime/thread_pool.h"

#include <algorithm>

namespace etch::runtime::hooks {
namespace {

struct Search {
  const ArgmaxKernels &kernels;
  int64_t count, inner, element_bytes;
  const char *in;
  int64_t *out;

  static void run(void *context, int64_t begin, int64_t end) {
    const Search &self = *static_cast<const Search *>(context);
    for (int64_t slab = begin; slab < end; ++slab) {
      const void *in = self.in + slab * self.count * self.inner * self.element_bytes;
      if (self.inner == 1)
        self.kernels.row(self.count, self.out + slab, in);
      else
        self.kernels.columns(self.count, self.inner, self.inner, self.out + slab * self.inner, in);
    }
  }
};

} // namespace

void argmax(const OpaqueCall &call) {
  const OpaqueBuffer &x = call.operands[0];
  if (call.results[0].size() == 0)
    return;
  const int64_t rank = static_cast<int64_t>(x.dims.size());
  const int64_t axis = std::get<int64_t>(call.attrs[0]);
  const size_t along = static_cast<size_t>(axis < 0 ? axis + rank : axis);
  int64_t outer = 1, inner = 1;
  for (size_t d = 0; d < x.dims.size(); ++d)
    (d < along ? outer : inner) *= d == along ? 1 : x.dims[d];
  Search search{kernels().argmax(x.dtype), x.dims[along], inner, static_cast<int64_t>(size_of(x.dtype)),
                x.as<const char>(), call.results[0].as<int64_t>()};
  parallel_for(outer, (int64_t{1} << 15) / std::max<int64_t>(search.count * inner, 1) + 1, Search::run, &search);
}

} // namespace etch::runtime::hooks
