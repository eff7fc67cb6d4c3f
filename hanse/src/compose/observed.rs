//! The way of spans out of this process.

use crate::config::Config;
use anyhow::Result;
use hanse_kernel::Effects;
use hanse_kernel::trace::Tracer;
use hanse_runtime::Tasks;
use hanse_telemetry::Traces;
use std::sync::Arc;

/// The effects of a process whose spans go to the collector of the configuration, if there is one.
pub fn observed(config: &Config, effects: Effects) -> Result<(Effects, Option<Arc<Traces>>)> {
    let Some(settings) = config.telemetry.settings()? else { return Ok((effects, None)) };
    // It ends after everything that is waited for.
    let own = Effects { spawn: Tasks::new(), ..effects.clone() };
    let traces = Traces::start(&settings, &own);
    let tracer: Arc<dyn Tracer> = traces.clone();
    Ok((Effects { tracer: Some(tracer), ..effects }, Some(traces)))
}
