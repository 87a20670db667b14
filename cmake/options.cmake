# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
option(ETCH_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(ETCH_BUILD_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(ETCH_BUILD_BENCHMARKS "Build the benchmarks" ${PROJECT_IS_TOP_LEVEL})
option(ETCH_WARNINGS_AS_ERRORS "Treat warnings as errors" OFF)
set(ETCH_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
  if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
  endif()
  find_program(ETCH_CCACHE ccache)
  if(ETCH_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER AND NOT ETCH_WARNINGS_AS_ERRORS)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${ETCH_CCACHE})
  endif()
endif()

# Flags every etch target is compiled with. No contraction: `fma` in the sources is the only fused operation, else
# eager results would differ from compiled ones. g++ 12 reports -Wrestrict and -Wstringop-overflow falsely for "text" + std::string.
add_library(etch_flags INTERFACE)
target_compile_options(etch_flags INTERFACE -Wall -Wextra -Wno-unused-parameter -Wno-restrict -Wno-stringop-overflow -ffp-contract=off)
# A warm call reads several thread_locals, each of which would cost it a call. Keep them small: a library that is loaded
# late finds some 1,600 bytes for the thread_locals of this kind (the test tracer.loaded_late). TLS descriptors would not
# do: before glibc 2.40 they may clobber vector registers.
target_compile_options(etch_flags INTERFACE -ftls-model=initial-exec)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES) # inside a project that chose none
  target_compile_options(etch_flags INTERFACE -O2)
endif()
if(ETCH_WARNINGS_AS_ERRORS)
  target_compile_options(etch_flags INTERFACE -Werror)
endif()
if(ETCH_SANITIZE)
  target_compile_options(etch_flags INTERFACE -fsanitize=${ETCH_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(etch_flags INTERFACE -fsanitize=${ETCH_SANITIZE})
  if(ETCH_SANITIZE MATCHES undefined)
    target_compile_options(etch_flags INTERFACE -fno-sanitize-recover=undefined -fno-sanitize=vptr)
  endif()
endif()
target_include_directories(etch_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include
                                                ${PROJECT_BINARY_DIR}/generated/include ${PROJECT_BINARY_DIR}/generated)
