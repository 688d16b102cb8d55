#!/usr/bin/env python3
"""Mutation test of the rules: does a test fail when the condition of a rule is changed?

    python3 tests/mutants/run.py [--work FOLDER] [--jobs N] [--only RULE[,RULE...]] [--own-cases] [--threads N]
    python3 tests/mutants/run.py --check        only whether mutants.toml fits the sources; builds nothing

`mutants.toml` beside this file names for each rule what to change: an expression that occurs once in a source file, and what
stands there instead. All changes go into ONE build (mutant schemata): in a copy of the tree each expression becomes

    (if crate::mutant("RULE.N") { changed } else { original })

and the environment variable WIMSPECT_MUTANT chooses. The copy alone is changed; nothing of this is in the real sources.
Without a mutant every test used here must pass. Then for each mutant the rule's own cases (fixtures/rules/RULE) run, and,
if these do not notice, all tests named in TESTS below (not with --own-cases, which takes seconds). The table says what killed each; exit code 1 if one survived, if a
rule has no mutant, or if an expression of mutants.toml is not there exactly once.

The copy and its build stay in FOLDER when --work names one (a second run builds only what changed); otherwise they lie in a
temporary folder. CARGO_TARGET_DIR is respected. Python 3.11 and git; nothing else beside what cargo needs.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Modules of tests/it that run when the cases of the rule do not notice a mutant.
TESTS = ["rules::every_case", "policy::", "predictions::", "fixtures::", "verdicts::"]
# The fixtures are small: what counts is how long the build takes.
PROFILE = ["--config", "profile.dev.opt-level=0", "--config", "profile.dev.debug=false",
           "--config", 'profile.dev.package."*".opt-level=0']
# No run of a rule's cases takes as long.
LIMIT = 900

SWITCH = """
/// Whether this mutant was chosen (tests/mutants/run.py); only in copies made by it.
pub fn mutant(name: &str) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    CHOSEN.get_or_init(|| std::env::var("WIMSPECT_MUTANT").ok()).as_deref() == Some(name)
}
"""

# In the copy the test of the cases can be kept to the cases of some rules.
CASES_OLD = 'for (rule, folder) in folders(&fixtures().join("rules")) {'
CASES_NEW = CASES_OLD + """
        if std::env::var("WIMSPECT_CASES").is_ok_and(|only| only != rule) {
            continue;
        }"""


def read_mutants():
    """Every mutant: name, rule, file, old, new."""
    mutants = []
    for rule, entries in tomllib.loads((HERE / "mutants.toml").read_text("utf-8")).items():
        for number, entry in enumerate(entries, 1):
            unknown = set(entry) - {"old", "new", "file"}
            if unknown or "old" not in entry or "new" not in entry:
                sys.exit(f"mutants.toml: {rule}: an entry has `old`, `new` and at most `file`: {entry}")
            file = entry.get("file", f"src/analysis/rules/{rule.replace('-', '_')}.rs")
            mutants.append({"name": f"{rule}.{number}", "rule": rule, "file": file, "old": entry["old"], "new": entry["new"]})
    return mutants


def registered_rules():
    """Ids as the sources give them: `ID` of each rule file, and the two of the policy."""
    texts = [p.read_text("utf-8") for p in sorted((ROOT / "src/analysis/rules").glob("*.rs"))]
    ids = [i for t in texts for i in re.findall(r'const ID: &str = "([^"]+)"', t)]
    policy = (ROOT / "src/analysis/policy/mod.rs").read_text("utf-8")
    return set(ids) | set(re.findall(r'pub const (?:EXPIRED|UNUSED): &str = "([^"]+)"', policy))


def copy_tree(work):
    """The files that git knows or would take, and no others; what is unchanged keeps its time stamp."""
    listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True)
    names = {n for n in listed.stdout.decode().split("\0") if n and (ROOT / n).is_file()}
    for old in [p for p in work.rglob("*") if p.is_file() and "target" != p.relative_to(work).parts[0]]:
        if old.relative_to(work).as_posix() not in names:
            old.unlink()
            # A folder without a case in it would be a case without a file.
            for folder in old.relative_to(work).parents:
                if folder.parts and not any((work / folder).iterdir()):
                    (work / folder).rmdir()
    for name in sorted(names):
        data = (ROOT / name).read_bytes()
        yield name, data


def schemata(mutants):
    """Files with all mutants in them, and what is wrong with mutants.toml."""
    files, wrong = {}, []
    for mutant in mutants:
        files.setdefault(mutant["file"], {}).setdefault(mutant["old"], []).append(mutant)
    made = {}
    for file, by_old in files.items():
        text = (ROOT / file).read_text("utf-8")
        spans = []
        for old, group in by_old.items():
            found = text.count(old)
            if found != 1:
                wrong.append(f"{group[0]['rule']}: {found} times in {file}: {old}")
                continue
            chain = "".join(f'if crate::mutant("{m["name"]}") {{ {m["new"]} }} else ' for m in group)
            spans.append((text.index(old), len(old), f"({chain}{{ {old} }})"))
        spans.sort()
        for (at, size, _), (following, *_) in zip(spans, spans[1:]):
            if at + size > following:
                wrong.append(f"{file}: two expressions overlap: {text[at:at + size]} | {text[following:following + 40]}")
        for at, size, new in reversed(spans):
            text = text[:at] + new + text[at + size:]
        made[file] = text
    return made, wrong


def prepare(work, mutants):
    made, wrong = schemata(mutants)
    if wrong:
        sys.exit("mutants.toml does not fit the sources:\n" + "\n".join(wrong))
    for name, data in copy_tree(work):
        if name in made:
            data = made[name].encode()
        elif name == "src/lib.rs":
            data += SWITCH.encode()
        elif name == "tests/it/rules.rs":
            text = data.decode()
            if text.count(CASES_OLD) != 1:
                sys.exit("tests/it/rules.rs no longer has the loop over the rules that CASES_OLD names")
            data = text.replace(CASES_OLD, CASES_NEW).encode()
        path = work / name
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            shutil.copymode(ROOT / name, path)


def build(work):
    """The test binary; cargo builds the program with it."""
    command = ["cargo", *PROFILE, "test", "--test", "it", "--no-run", "--message-format", "json-render-diagnostics"]
    run = subprocess.run(command, cwd=work, stdout=subprocess.PIPE, text=True)
    if run.returncode:
        sys.exit("the copy with the mutants does not build")
    messages = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    tests = [m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "it"]
    return tests[-1]


def run_tests(binary, work, names, threads, mutant=None, cases=None):
    """Names of failed tests, and of failed cases of rules."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("WIMSPECT_", "UPDATE"))}
    if mutant:
        environment["WIMSPECT_MUTANT"] = mutant
    if cases:
        environment["WIMSPECT_CASES"] = cases
    command = [binary, *names, "--test-threads", str(threads)]
    run = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, errors="replace", timeout=LIMIT)
    failed = sorted(set(re.findall(r"^test (\S+) \.\.\. FAILED$", run.stdout, re.M)))
    cases = sorted(set(re.findall(r"^([a-z0-9-]+/(?:fires|silent)[a-z0-9.-]*): ", run.stdout, re.M)))
    if run.returncode and not failed:
        failed = [f"the test program ended with {run.returncode}"]
    return failed, cases


