# The libraries we stand on, each an interface target. Static forms, so that `cairn` runs in any distribution's image;
# the shared build (CAIRN_SHARED) takes the shared forms.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

if(CAIRN_SHARED)
  set(static_suffix .so)
else()
  set(static_suffix .a)
endif()

# external_library(NAME lib...): the archives (or shared objects) of these names, in link order.
function(external_library target)
  add_library(${target} INTERFACE)
  foreach(lib IN LISTS ARGN)
    string(TOUPPER ${lib} id)
    find_library(CAIRN_LIB_${id} NAMES lib${lib}${static_suffix} REQUIRED)
    target_link_libraries(${target} INTERFACE ${CAIRN_LIB_${id}})
  endforeach()
endfunction()

external_library(ext_crypto crypto)
external_library(ext_ssl ssl crypto)
external_library(ext_zlib z)
external_library(ext_deflate deflate)
external_library(ext_zstd zstd)
external_library(ext_yaml yaml)
external_library(ext_xxhash xxhash)
external_library(ext_json boost_json)
external_library(ext_re2 re2)
external_library(ext_crypt crypt)
if(CAIRN_SHARED)
  external_library(ext_squashfs squashfs)
else()
  external_library(ext_squashfs squashfs z lzma lz4 lzo2 zstd)
endif()

# Debian has no static form of it: only the shared build and the tests link it.
add_library(ext_isal INTERFACE)
find_library(CAIRN_LIB_ISAL NAMES libisal.so REQUIRED)
target_link_libraries(ext_isal INTERFACE ${CAIRN_LIB_ISAL})
