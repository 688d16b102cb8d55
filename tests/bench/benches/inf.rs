//! The stages of reading an INF, each by itself: `cargo bench --manifest-path tests/bench/Cargo.toml`.
//!
//! The text is made here, so that the figures of two machines or two versions can be compared: a Net-class INF with as
//! many devices, install sections and parameters as large real ones have, in one encoding after the other.

use std::fmt::Write as _;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use wimspect::facts::driver_package;
use wimspect::formats::inf::Inf;
use wimspect::formats::text::detect;

fn main() {
    divan::main();
}

const ENCODINGS: [&str; 2] = ["ascii", "utf-16le"];

/// 400 devices in two decorated sections, an install section for every fourth, 30 parameters.
fn inf(encoding: &str) -> Vec<u8> {
    let mut text = String::from(
        "[Version]\r\nSignature = \"$Windows NT$\"\r\nClass = Net\r\nClassGuid = {4D36E972-E325-11CE-BFC1-08002BE10318}\r\n\
         Provider = %Maker%\r\nDriverVer = 01/02/2012,1.2.3.4\r\nCatalogFile = bench.cat\r\n\
         [Manufacturer]\r\n%Maker% = Models, NTamd64.6.0, NTamd64.6.1\r\n",
    );
    for decoration in ["NTamd64.6.0", "NTamd64.6.1"] {
        let _ = write!(text, "[Models.{decoration}]\r\n");
        for n in 0..400 {
            let _ = write!(text, "%Device{n}% = Install{}, PCI\\VEN_FFFE&DEV_{n:04X}&SUBSYS_0001FFFE\r\n", n / 4);
        }
    }
    for n in 0..100 {
        let _ = write!(
            text,
            "[Install{n}.NTamd64]\r\nCharacteristics = 0x84 ; physical\r\nBusType = 5\r\nAddReg = Params, Params{n}\r\n\
             CopyFiles = Files\r\n*IfType = 6\r\n*MediaType = 0\r\n*PhysicalMediaType = 14\r\n\
             [Install{n}.NTamd64.Services]\r\nAddService = bench, 2, Service, EventLog\r\n\
             [Params{n}]\r\nHKR, Ndi, Service, 0, \"bench\"\r\n"
        );
    }
    text.push_str("[Params]\r\n");
    for n in 0..30 {
        let _ = write!(
            text,
            "HKR, Ndi\\Params\\Parameter{n}, ParamDesc, 0, %Parameter{n}%\r\nHKR, Ndi\\Params\\Parameter{n}, Default, 0, \"1\"\r\n\
             HKR, Ndi\\Params\\Parameter{n}\\enum, \"0\", 0, %Off%\r\n"
        );
    }
    text.push_str(
        "[Files]\r\nbench.sys,,,2\r\n[Service]\r\nServiceType = 1\r\nStartType = 3\r\nServiceBinary = %12%\\bench.sys\r\n\
         [SourceDisksNames]\r\n1 = %Disk%\r\n[SourceDisksFiles]\r\nbench.sys = 1\r\n[DestinationDirs]\r\nFiles = 12\r\n\
         [Strings]\r\nMaker = \"Bench\"\r\nDisk = \"Disk\"\r\nOff = \"Off\"\r\n",
    );
    for n in 0..400 {
        let _ = write!(text, "Device{n} = \"Bench network adapter number {n}\"\r\n");
    }
    for n in 0..30 {
        let _ = write!(text, "Parameter{n} = \"Parameter number {n}\"\r\n");
    }
    match encoding {
        "ascii" => text.into_bytes(),
        _ => "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
    }
}

#[divan::bench(args = ENCODINGS)]
fn encoding_is_found(bencher: Bencher, encoding: &str) {
    let bytes = inf(encoding);
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| detect(black_box(&bytes)));
}

#[divan::bench(args = ENCODINGS)]
fn sections_are_found(bencher: Bencher, encoding: &str) {
    let bytes = inf(encoding);
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| Inf::read(black_box(&bytes)));
}

#[divan::bench(args = ENCODINGS)]
fn every_line_is_read(bencher: Bencher, encoding: &str) {
    let bytes = inf(encoding);
    let inf = Inf::read(&bytes);
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| {
        let mut fields = 0;
        for section in black_box(&inf).sections() {
            let mut cursor = section.cursor();
            while let Some(line) = cursor.read() {
                fields += line.fields().len();
            }
        }
        fields
    });
}

#[divan::bench(args = ENCODINGS)]
fn the_whole_package_is_read(bencher: Bencher, encoding: &str) {
    let bytes = inf(encoding);
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| driver_package::read(black_box(&bytes)));
}
