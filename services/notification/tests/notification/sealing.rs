//! What the store has of whom the shop wrote to is of no use without the shop's keys, and of nobody once they were erased.

use super::neighbours::{World, confirmed, nobody, order};
use super::stories::{mails, on_both, outbox};
use hanse_auth_contract::{NewDevice, RegistrationRepeated, UserRegistered};
use hanse_database::DbError;
use hanse_database::sql::Sql;
use hanse_kernel::{SessionId, ShipmentId, Timestamp, UserId};
use hanse_order_contract::{OrderCancelled, OrderFulfilled, OrderPersonErased};
use hanse_testkit::{TestHost, TestModule};
use hanse_user_contract::UserErased;
use uuid::Uuid;

/// What the neighbours tell of people, and what messages do.
const CANARIES: [&str; 4] = ["ana@example.org", "Annemarie", "kanarie-spar", "Kanarienmobil"];

/// Other ids than those of orders: they have keys alike.
fn user(n: u128) -> UserId {
    UserId::new(Uuid::from_u128(100 + n))
}

async fn read(module: &TestModule, sql: &'static str) -> Vec<String> {
    let read: Result<Vec<String>, DbError> =
        module.host.db.read((), move |tx, ()| Box::pin(tx.query(sql, &[], |r| r.get(0)))).await;
    read.expect("the store answers")
}

async fn write(module: &TestModule, sql: &'static str) {
    let done: Result<u64, DbError> =
        module.host.db.tx((), move |tx, ()| Box::pin(async move { tx.execute(sql, &[]).await })).await;
    done.expect("written");
}

async fn rows(module: &TestModule) -> String {
    let sql = "select facts || coalesce(last_error, '') from intent
               union all select recipient || subject || body_text || body_html || coalesce(recipient_index, '')
                         from mail";
    read(module, sql).await.join("\n")
}

/// Beside that of the blind index.
async fn keys(module: &TestModule) -> usize {
    read(module, "select master from person_key").await.len() - 1
}

fn sings(text: &str) -> Vec<&'static str> {
    CANARIES.into_iter().filter(|canary| text.contains(canary)).collect()
}

fn sent(n: u128) -> OrderFulfilled {
    OrderFulfilled {
        order_id: order(n),
        number: "H-10001".into(),
        shipment_id: hanse_kernel::ShipmentId::new(Uuid::from_u128(n)),
        lines: vec![],
        complete: true,
        tracking: Some("kanarie-spar".into()),
    }
}

fn device(n: u128, user_id: UserId, logged_in_at: Timestamp) -> NewDevice {
    NewDevice {
        user_id,
        session_id: SessionId::new(Uuid::from_u128(n)),
        device: Some("Kanarienmobil".into()),
        logged_in_at,
    }
}

fn buy(world: &World, of: &[(u128, UserId)]) {
    let mut buyers = world.buyers.lock().expect("not poisoned");
    buyers.extend(of.iter().map(|(n, user)| (order(*n), *user)));
}

/// To a customer of theirs and an order of theirs, and to a guest.
async fn tells(shop: &TestHost, module: &TestModule, world: &World) {
    buy(world, &[(1, user(1)), (2, user(2))]);
    shop.send("auth", user(1), &UserRegistered { user_id: user(1), staff: false }).await;
    shop.send("auth", user(1), &device(1, user(1), shop.effects.now())).await;
    shop.send("order", order(1), &sent(1)).await;
    shop.send("order", order(2), &sent(2)).await;
    shop.send("order", order(3), &sent(3)).await;
    all_told(shop, module, 5).await;
}

/// So many have been written down, and none of them is to be sent any more.
async fn all_told(shop: &TestHost, module: &TestModule, count: usize) {
    let ended =
        async || read(module, "select kind from intent where state <> 'waiting'").await.len() == count;
    shop.until("all to be told", ended).await;
}

