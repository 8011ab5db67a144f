//! Tables of a fleet as Parquet files, so that databases can ask an organisation's history.
//!
//! One table a file: a row a repository, or a row a finding, policy or vulnerability of one. Rows are written in groups, so
//! that memory does not grow with the fleet.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use parquet::basic::{Compression, GzipLevel, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};

use super::super::Line;
use super::Row;

/// Rows of one group.
const GROUP: usize = 50_000;

/// What a cell holds.
pub(super) enum Cell {
    Text(String),
    Number(Option<i64>),
    Flag(bool),
}

/// Kind of a column.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Flag,
}

/// The tables by name, each with its columns.
type Columns = &'static [(&'static str, Kind)];

/// Names of the tables.
pub(super) const TABLES: [&str; 4] = ["repositories", "findings", "policies", "vulnerabilities"];

const REPOSITORIES: Columns = &[
    ("repository", Kind::Text),
    ("verdict", Kind::Text),
    ("score", Kind::Number),
    ("critical", Kind::Number),
    ("high", Kind::Number),
    ("medium", Kind::Number),
    ("low", Kind::Number),
    ("excused", Kind::Number),
    ("incomplete", Kind::Flag),
    ("change", Kind::Text),
    ("error", Kind::Text),
];
const FINDINGS: Columns = &[
    ("repository", Kind::Text),
    ("rule", Kind::Text),
    ("severity", Kind::Text),
    ("confidence", Kind::Text),
    ("path", Kind::Text),
    ("line", Kind::Number),
    ("title", Kind::Text),
    ("context", Kind::Text),
    ("excused", Kind::Flag),
    ("fingerprint", Kind::Text),
];
const POLICIES: Columns = &[
    ("repository", Kind::Text),
    ("policy", Kind::Text),
    ("title", Kind::Text),
    ("source", Kind::Text),
    ("outcome", Kind::Text),
    ("violations", Kind::Number),
];
const VULNERABILITIES: Columns =
    &[("repository", Kind::Text), ("advisory", Kind::Text), ("package", Kind::Text), ("severity", Kind::Text)];

