# Messages and progress of the newcomer's scripts. To be sourced by bash.
# A terminal gets a bar that redraws itself; a file, a pipe or a machine without TERM gets plain lines.

say() { printf '%s\n' "$*"; }

# problem WHAT SAFE NEXT: what happened, what is not lost, what to do now.
problem() {
    progress_end
    printf '\n%s\n' "$1" >&2
    printf 'What is safe:  %s\n' "$2" >&2
    printf 'What to do:    %s\n' "$3" >&2
}

on_terminal() { [[ -t 1 && -n ${TERM:-} && ${TERM:-} != dumb ]]; }

progress_text=""
progress_shown=-1

# progress PERCENT TEXT: PERCENT is a whole number. The same TEXT again moves the bar.
progress() {
    local percent=$1 text=$2
    percent=$((percent < 0 ? 0 : percent > 100 ? 100 : percent)) # not ((...)): that is a failure when the value is 0
    if [[ $text != "$progress_text" ]]; then
        progress_end
        progress_text=$text
    fi
    ((percent > progress_shown)) || return 0
    if on_terminal; then
        local full='##############################' none='------------------------------' done_chars=$((percent * 30 / 100))
        printf '\r%s  [%s%s] %3d %%' "$text" "${full:0:done_chars}" "${none:done_chars}" "$percent"
    elif ((progress_shown < 0 || percent / 10 > progress_shown / 10)); then
        printf '%s: %d %%\n' "$text" "$percent"
    fi
    progress_shown=$percent
}

progress_end() {
    if ((progress_shown >= 0)) && on_terminal; then printf '\n'; fi
    progress_text=""
    progress_shown=-1
}
