//! What is measured of a dependency: how long its answers take, by their code, and how often it is asked again.

use metrics::{Counter, Histogram};
use std::sync::OnceLock;
use std::time::Duration;
use tonic::Code;

/// gRPC has codes from 0 to 16.
const CODES: usize = 17;

/// Series are looked up once and kept: a lookup costs more than a call in process.
pub(crate) struct Meter {
    caller: &'static str,
    service: &'static str,
    durations: [OnceLock<Histogram>; CODES],
    more_tries: OnceLock<Counter>,
}

impl Meter {
    pub fn new(caller: &'static str, service: &'static str) -> Self {
        Self { caller, service, durations: Default::default(), more_tries: OnceLock::new() }
    }

    pub fn answered(&self, code: Code, took: Duration) {
        let Some(kept) = self.durations.get(code as usize) else { return };
        let series = kept.get_or_init(|| {
            metrics::histogram!("rpc_client_call_duration_seconds",
                "caller" => self.caller, "service" => self.service, "rpc_system_name" => "grpc",
                "rpc_response_status_code" => status(code))
        });
        series.record(took);
    }

    pub fn tried_again(&self) {
        let series = self.more_tries.get_or_init(|| {
            metrics::counter!("rpc_client_retries_total", "caller" => self.caller, "service" => self.service)
        });
        series.increment(1);
    }
}

/// As OpenTelemetry has it: `DEADLINE_EXCEEDED`.
fn status(code: Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_as_grpc_writes_them() {
        let written = [Code::Ok, Code::DeadlineExceeded, Code::NotFound].map(status);
        assert_eq!(written, ["OK", "DEADLINE_EXCEEDED", "NOT_FOUND"]);
    }
}
