// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The loops around the micro-kernels, after Goto and van de Geijn: a block of B is packed for the outer caches, a block
// of A for L2, and the kernel walks their panels with one panel of B in L1. The work is divided among threads into
// parts of C that share nothing, so that no thread waits for another; each packs what it reads.

#include "runtime/contraction.h"

#include <algorithm>
#include <utility>

namespace etch::runtime {
namespace {

constexpr int64_t kLine = 64;
// Multiply-adds that are worth waking a thread for.
constexpr int64_t kThreadWork = 100'000;
// Parts that pack no more than this do so on the stack.
constexpr int64_t kStackBytes = 32 * 1024;
// A panel of B, which stays in L1 or next to it, a block of A for L2 and a block of B for the caches beyond.
constexpr int64_t kPanelBytesB = 48 * 1024;
constexpr int64_t kBlockBytesA = 384 * 1024;
constexpr int64_t kBlockBytesB = 1024 * 1024;
// Kernels that can read B in place do so up to this many rows of C, and A up to this many columns: packing costs more
// than it saves when a matrix is read few times.
constexpr int64_t kInPlaceRows = 256;
constexpr int64_t kInPlaceColumns = 512;
// The same in tiles where steps that far apart compete for the same sets of the caches; for B, per line of a panel's
// row.
constexpr int64_t kCompetingTilesA = 2;
constexpr int64_t kCompetingTilesB = 8;

bool compete(int64_t step_bytes) { return step_bytes != 0 && step_bytes % 2048 == 0; }

// Most calls are small, and there a division costs as much as a row of C: the common quotient 1 is found without.
int64_t divide_up(int64_t a, int64_t b) { return a <= b ? 1 : (a + b - 1) / b; }
int64_t round_up(int64_t a, int64_t b) { return (a + b - 1) / b * b; }

struct Range {
  int64_t begin, end;
};

// Part `index` of `parts` almost equal parts of [0, count).
Range part_of(int64_t count, int64_t parts, int64_t index) {
  if (parts == 1)
    return {0, count};
  return {count * index / parts, count * (index + 1) / parts};
}

struct Plan {
  // At most mr.
  int64_t tile_rows;
  int64_t row_tiles, column_tiles;
  // Steps, rows and columns of a block.
  int64_t steps, rows, columns;
  bool pack_a, pack_b, pack_edge;
  int64_t block_bytes_a, part_bytes;
  int64_t batch_parts, row_parts, column_parts;

