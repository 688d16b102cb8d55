#!/bin/sh
# Sets the time of wimspect's INF engine beside those of `cat` and of the crate inf-rs on the same files.
# Usage: tests/bench/compare.sh FOLDER. Warm cache, five rounds taking turns, medians.
set -eu
folder=${1:?usage: compare.sh FOLDER_WITH_INF_FILES}
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/target}
export CARGO_TARGET_DIR="$target"
(cd "$here" && cargo build --release --quiet)
(cd "$here/peer-inf-rs" && RUSTC_BOOTSTRAP=1 cargo build --release --quiet) || echo "inf-rs could not be built: left out"
list=$(mktemp)
trap 'rm -f "$list" "$list".*' EXIT
find "$folder" -type f \( -iname '*.inf' -o -iname '*.inx' \) | sort > "$list"

seconds() { # seconds NAME COMMAND...: appends the wall time of the command to NAME's list
    name=$1; shift
    start=$(date +%s%N)
    "$@" > /dev/null
    end=$(date +%s%N)
    echo $(((end - start) / 1000)) >> "$list.$name"
}
all_files() { xargs -a "$list" -d '\n' cat; }

all_files > /dev/null
for round in 1 2 3 4 5; do
    seconds cat all_files
    seconds one "$target/release/wimspect-bench" "$folder" 1
    seconds two "$target/release/wimspect-bench" "$folder" 2
    if [ -x "$target/release/peer-inf-rs" ]; then seconds peer "$target/release/peer-inf-rs" "$folder"; fi
done
median() { [ -f "$list.$1" ] && sort -n "$list.$1" | sed -n 3p; }
awk -v cat="$(median cat)" -v one="$(median one)" -v two="$(median two)" -v peer="$(median peer)" 'BEGIN {
    printf "cat                    %7.3f s\n", cat / 1e6
    printf "wimspect, 1 thread     %7.3f s   %.2f x cat\n", one / 1e6, one / cat
    printf "wimspect, 2 threads    %7.3f s   %.2f x faster\n", two / 1e6, one / two
    if (peer) printf "inf-rs 0.2.0           %7.3f s   wimspect takes %.2f of it\n", peer / 1e6, one / peer
}'
