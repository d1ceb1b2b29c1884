# Makes one C++ source of the page: `cmake -DCHART=.. -DFOLDER=.. -DSCRIPTS=a,b -DOUTPUT=.. -P embed.cmake`.
# What stands before the data and what stands behind it become two strings.
string(REPLACE "," ";" SCRIPTS "${SCRIPTS}")
set(script "")
foreach(name IN LISTS SCRIPTS)
    file(READ "${FOLDER}/${name}.js" text)
    string(APPEND script "${text}")
endforeach()
file(READ "${FOLDER}/style.css" style)
file(READ "${CHART}" chart)
file(READ "${FOLDER}/page.html" page)
foreach(part IN ITEMS style chart script)
    string(FIND "${${part}}" "</script" closes)
    string(FIND "${${part}}" ")mambasic\"" ends)
    if(NOT closes EQUAL -1 OR NOT ends EQUAL -1)
        message(FATAL_ERROR "${part} of the report's page holds what would end it early")
    endif()
    string(REPLACE "@${part}@" "${${part}}" page "${page}")
endforeach()
string(FIND "${page}" "@data@" place)
string(SUBSTRING "${page}" 0 ${place} before)
math(EXPR behind "${place} + 6")
string(SUBSTRING "${page}" ${behind} -1 after)
file(WRITE "${OUTPUT}" "// Made by reports/page/embed.cmake.
#include \"reports/page_writer.h\"

namespace mambasic::reports {
const char* const kPageBefore = R\"mambasic(${before})mambasic\";
const char* const kPageAfter = R\"mambasic(${after})mambasic\";
}  // namespace mambasic::reports
")
