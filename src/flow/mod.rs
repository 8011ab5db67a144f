//! Data flow inside and between functions and files.
pub mod condition;
pub mod facts;
