# Compiler and linker flags of everything, as one interface target.
add_library(cairn_flags INTERFACE)
target_compile_options(cairn_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wno-missing-field-initializers -Wnon-virtual-dtor -Woverloaded-virtual
  -fstack-protector-strong -fstack-clash-protection -fcf-protection
  -ffunction-sections -fdata-sections
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
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
