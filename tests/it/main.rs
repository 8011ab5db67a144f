//! Tests of the whole: layout, sample apps, the command line, reports.

mod apps;
mod command_line;
mod hostile;
mod reports;
mod tidy;
