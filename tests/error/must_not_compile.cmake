# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Fails unless the compiler refuses a case with the sentence, a regular expression, in what it says.
#   cmake -DCOMPILER=… -DSOURCE=… -DINCLUDE=… -DGENERATED=… -DCASE=… -DSENTENCE=… -P must_not_compile.cmake
execute_process(COMMAND ${COMPILER} -std=c++20 -fsyntax-only -DCASE=${CASE} -I${INCLUDE} -I${GENERATED} ${SOURCE}
  RESULT_VARIABLE status OUTPUT_VARIABLE text ERROR_VARIABLE text)
if(status EQUAL 0)
  message(FATAL_ERROR "case ${CASE} compiles")
elseif(NOT text MATCHES "${SENTENCE}")
  message(FATAL_ERROR "case ${CASE} is refused without the sentence\n  ${SENTENCE}\nin\n${text}")
endif()
