//! One seed: people come, things go wrong, everything heals, and then it is judged.

use crate::chance::Chance;
use crate::defect::Defect;
use crate::executor::Stalled;
use crate::judge::{self, Wrong};
use crate::merchant::Merchant;
use crate::pace::Pace;
use crate::post::Carrier;
use crate::services::{INVENTORY, NAMES, ORDER, PAYMENT};
use crate::shop::{Stage, Ware};
use crate::shopper::{LONGEST_VISIT, Shopper};
use crate::truth::{PriceWish, Truth};
use crate::weather::Weather;
use crate::world::{Plan, World};
use crate::{planted, story};
use hanse_database::sql::Sql;
use hanse_kernel::{OrderId, PaymentId, Timestamp};
use hanse_order::CaptureMode;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

/// More turns than any world takes that comes to an end.
const MOST_TURNS: u64 = 20_000_000;

/// Every saga ends within this of the last fault.
const LONGEST_SAGA: Duration = Duration::from_secs(90 * 60);

/// How a seed ended.
pub struct Ended {
    pub seed: u64,
    pub wrong: Vec<Wrong>,
    pub tally: BTreeMap<String, u64>,
    pub orders: u64,
    /// The same for the same seed.
    pub print: u64,
    pub turns: u64,
    /// What happened to whatever is wrong.
    pub story: String,
    /// All that happened.
    pub whole_story: String,
}

/// Runs a world until this work is done.
pub fn drive(world: &Arc<World>, work: impl Future<Output = ()> + Send + 'static) -> Result<(), Stalled> {
    let done = Arc::new(AtomicBool::new(false));
    let tell = done.clone();
    world.spawn("director", async move {
        work.await;
        tell.store(true, Ordering::Relaxed);
    });
    world.executor.run(&done, MOST_TURNS)
}

fn plan(seed: u64, orders: u64, defect: Option<Defect>) -> Plan {
    let chance = Chance::new(seed, 0);
    let capture = match chance.below(4) {
        0 => CaptureMode::AtFulfilment,
        1 => CaptureMode::AtFirstShipment,
        _ => CaptureMode::AtConfirmation,
    };
    let carrier = if chance.below(2) == 0 { Carrier::Process } else { Carrier::Broker };
    // Where it hardly looks by itself, the bank's webhooks are what it hears by.
    let look = Duration::from_secs(if chance.below(2) == 0 { 5 } else { 120 });
    Plan { seed, orders, capture, carrier, look, defect }
}

/// Plays one seed on a stage, which is as before afterwards.
pub fn play(
    stage: &Stage,
    seed: u64,
    orders: u64,
    defect: Option<Defect>,
    tell_all: bool,
) -> Result<Ended, String> {
    let plan = plan(seed, orders, defect);
    let weather = Weather::of(&Chance::new(seed, 5));
    let world = World::new(plan, stage.opened, stage.stores.clone(), weather);
    stage.stores.belong_to(&world);
    planted::plant(&world)?;
    let truth = Arc::new(Truth::default());
    for ware in &stage.wares {
        let wish = PriceWish {
            amount: ware.cents,
            asked: Timestamp::default(),
            granted: Some(Timestamp::default()),
        };
        truth.facts().prices.insert(ware.variant.clone(), vec![wish]);
        world.story.name(&ware.variant, ware.name);
    }
    (0..NAMES.len()).for_each(|service| world.start(service));
    let found = Arc::new(Mutex::new(vec![]));
    let stalled =
        drive(&world, direct(world.clone(), Arc::new(stage.wares.clone()), truth.clone(), found.clone()));
    let mut wrong = std::mem::take(&mut *found.lock().unwrap_or_else(|e| e.into_inner()));
    if let Err(stalled) = stalled {
        wrong.push(Wrong::new(13, "the world", format!("comes to no end: {stalled:?}")));
    } else {
        wrong.extend(judge::by_outsiders(&world, stage, &truth));
    }
    wrong.sort();
    wrong.dedup();
    steps(&world);
    let print = print(&world);
    name(&world);
    let ended = Ended {
        seed,
        orders: crate::ledger::orders(&world).len() as u64,
        tally: world.tally(),
        print,
        turns: world.executor.turns(),
        story: told(&world, &wrong),
        whole_story: if tell_all { world.story.read(&[], usize::MAX) } else { String::new() },
        wrong,
    };
    world.executor.clear();
    stage.stores.back_to_mark().map_err(|e| e.to_string())?;
    Ok(ended)
}

/// Differs as soon as anybody took another turn, or anything was told or counted otherwise.
fn print(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    world.executor.print().hash(&mut hasher);
    world.tally().hash(&mut hasher);
    for line in world.story.lines() {
        (line.at.micros(), line.who, line.what).hash(&mut hasher);
    }
    hasher.finish()
}

