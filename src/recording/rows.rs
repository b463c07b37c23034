//! Cuts a CSV recording into rows with bounded memory: a row may go over several lines where a cell is quoted.

use super::{ItemError, Limits};
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use std::io::{self, BufRead};
use std::sync::Arc;

/// One row, as it stands under a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line where it begins, from 1.
    pub line: u64,
    /// The line where it ends.
    pub last: u64,
    /// Its cells without quotes, or why it has none.
    pub cells: Result<Vec<String>, String>,
}

/// Some rows of a recording, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The names of the columns.
    pub header: Arc<[String]>,
    /// Whether these are the first rows behind the header.
    pub first: bool,
    /// The rows.
    pub rows: Vec<Row>,
    /// So many bytes of the recording they are.
    pub bytes: usize,
}

/// The rows of a recording in chunks.
pub struct RowChunks<R> {
    reader: R,
    csv: Reader,
    header: Option<Arc<[String]>>,
    limit: usize,
    size: usize,
    lines: LineCount,
    first: bool,
    /// What comes behind the rows that were given.
    behind: Option<ItemError>,
    done: bool,
}

/// The line that is read next.
struct LineCount {
    line: u64,
    /// Whether the last byte was a carriage return, which ends a line alone or with the line feed behind it.
    returned: bool,
}

impl LineCount {
    fn pass(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.line += match (byte, self.returned) {
                (b'\r', _) | (b'\n', false) => 1,
                (_, _) => 0,
            };
            self.returned = *byte == b'\r';
        }
    }
}

/// What reading one row came to.
enum Read {
    Row(Row, usize),
    End,
}

impl<R: BufRead> RowChunks<R> {
    /// The rows of a recording without a byte order mark, in chunks of about `size` bytes.
    pub fn new(reader: R, delimiter: u8, limits: Limits, size: usize) -> Self {
        Self {
            reader,
            csv: ReaderBuilder::new().delimiter(delimiter).build(),
            header: None,
            limit: limits.line,
            size,
            lines: LineCount {
                line: 1,
                returned: false,
            },
            first: true,
            behind: None,
            done: false,
        }
    }

    /// Passes over the blank lines in front of a row, so that its line is known.
    fn skip_blank(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            let is_end = |byte: &&u8| matches!(byte, b'\r' | b'\n');
            let ends = buffer.iter().take_while(is_end).count();
            let more = ends == buffer.len() && ends > 0;
            self.lines.pass(buffer.get(..ends).unwrap_or_default());
            self.reader.consume(ends);
            if !more {
                return Ok(());
            }
        }
    }

    fn read(&mut self) -> Result<Read, ItemError> {
        self.skip_blank().map_err(ItemError::Io)?;
        let line = self.lines.line;
        let (mut text, mut ends) = (vec![0; 256], vec![0; 16]);
        let (mut written, mut cells, mut bytes) = (0, 0, 0);
        let mut too_long = false;
        let (last, closed) = loop {
            let buffer = self.reader.fill_buf().map_err(ItemError::Io)?;
            let last = buffer.is_empty();
            if last && bytes == 0 {
                return Ok(Read::End);
            }
            // At the end of the recording a line feed ends the row, unless a quote is open.
            let input = if last { &b"\n"[..] } else { buffer };
            let (result, read, wrote, found) = self.csv.read_record(
                input,
                text.get_mut(written..).unwrap_or_default(),
                ends.get_mut(cells..).unwrap_or_default(),
            );
            if !last {
                self.lines.pass(input.get(..read).unwrap_or_default());
                self.reader.consume(read);
                bytes += read;
            }
            written += wrote;
            cells += found;
            if bytes > self.limit {
                too_long = true;
                // What is left of the row is passed over.
                (written, cells) = (0, 0);
            }
            match result {
                ReadRecordResult::InputEmpty if last => break (true, false),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => text.resize(text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => ends.resize(ends.len() * 2, 0),
                ReadRecordResult::Record | ReadRecordResult::End => break (last, true),
            }
        };
        if too_long {
            let limit = self.limit;
            return Err(ItemError::LineTooLong { line, limit });
        }
        // The end of the last line was passed, where it has one.
        let last = self.lines.line - u64::from(!last);
        text.truncate(written);
        ends.truncate(cells);
        let cells = match closed {
            true => split(&text, &ends),
            false => Err("a quote is opened that nothing closes".to_owned()),
        };
        Ok(Read::Row(Row { line, last, cells }, bytes))
    }

    /// The next row behind the header; a row that does not fit it is a fault.
    fn next_row(&mut self) -> Result<Option<(Row, usize)>, ItemError> {
        loop {
            let (mut row, bytes) = match self.read()? {
                Read::Row(row, bytes) => (row, bytes),
                Read::End => return Ok(None),
            };
            let Some(header) = &self.header else {
                // A header that cannot be read has no columns, and no row fits it.
                self.header = Some(row.cells.unwrap_or_default().into());
                continue;
            };
            if let Ok(cells) = &row.cells
                && cells.len() != header.len()
            {
                let (has, wants) = (cells.len(), header.len());
                let fault = format!("the row has {has} cells, and the header {wants}");
                row.cells = Err(fault);
            }
            if let Err(fault) = &mut row.cells
                && row.last > row.line
            {
                *fault = format!("{fault}; it goes up to line {}", row.last);
            }
            return Ok(Some((row, bytes)));
        }
    }
}

fn split(text: &[u8], ends: &[usize]) -> Result<Vec<String>, String> {
    let mut begin = 0;
    let cells = ends.iter().map(|end| {
        let cell = text.get(begin..*end).unwrap_or_default();
        begin = *end;
        String::from_utf8(cell.to_vec()).map_err(|_| "a cell is not UTF-8 text".to_owned())
    });
    cells.collect()
}

impl<R: BufRead> Iterator for RowChunks<R> {
    type Item = Result<Rows, ItemError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.behind.take() {
            return Some(Err(error));
        }
        let mut found = Rows {
            header: Arc::new([]),
            first: self.first,
            rows: Vec::new(),
            bytes: 0,
        };
        while !self.done && found.bytes < self.size {
            match self.next_row() {
                Ok(Some((row, bytes))) => {
                    found.bytes += bytes;
                    found.rows.push(row);
                }
                Ok(None) => self.done = true,
                Err(error) => {
                    self.done = matches!(error, ItemError::Io(_));
                    self.behind = Some(error);
                    break;
                }
            }
        }
        if let Some(header) = &self.header {
            found.header = header.clone();
        }
        // A header alone is looked at too.
        let header_alone = self.first && self.header.is_some();
        if found.rows.is_empty() && !header_alone {
            return self.behind.take().map(Err);
        }
        self.first = false;
        Some(Ok(found))
    }
}

#[cfg(test)]
mod tests;
