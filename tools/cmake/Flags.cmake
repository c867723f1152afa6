# cs_flags: the language level, the warnings, the sanitizers and counters of every user-space target.
add_library(cs_flags INTERFACE)
target_compile_features(cs_flags INTERFACE c_std_17)
target_compile_definitions(cs_flags INTERFACE _GNU_SOURCE)
target_compile_options(cs_flags INTERFACE
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla
  -Wno-missing-field-initializers -fvisibility=hidden -fno-common)
if(CS_WERROR)
  target_compile_options(cs_flags INTERFACE -Werror)
endif()
if(CS_SANITIZE)
  target_compile_options(cs_flags INTERFACE -fsanitize=${CS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(cs_flags INTERFACE -fsanitize=${CS_SANITIZE})
endif()
if(CS_COVERAGE)
  target_compile_options(cs_flags INTERFACE --coverage)
  target_link_options(cs_flags INTERFACE --coverage)
endif()
target_include_directories(cs_flags INTERFACE
  ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
