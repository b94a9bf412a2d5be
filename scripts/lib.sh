# What the scripts share. Sourced by them after `set -euo pipefail`; gives
#   need COMMAND PACKAGE…     installs what is missing, or says what to install
#   free_port                 prints a loopback port on which nobody listens
#   background NAME COMMAND…  starts a backend; its output goes to $work/NAME.log
#   foreground COMMAND…       runs a command so that an interrupt reaches it and us at once
# and $work, a temporary folder. Whatever was started is stopped, the commands in `endings` are run, and $work and what is in
# `rubbish` removed, however the script ends.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d "${TMPDIR:-/tmp}/strata.XXXXXX")
started=()
endings=()
rubbish=()

stop_everything() {
    local status=$? leader ending
    trap - EXIT INT TERM HUP
    # Each was started as the leader of a group of its own, so its children go with it.
    for leader in "${started[@]}"; do kill -TERM -- "-$leader" 2>/dev/null || true; done
    for leader in "${started[@]}"; do
        for _ in {1..50}; do kill -0 -- "-$leader" 2>/dev/null || break; sleep 0.1; done
        kill -KILL -- "-$leader" 2>/dev/null || true
    done
    for ending in "${endings[@]}"; do "$ending" || true; done
    rm -rf "$work" "${rubbish[@]}"
    exit "$status"
}
trap stop_everything EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '%s\n' "$*" >&2; }

need() {
    local command=$1 sudo=()
    shift
    if command -v "$command" >/dev/null; then return; fi
    if ! command -v apt-get >/dev/null; then say "please install \`$command\`"; exit 1; fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then say "please install \`$command\`: apt-get install $*"; exit 1; fi
        sudo=(sudo -n)
    fi
    say "installing $*"
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
    done
    printf '%s\n' "$port"
}

background() {
    local name=$1
    shift
    setsid "$@" >"$work/$name.log" 2>&1 </dev/null &
    started+=($!)
}

# Bash looks at signals only between commands or in `wait`, so what takes long is waited for.
foreground() {
    setsid "$@" </dev/null &
    local leader=$! status=0
    started+=("$leader")
    wait "$leader" || status=$?
    # What it has left behind goes now. Later its number may be that of a process of somebody else.
    kill -TERM -- "-$leader" 2>/dev/null || true
    unset 'started[-1]'
    return "$status"
}
