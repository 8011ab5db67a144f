//! Passwords in SQL: those of accounts of the data base, and rows of tables that hold them in plain text.

use std::ops::Range;

use super::name::{self, Kind, SecretName};

/// What rows begin with.
pub(super) const KEYWORD: &str = "insert into";
/// Bytes of a statement that are read.
const LONGEST: usize = 4_000;
/// How many rows are read.
const ROWS: usize = 8;

/// Whether `PASSWORD '…'` at a place sets the password of an account: `ALTER ROLE app WITH PASSWORD '…'`.
pub(super) fn sets_password(text: &str, line: usize, start: usize, end: usize) -> bool {
    let name = text.get(start..end).unwrap_or("").trim();
    if !name.eq_ignore_ascii_case("password") {
        return false;
    }
    let head = text.get(line..start).unwrap_or("").to_ascii_lowercase();
    let account = ["create", "alter"].iter().any(|word| head.contains(word));
    account && ["user ", "role ", "login "].iter().any(|word| head.contains(word))
}

/// The values of a column of passwords in the rows of `INSERT INTO … (…) VALUES (…), (…)` that begins at `at`.
pub(super) fn passwords<'t>(text: &'t str, at: usize, extension: &str) -> Vec<(&'t str, SecretName, Range<usize>)> {
    inserted(text, at, extension).unwrap_or_default()
}

fn inserted<'t>(text: &'t str, at: usize, extension: &str) -> Option<Vec<(&'t str, SecretName, Range<usize>)>> {
    let end = text.floor_char_boundary(at + if extension == "sql" { LONGEST } else { 600 });
    let statement = text.get(at..end)?;
    let open = statement.find('(').filter(|open| *open < 120)?;
    let close = open + statement[open..].find(')')?;
    let columns: Vec<&str> =
        statement[open + 1..close].split(',').map(|name| name.trim().trim_matches(MARKS)).collect();
    let (column, secret) = columns.iter().enumerate().find_map(|(at, name)| {
        let secret = name::classify(name).filter(|secret| secret.kind == Kind::Password)?;
        Some((at, secret))
    })?;
    let behind = statement[close + 1..].trim_start();
    behind.get(..6).filter(|word| word.eq_ignore_ascii_case("values"))?;
    let mut from = end - behind.len() + 6;
    let mut found = Vec::new();
    for _ in 0..ROWS {
        let Some((cells, next)) = row(text, from, end) else { break };
        if let Some(cell) = cells.get(column).filter(|_| cells.len() >= columns.len())
            && let Some(range) = quoted(text, cell)
        {
            found.push((columns[column], secret.clone(), range));
        }
        from = next;
    }
    Some(found)
}

/// What names of columns are put into.
const MARKS: [char; 5] = ['`', '"', '[', ']', '\\'];

/// The cells of the row that opens behind `from`, and where it ends.
fn row(text: &str, from: usize, end: usize) -> Option<(Vec<Range<usize>>, usize)> {
    let bytes = text.as_bytes();
    let skipped = bytes.get(from..end)?.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',').count();
    let open = from + skipped;
    (bytes.get(open) == Some(&b'(')).then_some(())?;
    let (mut cells, mut begin, mut quote, mut depth) = (Vec::new(), open + 1, false, 0_usize);
    for (at, byte) in bytes.iter().enumerate().take(end).skip(open + 1) {
        match byte {
            b'\'' => quote = !quote,
            _ if quote => {}
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b',' if depth == 0 => {
                cells.push(begin..at);
                begin = at + 1;
            }
            b')' => {
                cells.push(begin..at);
                return Some((cells, at + 1));
            }
            _ => {}
        }
    }
    None
}

/// The inside of a cell that is one literal.
fn quoted(text: &str, cell: &Range<usize>) -> Option<Range<usize>> {
    let written = text.get(cell.clone())?;
    let left = written.len() - written.trim_start().len();
    let body = written.trim();
    let body_at = cell.start + left;
    let prefix = usize::from(body.starts_with(['N', 'E']));
    let inner = body.get(prefix..)?.strip_prefix('\'')?.strip_suffix('\'')?;
    (!inner.is_empty() && !inner.contains('\'')).then(|| body_at + prefix + 1..body_at + prefix + 1 + inner.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<&str> {
        passwords(text, 0, "sql").into_iter().map(|(.., range)| &text[range]).collect()
    }

    #[test]
    fn rows_of_passwords() {
        let two = "INSERT INTO `users` (`id`, `password`, `role`) VALUES\n(1, 'tree', 'a, b'),\n(2, N'leaf', NULL);";
        assert_eq!(read(two), ["tree", "leaf"]);
        assert_eq!(read("insert into users (name, age) values ('a', 'b')"), Vec::<&str>::new());
        assert_eq!(read("insert into users (name, password) values (?, ?)"), Vec::<&str>::new());
        assert_eq!(read("insert into users (name, password) select a, b from c"), Vec::<&str>::new());
        assert_eq!(read("insert into users (name, password) values ('a', crypt('tree', 'b'))"), Vec::<&str>::new());
    }

    #[test]
    fn passwords_of_accounts() {
        let sets = |text: &str| {
            let start = text.find("PASSWORD").unwrap();
            sets_password(text, 0, start, start + 9)
        };
        assert!(sets("CREATE USER app WITH PASSWORD 'tree'") && sets("alter role app login PASSWORD 'tree'"));
        assert!(!sets("SELECT PASSWORD 'tree'"));
    }
}