def judge(binary, work, threads, own_cases, mutant):
    """(by what, names) that killed a mutant, or None. Told at once: a run that is ended early was not for nothing."""
    result = killer(binary, work, threads, own_cases, mutant)
    print(f"{mutant['name']}: {'SURVIVED' if result is None else result[0]}", file=sys.stderr, flush=True)
    return result


def killer(binary, work, threads, own_cases, mutant):
    """(by what, names) that killed a mutant, or None."""
    failed, cases = run_tests(binary, work, TESTS[:1], 1, mutant["name"], mutant["rule"])
    if failed:
        return "own cases", [c.split("/", 1)[1] for c in cases] or failed
    if own_cases:
        return None
    # All cases take a fraction of what all tests take.
    failed, cases = run_tests(binary, work, TESTS[:1], threads, mutant["name"])
    if not failed:
        failed, cases = run_tests(binary, work, TESTS[1:], threads, mutant["name"])
    if not failed:
        return None
    others = [f for f in failed if not f.startswith("rules::")]
    return ("other cases" if cases else "other tests"), cases + others


def cell(text):
    return " ".join(text.split()).replace("|", "\\|")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--work", type=pathlib.Path, help="folder for the copy; kept")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at the same time")
    parser.add_argument("--threads", type=int, default=2, help="threads of one run of all tests")
    parser.add_argument("--only", help="rules or mutants (RULE.N), separated by commas")
    parser.add_argument("--check", action="store_true", help="build nothing; say whether mutants.toml fits the sources")
    parser.add_argument("--own-cases", action="store_true", help="run no other tests than the cases of the rule")
    arguments = parser.parse_args()
    mutants, rules = read_mutants(), registered_rules()
    gone = [m for m in mutants if m["rule"] not in rules]
    for rule in sorted({m["rule"] for m in gone}):
        print(f"left out: {rule} is no rule of this tree")
    mutants = [m for m in mutants if m not in gone]
    without = sorted(rules - {m["rule"] for m in mutants})
    for rule in without:
        print(f"NO MUTANT: {rule}")
    if arguments.check:
        wrong = schemata(mutants)[1]
        print("\n".join(wrong) or f"{len(mutants)} mutants of {len(rules) - len(without)} rules fit the sources")
        return 1 if wrong or without else 0
    with tempfile.TemporaryDirectory(prefix="wimspect-mutants-") as temporary:
        work = (arguments.work or pathlib.Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        # All mutants are built, whichever run: so --only builds nothing anew.
        prepare(work, mutants)
        binary = build(work)
        if arguments.only:
            only = arguments.only.split(",")
            mutants = [m for m in mutants if m["rule"] in only or m["name"] in only]
        failed, cases = run_tests(binary, work, TESTS[:1] if arguments.own_cases else TESTS, arguments.threads)
        if failed:
            sys.exit(f"without a mutant these tests fail: {', '.join(failed + cases)}")
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            results = list(pool.map(lambda m: judge(binary, work, arguments.threads, arguments.own_cases, m), mutants))
    print("| rule | mutation | killed by |\n|---|---|---|")
    for mutant, result in zip(mutants, results):
        by = "**SURVIVED**" if result is None else f"{result[0]}: {', '.join(result[1])}"
        print(f"| {mutant['rule']} | `{cell(mutant['old'])}` → `{cell(mutant['new'])}` | {by} |")
    kinds = [r[0] if r else "survived" for r in results]
    counts = ", ".join(f"{kinds.count(k)} {k}" for k in ["own cases", "other cases", "other tests", "survived"])
    print(f"\n{len(mutants)} mutants of {len({m['rule'] for m in mutants})} rules: {counts}")
    return 1 if without or "survived" in kinds else 0


if __name__ == "__main__":
    sys.exit(main())
