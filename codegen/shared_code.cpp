// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/shared_code.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>

namespace etch::codegen {
namespace {

/// All that the machine code depends on. Without the user's lines: an op that fails is known by its number.
std::string key_of(mlir::ModuleOp module, const CompileOptions &options) {
  std::string key;
  llvm::raw_string_ostream stream(key);
  for (const std::string &pass : options.disabled_passes)
    stream << pass << ' ';
  for (const auto &callee : options.callees) // which the code keeps, so that no other can take its address
    stream << callee.get() << ' ';
  module.print(stream);
  return key;
}

class KnownCode {
public:
  static KnownCode &of_process() {
    static KnownCode *known = new KnownCode; // never destroyed: static objects may call functions
    return *known;
  }

  Compiled find(const std::string &key) {
    std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    return found == entries_.end() ? Compiled() : found->second.shared();
  }

  /// What is to be used: another thread may have been faster.
  Compiled add(std::string key, Compiled compiled) {
    std::lock_guard lock(mutex_);
    if (entries_.size() >= next_sweep_) {
      std::erase_if(entries_, [](const auto &entry) { return entry.second.executable.expired(); });
      next_sweep_ = std::max<size_t>(64, 2 * entries_.size());
    }
    Entry &entry = entries_[std::move(key)];
    if (Compiled known = entry.shared(); known.executable)
      return known;
    entry = {compiled.executable, compiled.written_refs};
    return compiled;
  }

private:
  struct Entry {
    std::weak_ptr<const runtime::Executable> executable;
    std::vector<int> written_refs;

    Compiled shared() const { return {executable.lock(), written_refs, true}; }
  };

  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  size_t next_sweep_ = 64;
};

} // namespace

Compiled compile_or_share(mlir::ModuleOp module, const CompileOptions &options) {
  if (!options.dump_directory.empty()) // every function's stages are asked for
    return compile(module, options);
  std::string key = key_of(module, options);
  if (Compiled known = KnownCode::of_process().find(key); known.executable)
    return known;
  return KnownCode::of_process().add(std::move(key), compile(module, options));
}

} // namespace etch::codegen
