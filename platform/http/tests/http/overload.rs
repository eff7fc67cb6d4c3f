//! What is refused when more is asked than can be done. The requests are held at a barrier, so that nothing here depends on
//! how fast the machine is; and each promise is also told of a house that breaks it, which has to be noticed.

use crate::world::{RealTimers, clock, effects, get, layer, send};
use axum::Router;
use axum::extract::State;
use axum::routing::get as on_get;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use hanse_http::context::EarlyAnswers;
use hanse_http::overload::{Bounds, Rules, Settings};
use hanse_http::{Access, Class, Classes, Overload, RouteRule};
use hanse_kernel::Timers;
use http::Method;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::watch;
use tower::{Layer, ServiceBuilder};

const ROUTES: [(&str, Class); 5] = [
    ("/readyz", Class::Health),
    ("/checkout", Class::Checkout),
    ("/cart", Class::Cart),
    ("/browse", Class::Browse),
    ("/figures", Class::Background),
];
const PATIENCE: Duration = Duration::from_secs(60);

/// One inside at a time and nobody else waits, but for checkouts.
fn tight() -> Settings {
    let rules = |inside, room| Rules { inside: Bounds::fixed(inside), room, patience: PATIENCE };
    Settings { checkout: rules(2, 2), cart: rules(1, 1), browse: rules(1, 0), background: rules(1, 0) }
}

fn table(routes: &[(&str, Class)]) -> Vec<RouteRule> {
    let rule = |(path, class): &(&str, Class)| RouteRule {
        method: Method::GET,
        path: path.to_string(),
        access: Access::Public,
        operation_id: String::new(),
        class: Some(*class),
        keep: None,
        body: 0,
    };
    routes.iter().map(rule).collect()
}

/// Everything but health is held until the gate opens.
struct House {
    overload: Overload,
    gate: watch::Sender<bool>,
    at_work: Arc<AtomicUsize>,
}

impl House {
    fn of(settings: &Settings, table: &[RouteRule]) -> Self {
        let overload = Overload::new(&effects(&clock()), Classes::of(table), settings);
        Self { overload, gate: watch::channel(false).0, at_work: Arc::default() }
    }

    fn app(
        &self,
    ) -> impl tower::Service<
        axum::extract::Request,
        Response = axum::response::Response,
        Error = std::convert::Infallible,
        Future: Send,
    > + Clone
    + use<> {
        let held = |State((gate, at_work)): State<(watch::Receiver<bool>, Arc<AtomicUsize>)>| async move {
            let mut gate = gate;
            at_work.fetch_add(1, Ordering::SeqCst);
            gate.wait_for(|open| *open).await.unwrap();
            at_work.fetch_sub(1, Ordering::SeqCst);
        };
        let mut router = Router::new().route("/readyz", on_get(async || {}));
        for (path, _) in ROUTES.iter().skip(1) {
            router = router.route(path, on_get(held));
        }
        let routes = router.with_state((self.gate.subscribe(), self.at_work.clone()));
        let early = EarlyAnswers::new(&effects(&clock()));
        ServiceBuilder::new()
            .layer(early)
            .layer(self.overload.clone())
            .service(layer().inline_reads().layer(routes))
    }
}