  int64_t parts() const { return batch_parts * row_parts * column_parts; }
};

// Picks the division of one matrix of C into `parts` that is done first, counting 16 multiply-adds or 4 packed elements
// for a cycle.
void divide_matrix(Plan &plan, int64_t nr, int64_t parts) {
  int64_t best = INT64_MAX;
  for (int64_t row_parts = 1; row_parts <= std::min(parts, plan.row_tiles); ++row_parts) {
    const int64_t column_parts = std::min(parts / row_parts, plan.column_tiles);
    const int64_t rows = divide_up(plan.row_tiles, row_parts) * plan.tile_rows;
    const int64_t columns = divide_up(plan.column_tiles, column_parts) * nr;
    const int64_t cost = rows * columns + 4 * (rows + columns);
    if (cost >= best)
      continue;
    best = cost;
    plan.row_parts = row_parts;
    plan.column_parts = column_parts;
  }
}

void divide_among_threads(Plan &plan, const ContractionCall &call) {
  const ContractionShape &s = call.shape;
  plan.batch_parts = plan.row_parts = plan.column_parts = 1;
  if (!call.parallel_for || call.threads <= 1)
    return;
  const double work = static_cast<double>(s.batch) * s.m * s.n * s.k;
  if (work < 2 * kThreadWork)
    return;
  const int64_t threads = std::min<int64_t>(call.threads, work < 1e6 * kThreadWork ? work / kThreadWork : 1e6);
  plan.batch_parts = std::min(threads, s.batch);
  divide_matrix(plan, call.kernel.nr, divide_up(threads, plan.batch_parts));
}

// The tiles of a block when a part has `tiles`: as many as fit the bytes, and blocks of equal size, because a small
// last one would be packed for little use.
int64_t block_tiles(int64_t tiles, int64_t tile_bytes, int64_t block_bytes) {
  if (tiles * tile_bytes <= block_bytes)
    return tiles;
  return divide_up(tiles, divide_up(tiles, std::max<int64_t>(1, block_bytes / tile_bytes)));
}

Plan make_plan(const ContractionCall &call) {
  const ContractionShape &s = call.shape;
  const int64_t mr = call.kernel.mr, nr = call.kernel.nr, abilities = call.kernel.abilities;
  Plan plan;
  plan.row_tiles = divide_up(s.m, mr);
  plan.tile_rows = abilities & kSkipsRows ? divide_up(s.m, plan.row_tiles) : mr;
  plan.row_tiles = divide_up(s.m, plan.tile_rows);
  plan.column_tiles = divide_up(s.n, nr);
  const int64_t nr_bytes = nr * call.element_bytes;
  divide_among_threads(plan, call);

  plan.pack_a = !(abilities & kReadsAnyA && s.n <= kInPlaceColumns &&
                  (!compete(s.a_col * call.element_bytes) || plan.column_tiles <= kCompetingTilesA));
  plan.pack_b = !(abilities & kReadsAnyB && s.b_col == 1 && s.m <= kInPlaceRows &&
                  (!compete(s.b_row * call.element_bytes) || plan.row_tiles <= kCompetingTilesB * nr_bytes / kLine));
  plan.pack_edge = !plan.pack_b && !(abilities & kReadsAnyEdgeB) && s.n % nr != 0;

  plan.steps = s.k * nr_bytes <= kPanelBytesB
                   ? s.k
                   : divide_up(s.k, divide_up(s.k, std::max<int64_t>(kPanelBytesB / nr_bytes, 64)));
  const int64_t a_tile_bytes = plan.steps * mr * call.element_bytes, b_tile_bytes = plan.steps * nr_bytes;
  const int64_t row_tiles = block_tiles(divide_up(plan.row_tiles, plan.row_parts), a_tile_bytes, kBlockBytesA);
  // A panel of B that meets all rows at once is done with: the next one takes its place in L1.
  const bool all_rows = row_tiles == divide_up(plan.row_tiles, plan.row_parts);
  const int64_t part_column_tiles = divide_up(plan.column_tiles, plan.column_parts);
  const int64_t column_tiles = all_rows && plan.pack_b ? 1 : block_tiles(part_column_tiles, b_tile_bytes, kBlockBytesB);
  plan.rows = row_tiles * plan.tile_rows;
  plan.columns = column_tiles * nr;
  plan.block_bytes_a = plan.pack_a ? round_up(a_tile_bytes * row_tiles, kLine) : 0;
  const int64_t packed_tiles_b = plan.pack_b ? column_tiles : plan.pack_edge ? 1 : 0;
  plan.part_bytes = plan.block_bytes_a + round_up(b_tile_bytes * packed_tiles_b, kLine);
  return plan;
}

// One thread's part of C, computed block by block.
class Part {
public:
  Part(const ContractionCall &call, const Plan &plan, int64_t index, char *scratch)
      : call_(call), shape_(call.shape), plan_(plan), packed_a_(scratch), packed_b_(scratch + plan.block_bytes_a) {
    int64_t batch_part = 0, row_part = 0, column_part = 0;
    if (index > 0) {
      column_part = index % plan.column_parts;
      row_part = index / plan.column_parts % plan.row_parts;
      batch_part = index / (plan.column_parts * plan.row_parts);
    }
    batch_ = part_of(shape_.batch, plan.batch_parts, batch_part);
    const Range row_tiles = part_of(plan.row_tiles, plan.row_parts, row_part);
    rows_ = {row_tiles.begin * plan.tile_rows, std::min(row_tiles.end * plan.tile_rows, shape_.m)};
    const Range column_tiles = part_of(plan.column_tiles, plan.column_parts, column_part);
    columns_ = {column_tiles.begin * call.kernel.nr, std::min(column_tiles.end * call.kernel.nr, shape_.n)};
    tile_.epilogue = call.epilogue;
    tile_.ldc = shape_.c_row;
  }

