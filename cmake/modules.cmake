# One folder of src/ is one module; its CMakeLists.txt is one call:
#
#   add_module(oci USES core net archive
#     SOURCES reference.cc manifest.cc
#     TESTS reference_test.cc)
#
# USES is what its files may include. It links those modules and records the edge, and the test lint.layers
# (tests/lint/layers.py) fails on an include that is not covered, or on an edge that does not point down a row.
# LIBS names other targets to link; PRIVATE_LIBS those that only its own .cc files see.

set_property(GLOBAL PROPERTY CAIRN_MODULES "")

function(add_module name)
  cmake_parse_arguments(ARG "" "" "USES;SOURCES;TESTS;LIBS;TEST_LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PUBLIC cairn_flags ${ARG_USES} ${ARG_LIBS})
  set_property(GLOBAL APPEND PROPERTY CAIRN_MODULES ${name})
  string(REPLACE ";" "," uses "${ARG_USES}")
  file(APPEND ${CMAKE_BINARY_DIR}/modules.txt "${name}:${uses}\n")
  if(ARG_TESTS AND CAIRN_TESTS)
    add_unit_test(${name} SOURCES ${ARG_TESTS} LIBS ${name} ${ARG_TEST_LIBS})
  endif()
endfunction()

# A GoogleTest program `<name>_test` from files beside the sources, its cases listed in ctest under the label `unit`
# (or LABELS).
function(add_unit_test name)
  cmake_parse_arguments(ARG "" "LABELS" "SOURCES;LIBS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE ${ARG_LIBS} test_support GTest::gmock GTest::gtest GTest::gtest_main)
  gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${ARG_LABELS}" SKIP_RETURN_CODE 77 TIMEOUT 120)
endfunction()

# A program. Fully static (position independent), so that one file runs in any distribution's image; with CAIRN_SHARED
# an ordinary shared executable.
function(add_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_USES})
  target_compile_definitions(${name} PRIVATE CAIRN_VERSION="${PROJECT_VERSION}")
  if(NOT CAIRN_SHARED AND NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    target_link_options(${name} PRIVATE -static-pie)
  endif()
endfunction()
