// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Cholesky and LU decompositions and what is solved by them.
#include "runtime/hooks/matrices.h"
#include "runtime/hooks/private_eigen.h"

#include <Eigen/Cholesky>
#include <Eigen/LU>

#include <cmath>

namespace etch::runtime::hooks {
namespace {

double cube(int64_t n) { return static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n); }

bool has_zero_on_diagonal(const Matrix &a) { return (a.diagonal().array() == 0.0).any(); }

/// A call that solves a matmul x = b, matrix by matrix.
struct Equations {
  const OpaqueBuffer &a, &b, &x;
  int64_t n = b.dims[b.dims.size() - 2], columns = b.dims.back(), count = x.size() / std::max<int64_t>(n * columns, 1);
  BroadcastBatch of_a{a.dims, x.dims}, of_b{b.dims, x.dims};

  explicit Equations(const OpaqueCall &call) : a(call.operands[0]), b(call.operands[1]), x(call.results[0]) {}
  double flops() const { return cube(n) + 2.0 * static_cast<double>(n * n) * static_cast<double>(columns); }

  /// For each x: factor(at) where a changes, which says if a can be solved by, then solve_in_place(b).
  template <class Factor, class Solve>
  void run(MatrixLoop &loop, int64_t begin, int64_t end, const Factor &factor, const Solve &solve_in_place) const {
    Matrix right(n, columns);
    int64_t factored = -1;
    bool is_regular = false;
    for (int64_t i = begin; i < end; ++i) {
      if (const int64_t at = of_a[i]; at != factored) {
        is_regular = factor(at * n * n);
        factored = at;
      }
      if (!is_regular) {
        loop.reject(i);
        write_nan(x, i * n * columns, n * columns);
        continue;
      }
      read_matrix(b, of_b[i] * n * columns, n, columns, right.data());
      solve_in_place(right);
      write_matrix(x, i * n * columns, n, columns, right.data());
    }
  }
};

} // namespace

void cholesky(const OpaqueCall &call) {
  const OpaqueBuffer &x = call.operands[0], &y = call.results[0];
  if (y.size() == 0)
    return;
  const int64_t n = y.dims.back(), elements = n * n;
  MatrixLoop loop(call, y.size() / elements, cube(n) / 3);
  loop.run([&](int64_t begin, int64_t end) {
    Matrix a(n, n);
    Eigen::LLT<Matrix> decomposition(n);
    for (int64_t i = begin; i < end; ++i) {
      read_matrix(x, i * elements, n, n, a.data());
      decomposition.compute(a);
      a = decomposition.matrixL();
      // NaN passes Eigen's own test.
      if (decomposition.info() == Eigen::Success && (a.diagonal().array() > 0.0).all() && a.allFinite()) {
        write_matrix(y, i * elements, n, n, a.data());
      } else {
        loop.reject(i);
        write_nan(y, i * elements, elements);
      }
    }
  });
  loop.report_rejected("positive definite");
}

void solve(const OpaqueCall &call) {
  const Equations equations(call);
  if (equations.x.size() == 0)
    return;
  const bool adjoint = std::get<bool>(call.attrs[0]);
  const int64_t n = equations.n;
  MatrixLoop loop(call, equations.count, equations.flops());
  loop.run([&](int64_t begin, int64_t end) {
    Matrix a(n, n);
    Eigen::PartialPivLU<Matrix> lu(n);
    equations.run(
        loop, begin, end,
        [&](int64_t first) {
          read_matrix(equations.a, first, n, n, a.data());
          lu.compute(a);
          return !has_zero_on_diagonal(lu.matrixLU());
        },
        [&](Matrix &right) {
          if (adjoint)
            right = lu.transpose().solve(right).eval();
          else
            right = lu.solve(right).eval();
        });
  });
  loop.report_rejected("invertible");
}

void triangular_solve(const OpaqueCall &call) {
  const Equations equations(call);
  if (equations.x.size() == 0)
    return;
  const bool lower = std::get<bool>(call.attrs[0]), adjoint = std::get<bool>(call.attrs[1]);
  const int64_t n = equations.n;
  MatrixLoop loop(call, equations.count, equations.flops());
  loop.run([&](int64_t begin, int64_t end) {
    Matrix a(n, n);
    equations.run(
        loop, begin, end,
        [&](int64_t first) {
          (adjoint ? read_transposed : read_matrix)(equations.a, first, n, n, a.data());
          return !has_zero_on_diagonal(a);
        },
        [&](Matrix &right) {
          if (lower != adjoint)
            a.triangularView<Eigen::Lower>().solveInPlace(right);
          else
            a.triangularView<Eigen::Upper>().solveInPlace(right);
        });
  });
  loop.report_rejected("invertible");
}

void inv(const OpaqueCall &call) {
  const OpaqueBuffer &x = call.operands[0], &y = call.results[0];
  if (y.size() == 0)
    return;
  const int64_t n = y.dims.back(), elements = n * n;
  MatrixLoop loop(call, y.size() / elements, 2 * cube(n));
  loop.run([&](int64_t begin, int64_t end) {
    Matrix a(n, n);
    Eigen::PartialPivLU<Matrix> lu(n);
    for (int64_t i = begin; i < end; ++i) {
      read_matrix(x, i * elements, n, n, a.data());
      lu.compute(a);
      if (has_zero_on_diagonal(lu.matrixLU())) {
        loop.reject(i);
        write_nan(y, i * elements, elements);
        continue;
      }
      a = lu.inverse();
      write_matrix(y, i * elements, n, n, a.data());
    }
  });
  loop.report_rejected("invertible");
}

void det(const OpaqueCall &call) {
  const OpaqueBuffer &x = call.operands[0], &y = call.results[0];
  const int64_t n = x.dims.back(), elements = n * n;
  MatrixLoop loop(call, y.size(), cube(n));
  loop.run([&](int64_t begin, int64_t end) {
    Matrix a(n, n);
    Eigen::PartialPivLU<Matrix> lu(n);
    for (int64_t i = begin; i < end; ++i) {
      double determinant = 1;
      if (n > 0) {
        read_matrix(x, i * elements, n, n, a.data());
        determinant = lu.compute(a).determinant() + 0.0; // never -0, whatever the number of exchanged rows
      }
      write_matrix(y, i, 1, 1, &determinant);
    }
  });
}

} // namespace etch::runtime::hooks
