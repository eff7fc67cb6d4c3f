//! Spans: how long a piece of work took, as whoever gathers them is told. Where nobody does, a piece of work only keeps
//! its place in the trace.

use super::context::TraceContext;
use crate::effects::{Clock, Effects};
use crate::time::Timestamp;
use std::borrow::Cow;
use std::sync::Arc;

/// Gathers spans. Told of each when its work has ended; must not wait.
pub trait Tracer: Send + Sync {
    /// Whether the spans of a trace that begins here are gathered. The same answer for the same trace in every process.
    fn samples(&self, trace_id: u128) -> bool;
    fn ended(&self, span: Span);
}

/// What the work was for others (OpenTelemetry's span kinds).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    Text(Cow<'static, str>),
    Number(i64),
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// A piece of work in a trace. Attributes have OpenTelemetry's semantic names (`http.route`, `rpc.method`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    pub service: &'static str,
    pub name: Cow<'static, str>,
    pub kind: Kind,
    pub context: TraceContext,
    /// The id of the span that it is a child of.
    pub parent: Option<u64>,
    pub began: Timestamp,
    pub ended: Timestamp,
    pub attributes: Vec<(&'static str, Value)>,
    pub failed: bool,
}

impl Span {
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        self.attributes.push((key, value.into()));
    }
}

/// A piece of work under way. Its span, if it has one, ends when this is dropped.
pub struct Work {
    context: TraceContext,
    recorded: Option<Box<Recorded>>,
}

struct Recorded {
    /// Taken when it ends.
    span: Option<Span>,
    clock: Arc<dyn Clock>,
    tracer: Arc<dyn Tracer>,
}

impl Work {
    /// Begins where `from` left off, or a trace of its own. Unless somebody gathers the spans of the trace, the place in
    /// it is passed on as it came, so that what follows has a parent that exists.
    pub fn begin(
        effects: &Effects,
        service: &'static str,
        kind: Kind,
        name: &'static str,
        from: Option<TraceContext>,
    ) -> Self {
        let context = from.unwrap_or_else(|| {
            let root = TraceContext::root(effects);
            root.sampled(effects.tracer.as_ref().is_some_and(|tracer| tracer.samples(root.trace_id())))
        });
        let Some(tracer) = effects.tracer.as_ref().filter(|_| context.is_sampled()) else {
            return Self { context, recorded: None };
        };
        let context = if from.is_some() { context.child(effects) } else { context };
        let now = effects.now();
        let span = Span {
            service,
            name: Cow::Borrowed(name),
            kind,
            context,
            parent: from.map(TraceContext::span_id),
            began: now,
            ended: now,
            attributes: vec![],
            failed: false,
        };
        let (clock, tracer) = (effects.clock.clone(), tracer.clone());
        Self { context, recorded: Some(Box::new(Recorded { span: Some(span), clock, tracer })) }
    }

    /// For what this work causes.
    pub fn context(&self) -> TraceContext {
        self.context
    }

    pub fn is_recorded(&self) -> bool {
        self.recorded.is_some()
    }

    /// Tells something of the work, if anybody listens: nothing is made up for nobody.
    pub fn tell(&mut self, tell: impl FnOnce(&mut Span)) {
        if let Some(span) = self.recorded.as_mut().and_then(|recorded| recorded.span.as_mut()) {
            tell(span);
        }
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        if let Some(mut span) = self.span.take() {
            span.ended = self.clock.now();
            self.tracer.ended(span);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::effects::{ManualClock, Rng, SeededRng, Spawn, Timers};
    use futures::future::BoxFuture;
    use std::sync::Mutex;
    use std::time::Duration;

    struct Still;
    impl Timers for Still {
        fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
            Box::pin(std::future::pending())
        }
    }
    impl Spawn for Still {
        fn spawn(&self, _: &'static str, _: BoxFuture<'static, ()>) {}
    }

    #[derive(Default)]
    struct Told(Mutex<Vec<Span>>);
    impl Tracer for Told {
        fn samples(&self, _: u128) -> bool {
            true
        }
        fn ended(&self, span: Span) {
            self.0.lock().unwrap().push(span);
        }
    }

    pub fn effects(rng: Arc<dyn Rng>, tracer: Option<Arc<dyn Tracer>>) -> Effects {
        let clock = ManualClock::at(Timestamp::from_micros(1_000_000));
        let ids = Arc::new(crate::system::SystemIds);
        Effects { clock, timers: Arc::new(Still), spawn: Arc::new(Still), ids, rng, tracer }
    }

    #[test]
    fn a_span_ends_with_its_work_and_what_follows_is_its_child() {
        let told = Arc::new(Told::default());
        let clock = ManualClock::at(Timestamp::from_micros(1_000_000));
        let effects = Effects {
            clock: clock.clone(),
            ..effects(Arc::new(SeededRng::new(1)), Some(told.clone() as Arc<dyn Tracer>))
        };
        let mut outer = Work::begin(&effects, "gateway", Kind::Server, "POST", None);
        outer.tell(|span| span.set("http.request.method", "POST"));
        let inner = Work::begin(&effects, "order", Kind::Internal, "checkout", Some(outer.context()));
        clock.advance(Duration::from_millis(5));
        drop(inner);
        drop(outer);
        let spans = told.0.lock().unwrap();
        let [inner, outer] = spans.as_slice() else { panic!("{spans:?}") };
        assert_eq!((outer.parent, inner.parent), (None, Some(outer.context.span_id())));
        assert_eq!(inner.context.trace_id(), outer.context.trace_id());
        assert_eq!(inner.ended.since(inner.began), Duration::from_millis(5));
        assert_eq!(outer.attributes, [("http.request.method", Value::from("POST"))]);
    }

    #[test]
    fn where_nobody_gathers_the_place_is_passed_on_as_it_came() {
        let effects = effects(Arc::new(SeededRng::new(1)), None);
        let from = TraceContext::root(&effects).sampled(true);
        let work = Work::begin(&effects, "order", Kind::Server, "GET", Some(from));
        assert!(work.context() == from && !work.is_recorded());
        let alone = Work::begin(&effects, "order", Kind::Server, "GET", None);
        assert!(!alone.context().is_sampled() && !alone.is_recorded());
    }

    #[test]
    fn a_trace_that_its_beginner_does_not_gather_is_gathered_by_nobody() {
        let told = Arc::new(Told::default());
        let effects = effects(Arc::new(SeededRng::new(1)), Some(told.clone() as Arc<dyn Tracer>));
        let from = TraceContext::root(&effects);
        drop(Work::begin(&effects, "order", Kind::Server, "GET", Some(from)));
        assert!(told.0.lock().unwrap().is_empty());
    }
}
