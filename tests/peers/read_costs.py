#!/usr/bin/env python3
"""Measures what `verify` costs beside the tools that read the same bytes: wimlib-imagex extract, and 7z t.

    python3 tests/peers/read_costs.py BOOT.WIM [--ref GLOB] [--program target/release/wimspect] [--rounds N]

The files that `verify` takes out are found with strace. Then, in alternating rounds: `verify` against `wimlib-imagex extract` of
these files into a temporary folder (every image its own, and once more each distinct stream once), and `verify --integrity`
against `7z t`. Minima and medians of wall-clock and CPU time, peak memory of the largest process, largest size of the private
temporary folder. Needs Linux, strace, wimlib-imagex, 7z or 7zz. For a split WIM name its first part, and all with --ref.
"""

import argparse
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time


def taken_out(program, wim, folder):
    """Paths in the images, one list for each call of libwim, in the order of the images."""
    log = folder / "strace"
    subprocess.run(["strace", "-f", "-qq", "-e", "trace=openat,mkdir", "-o", log, program, "verify", wim], stdout=subprocess.DEVNULL)
    calls = []
    for line in log.read_text(errors="replace").splitlines():
        if re.search(r'mkdir\("[^"]*/tree"', line):
            calls.append([])
        if (found := re.search(r'/tree(/[^"]*)", [^)]*O_CREAT', line)) and calls:
            calls[-1].append(found[1])
    return calls


def size_of(folder):
    """Bytes of the files in a folder from which others remove files meanwhile."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except OSError:
                pass
    return total


def watched(command, folder):
    """Wall-clock time, CPU time, peak memory in KiB, and the largest size of `folder`."""
    largest, done = 0, threading.Event()

    def look():
        nonlocal largest
        while not done.wait(0.002):
            largest = max(largest, size_of(folder))

    watcher = threading.Thread(target=look)
    watcher.start()
    run = subprocess.run(["/usr/bin/time", "-f", "%M", "--", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                         env={**os.environ, "TMPDIR": str(folder)})
    done.set()
    watcher.join()
    return int(run.stderr.split()[-1]), largest, sum(1 for _ in folder.iterdir())


def timed(command):
    def cpu():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    before, start = cpu(), time.perf_counter()
    code = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    return time.perf_counter() - start, cpu() - before, code


def compare(rounds, commands):
    """Alternating rounds; the last command is what the others are divided by."""
    seen = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            result = timed(command)
            if number:
                seen[name].append(result)
    figures = {}
    for name, results in seen.items():
        wall, cpu = [r[0] for r in results], [r[1] for r in results]
        figures[name] = (min(wall), statistics.median(wall), min(cpu), statistics.median(cpu))
        codes = sorted({r[2] for r in results})
        print(f"  {name:28} wall {figures[name][0]:.3f} / {figures[name][1]:.3f} s, CPU {figures[name][2]:.3f} / {figures[name][3]:.3f} s, "
              f"exit {codes}")
    *others, base = figures
    for name in others:
        ratios = [a / b for a, b in zip(figures[name], figures[base])]
        print(f"  {name} : {base} = wall {ratios[0]:.2f} / {ratios[1]:.2f}, CPU {ratios[2]:.2f} / {ratios[3]:.2f} (minima / medians)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("wim", type=pathlib.Path)
    parser.add_argument("--ref")
    parser.add_argument("--program", default="target/release/wimspect")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    program, wim = str(pathlib.Path(arguments.program).resolve()), str(arguments.wim)
    seven = shutil.which("7z") or shutil.which("7zz")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        calls = taken_out(program, wim, folder)
        info = subprocess.run(["wimlib-imagex", "info", wim], capture_output=True, text=True).stdout
        images = int(re.search(r"Image Count: *(\d+)", info)[1])
        first = [path for call in calls for path in call]
        rest = []
        if images > 1 and len(calls) > 1:
            rest, first = calls[-1], [path for call in calls[:-1] for path in call]
        reference = ["--ref=" + arguments.ref] if arguments.ref else []
        script = folder / "extract.sh"
        script.write_text("""#!/bin/sh
# extract.sh WIM LIST1 LIST2 [--ref=...]
to=$(mktemp -d); wim=$1 one=$2 two=$3; shift 3
wimlib-imagex extract "$wim" 1 "@$one" --no-acls --dest-dir="$to/1" "$@" || code=1
[ ! -s "$two" ] || wimlib-imagex extract "$wim" 2 "@$two" --no-acls --dest-dir="$to/2" "$@" || code=1
rm -rf "$to"; exit ${code:-0}
""")
        lists = [folder / "1.txt", folder / "2.txt"]
        lists[0].write_text("".join(p + "\n" for p in first))
        lists[1].write_text("".join(p + "\n" for p in rest))
        all_of = folder / "all.txt"
        all_of.write_text("".join(p + "\n" for p in (dict.fromkeys(first + rest) if images > 1 else [])))
        extract = ["sh", str(script), wim, str(lists[0])]
        print(f"{wim}: {len(first)} + {len(rest)} files in {len(calls)} calls")
        private = folder / "private"
        private.mkdir()
        for flags in ([], ["--integrity"]):
            memory, largest, left = watched([program, "verify", wim, *flags], private)
            print(f"  verify {' '.join(flags)}: largest process {memory / 1024:.0f} MiB, temporary folder {largest / 1e6:.1f} MB, left {left}")
        compare(arguments.rounds, {"verify": [program, "verify", wim], "extract, all images": [*extract, str(all_of), *reference]})
        compare(arguments.rounds, {"verify": [program, "verify", wim], "extract, streams once": [*extract, str(lists[1]), *reference]})
        if seven:
            compare(arguments.rounds, {"verify --integrity": [program, "verify", "--integrity", wim], "7z t": [seven, "t", wim]})
    return 0


if __name__ == "__main__":
    sys.exit(main())
