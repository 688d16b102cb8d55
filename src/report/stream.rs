//! Sequences that are made while they are written, and JSON with one record on a line: no value tree of the whole is ever built.

use std::io::{self, Write};

use serde::ser::{Serialize, Serializer};

/// A sequence that is made while it is written.
pub(super) struct Seq<F>(F);

pub(super) const fn seq<F, I>(make: F) -> Seq<F>
where
    F: Fn() -> I,
    I: Iterator,
    I::Item: Serialize,
{
    Seq(make)
}

impl<F, I> Serialize for Seq<F>
where
    F: Fn() -> I,
    I: Iterator,
    I::Item: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// One record of the lists at `list` levels below the root on each line: large reports stay readable for people, `grep` and
/// `diff`.
pub(super) struct RecordPerLine {
    depth: usize,
    list: usize,
}

impl RecordPerLine {
    pub(super) const fn of_lists_at(list: usize) -> Self {
        Self { depth: 0, list }
    }
}

impl serde_json::ser::Formatter for RecordPerLine {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        writer.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        if self.depth == self.list { writer.write_all(b"\n  ") } else { Ok(()) }
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(if self.depth == 0 { b"\n}" } else { b"}" })
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        if self.depth < self.list { writer.write_all(b"\n ") } else { Ok(()) }
    }
}
