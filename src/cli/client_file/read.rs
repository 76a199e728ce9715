//! Reads a file of clients, CSV or JSON, into rows. A row that cannot be read is refused with its line, and the others are
//! read nevertheless.
//!
//! The file may hold secrets: what is read of it is wiped when it goes, and no message quotes a value.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io::{Read, stdin};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::{Zeroize, Zeroizing};

use super::columns::{Cell, Column};
use super::{FileFormat, Refusal};
use crate::text::document_of;

/// The most that is read, in bytes: some hundred thousand clients.
const MAX_BYTES: u64 = 128 * 1024 * 1024;
/// The most cells of a row of CSV; those that the header does not name are refused anyway.
const MAX_CELLS: usize = 100;

/// What the file says of one client.
pub struct Row {
    /// The line that it begins in.
    pub line: u64,
    /// What it says, by column; a column that says nothing is not there.
    pub cells: Vec<(Column, Cell)>,
}

impl Row {
    /// What a column says of the client.
    pub fn cell(&self, column: Column) -> Option<&Cell> {
        let found = self.cells.iter().find(|(of, _)| *of == column);
        found.map(|(_, cell)| cell)
    }
}

/// Reads all of a file, or of standard input for `-`.
pub fn read(file: &Path, format: FileFormat) -> anyhow::Result<Vec<Result<Row, Refusal>>> {
    let (name, bytes) = bytes_of(file)?;
    let text = document_of(&bytes).with_context(|| format!("{name} cannot be read"))?;
    let rows = match format {
        FileFormat::Csv => read_csv(text),
        FileFormat::Json => read_json(text),
    };
    rows.with_context(|| format!("{name} is not a file of clients"))
}

fn bytes_of(file: &Path) -> anyhow::Result<(String, Zeroizing<Vec<u8>>)> {
    let is_stdin = file == Path::new("-");
    let name = if is_stdin {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    };
    let cannot = || format!("{name} cannot be read");
    let (source, length): (Box<dyn Read>, u64) = if is_stdin {
        (Box::new(stdin()), 0)
    } else {
        let file = File::open(file).with_context(cannot)?;
        let length = file.metadata().with_context(cannot)?.len();
        (Box::new(file), length)
    };
    // With its full size from the start: growing would leave copies of secrets in memory. Of standard input it is not known.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(length.min(MAX_BYTES))? + 1));
    source
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .with_context(cannot)?;
    if bytes.len() > usize::try_from(MAX_BYTES)? {
        bytes.zeroize();
        bail!("{name} is longer than {MAX_BYTES} bytes");
    }
    Ok((name, bytes))
}

/// Rows of CSV below a header that names their columns.
fn read_csv(text: &str) -> anyhow::Result<Vec<Result<Row, Refusal>>> {
    let mut records = Records::of(text);
    let header = records
        .next()?
        .context("it is empty; its first line names the columns")?;
    let columns = header_columns(&header.values())?;
    let mut rows = Vec::new();
    while let Some(record) = records.next()? {
        let values = record.values();
        rows.push(if values.len() == columns.len() {
            let cells = columns.iter().zip(values);
            let cells = cells.filter_map(|(column, value)| Some((*column, Cell::of_csv(value)?)));
            Ok(Row {
                line: record.line,
                cells: cells.collect(),
            })
        } else {
            let reason = format!(
                "it has {} cells, and the header names {} columns",
                values.len(),
                columns.len()
            );
            Err(Refusal::of_line(record.line, reason))
        });
    }
    Ok(rows)
}

fn header_columns(names: &[&str]) -> anyhow::Result<Vec<Column>> {
    let mut columns = Vec::new();
    for name in names {
        let column = name.trim().parse().ok().with_context(|| {
            format!(
                "its header names a column {name:?}; the columns are {}",
                Column::names()
            )
        })?;
        ensure!(
            !columns.contains(&column),
            "its header names the column {column} twice"
        );
        columns.push(column);
    }
    ensure!(
        columns.contains(&Column::ClientId),
        "its header does not name the column client_id"
    );
    Ok(columns)
}

/// The records of a text of CSV (RFC 4180), separated by commas, semicolons or tabs.
struct Records<'a> {
    rest: &'a str,
    /// The line that `rest` begins in.
    line: u64,
    parser: Reader,
}

/// One record.
struct Record {
    line: u64,
    text: Zeroizing<Vec<u8>>,
    ends: Vec<usize>,
}

impl Record {
    fn values(&self) -> Vec<&str> {
        let mut begin = 0;
        let value = |end: &usize| {
            let bytes = self.text.get(begin..*end).unwrap_or_default();
            begin = *end;
            // The text is UTF-8, and what separates values is ASCII.
            std::str::from_utf8(bytes).unwrap_or_default()
        };
        self.ends.iter().map(value).collect()
    }
}

