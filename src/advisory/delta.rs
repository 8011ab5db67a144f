//! What has changed in an export since it was last read: `<base>/<ecosystem>/modified_id.csv` lists every record, the one
//! changed last first, as `time,id` (<https://google.github.io/osv.dev/data/>). A few changed records are fetched one by one
//! in place of the whole archive. Whatever does not fit makes the caller fetch the archive.

use std::io::{self, Write};

use super::import::Records;
use super::osv;
use super::store::{Store, StoreError};
use crate::net::{Answer, Client, Limits, NetError};
use crate::package::Ecosystem;

/// Records that are fetched one by one; more are cheaper in one archive.
const MOST: usize = 500;
/// Bytes of the list that are looked at.
const LONGEST: usize = 1 << 20;

/// The beginning of the list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    /// Time of the newest row.
    pub(super) cursor: String,
    /// Records that changed at or after the time that was asked for.
    pub(super) ids: Vec<String>,
    /// Whether an older row was reached, so that none is missing.
    pub(super) complete: bool,
}

/// Takes rows until an older one comes, and then no more bytes.
struct Rows<'a> {
    since: Option<&'a str>,
    listed: Listed,
    line: Vec<u8>,
    bytes: usize,
    broken: bool,
}

impl Write for Rows<'_> {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        self.bytes += chunk.len();
        for byte in chunk {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.row(&line);
            } else {
                self.line.push(*byte);
            }
            if self.listed.complete || self.broken || self.line.len() > 300 {
                return Err(io::Error::other("enough"));
            }
        }
        if self.bytes > LONGEST { Err(io::Error::other("enough")) } else { Ok(chunk.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Rows<'_> {
    fn row(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let safe = |id: &str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
            id.len() <= 128 && !id.starts_with('.') && !id.is_empty() && id.bytes().all(known)
        };
        let Some((time, id)) = text.split_once(',').filter(|(time, id)| second(time).is_some() && safe(id)) else {
            self.broken = true;
            return;
        };
        if self.listed.cursor.is_empty() {
            time.clone_into(&mut self.listed.cursor);
        }
        // Several records may change within one second: that one is read again.
        if self.since.is_none_or(|since| second(time) < second(since)) {
            self.listed.complete = true;
        } else {
            self.listed.ids.push(id.to_owned());
        }
    }
}

/// The time to the second; what is behind it is written in several ways.
fn second(time: &str) -> Option<&str> {
    let head = time.get(..19)?;
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || b"-:T".contains(&byte));
    digits(head).then_some(head)
}

/// The rows since a time, or the newest one alone; `None` where the export has no such list.
pub(super) fn listed(url: &str, since: Option<&str>) -> Result<Option<Listed>, NetError> {
    let mut rows = Rows { since, listed: Listed::default(), line: Vec::new(), bytes: 0, broken: false };
    let end = match Client::new(Limits::ARCHIVE)?.download(url, None, &mut rows) {
        Ok(_) => true,
        Err(NetError::Write { .. }) => false,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    if end && !rows.broken {
        let rest = std::mem::take(&mut rows.line);
        rows.row(&rest);
        rows.listed.complete = true;
    }
    Ok(Some(rows.listed).filter(|listed| !rows.broken && !listed.cursor.is_empty()))
}

/// The stored records with those that changed; `None` if they are too many, or one of them could not be had.
pub(super) fn merged(
    store: &Store,
    listed: &Listed,
    ecosystem: Ecosystem,
    address: impl Fn(&str) -> String,
) -> Result<Option<(Records, bool)>, StoreError> {
    if !listed.complete || listed.ids.len() > MOST {
        return Ok(None);
    }
    let Ok(client) = Client::new(Limits::SMALL) else { return Ok(None) };
    let mut fetched = Records::new();
    for id in &listed.ids {
        let Ok(Answer::Fetched { body, .. }) = client.get(&address(id), None) else { return Ok(None) };
        let Ok(records) = osv::parse(&body) else { return Ok(None) };
        let own = records.into_iter().filter(|(of, _)| *of == ecosystem);
        fetched.extend(own.map(|(_, advisory)| (advisory.id.clone(), advisory)));
    }
    let mut records = Records::new();
    for advisory in store.scan(|_| true)? {
        match records.get_mut(&advisory.id) {
            Some(known) => known.affected.extend(advisory.affected),
            None => {
                records.insert(advisory.id.clone(), advisory);
            }
        }
    }
    let mut changed = false;
    for (id, advisory) in fetched {
        if records.get(&id) != Some(&advisory) {
            changed = true;
            records.insert(id, advisory);
        }
    }
    Ok(Some((records, changed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(since: Option<&str>, text: &str) -> (Listed, bool, bool) {
        let mut rows = Rows { since, listed: Listed::default(), line: Vec::new(), bytes: 0, broken: false };
        let stopped = rows.write_all(text.as_bytes()).is_err();
        (rows.listed, stopped, rows.broken)
    }

    #[test]
    fn rows_are_read_up_to_an_older_one() {
        let text = "2026-11-02T10:00:00.5Z,B-2\n2026-11-01T10:00:00Z,B-1\n2026-10-01T10:00:00Z,A-1\n2026-09-01T10:00:00Z,A-0\n";
        let (listed, stopped, _) = rows(Some("2026-11-01T10:00:00.25Z"), text);
        assert_eq!((listed.ids.len(), listed.complete, stopped), (2, true, true));
        assert_eq!(listed.cursor, "2026-11-02T10:00:00.5Z");
        let (listed, ..) = rows(None, text);
        assert_eq!((listed.ids.len(), listed.cursor.as_str()), (0, "2026-11-02T10:00:00.5Z"));
        for text in ["2026-11-02T10:00:00Z,../../etc/passwd\n", "<html>\n", "2026-11-02,A\n"] {
            assert!(rows(Some("2026-01-01T00:00:00Z"), text).2, "{text}");
        }
    }
}
