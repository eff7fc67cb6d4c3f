//! The scope of a piece of work: what each of its log lines says of where it comes from. It follows the work over
//! threads, because it is put on before every poll and taken off after it.

use super::context::TraceContext;
use crate::ctx::{CorrelationId, Ctx};
use pin_project_lite::pin_project;
use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Which service works, in which trace, for which request.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub service: &'static str,
    pub trace: Option<TraceContext>,
    pub correlation: Option<CorrelationId>,
}

thread_local! {
    static HERE: RefCell<Option<Scope>> = const { RefCell::new(None) };
}

impl Scope {
    /// Of work that a service does by itself.
    pub fn of(service: &'static str) -> Self {
        Self { service, trace: None, correlation: None }
    }

    /// Of work in this context.
    pub fn for_ctx(service: &'static str, ctx: &Ctx) -> Self {
        Self { service, trace: ctx.trace, correlation: Some(ctx.correlation.clone()) }
    }

    /// The scope that this thread works in now.
    pub fn here() -> Option<Self> {
        Self::with(|scope| scope.cloned())
    }

    /// As [`Scope::here`], without a copy.
    pub fn with<T>(look: impl FnOnce(Option<&Self>) -> T) -> T {
        // Gone only while the thread ends, when nobody works on it any more.
        HERE.with(|here| match here.try_borrow() {
            Ok(scope) => look(scope.as_ref()),
            Err(_) => look(None),
        })
    }

    /// What follows in this scope is the work of another service, at another place in the trace. Whose it was before and
    /// where.
    pub fn hand_over(
        service: &'static str,
        trace: Option<TraceContext>,
    ) -> Option<(&'static str, Option<TraceContext>)> {
        HERE.with(|here| {
            let mut here = here.try_borrow_mut().ok()?;
            let scope = here.as_mut()?;
            let trace = trace.or(scope.trace);
            Some((std::mem::replace(&mut scope.service, service), std::mem::replace(&mut scope.trace, trace)))
        })
    }

    /// Lets `work` run in this scope.
    pub fn around<F: Future>(self, work: F) -> Scoped<F> {
        Scoped { work, scope: Some(self) }
    }

    /// Does something in this scope at once, or in none.
    pub fn run<T>(mut scope: Option<Self>, work: impl FnOnce() -> T) -> T {
        let _inside = Inside::enter(&mut scope);
        work()
    }
}

/// On while it lives, whatever becomes of the work.
struct Inside<'a>(&'a mut Option<Scope>);

impl<'a> Inside<'a> {
    fn enter(scope: &'a mut Option<Scope>) -> Self {
        swap(scope);
        Self(scope)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        swap(self.0);
    }
}

fn swap(scope: &mut Option<Scope>) {
    HERE.with(|here| {
        if let Ok(mut here) = here.try_borrow_mut() {
            std::mem::swap(&mut *here, scope);
        }
    });
}

pin_project! {
    /// Work in a scope.
    pub struct Scoped<F> {
        #[pin]
        work: F,
        scope: Option<Scope>,
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _inside = Inside::enter(this.scope);
        this.work.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn block_on<F: Future>(work: F) -> F::Output {
        let mut work = std::pin::pin!(work);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        loop {
            if let Poll::Ready(done) = work.as_mut().poll(&mut cx) {
                return done;
            }
        }
    }

    fn service() -> &'static str {
        Scope::with(|scope| scope.map_or("", |s| s.service))
    }

    /// Waits once, so that somebody else has the thread in between.
    async fn pause() {
        let mut waited = false;
        std::future::poll_fn(|cx| {
            if std::mem::replace(&mut waited, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    #[test]
    fn work_that_takes_turns_on_one_thread_keeps_its_own_scope() {
        let work = |name: &'static str| async move {
            let before = service();
            pause().await;
            let within = Scope::of("inner").around(async { service() }).await;
            (name, before, within, service())
        };
        let (cart, order) =
            (Scope::of("cart").around(work("cart")), Scope::of("order").around(work("order")));
        let both = async { futures::future::join(cart, order).await };
        let (cart, order) = block_on(both);
        assert_eq!(cart, ("cart", "cart", "inner", "cart"));
        assert_eq!(order, ("order", "order", "inner", "order"));
        assert_eq!(service(), "");
    }

    #[test]
    fn a_panic_leaves_no_scope_behind_and_a_hand_over_lasts() {
        let broken = Scope::of("cart").around(async { panic!("broken") });
        let caught = std::panic::AssertUnwindSafe(broken).catch_unwind();
        assert!(block_on(caught).is_err());
        assert_eq!(service(), "");
        let handed = Scope::of("gateway").around(async {
            let before = Scope::hand_over("order", None);
            pause().await;
            let meanwhile = service();
            before.map(|(service, trace)| Scope::hand_over(service, trace));
            (meanwhile, service())
        });
        assert_eq!(block_on(handed), ("order", "gateway"));
    }
}