#[tokio::test]
async fn the_store_tells_nothing_of_anybody_before_an_erasure_or_after_it() {
    on_both("confirmed", "en", async |shop, module, world| {
        tells(&shop, &module, &world).await;
        assert_eq!(sings(&rows(&module).await), [""; 0]);
        let told = serde_json::Value::from(outbox(&module).await).to_string();
        assert_eq!(sings(&told), CANARIES, "whoever may read it does: {told}");
        // Two customers, and what was told of three orders.
        assert_eq!(keys(&module).await, 5);

        shop.send("user", user(1), &UserErased { user_id: user(1) }).await;
        assert_eq!(outbox(&module).await.len(), 1, "all went to the same address; Bo's has a name to it");
        assert_eq!(keys(&module).await, 3, "of Bo, of their order, and of what the guest was told of");
        // A message that comes late, and one about an order that is on its way still.
        buy(&world, &[(4, user(1))]);
        shop.send("auth", user(1), &device(2, user(1), shop.effects.now())).await;
        shop.send("order", order(4), &sent(4)).await;
        // The welcome and the word about the device went with her.
        all_told(&shop, &module, 4).await;
        assert_eq!(keys(&module).await, 3);
        assert_eq!(outbox(&module).await.len(), 1);
        assert_eq!(read(&module, "select about from intent where kind = 'new_device'").await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn of_an_erased_guests_order_neither_words_nor_key_are_left() {
    on_both("confirmed", "en", async |shop, module, world| {
        tells(&shop, &module, &world).await;
        let erased = OrderPersonErased { order_id: order(3), cart_id: confirmed(3).cart_id };
        shop.send("order", order(3), &erased).await;
        assert_eq!((outbox(&module).await.len(), keys(&module).await), (4, 4), "all but the guest's");
        // A parcel of an order that is on its way still: what is told of it is forgotten once it was.
        let OrderFulfilled { lines, .. } = sent(3);
        let second = OrderFulfilled { shipment_id: ShipmentId::new(Uuid::from_u128(33)), lines, ..sent(3) };
        shop.send("order", order(3), &second).await;
        all_told(&shop, &module, 6).await;
        assert_eq!((outbox(&module).await.len(), keys(&module).await), (4, 4));
        let facts =
            read(&module, "select facts from intent where kind = 'order_fulfilled' and facts = '{}'").await;
        assert_eq!(facts.len(), 2, "that they were told of stays");
    })
    .await;
}

#[tokio::test]
async fn an_order_has_one_key_however_often_it_is_told_of() {
    on_both("confirmed", "en", async |shop, module, _| {
        shop.send("order", order(3), &confirmed(3)).await;
        mails(&shop, &module, 1).await;
        assert_eq!(keys(&module).await, 1);
        let cancelled = OrderCancelled {
            order_id: order(4),
            number: "H-10001".into(),
            reason: "customer".into(),
            was_confirmed: true,
            discount_codes: vec![],
        };
        shop.send("order", order(4), &cancelled).await;
        shop.send("order", order(4), &cancelled).await;
        mails(&shop, &module, 2).await;
        assert_eq!(keys(&module).await, 2);
    })
    .await;
}

#[tokio::test]
async fn what_was_to_be_told_to_nobody_makes_no_key() {
    on_both("confirmed", "en", async |shop, module, _| {
        shop.send("auth", nobody(), &RegistrationRepeated { user_id: nobody() }).await;
        all_told(&shop, &module, 1).await;
        assert_eq!(read(&module, "select state from intent").await, ["dropped"]);
        assert_eq!(read(&module, "select master from person_key").await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn what_was_written_before_is_read_found_and_sealed() {
    on_both("confirmed", "en", async |shop, module, world| {
        tells(&shop, &module, &world).await;
        for old in [
            "update mail set recipient = 'ana@example.org', subject = 'Annemarie', body_text = 'Hello Annemarie',
               body_html = '<p>Annemarie</p>', recipient_index = null",
            "update intent set facts = '{\"tracking\":\"kanarie-spar\"}', last_error = 'no such box: Annemarie'
             where order_id is not null",
        ] {
            write(&module, old).await;
        }
        let before = outbox(&module).await;
        assert_eq!(before[0]["to"], "ana@example.org");

        module.host.keeper().round().await.expect("sealed");
        assert_eq!(sings(&rows(&module).await), [""; 0]);
        assert_eq!(outbox(&module).await, before);
        assert_eq!(read(&module, "select kind from mail where recipient_index is null").await.len(), 0);
        assert_eq!(keys(&module).await, 5);
        // A guest's mail to the address of somebody who is erased goes, though it was sealed by the job or not at all.
        write(
            &module,
            "update mail set recipient = 'ana@example.org', recipient_index = null where user_id is null",
        )
        .await;
        shop.send("user", user(1), &UserErased { user_id: user(1) }).await;
        assert_eq!(outbox(&module).await.len(), 1);
        shop.send("user", user(2), &UserErased { user_id: user(2) }).await;
        assert_eq!((outbox(&module).await.len(), keys(&module).await), (0, 1), "what a guest was told of");
    })
    .await;
}
