#!/bin/bash
# Makes reports with the program and looks at them in headless Chromium (tests/html/test.mjs).
# Usage: tests/html/run.sh [FOLDER]; FOLDER keeps the reports and screenshots, else they go away.
# The program is that of WIMSPECT, else a debug build. Needs chromium, node and npm: installs them with apt-get where it may.
# Without them it says so and ends with 0; WIMSPECT_HTML_TEST=required makes that a failure.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD/tests/html

skip() {
    echo "skipped: HTML report in Chromium: $1"
    [ "${WIMSPECT_HTML_TEST:-}" != required ] || exit 1
    exit 0
}

find_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome || true; }

install() {
    command -v apt-get >/dev/null || skip "no $*, and no apt-get to install it with"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || skip "no $*; please run as root: apt-get install --no-install-recommends $*"
        as_root=(sudo)
    fi
    echo "Installing $*" >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update --quiet >/dev/null 2>&1 || true
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@" >/dev/null 2>&1 ||
        skip "apt-get could not install $*"
}

chromium=${CHROMIUM:-$(find_chromium)}
if [ -z "$chromium" ]; then
    install chromium fonts-dejavu-core
    chromium=$(find_chromium)
    [ -n "$chromium" ] || skip "no chromium"
fi
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    install nodejs npm
fi
[ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 18')" = true ] || skip "node $(node --version) is older than 18"

if ! (cd "$here" && npm ci --no-progress --loglevel=error >/dev/null 2>&1); then
    skip "npm could not fetch what $here/package-lock.json names"
fi

out=${1:-}
if [ -z "$out" ]; then
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
fi
mkdir -p "$out"
program=${WIMSPECT:-}
if [ -z "$program" ]; then
    cargo build --locked --quiet
    program=${CARGO_TARGET_DIR:-target}/debug/wimspect
fi

# Findings (1) are what is to be shown; anything else is a mistake.
report() {
    local name=$1 code=0
    shift
    "$program" "$@" --no-progress --format "html=$out/$name.html" || code=$?
    [ "$code" -le 1 ] || { echo "report $name: exit code $code" >&2; exit 1; }
}
images=fixtures/images
report audit audit fixtures/share --boot-image $images/6.0.6001-amd64-monolithic.wim
report releases audit fixtures/share
report verify verify $images/6.0.6001-amd64-monolithic.wim $images/multi-tier-injected.wim \
    $images/10.0.19041-amd64-inbox-two-tier.wim $images/no-wpeinit.wim \
    --drivers fixtures/share --fleet fixtures/fleet/formats --fleet fixtures/fleet/models
report inspect inspect fixtures/share
# A scheduled report: two nights, and in the second one a boot image that was rebuilt, packages that changed, and hostile names.
nights=$out/nights
rm -rf "$nights" && mkdir -p "$nights/share"
cp -r fixtures/share/wlan fixtures/share/netxtreme2-multitier "$nights/share"
cp $images/6.0.6001-amd64-monolithic.wim "$nights/boot.wim"
printf '%s\n' '[report]' 'title = Drivers of the laboratory' '[share drivers]' 'path = share' '[boot-image production]' \
    'path = boot.wim' '[output page]' 'format = html' 'file = page.html' >"$nights/wimspect.ini"
night() {
    local code=0
    SOURCE_DATE_EPOCH=$1 "$program" report --config "$nights/wimspect.ini" --quiet || code=$?
    [ "$code" -le 1 ] || { echo "scheduled report: exit code $code" >&2; exit 1; }
}
night 1795140000
rm -r "$nights/share/wlan"
node "$here/make-hostile.mjs" "$nights/share/hostile"
cp $images/multi-tier-injected.wim "$nights/boot.wim"
night 1795226400
cp "$nights/page.html" "$out/scheduled.html"
node "$here/make-hostile.mjs" "$out/hostile-share"
report hostile audit "$out/hostile-share"
if [ -n "${WIMSPECT_CORPUS:-}" ] && [ -d "$WIMSPECT_CORPUS/inf" ]; then
    report corpus audit "$WIMSPECT_CORPUS/inf"
    size=$(stat -c %s "$out/corpus.html")
    echo "corpus: $size bytes"
    [ "$size" -lt 15000000 ] || { echo "the report of the corpus is larger than 15 MB" >&2; exit 1; }
else
    echo "skipped: the report of the corpus (WIMSPECT_CORPUS names none)"
fi
node "$here/test.mjs" "$chromium" "$out"
