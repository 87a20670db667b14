// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "codegen/compile.h"

#include "codegen/emit_program.h"
#include "codegen/jit.h"
#include "codegen/lower_to_llvm.h"
#include "codegen/pipeline.h"
#include "ir/attrs.h"
#include "ir/kernel_dialect.h"
#include "ir/types.h"
#include "support/require.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/Utils/Cloning.h"

#include <chrono>
#include <iostream>
#include <map>
#include <mutex>

namespace etch::codegen {
namespace {

using namespace mlir;

std::vector<ops::TensorType> types_of(ArrayAttr attrs) {
  std::vector<ops::TensorType> types;
  for (Attribute attr : attrs) {
    const Type type = cast<TypeAttr>(attr).getValue();
    types.push_back(ir::to_tensor_type(type));
  }
  return types;
}

std::vector<ops::TensorType> types_of(TypeRange range) {
  std::vector<ops::TensorType> types;
  for (Type type : range)
    types.push_back(ir::to_tensor_type(type));
  return types;
}

/// Inputs, outputs, which of these may take whose memory, and where the symbols come from: once refs are values.
void describe_interface(func::FuncOp function, runtime::Executable &executable) {
  executable.inputs = types_of(function.getArgumentTypes());
  executable.outputs = types_of(function.getResultTypes());
  if (auto takes = function->getAttrOfType<DenseI64ArrayAttr>("etch.takes"))
    for (llvm::ArrayRef<int64_t> pairs = takes.asArrayRef(); !pairs.empty(); pairs = pairs.drop_front(2))
      executable.takes.push_back({static_cast<int>(pairs[0]), static_cast<int>(pairs[1])});
  for (size_t input = 0; input < executable.inputs.size(); ++input) {
    const ops::Dims &dims = executable.inputs[input].dims;
    for (size_t axis = 0; axis < dims.size(); ++axis)
      if (!dims[axis].is_static() && ops::Dim::symbol(dims[axis].text()) == dims[axis])
        executable.symbols.push_back({dims[axis].text(), static_cast<int>(input), static_cast<int>(axis)});
  }
}

/// The records behind the program's host calls, and the counters.
void describe_program(ir::exec::ProgramOp program, const CompileOptions &options, runtime::Executable &executable) {
  executable.static_arena_bytes = program.getArenaBytes();
  executable.slot_bytes = ir::to_dims(program.getSlots());
  for (Operation &op : program.getBody().front()) {
    executable.kernel_count += isa<ir::exec::LaunchOp, ir::exec::ContractOp, ir::exec::HostCallOp>(op);
    auto call = dyn_cast<ir::exec::HostCallOp>(op);
    if (!call)
      continue;
    runtime::Executable::HostCall record;
    record.op = ops::find_op(call->getAttrOfType<StringAttr>("op").getValue().str());
    auto attributes = call->getAttrOfType<DictionaryAttr>("attributes");
    if (record.op)
      record.attrs = ir::attrs_of(attributes, *record.op);
    else // a call of another function
      record.callee = options.callees[static_cast<size_t>(attributes.getAs<IntegerAttr>("index").getInt())];
    auto id = attributes.getAs<IntegerAttr>("etch.op_id");
    record.op_id = id ? id.getInt() : 0;
    record.operands = types_of(call->getAttrOfType<ArrayAttr>("operand_types"));
    record.results = types_of(call->getAttrOfType<ArrayAttr>("result_types"));
    executable.has_prints |= call.getService() == "print" || (record.callee && record.callee->has_prints);
    (call.getService() == "print" ? executable.print_calls : executable.opaque_calls).push_back(std::move(record));
  }
}

/// Operations in kernels of more than one: those whose results may stay in registers.
int count_fused_ops(func::FuncOp function) {
  int count = 0;
  for (auto cluster : function.getOps<ir::kernel::ClusterOp>()) {
    const int ops = static_cast<int>(llvm::range_size(cluster.getBody().front().without_terminator()));
    count += ops > 1 ? ops : 0;
  }
  return count;
}

std::string text_of(const Pipeline &pipeline, ModuleOp module, Phase phase) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (phase == Phase::assembly)
    stream << llvm::StringRef(pipeline.code.data(), pipeline.code.size());
  else if (phase == Phase::llvm)
    pipeline.llvm_module->print(stream, nullptr);
  else
    module.print(stream);
  return text;
}

// One set of files for each compiled function, though functions share names and a function has many signatures.
std::string unique_name(const std::string &name) {
  static std::mutex mutex;
  static std::map<std::string, int> uses;
  std::lock_guard lock(mutex);
  const int use = ++uses[name];
  return use == 1 ? name : name + "-" + std::to_string(use);
}

void write_stage(const std::string &directory, const std::string &name, Phase phase, const std::string &text) {
  ETCH_REQUIRE(!llvm::sys::fs::create_directories(directory), ErrorCode::io, Location{})
      << "ETCH_DUMP: cannot create directory " << directory;
  const char *suffix = phase == Phase::assembly ? ".s" : phase == Phase::llvm ? ".ll" : ".mlir";
  const std::string path =
      directory + "/" + name + "." + std::to_string(static_cast<int>(phase)) + "-" + name_of(phase) + suffix;
  std::error_code error;
  llvm::raw_fd_ostream file(path, error);
  ETCH_REQUIRE(!error, ErrorCode::io, Location{}) << "ETCH_DUMP: cannot write " << path << ": " << error.message();
  file << text;
}

} // namespace

