# Writes a C++ file that holds the policy bundle. Run as a script: cmake -DBUNDLE=<folder> -DOUT=<file.cpp> -P <this>
file(GLOB files LIST_DIRECTORIES false RELATIVE ${BUNDLE} ${BUNDLE}/*.toml)
list(SORT files COMPARE STRING)

set(arrays "")
set(entries "")
set(n 0)
foreach(name IN LISTS files)
    file(READ ${BUNDLE}/${name} hex HEX)
    string(LENGTH "${hex}" digits)
    math(EXPR size "${digits} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," characters "${hex}")
    string(REPLACE "'\\x0a'," "'\\x0a',\n    " characters "${characters}")  # a line of ours for a line of theirs
    string(APPEND arrays "constexpr char file_${n}[] = {\n    ${characters}};\n")
    string(APPEND entries "    SourceFile{\"${name}\", std::string_view(file_${n}, ${size})},\n")
    math(EXPR n "${n} + 1")
endforeach()

file(WRITE ${OUT}.new "// Generated from schema/policy/bundle by cmake/EmbedPolicy.cmake.
#include \"schema/policy/embedded.hpp\"

#include <array>

namespace satchel::schema {
namespace {

${arrays}
constexpr std::array files{
${entries}};

}  // namespace

std::span<const SourceFile> embedded_bundle() noexcept { return files; }

}  // namespace satchel::schema
")
file(COPY_FILE ${OUT}.new ${OUT} ONLY_IF_DIFFERENT)
