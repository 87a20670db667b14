// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/jit.h"

#include "support/require.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"

#include <atomic>
#include <cstring>

namespace etch::codegen {
namespace {

using namespace llvm;

/// One session for the process. It is never destroyed: executables may outlive static destructors.
orc::LLJIT &session() {
  static orc::LLJIT *jit = [] {
    InitializeNativeTarget();
    InitializeNativeTargetAsmPrinter();
    auto made = orc::LLJITBuilder().create();
    ETCH_CHECK(!!made) << toString(made.takeError());
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
  }

private:
  orc::JITDylib &library_;
};

} // namespace

MappedCode map_object(const SmallVector<char, 0> &object, const char *entry_name) {
  static std::atomic<uint64_t> count{0};
  orc::LLJIT &jit = session();
  const std::string name = "etch." + std::to_string(count++);
  orc::JITDylib &library = jit.getExecutionSession().createBareJITDylib(name);
  auto owner = std::make_shared<Owner>(library);
  MappedCode code;
  code.bytes = static_cast<int64_t>(object.size());
  cantFail(library.define(orc::absoluteSymbols(memory_functions(jit))));
  llvm::Error added = jit.addObjectFile(library, MemoryBuffer::getMemBufferCopy(StringRef(object.data(), object.size()), name));
  ETCH_CHECK(!added) << toString(std::move(added));
  auto entry = jit.lookup(library, entry_name);
  ETCH_CHECK(!!entry) << toString(entry.takeError());
  code.entry = entry->toPtr<etch_executable>();
  code.owner = std::move(owner);
  return code;
}

} // namespace etch::codegen
