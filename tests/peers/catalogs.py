#!/usr/bin/env python3
"""Compares the members of real catalogs with what an independent reader (asn1crypto) finds in them.

    python3 tests/peers/catalogs.py FOLDER [--program target/release/wimspect] [--sample N]

For every .cat below FOLDER (or N of them, evenly spread over both shapes) the member list of `wimspect inspect FILE --format
json` must be the same as asn1crypto's: file names, digests, OS attributes (the same entry twice counts once). What asn1crypto
can not read must be refused by name here, too. Exit code 1 at a difference. Needs `pip install asn1crypto`; nothing of the
catalogs is kept.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys

from asn1crypto import core

SIGNED_DATA = "1.2.840.113549.1.7.2"
CTL = "1.3.6.1.4.1.311.10.1"
NAME_VALUE = "1.3.6.1.4.1.311.12.2.1"
INDIRECT_DATA = "1.3.6.1.4.1.311.2.1.4"
SHAPES = {"1.3.6.1.4.1.311.12.1.2": 1, "1.3.6.1.4.1.311.12.1.3": 2}


class Content(core.Sequence):
    _fields = [("type", core.ObjectIdentifier), ("content", core.Any, {"explicit": 0, "optional": True})]


class Parts(core.SequenceOf):
    _child_spec = core.Any


class Attribute(core.Sequence):
    _fields = [("type", core.ObjectIdentifier), ("values", core.SetOf, {"spec": core.Any})]


class Attributes(core.SetOf):
    _child_spec = Attribute


class Member(core.Sequence):
    _fields = [("tag", core.OctetString), ("attributes", Attributes)]


class Members(core.SequenceOf):
    _child_spec = Member


class Usages(core.SequenceOf):
    _child_spec = core.ObjectIdentifier


class Algorithm(core.Sequence):
    _fields = [("id", core.ObjectIdentifier), ("parameters", core.Any, {"optional": True})]


class TrustList(core.Sequence):
    _fields = [("usage", Usages), ("identifier", core.OctetString), ("made", core.UTCTime), ("algorithm", Algorithm),
               ("members", Members, {"optional": True}), ("extensions", core.Any, {"explicit": 0, "optional": True})]


class NameValue(core.Sequence):
    _fields = [("name", core.BMPString), ("flags", core.Integer), ("value", core.OctetString)]


class DigestInfo(core.Sequence):
    _fields = [("algorithm", Algorithm), ("digest", core.OctetString)]


class IndirectData(core.Sequence):
    _fields = [("data", core.Sequence), ("digest", DigestInfo)]


def utf16(data):
    return data.decode("utf-16-le").rstrip("\0")


def tag_digest(tag):
    """A tag is the digest: its bytes, or UTF-16 text of them in hex."""
    return tag.hex() if len(tag) in (20, 32) else utf16(tag).lower()


def by_asn1crypto(data):
    """(shape, members and how often), or None for what is no catalog."""
    try:
        signed = Content.load(data)
        if signed["type"].dotted != SIGNED_DATA:
            return None
        # SignedData: version, digest algorithms, what is signed, certificates...
        content = signed["content"].parse(Parts)[2].parse(Content)
        if content["type"].dotted != CTL:
            return None
        ctl = content["content"].parse(TrustList)
        members = collections.Counter()
        for member in ctl["members"] or []:
            names, digests = {}, set()
            for attribute in member["attributes"]:
                for value in attribute["values"]:
                    if attribute["type"].dotted == NAME_VALUE:
                        pair = value.parse(NameValue)
                        names[pair["name"].native] = utf16(pair["value"].native)
                    elif attribute["type"].dotted == INDIRECT_DATA:
                        digests.add(value.parse(IndirectData)["digest"]["digest"].native.hex())
            # Newer catalogs list each file twice, once without indirect data: there the tag is the digest.
            digests = digests or {tag_digest(member["tag"].native)}
            systems = tuple(sorted(s for s in names.get("OSAttr", "").split(",") if s))
            members[(names.get("File"), frozenset(digests), systems)] += 1
        return SHAPES.get(ctl["algorithm"]["id"].dotted), members
    except (ValueError, TypeError):
        return None


def by_wimspect(program, path):
    run = subprocess.run([program, "inspect", path, "--format", "json"], capture_output=True, text=True)
    if run.returncode:
        return None, run.stderr.strip()
    catalog = json.loads(run.stdout).get("catalog")
    if catalog is None or catalog["not_a_catalog"] is not None:
        return None, (catalog or {}).get("not_a_catalog") or "no catalog"
    members = collections.Counter()
    for member in catalog["members"]:
        digests = frozenset(d["value"] for d in member["digests"])
        members[(member["file"], digests, tuple(sorted(member["os_attributes"])))] += 1
    return (catalog["shape"], members), None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--program", default="target/release/wimspect")
    parser.add_argument("--sample", type=int)
    arguments = parser.parse_args()
    read = {p: by_asn1crypto(p.read_bytes()) for p in sorted(arguments.folder.rglob("*")) if p.suffix.lower() == ".cat"}
    chosen = list(read)
    if arguments.sample:
        shapes = [[p for p in read if read[p] and read[p][0] == shape] for shape in (1, 2)]
        half = arguments.sample // 2
        chosen = [s[i * len(s) // n] for s, n in zip(shapes, (arguments.sample - half, half)) if s for i in range(n)]
    counts, wrong = collections.Counter(), 0
    for path in chosen:
        ours, why = by_wimspect(arguments.program, path)
        if read[path] is None or ours is None:
            counts["no catalog"] += 1
            print(f"{path}: {why}")
            different = (read[path] is None) != (ours is None)
        else:
            counts[f"shape {ours[0]}"] += 1
            counts["members"] += sum(ours[1].values())
            different = set(ours[1]) != set(read[path][1])
        if different:
            wrong += 1
            print(f"DIFFERENT: {path}")
            if ours and read[path]:
                print("  only asn1crypto:", sorted(set(read[path][1]) - set(ours[1]), key=str)[:3])
                print("  only wimspect:  ", sorted(set(ours[1]) - set(read[path][1]), key=str)[:3])
    print(f"{len(chosen)} files: {dict(counts)}, {wrong} different")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
