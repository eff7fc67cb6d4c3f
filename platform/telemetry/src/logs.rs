//! Logs to standard error: text for people, or one JSON object a line for machines.

use crate::json::Json;
use std::panic::PanicHookInfo;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{FmtSpan, JsonFields};

/// `process`: who writes what no service of it does.
pub fn logs(filter: &str, json: bool, process: &'static str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).map_err(|e| {
        anyhow::anyhow!("log.filter `{filter}`: {e}; write `info` or `info,hanse_order=debug`")
    })?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_span_events(FmtSpan::NONE);
    let installed = if json {
        // Its usual text would be the one line that no machine reads.
        std::panic::set_hook(Box::new(panicked));
        logs.fmt_fields(JsonFields::new()).event_format(Json { process }).try_init()
    } else {
        logs.try_init()
    };
    installed.map_err(|e| anyhow::anyhow!("logs cannot be set up: {e}"))
}

fn panicked(panic: &PanicHookInfo<'_>) {
    let text = panic.payload_as_str().unwrap_or("a value that is not text");
    let place = panic.location().map(ToString::to_string);
    tracing::error!(panic = text, place, "a task panicked");
}
