#!/bin/sh
# Load many accounts on one machine, several at the same time. docs/scale.md explains it.
#
#   orchestrate/load.sh                                  load all accounts from their bookmarks
#   orchestrate/load.sh NAME [--from=DATE] [--to=DATE] [--chunk=month]
#                                                        load the history of one, and seed it
#
# JOBS     how many loads run at the same time; 2 by default, one for each core is enough
# LOGS     the folder of the logs, one for each account; output/fleet by default
# PYTHON   the Python that has `pip install -e orchestrate`; python3 by default
#
# The exit status is 0 only if every load ended well. The sentence of each that failed is on
# standard error, which cron mails.
set -eu
cd "$(dirname "$0")/.."
export LOGS="${LOGS:-output/fleet}" PYTHON="${PYTHON:-python3}"
jobs=${JOBS:-2}
mkdir -p "$LOGS"

# The lock ends with this script, however it ends: no load inherits it.
exec 9>"$LOGS/lock${1:+-$1}"
if ! flock --nonblock 9; then
    echo "orchestrate/load.sh $*: the last one is still running; this one does nothing." >&2
    exit 75
fi

# Runs one load for each line of standard input: `run_all ACCOUNT` for chunks, `run_all` for accounts.
run_all() {
    xargs -r -n 1 -P "$jobs" sh -c '
        account=${1:-$2}
        log="$LOGS/$account${1:+-$2}.log"
        "$PYTHON" -m orchestrate.run ${1:+"$1"} "$2" >>"$log" 2>&1 || { tail -n 1 "$log" >&2; exit 1; }
    ' load "${1:-}" 9>&-
}

names=$(mktemp)
trap 'rm -f "$names"' EXIT
if [ $# -eq 0 ]; then
    "$PYTHON" -m orchestrate.ready >"$names" 9>&-
    run_all <"$names"
else
    "$PYTHON" -m orchestrate.plan "$@" >"$names" 9>&-
    # The first one alone, because it creates the schema and the tables.
    head -n 1 "$names" | run_all "$1"
    tail -n +2 "$names" | run_all "$1"
    "$PYTHON" -m orchestrate.seed "$1" 9>&-
fi
