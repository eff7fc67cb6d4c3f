//! Envelopes, hunted: what is read of one is whole, and reads the same when it is written again.

use hanse_envelope::{Envelope, Message, Received};
use hanse_fuzz::{Came, Hunt, came};
use hanse_kernel::CorrelationId;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct RopeSpliced {
    rope: String,
    strands: u8,
}

impl Message for RopeSpliced {
    const TYPE: &'static str = "rope.RopeSpliced.v1";
}

/// All that it says.
fn told(envelope: &Envelope) -> String {
    format!("{envelope:?}")
}

fn judged(input: &[u8], read: impl Fn(&str) -> Option<Envelope>) -> Came {
    let Ok(text) = std::str::from_utf8(input) else { return came("no text") };
    let Some(envelope) = read(text) else { return came("no envelope") };
    // It goes into headers and log lines as it is.
    let id = envelope.correlationid.as_str();
    if CorrelationId::parse(id).is_none() {
        return Err(format!("{id:?} is no correlation id"));
    }
    let again = envelope.to_json().map_err(|e| format!("it cannot be written again: {e}"))?;
    let again = Envelope::from_json(&again).map_err(|e| format!("it cannot be read again: {e}"))?;
    if told(&again) != told(&envelope) {
        return Err("it reads otherwise the second time".into());
    }
    let opened =
        Received::<RopeSpliced>::open(&envelope, "rope").map(|received| received.ctx.trace.is_some());
    came((envelope.aggver.is_some(), envelope.causationid.is_some(), opened.ok()))
}

fn hunt() -> Hunt {
    let whole = r#"{"specversion":"1.0","id":"01920000-0000-7000-8000-000000000001","source":"/services/rope","type":"rope.RopeSpliced.v1","subject":"rope_1","time":"2026-11-29T12:00:00Z","aggver":3,"correlationid":"ticket-42","causationid":"01920000-0000-7000-8000-000000000002","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","datacontenttype":"application/json","data":{"rope":"hemp","strands":3}}"#;
    let bare = whole
        .replace(r#""aggver":3,"#, "")
        .replace(r#""data":{"rope":"hemp","strands":3}"#, r#""data":null"#);
    Hunt::new("envelope", env!("CARGO_MANIFEST_DIR"))
        .seeds([whole, bare.as_str(), "{}", "null"])
        .words([
            "null",
            "\"\"",
            "{}",
            "[]",
            "\\u0000",
            "\\ud800",
            "\\n",
            "<script>",
            "\"aggver\":-1,",
            "\"time\":\"9999-12-31T23:59:60Z\"",
        ])
        .words([
            " ",
            "1e400",
            "\"correlationid\":",
            "\"id\":",
            "\"data\":",
            "\"traceparent\":\"\",",
            "00-0-0-0",
        ])
}

#[test]
fn envelope_what_is_read_is_whole_and_reads_the_same_again() {
    hunt().expect_nothing(|input| judged(input, |text| Envelope::from_json(text).ok()));
}

/// Takes any text where an id of a correlation has to be, and puts what it got where nobody looks again.
#[test]
fn envelope_a_reader_that_loses_a_part_is_found_out() {
    let planted = |text: &str| {
        let mut envelope = Envelope::from_json(text).ok()?;
        if envelope.subject.len() > 8 {
            // What it was about is not JSON any more.
            envelope.data = serde_json::value::RawValue::from_string("1e400".into()).ok()?;
            envelope.traceparent = Some(String::new());
            envelope.specversion.clear();
        }
        (envelope.specversion == "1.0").then_some(envelope)
    };
    let loses = |input: &[u8]| {
        let text = String::from_utf8_lossy(input);
        match (planted(&text), Envelope::from_json(&text)) {
            (None, Ok(envelope)) if envelope.specversion == "1.0" => Err("an envelope is lost".into()),
            _ => judged(input, planted),
        }
    };
    hunt().rounds(20_000).expect_a_finding(loses);
}