impl<'a> Records<'a> {
    /// What separates values is what stands most often in the header.
    fn of(text: &'a str) -> Self {
        let header = text.trim_start().split(['\r', '\n']).next().unwrap_or_default();
        let count = |separator: &char| header.matches(*separator).count();
        let separator = [',', ';', '\t'].into_iter().rev().max_by_key(count);
        let separator = separator.and_then(|separator| u8::try_from(separator).ok());
        Self {
            rest: text,
            line: 1,
            parser: ReaderBuilder::new().delimiter(separator.unwrap_or(b',')).build(),
        }
    }

    /// The next record; blank lines are none.
    fn next(&mut self) -> anyhow::Result<Option<Record>> {
        self.skip(self.rest.len() - self.rest.trim_start_matches(['\r', '\n']).len());
        if self.rest.is_empty() {
            return Ok(None);
        }
        let line = self.line;
        // No record is longer than all that is left, and none is begun that is not read to its end.
        let broken =
            || format!("line {line} has a quote that is not closed, or one in a value without quotes");
        let length = self.record_bound().with_context(broken)?;
        let mut text = Zeroizing::new(vec![0; length]);
        let mut ends = vec![0; MAX_CELLS];
        let (mut written, mut count) = (0, 0);
        loop {
            let input = self.rest.as_bytes();
            let (output, free) = (
                text.get_mut(written..).unwrap_or_default(),
                ends.get_mut(count..).unwrap_or_default(),
            );
            let (result, read, wrote, ended) = self.parser.read_record(input, output, free);
            self.skip(read);
            written += wrote;
            count += ended;
            match result {
                ReadRecordResult::Record => break,
                // The next call, without input, ends the record.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => bail!(broken()),
                ReadRecordResult::OutputEndsFull => bail!("line {line} has more than {MAX_CELLS} cells"),
                ReadRecordResult::End => return Ok(None),
            }
        }
        text.truncate(written);
        ends.truncate(count);
        Ok(Some(Record { line, text, ends }))
    }

    /// More bytes than the next record has: up to the first end of a line at which as many quotes were opened as closed.
    /// `None` where a quote is not closed.
    fn record_bound(&self) -> Option<usize> {
        let mut quotes = 0_usize;
        for (at, byte) in self.rest.bytes().enumerate() {
            match byte {
                b'"' => quotes += 1,
                b'\r' | b'\n' if quotes.is_multiple_of(2) => return Some(at + 1),
                _ => {}
            }
        }
        quotes.is_multiple_of(2).then(|| self.rest.len() + 1)
    }

    fn skip(&mut self, bytes: usize) {
        let (skipped, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        // A line ends in CR LF, in LF, or in CR alone.
        let next = skipped.bytes().skip(1).chain(rest.bytes().next().or(Some(0)));
        let is_end = |(byte, next): &(u8, u8)| *byte == b'\n' || *byte == b'\r' && *next != b'\n';
        let ends = skipped.bytes().zip(next).filter(is_end).count();
        self.line += u64::try_from(ends).unwrap_or_default();
        self.rest = rest;
    }
}

/// An array of objects, a row each.
fn read_json(text: &str) -> anyhow::Result<Vec<Result<Row, Refusal>>> {
    let objects: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| {
        anyhow::anyhow!("line {} is not what an array of objects has there", error.line())
    })?;
    let mut line = 1;
    let mut at = 0;
    let mut rows = Vec::new();
    for object in objects {
        // The values are parts of the text.
        let begin = object.get().as_ptr().addr() - text.as_ptr().addr();
        let between = text.get(at..begin).unwrap_or_default();
        line += u64::try_from(between.matches('\n').count()).unwrap_or_default();
        at = begin;
        rows.push(object_row(object, line));
    }
    Ok(rows)
}

fn object_row(object: &RawValue, line: u64) -> Result<Row, Refusal> {
    let members = serde_json::from_str::<Members>(object.get())
        .map_err(|_| Refusal::of_line(line, "it is not an object".to_owned()))?;
    let mut cells = Vec::new();
    let mut names = BTreeSet::new();
    for (name, value) in members.0 {
        let column = name.parse::<Column>().map_err(|_| {
            let reason = format!("it has no member {name:?}; the members are {}", Column::names());
            Refusal::of_line(line, reason)
        })?;
        let refuse = |reason: &str| Refusal {
            line,
            client_id: None,
            column: Some(column),
            reason: reason.to_owned(),
        };
        if !names.insert(name) {
            return Err(refuse("it stands there twice"));
        }
        cells.push((column, json_cell(value).map_err(refuse)?));
    }
    Ok(Row { line, cells })
}

