//! The loops beside the requests: imports, and the catalogue's own housekeeping.

use crate::application::housekeeping::Housekeeping;
use crate::application::run_imports::RunImports;
use crate::application::{Catalogue, SharedAnswers};
use hanse_http::Idempotency;
use hanse_kernel::Effects;
use hanse_runtime::{Host, Stop, Worker};
use std::sync::Arc;
use std::time::Duration;

/// A wake-up may be lost with its process: look again so often.
const POLL: Duration = Duration::from_millis(250);
/// After a failure of the store.
const RECOVER: Duration = Duration::from_secs(1);
const FORGET: Duration = Duration::from_secs(3600);

pub fn all(host: &Host, catalogue: &Arc<Catalogue>, idempotency: Idempotency) -> Vec<Worker> {
    let (import_host, import_catalogue) = (host.clone(), catalogue.clone());
    let (own_host, own_catalogue) = (host.clone(), catalogue.clone());
    let mut all = vec![
        Worker::new("product.imports", move |stop| run_imports(import_host, import_catalogue, stop)),
        Worker::new("product.housekeeping", move |stop| keep_house(own_host, own_catalogue, stop)),
        forget_answers(host, idempotency),
    ];
    if let Some(shared) = catalogue.config.shared.clone() {
        let effects = host.effects.clone();
        all.push(Worker::new("product.tell_changes", move |stop| tell_changes(effects, shared, stop)));
    }
    all
}

/// The other processes hear of changes here, moments after they are committed.
async fn tell_changes(effects: Effects, shared: Arc<dyn SharedAnswers>, stop: Stop) {
    while !stop.is_set() {
        let next = async {
            shared.waiting().await;
            shared.tell().await;
        };
        futures::future::select(std::pin::pin!(stop.asked()), std::pin::pin!(next)).await;
    }
    // What the last requests changed.
    if effects.within(RECOVER, shared.tell()).await.is_none() {
        tracing::info!("the last changes were not told; old answers end by themselves");
    }
}

fn forget_answers(host: &Host, idempotency: Idempotency) -> Worker {
    let effects = host.effects.clone();
    Worker::new("product.forget_answers", move |stop| async move {
        stop.every(&effects, FORGET, || async {
            if let Err(error) = idempotency.sweep().await {
                tracing::warn!(%error, "old recorded answers are not thrown away yet");
            }
        })
        .await;
    })
}

async fn run_imports(host: Host, catalogue: Arc<Catalogue>, stop: Stop) {
    let imports = RunImports(catalogue.clone());
    let worker = host.effects.ids.uuid();
    let mut taken_over = false;
    while !stop.is_set() {
        let stopping = || stop.is_set();
        let next = async {
            if !taken_over {
                imports.take_over().await?;
                taken_over = true;
            }
            imports.next(worker, &stopping).await
        };
        let pause = match next.await {
            Ok(true) => continue,
            Ok(false) => POLL,
            Err(e) => {
                tracing::error!(error = %e, "an import could not go on; it is taken up again");
                RECOVER
            }
        };
        let woken = host.effects.within(pause, catalogue.wake_imports.notified());
        futures::future::select(std::pin::pin!(stop.asked()), std::pin::pin!(woken)).await;
    }
}

async fn keep_house(host: Host, catalogue: Arc<Catalogue>, stop: Stop) {
    let house = Housekeeping(catalogue);
    if let Err(e) = house.compare_settings().await {
        tracing::error!(error = %e, "the catalogue's settings could not be compared with those of the last start");
    }
    let mut forget_at = host.effects.now().plus(FORGET);
    let mut ask_at = host.effects.now();
    while !stop.is_set() {
        let now = host.effects.now();
        let outcome = async {
            let written = house.relist_due().await?;
            if now >= ask_at {
                house.ask_again(&host.background()).await?;
                ask_at = now.plus(RECOVER * 5);
            }
            if now >= forget_at {
                house.forget_old().await?;
                forget_at = now.plus(FORGET);
            }
            Ok::<_, crate::application::ProductError>(written)
        };
        let pause = match outcome.await {
            Ok(written) if written > 0 => continue,
            Ok(_) => POLL,
            Err(e) => {
                tracing::warn!(error = %e, "the catalogue's housekeeping is tried again");
                RECOVER
            }
        };
        futures::future::select(std::pin::pin!(stop.asked()), host.effects.timers.sleep(pause)).await;
    }
}
