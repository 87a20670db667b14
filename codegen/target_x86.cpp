// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/target.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/IntrinsicsX86.h"
#include "llvm/IR/Module.h"

#include <numeric>

namespace etch::codegen {
namespace {

constexpr unsigned kVectorBits = 512;
// vrange's immediates: which one, and the sign of the result from the comparison. Rounding as the environment says.
constexpr int kMinimum = 4, kMaximum = 5, kCurrentRounding = 4;

// vrange orders -0 below +0 but drops a NaN; the addition brings it back.
llvm::Value *by_range(llvm::IRBuilder<> &b, bool maximum, llvm::Value *x, llvm::Value *y) {
  const bool single = x->getType()->getScalarType()->isFloatTy();
  const llvm::Intrinsic::ID range =
      single ? llvm::Intrinsic::x86_avx512_mask_range_ps_512 : llvm::Intrinsic::x86_avx512_mask_range_pd_512;
  llvm::Value *every_lane = llvm::ConstantInt::getAllOnesValue(b.getIntNTy(single ? 16 : 8));
  llvm::Value *ordered = b.CreateIntrinsic(
      range, {}, {x, y, b.getInt32(maximum ? kMaximum : kMinimum), x, every_lane, b.getInt32(kCurrentRounding)});
  return b.CreateSelect(b.CreateFCmpUNO(x, y), b.CreateFAdd(x, y), ordered);
}

llvm::Value *lanes_of(llvm::IRBuilder<> &b, llvm::Value *vector, unsigned first, unsigned count) {
  llvm::SmallVector<int> lanes(count);
  std::iota(lanes.begin(), lanes.end(), static_cast<int>(first));
  return b.CreateShuffleVector(vector, lanes);
}

/// Null for types that vrange does not take.
llvm::Value *native_extremum(llvm::IntrinsicInst &call) {
  auto *type = llvm::dyn_cast<llvm::FixedVectorType>(call.getType());
  if (!type || !(type->getElementType()->isFloatTy() || type->getElementType()->isDoubleTy()))
    return nullptr;
  const unsigned width = kVectorBits / type->getScalarSizeInBits();
  if (type->getNumElements() % width != 0)
    return nullptr;
  llvm::IRBuilder<> b(&call);
  const bool maximum = call.getIntrinsicID() == llvm::Intrinsic::maximum;
  llvm::Value *x = call.getArgOperand(0), *y = call.getArgOperand(1);
  if (type->getNumElements() == width)
    return by_range(b, maximum, x, y);
  llvm::Value *result = llvm::PoisonValue::get(type);
  for (unsigned first = 0; first < type->getNumElements(); first += width)
    result = b.CreateInsertVector(
        type, result, by_range(b, maximum, lanes_of(b, x, first, width), lanes_of(b, y, first, width)), first);
  return result;
}

} // namespace

void use_avx512_instructions(llvm::Module &module) {
  llvm::SmallVector<llvm::IntrinsicInst *> calls;
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction : llvm::instructions(function))
      if (auto *call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction))
        if (call->getIntrinsicID() == llvm::Intrinsic::maximum || call->getIntrinsicID() == llvm::Intrinsic::minimum)
          calls.push_back(call);
  for (llvm::IntrinsicInst *call : calls) {
    if (llvm::isa<llvm::Constant>(call->getArgOperand(0)) || llvm::isa<llvm::Constant>(call->getArgOperand(1)))
      continue; // the code generator knows which zero it is
    if (llvm::Value *native = native_extremum(*call)) {
      call->replaceAllUsesWith(native);
      call->eraseFromParent();
    }
  }
}

} // namespace etch::codegen
