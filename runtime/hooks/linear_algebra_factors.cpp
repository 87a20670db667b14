// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Orthogonal decompositions. Results hold a matrix's factors one after the other.
#include "runtime/hooks/matrices.h"
#include "runtime/hooks/private_eigen.h"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <Eigen/SVD>

#include <cmath>
#include <limits>

namespace etch::runtime::hooks {
namespace {

/// A call that factors matrices of one operand, each into `length` elements of the result.
struct Factoring {
  const OpaqueBuffer &x, &y;
  int64_t rows = x.dims[x.dims.size() - 2], columns = x.dims.back(), k = std::min(rows, columns);
  int64_t length = y.dims.back(), count = y.size() / std::max<int64_t>(length, 1);

  explicit Factoring(const OpaqueCall &call) : x(call.operands[0]), y(call.results[0]) {}
  double flops(double factor) const {
    return factor * static_cast<double>(rows) * static_cast<double>(columns) * static_cast<double>(k);
  }
};

/// Writes factors one after the other.
class FactorWriter {
public:
  FactorWriter(const OpaqueBuffer &to, int64_t first) : to_(to), at_(first) {}
  void operator()(const auto &factor) {
    write_matrix(to_, at_, factor.rows(), factor.cols(), factor.data());
    at_ += factor.size();
  }

private:
  const OpaqueBuffer &to_;
  int64_t at_;
};

// By powers of two, so that nothing is rounded but what gets subnormal.
void scale(Matrix &a, int exponent) {
  a = a.unaryExpr([=](double element) { return std::scalbn(element, exponent); });
}

/// Brings the largest element near 1 and returns the exponent to scale back by. Squares of elements beyond the square
/// roots of the largest and the smallest double would be lost.
int normalize(Matrix &a) {
  const double largest = a.size() == 0 ? 0 : a.cwiseAbs().maxCoeff();
  const int exponent = largest == 0 ? 0 : std::ilogb(largest);
  scale(a, -exponent);
  return exponent;
}

/// a's q and r, with as many columns, respectively rows, as q has.
void factor_qr(Eigen::HouseholderQR<Matrix> &decomposition, Matrix &a, Matrix &q, Matrix &r) {
  q.setIdentity();
  r.setZero();
  if (a.size() == 0)
    return;
  const int exponent = normalize(a);
  decomposition.compute(a);
  q.applyOnTheLeft(decomposition.householderQ());
  r = decomposition.matrixQR().topRows(r.rows()).triangularView<Eigen::Upper>();
  for (Eigen::Index i = 0; i < std::min(r.rows(), r.cols()); ++i)
    if (r(i, i) < 0) {
      r.row(i).tail(r.cols() - i) *= -1;
      q.col(i) *= -1;
    }
  q.array() += 0.0; // no -0 from the changes of sign
  r.array() += 0.0;
  scale(r, exponent);
}

bool has_orthonormal_columns(const Matrix &a, double allowed) {
  Matrix deviation = a.transpose() * a;
  deviation.diagonal().array() -= 1;
  return (deviation.array().abs() <= allowed).all();
}

struct SingularValues {
  Matrix s, u, v;

  template <class Decomposition>
  void take(const Decomposition &decomposition) {
    s = decomposition.singularValues();
    u = decomposition.matrixU();
    v = decomposition.matrixV();
  }
  bool belong_to(const Matrix &a) const {
    const double allowed =
        16 * static_cast<double>(std::max(a.rows(), a.cols())) * std::numeric_limits<double>::epsilon();
    const Matrix residual = a * v.leftCols(s.size()) - u.leftCols(s.size()) * s.col(0).asDiagonal();
    return (residual.array().abs() <= allowed * s(0)).all() && has_orthonormal_columns(u, allowed) &&
           has_orthonormal_columns(v, allowed);
  }

  /// False where there are none, which finite matrices are not known to do.
  bool factor(Matrix &a, unsigned options) {
    if (a.size() == 0) {
      u.setIdentity();
      v.setIdentity();
      return true;
    }
    const int exponent = normalize(a);
    // A new one each time: computing again leaves some of the last matrix's vectors in it.
    take(Eigen::BDCSVD<Matrix>(a, options));
    // Slower, but rotations keep vectors orthonormal where the division loses that: beside columns of very different
    // size.
    if (!belong_to(a))
      take(Eigen::JacobiSVD<Matrix>(a, options));
    scale(s, exponent);
    return !s.hasNaN() && u.allFinite() && v.allFinite();
  }
};

} // namespace

void qr_factors(const OpaqueCall &call) {
  const Factoring f(call);
  if (f.y.size() == 0)
    return;
  const int64_t k = std::get<bool>(call.attrs[0]) ? f.rows : f.k;
  MatrixLoop loop(call, f.count, f.flops(4));
  loop.run([&](int64_t begin, int64_t end) {
    Matrix a(f.rows, f.columns), q(f.rows, k), r(k, f.columns);
    Eigen::HouseholderQR<Matrix> decomposition(f.rows, f.columns);
    for (int64_t i = begin; i < end; ++i) {
      read_matrix(f.x, i * f.rows * f.columns, f.rows, f.columns, a.data());
      if (!a.allFinite()) {
        write_nan(f.y, i * f.length, f.length);
        continue;
      }
      factor_qr(decomposition, a, q, r);
      FactorWriter write(f.y, i * f.length);
      write(q);
      write(r);
    }
  });
}

void svd_factors(const OpaqueCall &call) {
  const Factoring f(call);
  if (f.y.size() == 0)
    return;
  const bool full = std::get<bool>(call.attrs[0]);
  const unsigned options = full ? Eigen::ComputeFullU | Eigen::ComputeFullV : Eigen::ComputeThinU | Eigen::ComputeThinV;
  MatrixLoop loop(call, f.count, f.flops(20));
  loop.run([&](int64_t begin, int64_t end) {
    Matrix a(f.rows, f.columns);
    SingularValues found{Matrix(f.k, 1), Matrix(f.rows, full ? f.rows : f.k),
                         Matrix(f.columns, full ? f.columns : f.k)};
    for (int64_t i = begin; i < end; ++i) {
      read_matrix(f.x, i * f.rows * f.columns, f.rows, f.columns, a.data());
      if (!a.allFinite() || !found.factor(a, options)) {
        write_nan(f.y, i * f.length, f.length);
        continue;
      }
      FactorWriter write(f.y, i * f.length);
      write(found.s);
      write(found.u);
      write(found.v);
    }
  });
}

void eigh_factors(const OpaqueCall &call) {
  const Factoring f(call);
  if (f.y.size() == 0)
    return;
  const int64_t n = f.rows;
  MatrixLoop loop(call, f.count, f.flops(10));
  loop.run([&](int64_t begin, int64_t end) {
    Matrix a(n, n), lower(n, n);
    Eigen::SelfAdjointEigenSolver<Matrix> solver(n);
    for (int64_t i = begin; i < end; ++i) {
      read_matrix(f.x, i * n * n, n, n, a.data());
      lower = a.triangularView<Eigen::Lower>();
      // A solver that gave up says so; it never has on finite numbers.
      if (!lower.allFinite() || solver.compute(lower).info() != Eigen::Success) {
        write_nan(f.y, i * f.length, f.length);
        continue;
      }
      FactorWriter write(f.y, i * f.length);
      write(solver.eigenvalues());
      write(solver.eigenvectors());
    }
  });
}

} // namespace etch::runtime::hooks
