//! `cargo xtask new-service NAME`: a new bounded context with everything in its place, and its registration.

use anyhow::{Result, bail};
use std::path::Path;

pub fn add(_root: &Path, _name: &str) -> Result<()> {
    bail!("not yet")
}

pub fn remove(_root: &Path, _name: &str) -> Result<()> {
    bail!("not yet")
}
