// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/jit.h"

#include "support/require.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/TargetSelect.h"

#include <atomic>
#include <cstring>
#include <mutex>
#include <unordered_map>

namespace etch::codegen {
namespace {

using namespace llvm;

/// Learns how much each library's code occupies: the pages that the linker maps until the library is removed.
class PageCount : public orc::ObjectLinkingLayer::Plugin {
public:
  void modifyPassConfig(orc::MaterializationResponsibility &responsibility, jitlink::LinkGraph &,
                        jitlink::PassConfiguration &config) override {
    // Late, when the linker has added its own tables.
    config.PostAllocationPasses.push_back(
        [this, library = &responsibility.getTargetJITDylib()](auto &graph) { return add(*library, graph); });
  }
  llvm::Error notifyFailed(orc::MaterializationResponsibility &responsibility) override {
    take(responsibility.getTargetJITDylib());
    return llvm::Error::success();
  }
  llvm::Error notifyRemovingResources(orc::JITDylib &, orc::ResourceKey) override { return llvm::Error::success(); }
  void notifyTransferringResources(orc::JITDylib &, orc::ResourceKey, orc::ResourceKey) override {}

  int64_t take(const orc::JITDylib &library) {
    std::lock_guard lock(mutex_);
    auto node = bytes_.extract(&library);
    return node ? node.mapped() : 0;
  }

private:
  llvm::Error add(const orc::JITDylib &library, jitlink::LinkGraph &graph) {
    auto sizes = jitlink::BasicLayout(graph).getContiguousPageBasedLayoutSizes(sys::Process::getPageSizeEstimate());
    if (!sizes)
      return sizes.takeError();
    std::lock_guard lock(mutex_);
    bytes_[&library] += static_cast<int64_t>(sizes->StandardSegs);
    return llvm::Error::success();
  }

  std::mutex mutex_;
  std::unordered_map<const orc::JITDylib *, int64_t> bytes_;
};

const std::shared_ptr<PageCount> &page_count() {
  static const auto *count = new std::shared_ptr<PageCount>(std::make_shared<PageCount>());
  return *count;
}

std::atomic<int64_t> all_live_bytes{0};

/// One session for the process. It is never destroyed: executables may outlive static destructors.
orc::LLJIT &session() {
  static orc::LLJIT *jit = [] {
    InitializeNativeTarget();
    InitializeNativeTargetAsmPrinter();
    auto made = orc::LLJITBuilder().create();
    ETCH_CHECK(!!made) << toString(made.takeError());
    auto *layer = dyn_cast<orc::ObjectLinkingLayer>(&(*made)->getObjLinkingLayer());
    ETCH_CHECK(layer != nullptr) << "this machine's linking layer is not JITLink";
    layer->addPlugin(page_count());
    return made->release();
  }();
  return *jit;
}

/// The only functions that generated code calls by name: what LLVM makes of stores and copies.
orc::SymbolMap memory_functions(orc::LLJIT &jit) {
  orc::SymbolMap symbols;
  const auto define = [&](const char *name, void *address) {
    symbols[jit.mangleAndIntern(name)] = {orc::ExecutorAddr::fromPtr(address), JITSymbolFlags::Exported};
  };
  define("memcpy", reinterpret_cast<void *>(&std::memcpy));
  define("memmove", reinterpret_cast<void *>(&std::memmove));
  define("memset", reinterpret_cast<void *>(&std::memset));
  return symbols;
}

/// Frees a library's code when the last user lets go.
class Owner {
public:
  explicit Owner(orc::JITDylib &library) : library_(library) {}
  Owner(const Owner &) = delete;
  ~Owner() {
    if (llvm::Error error = session().getExecutionSession().removeJITDylib(library_))
      consumeError(std::move(error)); // the code stays mapped; there is nobody to tell
    else
      all_live_bytes.fetch_sub(bytes_, std::memory_order_relaxed);
  }
  int64_t count_bytes() {
    bytes_ = page_count()->take(library_);
    all_live_bytes.fetch_add(bytes_, std::memory_order_relaxed);
    return bytes_;
  }

private:
  orc::JITDylib &library_;
  int64_t bytes_ = 0;
};

} // namespace

MappedCode map_object(const SmallVector<char, 0> &object, const char *entry_name) {
  static std::atomic<uint64_t> count{0};
  orc::LLJIT &jit = session();
  const std::string name = "etch." + std::to_string(count++);
  orc::JITDylib &library = jit.getExecutionSession().createBareJITDylib(name);
  auto owner = std::make_shared<Owner>(library);
  MappedCode code;
  cantFail(library.define(orc::absoluteSymbols(memory_functions(jit))));
  llvm::Error added =
      jit.addObjectFile(library, MemoryBuffer::getMemBufferCopy(StringRef(object.data(), object.size()), name));
  ETCH_CHECK(!added) << toString(std::move(added));
  auto entry = jit.lookup(library, entry_name);
  ETCH_CHECK(!!entry) << toString(entry.takeError());
  code.entry = entry->toPtr<etch_executable>();
  code.bytes = owner->count_bytes();
  code.owner = std::move(owner);
  return code;
}

int64_t live_code_bytes() { return all_live_bytes.load(std::memory_order_relaxed); }

} // namespace etch::codegen
