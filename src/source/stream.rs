//! Recordings as streams of bytes: plain, `.gz`, `.zst`, or standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// An open recording.
pub struct Opened {
    /// How it is called in reports: the path as it was given, or `-`.
    pub name: String,
    /// Its decompressed bytes.
    pub reader: Box<dyn BufRead + Send>,
}

/// Smaller than what is mostly asked for at once, which then needs no copy.
const BUFFER: usize = 1 << 16;
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTANDARD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Opens a recording. `-` is standard input. What is compressed is told by its first bytes, not by its name. Plain files
/// are read, not mapped into memory: that costs no more than the faults of their pages do, and a mapped file that
/// somebody cuts short ends the process (`docs/performance.md`).
pub fn open(path: &Path) -> io::Result<Opened> {
    let name = name(path);
    let raw: Box<dyn Read + Send> = if name == "-" {
        Box::new(io::stdin())
    } else {
        if path.is_dir() {
            return Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                "it is a directory",
            ));
        }
        Box::new(File::open(path)?)
    };
    let mut raw = BufReader::with_capacity(BUFFER, raw);
    let magic = raw.fill_buf()?;
    let reader: Box<dyn BufRead + Send> = if magic.starts_with(GZIP) {
        let decoder = flate2::bufread::MultiGzDecoder::new(raw);
        Box::new(BufReader::with_capacity(BUFFER, decoder))
    } else if magic.starts_with(ZSTANDARD) {
        let decoder = zstd::stream::read::Decoder::with_buffer(raw)?;
        Box::new(BufReader::with_capacity(BUFFER, decoder))
    } else {
        Box::new(raw)
    };
    Ok(Opened { name, reader })
}

/// How a recording is called in reports.
pub fn name(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// About how many bytes a recording has once it is unpacked; nothing where nobody knows.
pub fn length(path: &Path) -> Option<u64> {
    let data = std::fs::metadata(path).ok().filter(|data| data.is_file())?;
    let packed = path
        .extension()
        .is_some_and(|end| end == "gz" || end == "zst");
    Some(data.len().saturating_mul(if packed { PACKED } else { 1 }))
}

/// Recordings are made small by about this much.
const PACKED: u64 = 10;

/// Whether a name ends like a recording's.
pub fn is_recording(name: &str) -> bool {
    let plain = name
        .strip_suffix(".gz")
        .or_else(|| name.strip_suffix(".zst"))
        .unwrap_or(name);
    [".jsonl", ".json", ".ndjson", ".csv"]
        .iter()
        .any(|end| plain.ends_with(end))
}

/// The recordings that a path names: itself, or, for a directory, every file directly in it whose name ends like a
/// recording's (`.jsonl`, `.json`, `.ndjson`, `.csv`, also with `.gz` or `.zst`), sorted by name.
pub fn list_recordings(path: &Path) -> io::Result<Vec<PathBuf>> {
    if path.as_os_str() == "-" || !path.is_dir() {
        if path.as_os_str() != "-" {
            std::fs::metadata(path)?;
        }
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?.path();
        let name = entry
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if is_recording(&name) && entry.is_file() {
            found.push(entry);
        }
    }
    found.sort_unstable();
    Ok(found)
}
