//! Fixtures of every reader, and laws.
