# Configuring and building one of the presets with progress. To be sourced by bash after terminal.sh, in the tree.

# One compiler per processor, but none without the memory that one takes (1.5 GB for the heaviest of our files).
jobs_for_build() {
    local jobs memory_kb
    jobs=${JOBS:-$(nproc)}
    if [[ -z ${JOBS:-} && -r /proc/meminfo ]]; then
        memory_kb=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
        ((memory_kb / 1500000 >= jobs)) || jobs=$((memory_kb / 1500000))
    fi
    ((jobs >= 1)) || jobs=1
    echo "$jobs"
}
jobs_for_tests() { echo "${JOBS:-$(nproc)}"; }

# build PRESET [TARGET...]: returns 1 after printing what the compiler said.
build() {
    local preset=$1 log=build/$1.log line status=0
    shift
    mkdir -p build
    if ! cmake --preset "$preset" >"$log" 2>&1; then
        problem "CMake could not configure the preset \"$preset\":
$(tail -n 25 "$log")" "Nothing outside build/ was changed." \
            "If a package is missing, run tools/setup; after a change of compiler or packages, remove build/$preset and try again."
        return 1
    fi
    progress 0 "Building ($preset)"
    NINJA_STATUS='[%f/%t] ' cmake --build "build/$preset" -- -j "$(jobs_for_build)" "$@" 2>&1 |
        while IFS= read -r line; do
            printf '%s\n' "$line" >>"$log"
            if [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\  ]]; then
                progress $((BASH_REMATCH[1] * 100 / BASH_REMATCH[2])) "Building ($preset)"
            fi
        done || status=${PIPESTATUS[0]}
    if ((status != 0)); then
        progress_end
        # The first failure; what Ninja built beside it is in the log.
        awk '/^FAILED: / { show = 1 } show && /^\[[0-9]+\/[0-9]+\] / { exit } show && !/^[^ ]*(ccache|c\+\+) / { print }' "$log" |
            head -n 60 >&2
        problem "The build failed (whole log: $tree/$log)." "Nothing outside build/ was changed." \
            "If you did not change the code, tell us, with the log. If memory ran short, try again with JOBS=1."
        return 1
    fi
    progress 100 "Building ($preset)"
    progress_end
}
