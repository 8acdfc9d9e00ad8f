# The program the tests drive: build/haproxy, the link to sluice (tools look at the name in argv[0]).
# -DTEST_PROGRAM=/usr/sbin/haproxy runs the same tests against Debian's, to check the tests themselves.
set(TEST_PROGRAM "" CACHE FILEPATH "program the vtc, compat, configs and load tests drive; default: what was built")
if(TEST_PROGRAM)
  set(driven ${TEST_PROGRAM})
elseif(TARGET sluice)
  set(driven ${CMAKE_BINARY_DIR}/haproxy)
else()
  set(driven "")
endif()
find_program(PYTHON NAMES python3 REQUIRED)

# add_program_test(NAME n COMMAND ... [TIMEOUT seconds] [ALONE]): ALONE for tests that measure or fill the machine.
function(add_program_test)
  cmake_parse_arguments(test "ALONE" "NAME;TIMEOUT" "COMMAND" ${ARGN})
  if(NOT test_TIMEOUT)
    set(test_TIMEOUT 300)
  endif()
  add_test(NAME ${test_NAME} COMMAND ${test_COMMAND} WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  set_tests_properties(${test_NAME} PROPERTIES TIMEOUT ${test_TIMEOUT} SKIP_RETURN_CODE 77
    ENVIRONMENT "SLUICE_PROGRAM=${driven};PYTHONDONTWRITEBYTECODE=1")
  if(test_ALONE)
    set_tests_properties(${test_NAME} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()
