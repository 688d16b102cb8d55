#!/usr/bin/env python3
"""What a fleet costs: 1,000 synthetic machines, in all shapes of fixtures/fleet/formats, beside the audit without them.

    python3 tests/bench/fleet.py SHARE [--machines N] [--rounds N] [--program target/release/wimspect]

Every machine is one of the fixtures with another network adapter, drawn from the ids that the drivers of SHARE claim. In
alternating rounds: `audit SHARE` with four boot images of fixtures/images, and the same with `--fleet`. Minima and medians of
wall-clock and CPU time, and the peak memory of the largest process. Linux only (/usr/bin/time).
"""

import argparse
import json
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "fixtures"
IMAGES = ["6.0.6001-amd64-monolithic.wim", "6.1.7600-amd64-inbox-monolithic.wim", "10.0.19041-amd64-inbox-two-tier.wim",
          "6.1.7600-x86-inbox-monolithic.wim"]


def adapters(program, share):
    report = json.loads(subprocess.run([program, "audit", share, "--all-facts", "--format", "json"], capture_output=True).stdout)
    found = set()
    for driver in report["drivers"]:
        for device in driver["devices"]:
            if match := re.match(r"PCI\\VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})", device["id"]):
                found.add(match.groups())
    return sorted(found)


def other_adapter(data, vendor, device):
    """The file with another adapter in the place of 14E4:1639, in the encoding that it has."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
    text = data.decode(encoding)
    for old, new in (("14E4", vendor), ("1639", device)):
        text = text.replace(old, new).replace(old.lower(), new.lower())
    return (b"\xff\xfe" + text.encode("utf-16-le")) if encoding == "utf-16" else text.encode(encoding)


def make(folder, machines, ids):
    models = sorted(p for p in (FIXTURES / "fleet/formats").rglob("*") if p.is_file())
    choose = random.Random(1)
    for number in range(machines):
        model = models[number % len(models)]
        vendor, device = choose.choice(ids)
        (folder / f"machine{number:04}{model.suffix}").write_bytes(other_adapter(model.read_bytes(), vendor, device))
    return len(models)


def timed(command, out):
    run = subprocess.run(["/usr/bin/time", "-f", "%e %U %S %M", "--", *command], stdout=open(out, "wb"), stderr=subprocess.PIPE, text=True)
    wall, user, system, memory = run.stderr.split()[-4:]
    return float(wall), float(user) + float(system), int(memory) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("share")
    parser.add_argument("--machines", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--program", default="target/release/wimspect")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary) / "fleet"
        folder.mkdir()
        ids = adapters(arguments.program, arguments.share)
        shapes = make(folder, arguments.machines, ids)
        audit = [arguments.program, "audit", arguments.share, "--format", "json"]
        for image in IMAGES:
            audit += ["--boot-image", str(FIXTURES / "images" / image)]
        out = pathlib.Path(temporary) / "report.json"
        seen = {"audit": [], "audit with fleet": []}
        for number in range(arguments.rounds + 1):
            for name, command in zip(seen, (audit, [*audit, "--fleet", str(folder)])):
                result = timed(command, out)
                if number:
                    seen[name].append(result)
        report = json.loads(out.read_text())
        covered = report.get("coverage", [])
        print(f"{arguments.machines} files in {shapes} shapes, adapters drawn from {len(ids)}; {len(covered)} rows "
              f"of coverage")
        for name, results in seen.items():
            wall, cpu, memory = zip(*results)
            print(f"{name:18} wall {min(wall):.2f} / {statistics.median(wall):.2f} s, CPU {min(cpu):.2f} / {statistics.median(cpu):.2f} s, "
                  f"peak {max(memory):.0f} MiB")
        first, second = seen.values()
        for number, what in enumerate(["wall", "CPU"]):
            a, b = [r[number] for r in second], [r[number] for r in first]
            print(f"{what}: {min(a) / min(b):.2f} / {statistics.median(a) / statistics.median(b):.2f} (minima / medians)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
