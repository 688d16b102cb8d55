#!/bin/sh
# Fuzzes one target, or all in turn: tests/fuzz/run.sh SECONDS [TARGET...]
# The seeds are our own files: tests/fuzz/seeds (INF) and what fixtures/ holds of each format.
set -eu
seconds=${1:?usage: run.sh SECONDS [TARGET...]}
shift
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
fixtures=$root/fixtures
[ $# -gt 0 ] || set -- $(ls "$here/fuzz_targets" | sed 's/\.rs$//')
# All at once, for the library takes ten minutes with the sanitizer. Else cargo would build it and wimlib anew for each
# target, because wimlib's build writes a header that it watches; `.ci/setup` makes that one old.
setup() { CARGO_TARGET_DIR=$here/target "$root/.ci/setup"; }
setup
RUSTC_BOOTSTRAP=1 cargo fuzz build --fuzz-dir "$here"
setup

seeds_for() { # prints the seed files of a target
    case $1 in
    inf_*) find "$here/seeds" "$fixtures/inf" "$fixtures/share" \( -name '*.inf' -o -name '*.inx' \) ;;
    text) find "$here/seeds" "$fixtures/share" "$fixtures/fleet" \( -name '*.inf' -o -name '*.csv' -o -name '*.txt' \) ;;
    wim_xml | answer_file) find "$fixtures" "$here/seeds_xml" -name '*.xml' ;;
    ini) find "$here/seeds_ini" -type f ;;
    log) find "$fixtures/logs" -type f ;;
    inventory) find "$fixtures/fleet" -type f ;;
    hive) find "$fixtures/hives" -type f -size -600k ;;
    catalog) find "$fixtures" -name '*.cat' ;;
    pe | authenticode) find "$fixtures" \( -name '*.sys' -o -name '*.dll' -o -name '*.exe' \) -size -200k ;;
    esac 2> /dev/null || true
}

for target; do
    corpus=$here/corpus/$target
    mkdir -p "$corpus"
    seeds_for "$target" | while read -r file; do
        cp "$file" "$corpus/$(md5sum < "$file" | cut -c1-16)"
    done
    RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir "$here" "$target" "$corpus" -- \
        -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -max_len=65536 -print_final_stats=1
done