Compiled compile(ModuleOp module, const CompileOptions &options) {
  const auto start = std::chrono::steady_clock::now();
  Pipeline pipeline{options, Target::host(), {}, {}, {}, nullptr, {}};
  auto executable = std::make_shared<runtime::Executable>();
  const std::string dump_name = options.dump_directory.empty() ? "" : unique_name(options.name);
  pipeline.run(module, Phase::llvm, [&](Phase phase) {
    if (!options.dump_directory.empty())
      write_stage(options.dump_directory, dump_name, phase, text_of(pipeline, module, phase));
    if (phase == Phase::etch)
      executable->op_count = static_cast<int>(llvm::range_size(module.lookupSymbol<func::FuncOp>("main").front())) - 1;
    if (phase == Phase::optimized) {
      auto function = module.lookupSymbol<func::FuncOp>("main");
      describe_interface(function, *executable);
      executable->fused_op_count = count_fused_ops(function);
      if (options.log_kernels)
        std::cerr << "etch: kernels of " << options.name << "\n" << kernels_text(module);
    }
    if (phase == Phase::kernels)
      describe_program(*module.getOps<ir::exec::ProgramOp>().begin(), options, *executable);
  });
  if (!options.dump_directory.empty()) {
    auto copy = llvm::CloneModule(*pipeline.llvm_module);
    const auto assembly = generate_code(*copy, pipeline.target, true);
    write_stage(options.dump_directory, dump_name, Phase::assembly, {assembly.begin(), assembly.end()});
  }
  MappedCode mapped = map_object(generate_code(*pipeline.llvm_module, pipeline.target, false), kEntryName);
  executable->entry = mapped.entry;
  executable->code = std::move(mapped.owner);
  executable->code_bytes = mapped.bytes;
  executable->dims = pipeline.dims.dims();
  executable->compile_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  executable->finalize();
  if (options.log_timing)
    std::cerr << "etch: compiled " << options.name << ": " << executable->op_count << " ops, "
              << executable->kernel_count << " kernels, " << executable->compile_ms << " ms\n";
  return {std::move(executable), std::move(pipeline.written_refs)};
}

std::string lower_to_text(ModuleOp module, Phase phase, const CompileOptions &options) {
  Pipeline pipeline{options, Target::host(), {}, {}, {}, nullptr, {}};
  std::string text;
  pipeline.run(module, phase, [&](Phase done) {
    if (done == phase)
      text = text_of(pipeline, module, phase);
  });
  return text;
}

} // namespace etch::codegen
