# cs_bpf_skeleton(name SOURCES ...): compiles each source with clang for the BPF target, links them in
# the order given, strips DWARF (BTF stays), and makes an INTERFACE library <name>_skel that provides
# <name>.skel.h. No BTF of the building host goes in, so the result runs wherever CO-RE does.
find_program(CLANG NAMES clang REQUIRED)
find_program(LLVM_STRIP NAMES llvm-strip llvm-strip-19 llvm-strip-18 llvm-strip-16 llvm-strip-14 REQUIRED)
find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)
find_path(BPF_HELPERS_INCLUDE bpf/bpf_helpers.h REQUIRED)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64")
  set(CS_BPF_ARCH x86)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(CS_BPF_ARCH arm64)
else()
  message(FATAL_ERROR "no register names for ${CMAKE_SYSTEM_PROCESSOR} in bpf/kernel.h")
endif()

function(cs_bpf_skeleton name)
  cmake_parse_arguments(ARG "" "" "SOURCES" ${ARGN})
  set(objects)
  foreach(source ${ARG_SOURCES})
    get_filename_component(file ${source} NAME)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${file}.o)
    add_custom_command(
      OUTPUT ${object}
      COMMAND ${CLANG} -target bpf -D__TARGET_ARCH_${CS_BPF_ARCH} -mcpu=v3 -O2 -g -Wall -Werror
        -I${PROJECT_SOURCE_DIR}/include -isystem ${BPF_HELPERS_INCLUDE}
        -isystem /usr/include/${CMAKE_LIBRARY_ARCHITECTURE} -MD -MF ${object}.d -MT ${object}
        -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source}
      DEPFILE ${object}.d
      COMMENT "BPF ${source}"
      VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  set(linked ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(skeleton ${CMAKE_CURRENT_BINARY_DIR}/${name}.skel.h)
  add_custom_command(
    OUTPUT ${linked}
    COMMAND ${BPFTOOL} gen object ${linked} ${objects}
    COMMAND ${LLVM_STRIP} -g ${linked}
    DEPENDS ${objects}
    COMMENT "BPF link ${name}"
    VERBATIM)
  add_custom_command(
    OUTPUT ${skeleton}
    COMMAND ${BPFTOOL} gen skeleton ${linked} name ${name} > ${skeleton}
    DEPENDS ${linked}
    COMMENT "BPF skeleton ${name}"
    VERBATIM)
  add_custom_target(${name}_skel_header DEPENDS ${skeleton})
  add_library(${name}_skel INTERFACE)
  add_dependencies(${name}_skel ${name}_skel_header)
  target_include_directories(${name}_skel SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
