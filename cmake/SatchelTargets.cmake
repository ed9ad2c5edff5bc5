# Compiler settings shared by every target, and the function that declares a library of a folder.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)  # every program in one folder, for people and scripts

# Paths in assertions and error origins are relative to the tree, so that builds in two folders are the same.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

# With paths relative to the build's folder, what was compiled in one clone need not be compiled in the next.
find_program(SATCHEL_CCACHE ccache)
if(SATCHEL_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=true ${SATCHEL_CCACHE})
    set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
    file(RELATIVE_PATH SATCHEL_TREE_FROM_BUILD ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
    add_compile_options(-ffile-prefix-map=${SATCHEL_TREE_FROM_BUILD}=)
endif()

add_library(satchel_options INTERFACE)
target_compile_options(satchel_options INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Werror
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>  # g++ 12 sees overlaps in std::string that are not there (GCC bug 105651)
    -fstack-protector-strong -fstack-clash-protection)
target_include_directories(satchel_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(satchel_options INTERFACE _GLIBCXX_ASSERTIONS)
if(SATCHEL_MUTANTS)
    target_compile_definitions(satchel_options INTERFACE SATCHEL_MUTANTS)
endif()
if(SATCHEL_COVERAGE)
    # Names relative to the tree, wherever the compiler was started.
    add_compile_options(-fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc -fcoverage-compilation-dir=.)
    add_link_options(-fprofile-instr-generate)
    target_compile_options(satchel_options INTERFACE -w)  # g++ judges the code
endif()
if(SATCHEL_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1)
    add_link_options(-fsanitize=address,undefined)
elseif(SATCHEL_SANITIZE_THREADS)
    # Boost.Asio has fences for what locks do already: that g++ does not follow fences does not matter.
    add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -O1 -g1 $<$<COMPILE_LANGUAGE:CXX>:-Wno-tsan>)
    add_link_options(-fsanitize=thread)
elseif(SATCHEL_FUZZ)
    # -O1: fuzzing needs many short runs, and branches that the optimiser has merged count as one.
    add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1)
    add_link_options(-fsanitize=address,undefined)
else()
    target_compile_options(satchel_options INTERFACE $<$<CONFIG:Release>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>)
    add_link_options(-Wl,-z,relro,-z,now)
endif()

# satchel_library(NAME SOURCES ... USES ...): a static library, with the libraries it may include from.
# Which folder may include from which is declared in cmake/layers.txt; tests/unit/layering_test reads every #include.
function(satchel_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;USES;PRIVATE_USES" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    target_link_libraries(${name} PUBLIC satchel_options ${ARG_USES} PRIVATE ${ARG_PRIVATE_USES})
endfunction()
