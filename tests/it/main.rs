//! Tests of the whole: layout, sample apps, the command line, reports.

mod apps;
mod attacks;
mod bill;
mod checklist;
mod command_line;
mod exceptions;
mod fixes;
mod fleet;
mod flow;
mod hostile_text;
mod html;
mod inputs;
mod markup;
mod masking;
mod organization;
mod hostile;
mod reports;
mod snapshots;
mod tidy;
