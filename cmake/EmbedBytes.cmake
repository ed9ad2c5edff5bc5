# Writes a C++ file that holds the bytes of a file. Run as a script:
# cmake -DFILE=<file> -DHEADER=<header that declares it> -DNAMESPACE=<n> -DNAME=<function> -DOUT=<file.cpp> -P <this>
file(READ ${FILE} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(................................................................................)" "\\1\n    "
    bytes "${bytes}")
get_filename_component(file ${FILE} NAME)
file(WRITE ${OUT}.new "// Generated from ${file} by cmake/EmbedBytes.cmake.
#include \"${HEADER}\"

namespace ${NAMESPACE} {
namespace {

constexpr std::uint8_t content[] = {
    ${bytes}};

}  // namespace

ByteView ${NAME}() noexcept { return content; }

}  // namespace ${NAMESPACE}
")
file(COPY_FILE ${OUT}.new ${OUT} ONLY_IF_DIFFERENT)
