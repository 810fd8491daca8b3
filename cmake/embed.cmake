# embed_files(VARIABLE NAMESPACE HEADER ROOT file...): a source file with the text of files below ROOT as constants, made
# whenever one of them changes; its path goes into VARIABLE. HEADER declares what it defines:
#   std::span<const EmbeddedFile> embedded_files();      EmbeddedFile{path, mode, text}
# Scripts (*.sh) are executable. Run as a script (cmake -P) this file writes that source.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
  function(embed_files variable namespace header root)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_files.cc)
    list(TRANSFORM ARGN PREPEND ${root}/ OUTPUT_VARIABLE sources)
    string(REPLACE ";" "," names "${ARGN}")
    add_custom_command(OUTPUT ${output}
      COMMAND ${CMAKE_COMMAND} -D OUTPUT=${output} -D NAMESPACE=${namespace} -D HEADER=${header} -D ROOT=${root}
              -D NAMES=${names} -P ${EMBED_SCRIPT}
      DEPENDS ${sources} ${EMBED_SCRIPT}
      VERBATIM)
    set(${variable} ${output} PARENT_SCOPE)
  endfunction()
  return()
endif()

set(text "// Written by cmake/embed.cmake.\n#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\n\n")
string(APPEND text "std::span<const EmbeddedFile> embedded_files() {\n  static constexpr EmbeddedFile kFiles[] = {\n")
string(REPLACE "," ";" names "${NAMES}")
foreach(name IN LISTS names)
  file(READ ${ROOT}/${name} content)
  set(mode 0644)
  if(name MATCHES "\\.sh$")
    set(mode 0755)
  endif()
  string(APPEND text "      {\"${name}\", ${mode}, R\"embedded(${content})embedded\"},\n")
endforeach()
string(APPEND text "  };\n  return kFiles;\n}\n\n}  // namespace ${NAMESPACE}\n")
file(WRITE ${OUTPUT} "${text}")
