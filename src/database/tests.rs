//! Fixtures, and laws of the replay.