type Asked = Pin<Box<dyn Future<Output = (&'static str, u16)>>>;

fn ask(house: &House, path: &'static str) -> Asked {
    let app = house.app();
    Box::pin(async move { (path, send(&app, get(path)).await.status.as_u16()) })
}

/// Runs what is there until nothing of it moves any more; what has been answered.
async fn settled(all: &mut FuturesUnordered<Asked>) -> Vec<(&'static str, u16)> {
    let mut answered = vec![];
    for _quiet in 0..20 {
        while let Poll::Ready(Some(one)) = futures::poll!(all.next()) {
            answered.push(one);
        }
        tokio::task::yield_now().await;
    }
    answered.sort_unstable();
    answered
}

/// The promises: browsing is shed, checkouts get through, health is answered, and no more is held than may be.
async fn story(settings: &Settings, table: &[RouteRule]) -> Result<(), String> {
    let house = House::of(settings, table);
    let mut all = FuturesUnordered::new();
    for _ in 0..50 {
        all.push(ask(&house, "/browse"));
        all.push(ask(&house, "/figures"));
    }
    let shed = settled(&mut all).await;
    let expected: Vec<_> =
        [("/browse", 503), ("/figures", 503)].into_iter().flat_map(|one| [one; 49]).collect();
    if shed != expected {
        return Err(format!("{} of 98 were shed while browsing was too much", shed.len()));
    }
    for path in ["/checkout", "/readyz", "/cart"] {
        all.push(ask(&house, path));
    }
    let answered = settled(&mut all).await;
    if answered != [("/readyz", 200)] {
        return Err(format!("while browsing was too much: {answered:?}"));
    }
    let inside = [Class::Checkout, Class::Cart].map(|class| house.overload.count(class));
    if inside != [(1, 0), (1, 0)] {
        return Err(format!("the checkout and the cart are not at work: {inside:?}"));
    }
    for _ in 0..50 {
        all.push(ask(&house, "/checkout"));
        all.push(ask(&house, "/readyz"));
    }
    let answered = settled(&mut all).await;
    let (health, shed) = (answered.iter().filter(|a| **a == ("/readyz", 200)).count(), answered.len() - 50);
    if (health, shed) != (50, 47) {
        return Err(format!("of 50 each, {health} probes were answered and {shed} checkouts shed"));
    }
    let most = settings.most();
    if all.len() > most || house.at_work.load(Ordering::SeqCst) != 5 {
        return Err(format!("{} are held, and {most} may be", all.len()));
    }
    house.gate.send_replace(true);
    let rest = settled(&mut all).await;
    let through = rest.iter().filter(|answer| answer.1 == 200).count();
    if (rest.len(), through) != (7, 7) {
        return Err(format!("of those who were let in, {through} of {} got their answer", rest.len()));
    }
    let left =
        [Class::Checkout, Class::Cart, Class::Browse, Class::Background].map(|c| house.overload.count(c));
    if left == [(0, 0); 4] { Ok(()) } else { Err(format!("places were not given back: {left:?}")) }
}

#[tokio::test]
async fn browsing_is_shed_checkouts_get_through_and_health_always_is_answered() {
    assert_eq!(story(&tight(), &table(&ROUTES)).await, Ok(()));
}

#[tokio::test]
async fn a_house_that_never_sheds_is_noticed() {
    let open = Rules { inside: Bounds::fixed(1_000_000), room: 1_000_000, patience: PATIENCE };
    let all = Settings { checkout: open, cart: open, browse: open, background: open };
    let told = story(&all, &table(&ROUTES)).await;
    assert!(told.as_ref().is_err_and(|told| told.contains("0 of 98 were shed")), "{told:?}");
    let checkouts = Settings { checkout: open, ..tight() };
    let told = story(&checkouts, &table(&ROUTES)).await;
    assert!(told.as_ref().is_err_and(|told| told.contains("0 checkouts shed")), "{told:?}");
}

#[tokio::test]
async fn a_house_that_sheds_checkouts_first_is_noticed() {
    let turned = ROUTES.map(|(path, class)| match class {
        Class::Checkout => (path, Class::Browse),
        Class::Browse => (path, Class::Checkout),
        other => (path, other),
    });
    assert!(story(&tight(), &table(&turned)).await.is_err());
    let alike =
        ROUTES.map(|(path, class)| (path, if class == Class::Checkout { Class::Browse } else { class }));
    let told = story(&tight(), &table(&alike)).await;
    assert!(told.as_ref().is_err_and(|told| told.contains("/checkout")), "{told:?}");
    let sick = ROUTES.map(|(path, class)| (path, if class == Class::Health { Class::Browse } else { class }));
    // Paths of probes are known without a table; a house that counts them has to name them otherwise.
    assert_eq!(story(&tight(), &table(&sick)).await, Ok(()));
}

#[tokio::test]
async fn who_is_shed_is_told_when_to_come_back() {
    let house = House::of(&tight(), &table(&ROUTES));
    let mut all = FuturesUnordered::from_iter([ask(&house, "/browse")]);
    assert_eq!(settled(&mut all).await, []);
    let mut request = get("/browse");
    request.headers_mut().insert("x-correlation-id", "abc".parse().unwrap());
    let answer = send(&house.app(), request).await;
    assert_eq!(answer.problem(), (503, "overloaded".into()));
    assert_eq!((answer.header("retry-after"), answer.header("x-correlation-id")), (Some("5"), Some("abc")));
    assert_eq!(answer.json()["correlation_id"], "abc");
}

#[tokio::test]
async fn who_leaves_gives_the_place_to_the_next_and_who_waits_too_long_is_shed() {
    let short = Rules { patience: Duration::from_millis(10), ..tight().cart };
    let house = House::of(&Settings { cart: short, ..tight() }, &table(&ROUTES));
    let mut inside = FuturesUnordered::from_iter([ask(&house, "/cart")]);
    assert_eq!(settled(&mut inside).await, []);
    assert_eq!(ask(&house, "/cart").await, ("/cart", 503), "it waited for twice the patience");
    let house = House::of(&tight(), &table(&ROUTES));
    let mut inside = FuturesUnordered::from_iter([ask(&house, "/cart")]);
    let mut waits = FuturesUnordered::from_iter([ask(&house, "/cart")]);
    assert_eq!((settled(&mut inside).await, settled(&mut waits).await), (vec![], vec![]));
    assert_eq!(house.overload.count(Class::Cart), (1, 1));
    // A client that closes its connection takes its request along.
    drop(inside);
    assert_eq!(settled(&mut waits).await, []);
    assert_eq!(house.overload.count(Class::Cart), (1, 0));
    house.gate.send_replace(true);
    assert_eq!(waits.next().await, Some(("/cart", 200)));
    assert_eq!(house.overload.count(Class::Cart), (0, 0));
}

/// Reads answer without a pause, on one thread: still those who arrive together are counted together.
#[tokio::test]
async fn those_who_arrive_together_are_seen_together() {
    let quick = Router::new().route("/browse", on_get(async || {}));
    let settings = Settings { browse: Rules { room: 3, ..tight().browse }, ..tight() };
    let overload = Overload::new(&effects(&clock()), Classes::of(&table(&ROUTES)), &settings);
    let app = overload.layer(layer().inline_reads().layer(quick));
    let asked = (0..10).map(|_| async { send(&app, get("/browse")).await.status.as_u16() });
    let limit = RealTimers.sleep(Duration::from_secs(30));
    let answers = tokio::select! {
        biased;
        answers = futures::future::join_all(asked) => answers,
        () = limit => panic!("somebody was forgotten"),
    };
    let through = answers.iter().filter(|status| **status == 200).count();
    assert_eq!((through, answers.len()), (4, 10), "one inside and three who waited");
}
