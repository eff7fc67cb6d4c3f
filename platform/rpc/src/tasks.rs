//! Runs the tasks of HTTP/2 connections with the house's spawner.

use hanse_kernel::Spawn;
use std::sync::Arc;

#[derive(Clone)]
pub(crate) struct Executor(pub Arc<dyn Spawn>);

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, task: F) {
        self.0.spawn(
            "rpc.stream",
            Box::pin(async move {
                task.await;
            }),
        );
    }
}
