//! W3C Trace Context: what of a trace travels from one piece of work to the next.

use crate::effects::Effects;
use std::fmt;

/// A place in a trace: the trace's id, the id of the span that the next one is a child of, and whether spans of this
/// trace are gathered. Travels as `traceparent`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    sampled: bool,
}

impl TraceContext {
    /// The beginning of a trace of its own. Nobody gathers it until somebody decides so.
    pub fn root(effects: &Effects) -> Self {
        let high = u128::from(effects.rng.u64());
        // All zero is no id (W3C Trace Context section 3.2.2.3).
        let trace = (high << 64 | u128::from(effects.rng.u64())).max(1);
        Self { trace, span: effects.rng.u64().max(1), sampled: false }
    }

    /// Another span of the same trace.
    #[must_use]
    pub fn child(self, effects: &Effects) -> Self {
        Self { span: effects.rng.u64().max(1), ..self }
    }

    #[must_use]
    pub fn sampled(self, sampled: bool) -> Self {
        Self { sampled, ..self }
    }

    /// Version 00 of `traceparent`: ids in lower-case hexadecimal and not all zero. `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let sizes = (version.len(), trace.len(), span.len(), flags.len());
        if parts.next().is_some() || version != "00" || sizes != (2, 32, 16, 2) {
            return None;
        }
        let lower = |part: &str| part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if ![trace, span, flags].into_iter().all(lower) {
            return None;
        }
        let trace = u128::from_str_radix(trace, 16).ok().filter(|id| *id != 0)?;
        let span = u64::from_str_radix(span, 16).ok().filter(|id| *id != 0)?;
        let sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
        Some(Self { trace, span, sampled })
    }

    pub fn trace_id(self) -> u128 {
        self.trace
    }
    pub fn span_id(self) -> u64 {
        self.span
    }
    pub fn is_sampled(self) -> bool {
        self.sampled
    }

    /// As it travels, written without an allocation.
    pub fn traceparent(self) -> Traceparent {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        hex(&self.trace.to_be_bytes(), &mut text[3..35]);
        hex(&self.span.to_be_bytes(), &mut text[36..52]);
        text[54] = if self.sampled { b'1' } else { b'0' };
        Traceparent(text)
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.traceparent().as_str())
    }
}

fn hex(bytes: &[u8], into: &mut [u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (byte, pair) in bytes.iter().zip(into.chunks_exact_mut(2)) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

/// The text of a `traceparent`.
#[derive(Clone, Copy)]
pub struct Traceparent([u8; 55]);

impl Traceparent {
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
    pub fn as_str(&self) -> &str {
        // Digits and dashes only, by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
    /// 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        &self.as_str()[3..35]
    }
    /// 16 hexadecimal digits.
    pub fn span_id(&self) -> &str {
        &self.as_str()[36..52]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::SeededRng;
    use crate::trace::span::tests::effects;
    use std::sync::Arc;

    const TEXT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn it_reads_back_and_its_parts_are_told() {
        let read = TraceContext::parse(TEXT).unwrap();
        assert_eq!(read.to_string(), TEXT);
        let text = read.traceparent();
        assert_eq!(
            (text.trace_id(), text.span_id()),
            ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
        );
        assert!(read.is_sampled() && !TraceContext::parse(&TEXT.replace("-01", "-02")).unwrap().is_sampled());
    }

    #[test]
    fn what_is_none_is_not_read() {
        for bad in [
            "",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        ] {
            assert!(TraceContext::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_ids() {
        let world = || effects(Arc::new(SeededRng::new(7)), None);
        let (one, other) = (TraceContext::root(&world()), TraceContext::root(&world()));
        assert_eq!(one, other);
        let child = one.child(&world());
        assert!(child.trace_id() == one.trace_id() && child.span_id() != one.span_id());
    }
}
