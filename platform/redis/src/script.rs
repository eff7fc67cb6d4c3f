//! A Lua script: one step that Redis takes as a whole, sent by its digest.

/// `name` is for metrics. A script must give the same outcome when it is run again with the same arguments, because a
/// call that lost its connection is repeated.
pub struct Script {
    pub(crate) name: &'static str,
    pub(crate) inner: redis::Script,
}

impl Script {
    pub fn new(name: &'static str, code: &str) -> Self {
        Self { name, inner: redis::Script::new(code) }
    }
}
