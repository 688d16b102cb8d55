#!/usr/bin/env python3
"""Compares what is read of PE files (.sys, .dll, .exe) with what pefile and asn1crypto find in them.

    python3 tests/peers/binaries.py FOLDER [--program target/release/wimspect]

For every PE file below FOLDER: machine, imported modules and functions, file version, Authenticode digests, the digest that the
embedded signature names and whether it is the file's, the signer's serial number, as `wimspect inspect FILE --format json` says
them. Exit code 1 at a difference. Needs `pip install pefile asn1crypto`; files to compare come from package registries, for
example `pip download --no-deps pydivert` (unpack the wheels), and are not kept in this project.
"""

import argparse
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

import pefile
from asn1crypto import cms, core

SPC_INDIRECT_DATA = "1.3.6.1.4.1.311.2.1.4"
IMPORTS, SECURITY, RESOURCES = 1, 4, 2


class Algorithm(core.Sequence):
    _fields = [("id", core.ObjectIdentifier), ("parameters", core.Any, {"optional": True})]


class DigestInfo(core.Sequence):
    _fields = [("algorithm", Algorithm), ("digest", core.OctetString)]


class IndirectData(core.Sequence):
    _fields = [("data", core.Any), ("digest", DigestInfo)]


class Content(core.Sequence):
    _fields = [("type", core.ObjectIdentifier), ("content", core.Any, {"explicit": 0, "optional": True})]


class Parts(core.SequenceOf):
    _child_spec = core.Any


def authenticode(pe, data, algorithm):
    """The digest of all bytes but the checksum, the entry of the certificate table, and the table itself."""
    checksum = pe.OPTIONAL_HEADER.get_field_absolute_offset("CheckSum")
    entry = pe.OPTIONAL_HEADER.DATA_DIRECTORY[SECURITY]
    place = entry.get_field_absolute_offset("VirtualAddress")
    body = data[:checksum] + data[checksum + 4:place] + data[place + 8:]
    if entry.VirtualAddress and entry.Size:
        start = entry.VirtualAddress - 12
        body = body[:start] + body[start + entry.Size:]
    else:
        # As signing would put the table behind it.
        body += b"\0" * (-len(data) % 8)
    return hashlib.new(algorithm, body).hexdigest()


def signature(pe, data):
    """(digest that is named, serial number of the signer) of the first embedded signature, or None."""
    entry = pe.OPTIONAL_HEADER.DATA_DIRECTORY[SECURITY]
    if not entry.VirtualAddress or not entry.Size:
        return None
    length = int.from_bytes(data[entry.VirtualAddress:entry.VirtualAddress + 4], "little")
    blob = data[entry.VirtualAddress + 8:entry.VirtualAddress + length]
    parts = Content.load(blob)["content"].parse(Parts)
    content = parts[2].parse(Content)
    if content["type"].dotted != SPC_INDIRECT_DATA:
        return None
    named = content["content"].parse(IndirectData)["digest"]["digest"].native.hex()
    signer = parts[len(parts) - 1].parse(cms.SignerInfos)[0]
    serial = signer["sid"].chosen["serial_number"].native
    return named, f"{serial:x}"


def by_pefile(path):
    data = path.read_bytes()
    pe = pefile.PE(data=data, fast_load=True)
    pe.parse_data_directories([IMPORTS, RESOURCES])
    imports = {}
    for module in getattr(pe, "DIRECTORY_ENTRY_IMPORT", []):
        names = imports.setdefault(module.dll.decode().lower(), set())
        names.update(f.name.decode() for f in module.imports if f.name)
    fixed = getattr(pe, "VS_FIXEDFILEINFO", [None])[0]
    version = fixed and [fixed.FileVersionMS >> 16, fixed.FileVersionMS & 65535, fixed.FileVersionLS >> 16, fixed.FileVersionLS & 65535]
    return {"machine": pe.FILE_HEADER.Machine, "imports": {m: sorted(n) for m, n in imports.items() if n}, "version": version,
            "sha1": authenticode(pe, data, "sha1"), "sha256": authenticode(pe, data, "sha256"), "signature": signature(pe, data)}


def by_wimspect(program, path, folder):
    # Driver files are known by their name.
    alias = pathlib.Path(folder) / "file.sys"
    alias.unlink(missing_ok=True)
    alias.symlink_to(path.resolve())
    run = subprocess.run([program, "inspect", alias, "--format", "json"], capture_output=True, text=True)
    if run.returncode:
        return {"error": run.stderr.strip()}
    file = json.loads(run.stdout)["driver-file"]
    digests = file["signing"]["digests"]
    signatures = file["signing"]["embedded"]["signatures"]
    first = signatures and (signatures[0]["file_digest"]["value"], signatures[0]["serial"].lstrip("0")) or None
    imports = {}
    for module in file["imports"]:
        imports.setdefault(module["module"].lower(), set()).update(f for f in module["functions"] if not f.startswith("#"))
    return {"machine": file["machine"], "imports": {m: sorted(n) for m, n in imports.items() if n}, "version": file["file_version"],
            "sha1": digests["sha1"], "sha256": digests["sha256"], "signature": first}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--program", default="target/release/wimspect")
    arguments = parser.parse_args()
    compared = wrong = signed = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(p for p in arguments.folder.rglob("*") if p.suffix.lower() in (".sys", ".dll", ".exe") and p.is_file()):
            theirs, ours = by_pefile(path), by_wimspect(arguments.program, path, folder)
            different = [k for k in theirs if theirs[k] != ours.get(k)]
            compared, wrong, signed = compared + 1, wrong + bool(different), signed + bool(theirs["signature"])
            matches = theirs["signature"] and theirs["signature"][0] in (theirs["sha1"], theirs["sha256"])
            print(f"{'DIFFERENT' if different else 'same':9} {path.relative_to(arguments.folder)}: machine {theirs['machine']:#06x}, "
                  f"{sum(map(len, theirs['imports'].values()))} imports, version {theirs['version']}, "
                  f"{'signed, digest ' + ('matches' if matches else 'DIFFERS') if theirs['signature'] else 'not signed'}")
            for key in different:
                print(f"    {key}: {str(theirs[key])[:200]} | {str(ours.get(key))[:200]} {ours.get('error', '')}")
    print(f"{compared} files, {signed} of them signed, {wrong} different")
    return 1 if wrong or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
