# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# cmake -DPROGRAM=… -DETCH_OPT=… -DFOLDER=… -P dump_is_readable.cmake: etch-opt reads every stage that ETCH_DUMP wrote, one
# set for each signature.
file(REMOVE_RECURSE ${FOLDER})
execute_process(COMMAND ${CMAKE_COMMAND} -E env ETCH_DUMP=${FOLDER} ${PROGRAM} COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
file(GLOB first ${FOLDER}/function.*.mlir)
file(GLOB second ${FOLDER}/function-2.*.mlir)
list(LENGTH first first_count)
list(LENGTH second second_count)
if(NOT first_count EQUAL 4 OR NOT second_count EQUAL 4)
  message(FATAL_ERROR "expected four stages of two signatures in ${FOLDER}, got ${first_count} and ${second_count}")
endif()
foreach(stage ${first} ${second})
  execute_process(COMMAND ${ETCH_OPT} ${stage} OUTPUT_QUIET RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "etch-opt cannot read ${stage}")
  endif()
endforeach()
