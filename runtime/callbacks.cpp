// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/callbacks.h"

#include "ops/op_def.h"
#include "runtime/dispatcher.h"
#include "support/require.h"

#include <etch/function.h>

#include <mutex>
#include <unordered_map>

namespace etch {
namespace runtime {
namespace {

struct Registry {
  std::mutex mutex;
  std::unordered_map<int64_t, std::shared_ptr<const Callback>> callbacks;
  int64_t next = 0;
};

// Never destroyed: traces of static objects unregister theirs late.
Registry &registry() {
  static Registry *instance = new Registry;
  return *instance;
}

} // namespace

RegisteredCallback::RegisteredCallback(Callback callback) {
  Registry &all = registry();
  std::lock_guard lock(all.mutex);
  number_ = all.next++;
  all.callbacks.emplace(number_, std::make_shared<const Callback>(std::move(callback)));
}

RegisteredCallback::~RegisteredCallback() {
  Registry &all = registry();
  std::shared_ptr<const Callback> dropped; // after the lock: what it captured may have a destructor
  std::lock_guard lock(all.mutex);
  dropped = std::move(all.callbacks.at(number_));
  all.callbacks.erase(number_);
}

std::shared_ptr<const Callback> find_callback(int64_t number) {
  Registry &all = registry();
  std::lock_guard lock(all.mutex);
  const auto found = all.callbacks.find(number);
  ETCH_CHECK(found != all.callbacks.end()) << "callback " << number;
  return found->second;
}

} // namespace runtime

void on_each_call(std::function<void(const std::vector<Tensor> &)> callback, const std::vector<Tensor> &values,
                  Location location) {
  ETCH_REQUIRE(callback != nullptr, ErrorCode::invalid_argument, location) << "on_each_call: the callback is empty";
  static const ops::OpDef *op = ops::find_op("call_host");
  runtime::Dispatcher &dispatcher = runtime::Dispatcher::current();
  const auto registered = std::make_shared<runtime::RegisteredCallback>(std::move(callback));
  for (const Tensor &value : values)
    ETCH_REQUIRE(value.defined(), ErrorCode::invalid_argument, location)
        << "on_each_call: the values must be defined, got an undefined Tensor";
  const ops::Attrs attrs{registered->number()};
  dispatcher.keep(registered);
  dispatcher.call({*op, values, attrs, nullptr, location}, {});
}

void on_each_call(std::function<void()> callback, Location location) {
  ETCH_REQUIRE(callback != nullptr, ErrorCode::invalid_argument, location) << "on_each_call: the callback is empty";
  on_each_call([callback = std::move(callback)](const std::vector<Tensor> &) { callback(); }, {}, location);
}

Tensor late(const std::function<Tensor()> &read, Location location) {
  ETCH_REQUIRE(read != nullptr, ErrorCode::invalid_argument, location) << "late: the function to ask is empty";
  return runtime::Dispatcher::current().late(read, location);
}

} // namespace etch
