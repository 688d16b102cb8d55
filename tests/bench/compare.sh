#!/bin/sh
# Sets the time of wimspect's INF engine beside those of `cat` and of the crate inf-rs on the same files.
# Usage: tests/bench/compare.sh FOLDER [ROUNDS]. How it measures: README.md beside this file.
set -eu
folder=${1:?usage: compare.sh FOLDER_WITH_INF_FILES [ROUNDS]}
rounds=${2:-5}
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/target}
export CARGO_TARGET_DIR="$target"
"$here/../../.ci/setup" # else cargo builds wimlib anew each time
(cd "$here" && cargo build --release --quiet)
(cd "$here/peer-inf-rs" && RUSTC_BOOTSTRAP=1 cargo build --release --quiet) || echo "inf-rs could not be built: left out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find "$folder" -type f \( -iname '*.inf' -o -iname '*.inx' \) | sort > "$work/files"
if [ ! -s "$work/files" ]; then echo "no INF files below $folder" >&2; exit 2; fi

all_files() { xargs -a "$work/files" -d '\n' cat > /dev/null; }

measure() { # measure NAME COMMAND...: appends the wall time of the command, in microseconds, to NAME's times
    name=$1; shift
    start=$(date +%s%N)
    "$@" > "$work/$name.out"
    end=$(date +%s%N)
    echo $(((end - start) / 1000)) >> "$work/$name.times"
}

all_files
for round in $(seq "$rounds"); do
    measure cat all_files
    measure one "$target/release/wimspect-bench" "$work/files" 1
    measure two "$target/release/wimspect-bench" "$work/files" 2
    if [ -x "$target/release/peer-inf-rs" ]; then measure peer "$target/release/peer-inf-rs" "$work/files"; fi
done
median() { if [ -f "$work/$1.times" ]; then sort -n "$work/$1.times" | sed -n "$(((rounds + 1) / 2))p"; fi; }

cat "$work/one.out"
echo "medians of $rounds rounds, whole processes, files in the cache:"
awk -v cat="$(median cat)" -v one="$(median one)" -v two="$(median two)" -v peer="$(median peer)" 'BEGIN {
    printf "cat                    %7.3f s\n", cat / 1e6
    printf "wimspect, 1 thread     %7.3f s   %.2f x cat\n", one / 1e6, one / cat
    printf "wimspect, 2 threads    %7.3f s   %.2f x faster\n", two / 1e6, one / two
    if (peer) printf "inf-rs 0.2.0           %7.3f s   wimspect takes %.2f of it\n", peer / 1e6, one / peer
}'