  void run() {
    for (int64_t batch = batch_.begin; batch < batch_.end; ++batch) {
      tile_.batch = batch;
      int64_t step = 0;
      do {
        tile_.kc = std::min(plan_.steps, shape_.k - step);
        tile_.first = step == 0;
        tile_.last = step + tile_.kc == shape_.k;
        for (int64_t column = columns_.begin; column < columns_.end; column += plan_.columns) {
          const Range columns = {column, std::min(column + plan_.columns, columns_.end)};
          load_b(batch, step, columns);
          for (int64_t row = rows_.begin; row < rows_.end; row += plan_.rows) {
            const Range rows = {row, std::min(row + plan_.rows, rows_.end)};
            // A single block of A serves all columns.
            if (column == columns_.begin || rows_.end - rows_.begin > plan_.rows)
              load_a(batch, step, rows);
            run_block(rows, columns);
          }
        }
        step += tile_.kc;
      } while (step < shape_.k);
    }
  }

private:
  const char *a_at(int64_t batch, int64_t row, int64_t step) const {
    return static_cast<const char *>(call_.a) +
           (batch * shape_.a_batch_stride + row * shape_.a_row + step * shape_.a_col) * call_.element_bytes;
  }
  const char *b_at(int64_t batch, int64_t step, int64_t column) const {
    return static_cast<const char *>(call_.b) +
           (batch * shape_.b_batch_stride + step * shape_.b_row + column * shape_.b_col) * call_.element_bytes;
  }

  void pack(const PackJob &job) const { call_.kernels->pack[__builtin_ctzll(call_.element_bytes)](&job); }

  void load_a(int64_t batch, int64_t step, Range rows) {
    a_ = a_at(batch, rows.begin, step);
    if (!plan_.pack_a) {
      tile_.a_row = shape_.a_row;
      tile_.a_step = shape_.a_col;
      a_tile_bytes_ = plan_.tile_rows * shape_.a_row * call_.element_bytes;
      return;
    }
    const int64_t mr = call_.kernel.mr;
    pack({packed_a_, a_, shape_.a_row, shape_.a_col, rows.end - rows.begin, tile_.kc, mr, plan_.tile_rows});
    a_ = packed_a_;
    tile_.a_row = 1;
    tile_.a_step = mr;
    a_tile_bytes_ = tile_.kc * mr * call_.element_bytes;
  }

  void load_b(int64_t batch, int64_t step, Range columns) {
    const int64_t nr = call_.kernel.nr, count = columns.end - columns.begin;
    b_ = b_at(batch, step, columns.begin);
    if (plan_.pack_b) {
      pack({packed_b_, b_, shape_.b_col, shape_.b_row, count, tile_.kc, nr, nr});
      b_ = packed_b_;
      b_step_ = nr;
      b_tile_bytes_ = tile_.kc * nr * call_.element_bytes;
      return;
    }
    b_step_ = shape_.b_row;
    b_tile_bytes_ = nr * call_.element_bytes;
    if (plan_.pack_edge && count % nr != 0) {
      const char *edge = b_ + count / nr * b_tile_bytes_;
      pack({packed_b_, edge, shape_.b_col, shape_.b_row, count % nr, tile_.kc, nr, nr});
    }
  }

  void run_block(Range rows, Range columns) {
    const int64_t nr = call_.kernel.nr;
    const char *b = b_;
    char *const c = static_cast<char *>(call_.c) + (tile_.batch * shape_.c_batch_stride) * call_.element_bytes;
    for (int64_t column = columns.begin; column < columns.end; column += nr, b += b_tile_bytes_) {
      tile_.col = column;
      tile_.n = std::min(nr, columns.end - column);
      const bool edge = plan_.pack_edge && tile_.n < nr;
      tile_.b = edge ? packed_b_ : b;
      tile_.b_step = edge ? nr : b_step_;
      const char *a = a_;
      for (int64_t row = rows.begin; row < rows.end; row += plan_.tile_rows, a += a_tile_bytes_) {
        tile_.a = a;
        tile_.row = row;
        tile_.m = std::min(plan_.tile_rows, rows.end - row);
        tile_.c = c + (row * shape_.c_row + column) * call_.element_bytes;
        call_.kernel.run(&tile_);
      }
    }
  }

