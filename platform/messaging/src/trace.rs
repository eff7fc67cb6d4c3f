//! A message in its trace: what is done with it is a child of what sent it, whatever time has passed and through
//! however many tries.

use hanse_envelope::{Message, Received};
use hanse_kernel::Effects;
use hanse_kernel::trace::{Kind, Work};

/// The work of one consumer on one message; what its handler sends continues the trace.
pub(crate) fn begin<M: Message>(
    effects: &Effects,
    service: &'static str,
    consumer: &'static str,
    received: &mut Received<M>,
) -> Work {
    let mut work = Work::begin(effects, service, Kind::Consumer, M::TYPE, received.ctx.trace);
    received.ctx.trace = Some(work.context());
    work.tell(|span| {
        span.name = format!("process {}", M::TYPE).into();
        span.set("messaging.system", "hanse");
        span.set("messaging.operation.type", "process");
        span.set("messaging.operation.name", "process");
        span.set("messaging.destination.name", M::TYPE);
        span.set("messaging.consumer.group.name", consumer);
        span.set("messaging.message.id", received.id.to_string());
        span.set("messaging.message.conversation_id", received.ctx.correlation.as_str().to_string());
    });
    work
}
