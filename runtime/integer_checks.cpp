// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/integer_checks.h"

#include "runtime/dispatcher.h"
#include "support/require.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

namespace etch {
namespace {

std::atomic<bool> check_switch{false};

thread_local int check_scope = -1; // of the innermost CheckIntegers: 0, 1, or -1 for none

} // namespace

void check_integers(bool check) { check_switch.store(check, std::memory_order_relaxed); }

bool integers_are_checked() {
  return check_scope >= 0 ? check_scope == 1 : check_switch.load(std::memory_order_relaxed);
}

CheckIntegers::CheckIntegers(bool check) : previous_(std::exchange(check_scope, check ? 1 : 0)) {}
CheckIntegers::~CheckIntegers() { check_scope = previous_; }

namespace runtime {
namespace {

/// "floordiv: b must not be 0, …, got a = {} and b = {}"
std::string text_of(const ops::OpDef &op, const ops::OpDef &rule) {
  std::string text = std::string(op.name) + ": " + rule.summary + ", got ";
  for (size_t i = 0; i < op.operand_names.size(); ++i)
    text += std::string(i ? " and " : "") + op.operand_names[i] + " = {}";
  return text;
}

} // namespace

void check_integers(const ops::OpDef &op, std::span<const Tensor> operands, Location location) {
  static const ops::OpDef *check_elements = ops::find_op("check_elements");
  const ops::OpDef *rule = ops::find_op(op.integer_check);
  ETCH_CHECK(rule && check_elements);
  const auto is_checked = [&](const Tensor &x) { return is_integer(x.dtype()) && x.dtype() == operands[0].dtype(); };
  if (!std::ranges::all_of(operands, is_checked))
    return;
  std::vector<Tensor> values(1);
  Dispatcher &dispatcher = Dispatcher::current();
  dispatcher.call({*rule, operands, {}, nullptr, location}, values);
  values.insert(values.end(), operands.begin(), operands.end());
  dispatcher.call({*check_elements, values, {text_of(op, *rule)}, nullptr, location}, {});
}

} // namespace runtime
} // namespace etch