fn json_cell(value: &RawValue) -> Result<Cell, &'static str> {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'"') => {
            let text = serde_json::from_str::<String>(text).map_err(|_| "it is no text")?;
            Ok(Cell::Literal(text.into()))
        }
        Some(b'[') => serde_json::from_str(text)
            .map(Cell::List)
            .map_err(|_| "it is not an array of strings"),
        Some(b'n') => Ok(Cell::Unset),
        Some(b'{') => Err("it is no object"),
        _ => Ok(Cell::Text(text.to_owned().into())),
    }
}

/// The members of an object in their order, those that stand there twice included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;

        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(All)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(rows: anyhow::Result<Vec<Result<Row, Refusal>>>) -> Vec<String> {
        let show = |(column, cell): &(Column, Cell)| match cell.values(false, Some("unset")) {
            Ok(values) => format!("{column}={}", values.join("|")),
            Err(error) => error,
        };
        let line = |row: Result<Row, Refusal>| match row {
            Ok(row) => {
                let cells: Vec<String> = row.cells.iter().map(show).collect();
                format!("{} {}", row.line, cells.join(" "))
            }
            Err(refusal) => format!(
                "{} {:?} {}",
                refusal.line,
                refusal.column.map(Column::name),
                refusal.reason
            ),
        };
        match rows {
            Ok(rows) => rows.into_iter().map(line).collect(),
            Err(error) => vec![format!("{error:#}")],
        }
    }

    #[test]
    fn rows_have_the_line_that_they_begin_in() {
        let text = "client_id,scopes,organisational_unit\r\n\r\na,videos,\"two\nlines\"\r\nb,,\n\nc,x,y,z\nd,\"e\"\"f\",";
        assert_eq!(
            shown(read_csv(text)),
            [
                "3 client_id=a scopes=videos organisational_unit=two|lines",
                "5 client_id=b",
                "7 None it has 4 cells, and the header names 3 columns",
                "8 client_id=d scopes=e\"f",
            ]
        );
    }

    #[test]
    fn lines_that_end_in_cr_alone_are_lines_too() {
        let text = "client_id,organisational_unit\ra,x\r\rb,\"two\rlines\"\rc,x,y\r\nd,z\r";
        assert_eq!(
            shown(read_csv(text)),
            [
                "2 client_id=a organisational_unit=x",
                "4 client_id=b organisational_unit=two|lines",
                "6 None it has 3 cells, and the header names 2 columns",
                "7 client_id=d organisational_unit=z",
            ]
        );
    }

    #[test]
    fn values_are_separated_by_what_the_header_has_most_of() {
        for separator in [',', ';', '\t'] {
            let text = "client_id,customer\na,Acme\n".replace(',', &separator.to_string());
            assert_eq!(
                shown(read_csv(&text)),
                ["2 client_id=a customer=Acme"],
                "{separator:?}"
            );
        }
    }

    #[test]
    fn what_is_no_table_of_clients_is_refused_as_a_whole() {
        for (text, words) in [
            ("", "it is empty"),
            ("\n\n", "it is empty"),
            (
                "client_id,colour\n",
                "a column \"colour\"; the columns are client_id, customer",
            ),
            ("client_id,client_id\n", "client_id twice"),
            ("customer\nAcme\n", "does not name the column client_id"),
            (
                "client_id,customer\na,\"b\n",
                "line 2 has a quote that is not closed",
            ),
        ] {
            let shown = shown(read_csv(text)).concat();
            assert!(shown.contains(words), "{text:?}: {shown}");
        }
    }

    #[test]
    fn objects_are_rows_and_no_message_quotes_a_value() {
        let text = r#"[
            {"client_id": "a", "token_ttl_seconds": 900, "scopes": ["videos"], "quota": null},
            {"client_id": "b", "colour": "s3cret"}, {"client_id": "c",
             "client_secret": {"s3cret": 1}}, "s3cret",
            {"client_id": "d", "client_id": "e"}
        ]"#;
        let shown = shown(read_json(text));
        assert_eq!(
            shown[0],
            "2 client_id=a token_ttl_seconds=900 scopes=videos quota=unset"
        );
        assert!(
            shown[1].starts_with("3 None it has no member \"colour\""),
            "{shown:?}"
        );
        assert_eq!(shown[2], "3 Some(\"client_secret\") it is no object");
        assert_eq!(shown[3], "4 None it is not an object");
        assert_eq!(shown[4], "5 Some(\"client_id\") it stands there twice");
        assert!(!shown.concat().contains("s3cret"));
        let broken = format!(
            "{:#}",
            read_json("[{\n\"client_secret\": s3cret}]").err().unwrap()
        );
        assert_eq!(broken, "line 2 is not what an array of objects has there");
    }
}
