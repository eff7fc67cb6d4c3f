//! The shop that every world begins with: a few goods, some of them scarce, and codes that few may use.

use crate::desk::{Person, Wanted};
use crate::post::Carrier;
use crate::run::drive;
use crate::services::{INVENTORY, NAMES, ORDER, PAYMENT, PRICING, PRODUCT};
use crate::stage::Stores;
use crate::weather::Weather;
use crate::world::{Plan, World};
use anyhow::{Context, Result, anyhow, ensure};
use hanse_kernel::{Actor, Permission, Timestamp, UserId};
use hanse_order::CaptureMode;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

/// A thing for sale.
#[derive(Debug, Clone)]
pub struct Ware {
    pub name: &'static str,
    pub variant: String,
    pub cents: i64,
    pub stock: i64,
}

/// So many orders may use the code `FEW`.
pub const FEW: i64 = 2;

/// A filled shop with its stores at their mark.
pub struct Stage {
    pub stores: Stores,
    pub wares: Vec<Ware>,
    pub opened: Timestamp,
}

const WARES: [(&str, i64, i64); 4] =
    [("Lantern", 2_500, 6), ("Kettle", 4_200, 60), ("Rope", 900, 25), ("Compass", 12_000, 15)];

/// A member of the staff who may do everything.
pub fn staff(world: &Arc<World>, name: &str) -> Person {
    let permissions = Arc::new(Permission::ALL.into_iter().collect());
    let actor = Actor::Staff { user: UserId::new(Uuid::from_u128(1)), permissions };
    Person { world: world.clone(), name: name.into(), actor }
}

/// Tables that note what is worth counting.
const NOTES: [(usize, &str); 8] = [
    (ORDER, "create table sim_step (seq integer primary key, what text not null)"),
    (
        ORDER,
        "create trigger sim_moved after update of state on orders when old.state <> new.state
         begin insert into sim_step (what) values ('saga: ' || old.state || ' → ' || new.state); end",
    ),
    (
        ORDER,
        "create trigger sim_tried after update of tries on orders when old.tries < new.tries and old.state = new.state
         begin insert into sim_step (what) values ('saga: ' || old.state || ' asks again'); end",
    ),
    (
        ORDER,
        "create trigger sim_noted after insert on order_history
         begin insert into sim_step (what) values ('order: ' || new.event); end",
    ),
    (PAYMENT, "create table sim_step (seq integer primary key, what text not null)"),
    (
        PAYMENT,
        "create trigger sim_moved after update of phase on intent when old.phase <> new.phase
         begin insert into sim_step (what) values ('intent: ' || new.kind || ' → ' || new.phase); end",
    ),
    (INVENTORY, "create table sim_step (seq integer primary key, what text not null)"),
    (
        INVENTORY,
        "create trigger sim_moved after update of state on reservation when old.state <> new.state
         begin insert into sim_step (what) values ('stock: ' || old.state || ' → ' || new.state); end",
    ),
];

/// Notes each effect of a message, with every service.
const EFFECTS: [&str; 2] = [
    "create table sim_effect (consumer text not null, source text not null, id blob not null)",
    "create trigger sim_acted after insert on inbox
     begin insert into sim_effect (consumer, source, id) values (new.consumer, new.source, new.id); end",
];

impl Stage {
    pub fn open() -> Result<Self> {
        let stores = Stores::open()?;
        let plan = Plan {
            seed: 0,
            orders: 0,
            capture: CaptureMode::AtConfirmation,
            carrier: Carrier::Process,
            look: Duration::from_secs(5),
            defect: None,
        };
        let opened: Timestamp = "2026-11-23T08:00:00Z".parse().map_err(|e| anyhow!("{e:?}"))?;
        let world = World::new(plan, opened, stores.clone(), Weather::calm());
        stores.belong_to(&world);
        (0..NAMES.len()).for_each(|service| world.start(service));
        let wares = Arc::new(Mutex::new(Ok(vec![])));
        let (filled, at) = (wares.clone(), world.clone());
        drive(&world, async move {
            let done = fill(&at).await;
            *filled.lock().unwrap_or_else(|e| e.into_inner()) = done;
        })
        .map_err(|stalled| anyhow!("the shop was never filled: {stalled:?}"))?;
        for service in 0..NAMES.len() {
            for sql in EFFECTS {
                world.alter(service, sql).with_context(|| sql.to_string())?;
            }
            // Those who filled it are gone.
            world.alter(service, "delete from outbox_lease")?;
        }
        for (service, sql) in NOTES {
            world.alter(service, sql).with_context(|| sql.to_string())?;
        }
        let opened = world.now();
        world.executor.clear();
        let wares = std::mem::replace(&mut *wares.lock().unwrap_or_else(|e| e.into_inner()), Ok(vec![]))?;
        stores.mark()?;
        Ok(Self { stores, wares, opened })
    }
}

async fn fill(world: &Arc<World>) -> Result<Vec<Ware>> {
    let staff = staff(world, "the merchant");
    let mut wares = vec![];
    for (n, (name, cents, stock)) in WARES.into_iter().enumerate() {
        let body = json!({
            "title": name, "status": "published",
            "variants": [{"sku": name.to_uppercase(), "price": {"amount": cents, "currency": "EUR"}, "stock": stock}],
        });
        let wanted = Wanted::post(PRODUCT, "/api/admin/products".into(), format!("ware-{n}"), body);
        let made = staff.ask(&wanted).await.context("no answer to a new product")?;
        ensure!(made.status == 201, "a product was not made: {}", made.body);
        let variant = made.body["variants"][0]["id"].as_str().context("a variant")?.to_string();
        wares.push(Ware { name, variant, cents, stock });
    }
    for (code, percent, limit) in [("FEW", 1_000, Some(FEW)), ("GIFT", 10_000, None)] {
        let body =
            json!({"code": code, "type": "percentage", "percentage_bp": percent, "limit_total": limit});
        let wanted = Wanted::post(PRICING, "/api/admin/discounts".into(), format!("code-{code}"), body);
        let made = staff.ask(&wanted).await.context("no answer to a new code")?;
        ensure!(made.status == 201, "a code was not made: {}", made.body);
    }
    let body = json!({"zone_id": "eu", "title": {"en": "Pick-up"}, "brackets": [{"price": {"amount": 0, "currency": "EUR"}}]});
    let wanted = Wanted::post(PRICING, "/api/admin/shipping-methods".into(), "pick-up".into(), body);
    let made = staff.ask(&wanted).await.context("no answer to a new method")?;
    ensure!(made.status == 201, "a method was not made: {}", made.body);
    // Prices and stock are on their way to where they are shown.
    for _ in 0..600 {
        world.sleep(Duration::from_millis(500)).await;
        let shelf = staff.ask(&Wanted::get(PRODUCT, "/api/store/products".into())).await;
        let shown = shelf.map_or(0, |answer| answer.body["items"].as_array().map_or(0, Vec::len));
        if shown == WARES.len() {
            return Ok(wares);
        }
    }
    Err(anyhow!("the goods are not on sale after five minutes"))
}