/// A table that is being written.
pub(super) struct Table {
    name: String,
    columns: Columns,
    writer: SerializedFileWriter<File>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Begins a file.
    pub fn create(path: &Path, name: &str) -> anyhow::Result<Self> {
        let columns = match name {
            "repositories" => REPOSITORIES,
            "findings" => FINDINGS,
            "policies" => POLICIES,
            "vulnerabilities" => VULNERABILITIES,
            _ => bail!("there is no table `{name}`\nhint: there are {}", TABLES.join(", ")),
        };
        let fields = columns.iter().map(|(name, kind)| field(name, *kind)).collect::<anyhow::Result<Vec<_>>>()?;
        let schema = Arc::new(Type::group_type_builder("stageclear").with_fields(fields).build()?);
        let file = File::create(path).with_context(|| format!("`{}` cannot be written", path.display()))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::GZIP(GzipLevel::default()))
            .set_created_by(concat!("stageclear ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = SerializedFileWriter::new(file, schema, Arc::new(properties))?;
        Ok(Self { name: name.to_owned(), columns, writer, rows: Vec::new() })
    }

    /// The rows of a line, unless the table is that of repositories.
    pub fn line(&mut self, line: &Line) -> anyhow::Result<()> {
        let Some(document) = &line.document else { return Ok(()) };
        let text = |text: &str| Cell::Text(text.to_owned());
        let repository = || Cell::Text(line.repository.clone());
        match self.name.as_str() {
            "findings" => {
                for finding in &document.findings {
                    self.rows.push(vec![
                        repository(),
                        text(&finding.rule),
                        text(finding.severity.name()),
                        text(finding.confidence.name()),
                        text(&finding.location.path),
                        Cell::Number(Some(i64::from(finding.location.line))),
                        text(&finding.title),
                        Cell::Text(named(&finding.context)),
                        Cell::Flag(!finding.is_active()),
                        text(&finding.fingerprint),
                    ]);
                }
            }
            "policies" => {
                for policy in &document.policies {
                    self.rows.push(vec![
                        repository(),
                        text(&policy.rule),
                        text(&policy.title),
                        text(&policy.source),
                        Cell::Text(named(&policy.outcome)),
                        Cell::Number(i64::try_from(policy.violations).ok()),
                    ]);
                }
            }
            "vulnerabilities" => {
                for found in &document.vulnerabilities {
                    self.rows.push(vec![
                        repository(),
                        text(&found.id),
                        text(&found.package),
                        Cell::Text(named(&found.severity)),
                    ]);
                }
            }
            _ => {}
        }
        if self.rows.len() >= GROUP { self.flush() } else { Ok(()) }
    }

    /// The row of a repository.
    pub fn repository(&mut self, row: &Row) {
        let number = |number: u64| Cell::Number(i64::try_from(number).ok());
        self.rows.push(vec![
            Cell::Text(row.repository.clone()),
            Cell::Text(row.verdict.to_owned()),
            Cell::Number(row.score.map(i64::from)),
            number(row.critical),
            number(row.high),
            number(row.medium),
            number(row.low),
            number(row.excused),
            Cell::Flag(row.incomplete),
            Cell::Text(row.change.clone()),
            Cell::Text(row.error.clone()),
        ]);
    }

    /// Writes the rows so far as a group.
    fn flush(&mut self) -> anyhow::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        let mut group = self.writer.next_row_group()?;
        for (at, (_, kind)) in self.columns.iter().enumerate() {
            let Some(mut column) = group.next_column()? else { bail!("the schema has no column {at}") };
            let cells = rows.iter().filter_map(|row| row.get(at));
            match kind {
                Kind::Text => {
                    let text = |cell: &Cell| if let Cell::Text(text) = cell { text.as_str() } else { "" }.into();
                    let values: Vec<ByteArray> = cells.map(text).collect();
                    column.typed::<ByteArrayType>().write_batch(&values, None, None)?;
                }
                Kind::Flag => {
                    let values: Vec<bool> = cells.map(|cell| matches!(cell, Cell::Flag(true))).collect();
                    column.typed::<BoolType>().write_batch(&values, None, None)?;
                }
                Kind::Number => {
                    let number = |cell: &Cell| if let Cell::Number(number) = cell { *number } else { None };
                    let all: Vec<Option<i64>> = cells.map(number).collect();
                    let levels: Vec<i16> = all.iter().map(|value| i16::from(value.is_some())).collect();
                    let values: Vec<i64> = all.into_iter().flatten().collect();
                    column.typed::<Int64Type>().write_batch(&values, Some(&levels), None)?;
                }
            }
            column.close()?;
        }
        group.close()?;
        Ok(())
    }

    /// Ends the file.
    pub fn finish(mut self) -> anyhow::Result<()> {
        if !self.rows.is_empty() {
            self.flush()?;
        }
        self.writer.close()?;
        Ok(())
    }
}

fn field(name: &str, kind: Kind) -> anyhow::Result<TypePtr> {
    let (physical, logical, repetition) = match kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String), Repetition::REQUIRED),
        Kind::Number => (Physical::INT64, None, Repetition::OPTIONAL),
        Kind::Flag => (Physical::BOOLEAN, None, Repetition::REQUIRED),
    };
    let built = Type::primitive_type_builder(name, physical).with_logical_type(logical).with_repetition(repetition);
    Ok(Arc::new(built.build()?))
}

/// A value of an enumeration by the name that it has in JSON.
fn named(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};

    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let mut table = Table::create(&path, "repositories").unwrap();
        let row = |repository: &str, score| Row { repository: repository.to_owned(), score, high: 2, ..Row::default() };
        table.repository(&row("shop", Some(84)));
        table.flush().unwrap();
        table.repository(&row("tools", None));
        table.finish().unwrap();
        let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
        assert_eq!(reader.metadata().num_row_groups(), 2);
        let rows: Vec<String> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
        assert!(rows[0].contains("repository: \"shop\"") && rows[0].contains("score: 84"), "{rows:?}");
        assert!(rows[1].contains("score: null") && rows[1].contains("high: 2"), "{rows:?}");
        assert!(Table::create(&path, "nothing").is_err());
    }
}
