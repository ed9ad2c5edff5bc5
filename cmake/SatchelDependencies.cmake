# Everything from outside the tree, found once. All are Debian packages (tools/setup lists them).

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.83 REQUIRED COMPONENTS json url)
# The .pc file states the version of SQLite: 3.46.1 is SQLCipher 4.6.1. The programs ask again when they start.
pkg_check_modules(SQLCIPHER REQUIRED IMPORTED_TARGET sqlcipher>=3.46)
pkg_check_modules(ARGON2 REQUIRED IMPORTED_TARGET libargon2)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
find_package(tl-expected REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(cereal REQUIRED)
find_package(tomlplusplus REQUIRED)

# The package's .pc file leaves out the define that declares sqlite3_key_v2.
add_library(satchel_sqlcipher INTERFACE)
target_link_libraries(satchel_sqlcipher INTERFACE PkgConfig::SQLCIPHER)
target_compile_definitions(satchel_sqlcipher INTERFACE SQLITE_HAS_CODEC)

if(SATCHEL_TESTS)
    find_package(GTest REQUIRED)
    find_package(rapidcheck REQUIRED)
endif()
