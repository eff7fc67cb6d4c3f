//! What the program says on its standard output. Whoever reads may have had enough (`hanse services | head`): that ends
//! the verb, and is no failure.

use anyhow::Result;
use std::fmt;
use std::io::{self, ErrorKind, Write};

/// Nobody reads what is said any more.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the output any more")]
pub struct Unheard;

/// A line.
pub fn line(text: fmt::Arguments<'_>) -> Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Err(Unheard.into()),
        Err(e) => Err(anyhow::Error::new(e).context("the output cannot be written")),
    }
}

/// `println!` for verbs: an error where that one panics.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => { $crate::say::line(format_args!($($text)*)) };
}

/// A shop goes on when nobody reads what it says.
pub fn heard(said: Result<()>) -> Result<()> {
    said.or_else(|e| if e.is::<Unheard>() { Ok(()) } else { Err(e) })
}
