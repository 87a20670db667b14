# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
list(APPEND CMAKE_PREFIX_PATH /usr/lib/llvm-22)
find_package(MLIR 22.1 REQUIRED CONFIG)
find_package(LLVM 22.1 REQUIRED CONFIG)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})

# Everything that includes MLIR or LLVM headers links this. Debian's LLVM is built with RTTI and without assertions.
add_library(etch_mlir INTERFACE)
target_include_directories(etch_mlir SYSTEM INTERFACE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
target_link_libraries(etch_mlir INTERFACE MLIR LLVM)
target_compile_definitions(etch_mlir INTERFACE ${LLVM_DEFINITIONS_LIST})
