# Run by cmake -P while building: puts the style and the scripts of a page into its HTML, and that, in
# two halves around its data, as arrays of bytes into a C header.
# -DFOLDER=where the parts are -DSCRIPTS=a,b,c (in order) -DOUTPUT=header
file(READ ${FOLDER}/page.html page)
file(READ ${FOLDER}/page.css style)
set(script "")
string(REPLACE "," ";" names "${SCRIPTS}")
foreach(name ${names})
  file(READ ${FOLDER}/${name}.js part)
  string(APPEND script "${part}")
endforeach()

string(REPLACE "/*{style}*/\n" "${style}" page "${page}")
string(REPLACE "/*{script}*/\n" "${script}" page "${page}")
string(FIND "${page}" "/*{data}*/" at)
string(LENGTH "/*{data}*/" length)
math(EXPR after "${at} + ${length}")
string(SUBSTRING "${page}" 0 ${at} head)
string(SUBSTRING "${page}" ${after} -1 tail)

function(append_array name text)
  string(HEX "${text}" digits)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${digits}")
  file(APPEND ${OUTPUT} "static const unsigned char ${name}[] = {${bytes}};\n")
endfunction()

file(WRITE ${OUTPUT} "/* made from user/report/page/ */\n#pragma once\n")
append_array(cs_page_head "${head}")
append_array(cs_page_tail "${tail}")
