//! Recordings as they are written: plain, or compressed as their name says.

use super::error::CliError;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Compresses as the name of the output says.
pub enum Encoder {
    Plain(BufWriter<tempfile::NamedTempFile>),
    Gzip(Box<flate2::write::GzEncoder<BufWriter<tempfile::NamedTempFile>>>),
    Zstd(Box<zstd::stream::write::Encoder<'static, BufWriter<tempfile::NamedTempFile>>>),
}

impl Encoder {
    /// Begins to write to a file that gets the name in the end.
    pub fn new(path: &Path, file: tempfile::NamedTempFile) -> Result<Self, CliError> {
        let file = BufWriter::new(file);
        let name = path.to_string_lossy();
        if name.ends_with(".gz") {
            let encoder = flate2::write::GzEncoder::new(file, flate2::Compression::default());
            return Ok(Encoder::Gzip(Box::new(encoder)));
        }
        if name.ends_with(".zst") {
            let encoder = zstd::stream::write::Encoder::new(file, 0)
                .map_err(|error| CliError::file("write", path, &error))?;
            return Ok(Encoder::Zstd(Box::new(encoder)));
        }
        Ok(Encoder::Plain(file))
    }

    /// Ends the stream and gives the file its name.
    pub fn finish(self, path: &Path) -> Result<(), CliError> {
        let fault = |error: io::Error| CliError::file("write", path, &error);
        let buffered = match self {
            Encoder::Plain(file) => file,
            Encoder::Gzip(encoder) => encoder.finish().map_err(fault)?,
            Encoder::Zstd(encoder) => encoder.finish().map_err(fault)?,
        };
        let file = buffered
            .into_inner()
            .map_err(|error| fault(error.into_error()))?;
        file.persist(path).map_err(|error| fault(error.error))?;
        Ok(())
    }
}

impl Write for Encoder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Encoder::Plain(file) => file.write(bytes),
            Encoder::Gzip(encoder) => encoder.write(bytes),
            Encoder::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Encoder::Plain(file) => file.flush(),
            Encoder::Gzip(encoder) => encoder.flush(),
            Encoder::Zstd(encoder) => encoder.flush(),
        }
    }
}
