//! A file as bytes in memory: the one place with unsafe code.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Deref;

/// The bytes of a file. The system reads them as they are looked at, and forgets them when memory is short.
pub struct Mapped(memmap2::Mmap);

impl Mapped {
    /// Maps a plain file; nothing where it is no plain file, or the system does not map it.
    pub fn of(file: &File) -> io::Result<Option<Self>> {
        let data = file.metadata()?;
        // What has no length may still have bytes: pipes, terminals, the files of `/proc`.
        if !data.is_file() || data.len() == 0 {
            return Ok(None);
        }
        // SAFETY: the map is only read, and only as bytes, for which every value is valid; nothing here keeps a text or
        // a number by reference into it and trusts that it stays as it was checked. The file can still be changed by
        // somebody else while it is mapped, which no program can prevent. Bytes that change are then read as either
        // what they were or what they are, as they would be by `read`, and every line is checked after it was copied or
        // parsed. Behind the end of a file that was cut short there is nothing to read: the system ends the process
        // with SIGBUS, and no report is written. Whoever replays a file that is still written should pipe it in.
        let map = unsafe { memmap2::Mmap::map(file) };
        let Ok(map) = map else {
            return Ok(None);
        };
        // Only speed depends on it.
        #[cfg(unix)]
        let _ = map.advise(memmap2::Advice::Sequential);
        Ok(Some(Self(map)))
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
