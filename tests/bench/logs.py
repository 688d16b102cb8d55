#!/usr/bin/env python3
"""What `diagnose` costs beside `cat` of the same log.

    python3 tests/bench/logs.py [--megabytes N] [--rounds N] [--program target/release/wimspect] [--keep FILE]

Makes one large smsts.log (synthetic; the steps of a deployment again and again, as a log grows that nobody rolls over, one
failed deployment at its end), reads it once, then measures in alternating rounds: `cat FILE >/dev/null` and `wimspect
diagnose FILE`. Minima and medians of wall-clock time, CPU time and the peak memory. Linux only.
"""

import argparse
import os
import pathlib
import random
import resource
import statistics
import subprocess
import tempfile
import time

# (component, type, text, source): most of a smsts.log is talk of this kind. About every tenth record says something about the
# course of the deployment.
TALK = [
    ("TSManager", 0, "Set a global environment variable _SMSTSNextInstructionPointer={n}", "executionenv.cxx:668"),
    ("TSManager", 0, "Set a TS execution environment variable _SMSTSNextInstructionPointer={n}", "executionenv.cxx:386"),
    ("TSManager", 0, "Set a local default variable OSDConfigFileName", "executionenv.cxx:736"),
    ("TSManager", 1, "Expand a string: %_SMSTSMDataPath%\\Packages\\{n}", "executionenv.cxx:782"),
    ("TSManager", 0, "Evaluating an AND expression", "conditionevaluator.cpp:132"),
    ("TSManager", 1, "Parsing task sequence . . .", "tsxml.cpp:45"),
    ("OSDDriverClient", 1, "Sending request to CCM with {n} bytes, waiting for the answer of the location service", "utils.cpp:1022"),
    ("ApplyOperatingSystem", 1, "Successfully read entries from {n} of 4096 in the list of files of the image", "applyos.cpp:301"),
    ("ApplyOperatingSystem", 1, "Reading file C:\\_SMSTaskSequence\\Packages\\FX1000{n}\\sources\\boot\\fonts", "installimage.cpp:870"),
    ("TSMBootstrap", 1, "hash value {n} of the request was made with the key of the container that this account may open", "libcrypt.cpp:220"),
    ("TSMBootstrap", 1, "CLibSMSMessageWinHttpTransport::Send: URL: mp.example:80  POST /ccm_system/request, {n}", "libsmsmessaging.cpp:8422"),
    ("TSMBootstrap", 1, "Request was successful.", "libsmsmessaging.cpp:8757"),
    ("OSDSetupWindows", 0, "File C:\\Windows\\Panther\\part{n}.xml is closed;\nits size has not changed", "util.cpp:91"),
]
COURSE = [
    ("TSManager", 1, "Start executing an instruction. Instruction name: Step {n}. Instruction pointer: {n}", "instruction.cxx:805"),
    ("TSManager", 1, "Executing command line: smsappinstall.exe /app:{n}", "commandline.cpp:827"),
    ("TSMBootstrap", 2, "Failed to find the configuration file in the {n} places of the media", "mediahelper.cpp:77"),
    ("ApplyOperatingSystem", 3, "Unable to read the optional attribute {n}, 0x80070490", "imagefile.cpp:410"),
    ("TSManager", 1, "Process completed with exit code 0", "commandline.cpp:1123"),
    ("TSManager", 1, "Successfully completed the action (Step {n}) with the exit win32 code 0", "instruction.cxx:830"),
]
FAILURE = [
    ("TSManager", 1, "Start executing an instruction. Instruction name: Setup windows and ConfigMgr. Instruction pointer: 1", "instruction.cxx:805"),
    ("OSDSetupWindows", 3, "Windows Setup failed with hexadecimal exit code C0000006 (decimal 3221225478)", "setupwindows.cpp:440"),
    ("TSManager", 3, "Failed to run the action: Setup windows and ConfigMgr. Unspecified error (Error: 80004005; Source: Windows)", "instruction.cxx:895"),
]


def record(chance, second, component, level, text, source, number=None):
    day, second = 1 + second // 86400 % 28, second % 86400
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.{chance.randrange(1000):03}"
    number = chance.randrange(9999) if number is None else number
    return (f'<![LOG[{text.replace("{n}", str(number))}]LOG]!><time="{clock}+480" date="02-{day:02}-2010" '
            f'component="{component}" context="" type="{level}" thread="{chance.randrange(500, 3000)}" file="{source}">\r\n')


def make(path, size):
    chance = random.Random(20101)
    with open(path, "w", encoding="utf-8", newline="") as log:
        log.write("\ufeff")
        second = step = 0
        talk = TALK[0]
        while log.tell() < size:
            block = []
            for _ in range(20_000):
                second += chance.randrange(2)
                if chance.random() < 0.1:
                    # Every step begins, says something, and ends.
                    block.append(record(chance, second, *COURSE[step % len(COURSE)], number=step // len(COURSE)))
                    step += 1
                else:
                    # Four of five records of a real log have the component of the one before.
                    talk = chance.choice([line for line in TALK if line[0] == talk[0] or chance.random() < 0.05])
                    block.append(record(chance, second, *talk))
            log.write("".join(block))
        log.writelines(record(chance, second, *line) for line in FAILURE)


def run(command):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, shell=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, done.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--program", type=pathlib.Path, default=pathlib.Path("target/release/wimspect"))
    parser.add_argument("--keep", type=pathlib.Path, help="the log; made if it is not there, and kept")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        path = arguments.keep or pathlib.Path(temporary) / "smsts.log"
        if not path.exists():
            make(path, arguments.megabytes << 20)
        run(f"cat '{path}' >/dev/null")
        programs = {
            "cat": f"cat '{path}' >/dev/null",
            "wimspect diagnose": f"'{arguments.program}' diagnose '{path}'",
        }
        times = {name: [] for name in programs}
        for _ in range(arguments.rounds):
            for name, command in programs.items():
                times[name].append(run(command))
        base, middle = (of(wall for wall, *_ in times["cat"]) for of in (min, statistics.median))
        print(f"{path.stat().st_size / 1e6:.0f} MB, {os.cpu_count()} cores, {arguments.rounds} rounds")
        for name, all_times in times.items():
            walls, cpus = [t[0] for t in all_times], [t[1] for t in all_times]
            print(f"{name:18} wall {min(walls):.3f} to {statistics.median(walls):.3f} s (minimum, median), "
                  f"CPU {min(cpus):.3f} s, {min(walls) / base:.2f} and {statistics.median(walls) / middle:.2f} x cat, exit code {all_times[-1][2]}")
        print(f"largest process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.1f} MB")


if __name__ == "__main__":
    main()
