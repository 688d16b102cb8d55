// Makes a share whose INFs hold what a page must not take at its word.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const PAYLOADS = [
  "<script>window.hacked=1</script>",
  "</script><script>window.hacked=2</script>",
  "<img src=x onerror=window.hacked=3>",
  "'\"><svg onload=window.hacked=4>",
  "<!--<script>",
  "]]>&lt;b&gt;&amp;",
  "{{app}}${window.hacked=5}",
  "javascript:window.hacked=6",
  "\u001b[31mred\u001b]0;title\u0007",
  "evil\u202Efni.exe",
  "\u2066isolated\u2069\u200F",
  "line\u2028separator\u2029here",
  "=cmd|' /C calc'!A0",
  "zero\u200Bwidth\uFEFF",
];
export const LONG = "L" + "o".repeat(9_998) + "g";

const quoted = (text) => '"' + text.replaceAll('"', '""').replace(/[\r\n]/g, " ") + '"';

const net = (provider, description, id, service) => [
  "[Version]", 'Signature = "$Windows NT$"', "Class = Net", "ClassGuid = {4D36E972-E325-11CE-BFC1-08002BE10318}",
  "Provider = %P%", "DriverVer = 01/02/2010,1.2.3.4", "[Manufacturer]", "%P% = Models, NTamd64, NTx86",
  "[Models.NTamd64]", "%D% = Install, " + id, "[Models.NTx86]", "%D% = Install, " + id,
  "[Install.NT]", "Characteristics = 0x84", "[Install.NT.Services]", "AddService = " + service + ", 2, Service",
  "[Service]", "ServiceType = 1", "StartType = 3", "ErrorControl = 1", "ServiceBinary = %12%\\" + service + ".sys",
  "[Strings]", "P = " + quoted(provider), "D = " + quoted(description), "",
].join("\r\n");

const utf16 = (text) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);

export function makeHostileShare(folder) {
  PAYLOADS.forEach((payload, index) => {
    // Names that a file system takes; a slash would be a folder.
    const name = payload.replaceAll("/", "∕").slice(0, 80);
    const place = join(folder, index + " " + name);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, name + ".inf"), utf16(net(payload, payload, "PCI\\VEN_FFFF&DEV_" + payload.replace(/[,\s;"%]/g, "_"), "svc" + index)));
    // A wrong signature is a finding whose message repeats it.
    writeFileSync(join(place, "broken.inf"), utf16("[Version]\r\nSignature = " + quoted(payload) + "\r\n"));
    // Children of a bus that nobody makes: a drawing with the name of the enumerator in it.
    const enumerator = payload.replace(/[\\,\s;"%&]/g, "_") || "X";
    writeFileSync(join(place, "orphan.inf"), utf16(net(payload, payload, enumerator + "\\DEV_" + index, "orphan" + index)));
  });
  const place = join(folder, "long");
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "long.inf"), utf16(net(LONG, LONG, "PCI\\VEN_FFFF&DEV_0001&SUBSYS_" + LONG, "long")));
  writeFileSync(join(place, "broken.inf"), utf16("[Version]\r\nSignature = " + quoted(LONG) + "\r\n"));
  writeFileSync(join(place, "orphan.inf"), utf16(net(LONG, LONG, LONG.slice(0, 200) + "\\DEV", "orphanlong")));
}