/// Everything from the first shopper to the judgement.
async fn direct(world: Arc<World>, wares: Arc<Vec<Ware>>, truth: Arc<Truth>, found: Arc<Mutex<Vec<Wrong>>>) {
    let find = |wrong: Vec<Wrong>| found.lock().unwrap_or_else(|e| e.into_inner()).extend(wrong);
    for number in 1..=world.plan.orders {
        let shopper = Shopper::new(&world, number, wares.clone(), truth.clone());
        attend(&world, &truth, shopper.shop());
    }
    let mut merchant = Merchant::new(&world, wares.clone(), truth.clone(), "m");
    attend(&world, &truth, Merchant::new(&world, wares, truth.clone(), "n").work());
    let left = world.now().plus(LONGEST_VISIT);
    while truth.facts().people > 0 && world.now() < left {
        world.sleep(Duration::from_secs(1)).await;
    }
    if truth.facts().people > 0 {
        find(vec![Wrong::new(0, "people", "never leave")]);
    }
    world.heal();
    world.executor.pace(Pace::Night);
    find(rest(&world).await);
    if world.plan.capture != CaptureMode::AtConfirmation && world.plan.seed.is_multiple_of(3) {
        // Goods wait so long to be sent that what was set aside for them lapses.
        world.tell(story::WORLD, "a week goes by");
        world.executor.pace(Pace::Holidays);
        world.sleep(Duration::from_secs(7 * 24 * 3600)).await;
        world.executor.pace(Pace::Night);
        find(rest(&world).await);
        merchant.send_some().await;
        find(rest(&world).await);
    }
    world.sleep(Duration::from_secs(90)).await;
    find(judge::by_audit(&world).await);
}

/// Waits until everything has come to rest; what does not is wrong.
async fn rest(world: &Arc<World>) -> Vec<Wrong> {
    let healed = world.now();
    while let Some(moving) = moving(world) {
        if world.now().since(healed) > LONGEST_SAGA {
            return vec![Wrong::new(13, "the shop", moving)];
        }
        world.sleep(Duration::from_secs(15)).await;
    }
    vec![]
}

/// Somebody who is waited for.
fn attend(world: &World, truth: &Arc<Truth>, visit: impl Future<Output = ()> + Send + 'static) {
    truth.facts().people += 1;
    let truth = truth.clone();
    world.spawn("somebody", async move {
        visit.await;
        truth.facts().people -= 1;
    });
}

/// What has not come to rest yet, if anything.
fn moving(world: &World) -> Option<String> {
    if world.post.under_way() > 0 {
        return Some(format!("{} messages are under way", world.post.under_way()));
    }
    for (service, name) in NAMES.iter().enumerate() {
        if world.life(service).is_none() {
            return Some(format!("{name} is not running"));
        }
        let waiting = world.look(service, (), |tx, ()| {
            Box::pin(async move {
                let sql = "select (select count(*) from outbox where published_at is null)
                             + (select count(*) from parked where next_at is not null)";
                tx.query_opt(sql, &[], |r| r.get::<i64>(0)).await
            })
        });
        if waiting.flatten().is_none_or(|waiting| waiting > 0) {
            return Some(format!("{name} has messages to publish or to try again: {waiting:?}"));
        }
    }
    let asked = [
        (
            ORDER,
            "an order",
            "select count(*) from orders where state not in
           ('confirmed', 'confirmed_held', 'rejected', 'cancelled', 'refunded')",
        ),
        (ORDER, "a restock", "select count(*) from order_restocks where due_at is not null"),
        (PAYMENT, "an intent", "select count(*) from intent where phase in ('flying', 'unknown', 'waiting')"),
        (INVENTORY, "a hold", "select count(*) from reservation where state = 'held'"),
    ];
    for (service, what, sql) in asked {
        let open = world.look(service, sql, |tx, sql| {
            Box::pin(async move { tx.query_opt(sql, &[], |r| r.get::<i64>(0)).await })
        });
        if open.flatten() != Some(0) {
            return Some(format!("{what} is open: {open:?}"));
        }
    }
    None
}

/// Adds to the tally what the tables have noted.
fn steps(world: &World) {
    for service in [ORDER, PAYMENT, INVENTORY] {
        let noted = world.look(service, (), |tx, ()| {
            Box::pin(async move { tx.query("select what from sim_step", &[], |r| r.get::<String>(0)).await })
        });
        noted.unwrap_or_default().iter().for_each(|what| world.count(what));
    }
}

/// Orders and payments go by the numbers that people know.
fn name(world: &World) {
    let named = world.look(ORDER, (), |tx, ()| {
        Box::pin(async move {
            let sql = "select o.id, o.number, p.payment_id, p.attempt from orders o
                         left join order_payments p on p.order_id = o.id";
            tx.query(sql, &[], |r| {
                let payment: Option<Uuid> = r.get(2)?;
                Ok((
                    r.id::<OrderId>(0)?,
                    r.get::<String>(1)?,
                    payment.map(PaymentId::new),
                    r.get::<Option<i64>>(3)?,
                ))
            })
            .await
        })
    });
    for (order, number, payment, attempt) in named.unwrap_or_default() {
        world.story.name(&order.to_string(), &number);
        if let Some(payment) = payment {
            let attempt = attempt.unwrap_or(1);
            world.story.name(&payment.to_string(), &format!("payment {attempt} of {number}"));
        }
    }
}

/// The story of whatever is wrong.
fn told(world: &World, wrong: &[Wrong]) -> String {
    if wrong.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    for wrong in wrong {
        text +=
            &world.story.named(&format!("  ! {}: {}: {}\n", wrong.invariant, wrong.subject, wrong.detail));
    }
    let subjects: Vec<String> =
        wrong.iter().map(|w| w.subject.clone()).filter(|s| s.contains('_') || s.contains('-')).collect();
    text + &world.story.read(&subjects, 400)
}
