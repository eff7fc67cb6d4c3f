//! A line of the log as a JSON object, by `schema/log.schema.json`: when, how bad, which service, what, and in which trace
//! and request; everything else under `fields`.

use hanse_kernel::Scope;
use serde_json::{Map, Value};
use std::fmt::{self, Write};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

pub(crate) struct Json {
    pub process: &'static str,
}

impl<S> FormatEvent<S, JsonFields> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut told = Told::default();
        for span in ctx.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            let extensions = span.extensions();
            let Some(fields) = extensions.get::<FormattedFields<JsonFields>>() else { continue };
            if let Ok(Value::Object(fields)) = serde_json::from_str(&fields.fields) {
                told.fields.extend(fields);
            }
        }
        // It stands beside them, for lines of everything that belongs to the request.
        told.fields.remove("correlation_id");
        event.record(&mut told);
        let (metadata, mut line) = (event.metadata(), Map::new());
        // Of libraries that log in another way, which tells as fields what others tell beside them.
        let target = told.fields.remove("log.target").unwrap_or_else(|| metadata.target().into());
        told.fields.retain(|name, _| !name.starts_with("log."));
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        line.insert("time".into(), time.into());
        line.insert("level".into(), metadata.level().as_str().into());
        Scope::with(|scope| {
            let service = scope.map(|s| s.service).filter(|name| !name.is_empty());
            line.insert("service".into(), service.unwrap_or(self.process).into());
            line.insert("target".into(), target);
            line.insert("message".into(), told.message.into());
            if let Some(trace) = scope.and_then(|s| s.trace) {
                let text = trace.traceparent();
                line.insert("trace_id".into(), text.trace_id().into());
                line.insert("span_id".into(), text.span_id().into());
            }
            if let Some(correlation) = scope.and_then(|s| s.correlation.as_ref()) {
                line.insert("correlation_id".into(), correlation.as_str().into());
            }
        });
        line.insert("fields".into(), Value::Object(told.fields));
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// What an event says.
#[derive(Default)]
struct Told {
    message: String,
    fields: Map<String, Value>,
}

impl Told {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.fields.insert(field.name().trim_start_matches("r#").into(), value.into());
    }
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message.clear();
            // Writing to a text does not fail.
            let _ = write!(self.message, "{value:?}");
        } else {
            self.put(field, format!("{value:?}"));
        }
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" { self.message = value.into() } else { self.put(field, value) }
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }
    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, value.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::{CorrelationId, TraceContext};
    use std::io;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::fmt::MakeWriter;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Page {
        type Writer = Self;
        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    fn logged(work: impl FnOnce()) -> Vec<Value> {
        let page = Page::default();
        let logs = tracing_subscriber::fmt()
            .with_writer(page.clone())
            .fmt_fields(JsonFields::new())
            .event_format(Json { process: "hanse" })
            .finish();
        tracing::subscriber::with_default(logs, work);
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_tells_the_scope_that_it_was_written_in() {
        let trace = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let correlation = CorrelationId::parse("abc");
        let scope = Scope { service: "order", trace, correlation };
        let lines = logged(|| {
            Scope::run(Some(scope), || {
                let _span = tracing::info_span!("http", correlation_id = "abc", route = "/a\"b").entered();
                tracing::warn!(tries = 3, error = %"no\nanswer", "the store \u{1} is away");
            });
            tracing::info!(held = true, "alone");
        });
        let [within, alone] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(within["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(
            (&within["span_id"], &within["correlation_id"]),
            (&"00f067aa0ba902b7".into(), &"abc".into())
        );
        assert_eq!((&within["service"], &within["level"]), (&"order".into(), &"WARN".into()));
        assert_eq!(within["message"], "the store \u{1} is away");
        let fields = serde_json::json!({"route": "/a\"b", "tries": 3, "error": "no\nanswer"});
        assert_eq!(within["fields"], fields);
        assert_eq!((&alone["service"], &alone["fields"]["held"]), (&"hanse".into(), &true.into()));
        assert!(alone.get("trace_id").is_none() && alone.get("correlation_id").is_none());
    }
}