  const ContractionCall &call_;
  const ContractionShape &shape_;
  const Plan &plan_;
  char *packed_a_;
  char *packed_b_;
  Range batch_, rows_, columns_;
  MicroTile tile_;
  // The current block of each operand, packed or in place, and the distance of its panels.
  const char *a_;
  const char *b_;
  int64_t a_tile_bytes_, b_tile_bytes_, b_step_;
};

struct Job {
  const ContractionCall &call;
  const Plan &plan;
};

void run_parts(void *context, int64_t begin, int64_t end) {
  const auto &[call, plan] = *static_cast<const Job *>(context);
  alignas(kLine) char stack[kStackBytes];
  for (int64_t index = begin; index < end; ++index) {
    char *scratch =
        plan.part_bytes <= kStackBytes ? stack : static_cast<char *>(call.scratch) + index * plan.part_bytes;
    Part(call, plan, index, scratch).run();
  }
}

bool is_empty(const ContractionShape &shape) { return shape.batch == 0 || shape.m == 0 || shape.n == 0; }

} // namespace

int64_t element_bytes(ContractionElement element) {
  switch (element) {
  case ContractionElement::i8:
    return 1;
  case ContractionElement::i16:
    return 2;
  case ContractionElement::f32:
  case ContractionElement::i32:
    return 4;
  case ContractionElement::f64:
  case ContractionElement::i64:
    break;
  }
  return 8;
}

ContractionCall plain_contraction(const ContractionKernels *kernels, ContractionElement element,
                                  const ContractionShape &shape, const void *a, const void *b, void *c) {
  ContractionShape s = shape;
  const bool rows_continue = s.a_batch_stride == s.m * s.a_row && s.c_batch_stride == s.m * s.c_row;
  if (s.batch > 1 && s.b_batch_stride == 0 && (s.m == 1 || rows_continue)) {
    if (s.m == 1) {
      s.a_row = s.a_batch_stride;
      s.c_row = s.c_batch_stride;
    }
    s.m *= s.batch;
    s.batch = 1;
  }
  // One column, adjacent in memory, is as well one row: multiplication commutes, and rows fill vectors.
  if (s.n == 1 && s.m > 1 && s.c_row == 1) {
    std::swap(a, b);
    s = {s.batch, 1, s.m, s.k, s.b_batch_stride, 0, s.b_row, s.a_batch_stride, s.a_col, s.a_row, s.c_batch_stride, s.m};
  }
  if (s.n == 1)
    s.b_col = 1;
  ContractionCall call = {};
  call.kernels = kernels;
  call.shape = s;
  call.a = a;
  call.b = b;
  call.c = c;
  call.element_bytes = element_bytes(element);
  // A transposed B is packed in pieces whose rows are as long as the panels are narrow: long rows are read as streams.
  call.kernel = kernels->choose(element, s.m, s.b_col == 1 ? s.n : std::min(s.n, 128 / call.element_bytes));
  return call;
}

int64_t contraction_scratch_bytes(const ContractionCall &call) {
  if (is_empty(call.shape))
    return 0;
  const Plan plan = make_plan(call);
  return plan.part_bytes <= kStackBytes ? 0 : plan.part_bytes * plan.parts();
}

void contract(const ContractionCall &call) {
  if (is_empty(call.shape))
    return;
  const Plan plan = make_plan(call);
  Job job = {call, plan};
  if (plan.parts() == 1)
    return run_parts(&job, 0, 1);
  call.parallel_for(call.pool, plan.parts(), 1, run_parts, &job);
}

} // namespace etch::runtime
