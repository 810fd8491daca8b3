# Compiler and linker flags of everything, as one interface target.
add_library(cairn_flags INTERFACE)
target_compile_options(cairn_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wno-missing-field-initializers -Wnon-virtual-dtor -Woverloaded-virtual
  -fstack-protector-strong -fstack-clash-protection -fcf-protection
  -ffunction-sections -fdata-sections)
# The place of the checkout is in no object: outputs are the same wherever they are built, and ccache serves all
# checkouts from one. It hands the compiler paths relative to the build folder.
if(CCACHE)
  file(RELATIVE_PATH up ${CMAKE_BINARY_DIR} ${PROJECT_SOURCE_DIR})
  string(REGEX REPLACE "/$" "" up "${up}")
  target_compile_options(cairn_flags INTERFACE -ffile-prefix-map=${up}=.)
else()
  target_compile_options(cairn_flags INTERFACE -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
endif()
# g++ 12 sees overlaps in std::string's operator+ that are not there (GCC bug 105651), at -O3.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(cairn_flags INTERFACE -Wno-restrict)
endif()
if(CAIRN_WERROR)
  target_compile_options(cairn_flags INTERFACE -Werror)
endif()
target_compile_definitions(cairn_flags INTERFACE _GLIBCXX_ASSERTIONS _FILE_OFFSET_BITS=64)
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_definitions(cairn_flags INTERFACE _FORTIFY_SOURCE=2)
endif()
target_link_options(cairn_flags INTERFACE -Wl,--gc-sections)
find_program(MOLD mold)
if(MOLD AND NOT CAIRN_FUZZ)
  target_link_options(cairn_flags INTERFACE -fuse-ld=mold)
endif()
