//! The audit is worth its word: whoever changes a book behind the shop's back is found, by the right invariant and with the
//! row that it stands in. In both shapes, while the shop runs.

use anyhow::{Context, Result, ensure};
use hanse_journeys::{Shop, Store, csv, fill_cart, hanse, import, key, pay, until, variants};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// What an operator reads.
const TABLE: &str = include_str!("../../../../docs/operations/audit.md");

/// The invariant that it breaks, whose store, the rows that have to be told, what is done first, the forgery. In an order in
/// which none hides the next; each is found beside those before it.
type Forgery<'a> = (u64, &'a str, &'a str, &'a str, String);

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_book_is_found_and_an_honest_one_is_clean() -> Result<()> {
    let shop = Shop::open().await?;
    let staff = shop.staff().await?;
    import(&shop.http, &staff, "goods.csv", csv(&[("rope", "10.00", 50)]).as_bytes()).await?;
    let ids = variants(&shop.http, &["rope"]).await?;
    let code = json!({"code": "SPRING", "type": "percentage", "percentage_bp": 1000});
    shop.http.post("/api/admin/discounts").bearer(&staff).json(&code).expect(201).await?;
    let mut orders = vec![];
    for code in [Some("SPRING"), None, None] {
        let mut cart = fill_cart(&shop.http, &[(&ids["rope"], 2)]).await?;
        if let Some(code) = code {
            let path = format!("/api/store/carts/{}", cart["id"].as_str().context("no id")?);
            cart = shop.http.patch(&path).json(&json!({"discount_codes": [code]})).expect(200).await?;
        }
        let order = pay(&shop.http, &cart, "tok_success").await?;
        ensure!(order["status"] == "confirmed", "{order}");
        orders.push(order);
    }
    returned(&shop, &orders[2]).await?;
    let account = json!({"email": "ana@example.org", "password": "a long enough secret", "name": "Ana"});
    shop.http.post("/api/auth/register").json(&account).expect(201).await?;
    until("her profile to be there", async || {
        let customers = shop.http.get("/api/admin/customers").bearer(&staff).expect(200).await?;
        Ok((customers["items"].as_array().is_some_and(|all| all.len() == 1)).then_some(()))
    })
    .await?;
    shop.audit(3).await?;

    let text = |order: &Value, field: &str| order[field].as_str().unwrap_or_default().to_string();
    let [one, other] = [0, 1].map(|n| text(&orders[n], "number"));
    let paid = |n: usize| Ok::<_, anyhow::Error>(shop.store("payment")?.id(&text(&orders[n], "id")));
    let (first, returned) = (paid(0)?, paid(2)?);
    let forgeries: Vec<Forgery<'_>> = vec![
        (1, "inventory", "inventory.stock_level", "", "update adjustment set delta = delta + 1".into()),
        (
            2,
            "inventory",
            "inventory.stock_level",
            "",
            "update stock_level set reserved = reserved + 1, available = available - 1".into(),
        ),
        (
            3,
            "inventory",
            "inventory.stock_level",
            "",
            "update stock_level set sold = sold - 1, available = available + 1 where sold > 0".into(),
        ),
        (
            9,
            "order",
            "order.orders.id",
            "",
            "update order_lines set total = total + 1 where position = 0 and order_id in
               (select id from orders where confirmed_at is not null)"
                .into(),
        ),
        (
            4,
            "order",
            "order.orders.number",
            "drop index orders_cart_version",
            format!(
                "update orders set cart_id = (select o.cart_id from orders o where o.number = '{one}'),
                   cart_version = (select o.cart_version from orders o where o.number = '{one}')
                 where number = '{other}'"
            ),
        ),
        (
            12,
            "order",
            "order.order_history.order_id",
            "",
            format!("update orders set notes = notes + 1 where number = '{one}'"),
        ),
        (
            5,
            "payment",
            "payment.payment.id",
            "",
            "update test_charge set refunded = refunded + 1 where refunded < captured".into(),
        ),
        (
            7,
            "payment",
            "payment.payment.id",
            "",
            format!("update payment set captured = captured - 1, refunded = refunded - 1 where order_id = {returned}"),
        ),
        (
            8,
            "payment",
            "payment.payment.id",
            "",
            format!("update payment set captured = captured - 1 where order_id = {first}"),
        ),
        (
            16,
            "payment",
            "payment.ledger_entry.currency",
            "",
            "update ledger_entry set amount = amount + 1 where account = 'sales'".into(),
        ),
        (
            6,
            "order",
            "payment.payment.id",
            "",
            format!("update orders set state = 'cancelled' where number = '{other}'"),
        ),
        (13, "order", "order.orders.id", "", format!("update orders set stuck = true where number = '{one}'")),
        (
            10,
            "notification",
            "notification.parked.id",
            "",
            "insert into parked (consumer, source, id, type, subject, payload, reason, attempts, parked_at, next_at)
             select consumer, source, id, 'forged', 'forged', '{}', 'forged', 1, received_at, null from inbox limit 1"
                .into(),
        ),
        (
            11,
            "payment",
            "payment.outbox.subject",
            "",
            "delete from outbox where aggver = 2 and subject in (select o.subject from outbox o where o.aggver = 3)"
                .into(),
        ),
        (
            15,
            "pricing",
            "pricing.discounts.code",
            "",
            "update discounts set redeemed = redeemed - 1 where redeemed > 0".into(),
        ),
        (
            17,
            "notification",
            "notification.intent.order_id",
            "",
            format!(
                "delete from intent where kind = 'order_confirmed' and order_id = {}",
                shop.store("notification")?.id(&text(&orders[0], "id"))
            ),
        ),
        (
            19,
            "order",
            "order.record_entry.seq",
            match shop.store("order")? {
                Store::File(_) => "drop trigger record_entry_stays",
                Store::Database(_) => "drop trigger record_entry_stays on record_entry",
            },
            "update record_entry set subject = 'somebody else' where seq = 1".into(),
        ),
        (
            18,
            "auth",
            "auth.refresh_tokens.session_id",
            "",
            "update refresh_tokens set used_at = issued_at where used_at is null".into(),
        ),
        (
            20,
            "user",
            "auth.accounts.id",
            "",
            "insert into erased_people (user_id, erased_at, asked_by)
               select user_id, created_at, 'forged' from profiles where not staff"
                .into(),
        ),
    ];
    let judged: BTreeSet<u64> = forgeries.iter().map(|(invariant, ..)| *invariant).collect();
    ensure!(judged == told_to_be_judged()?, "docs/operations/audit.md tells of others than {judged:?}");

    let mut missed = vec![];
    let mut before = found(&shop).await?;
    ensure!(before.is_empty(), "{before:?}");
    for (invariant, service, row, first, forgery) in forgeries {
        let store = shop.store(service)?;
        if !first.is_empty() {
            store.execute(first).await?;
        }
        ensure!(store.execute(&forgery).await? > 0, "nothing to forge: {forgery}");
        let after = found(&shop).await?;
        let new = |(n, rows): &(u64, String)| *n == invariant && rows.contains(row);
        if !after.difference(&before).any(new) {
            missed.push(format!("{forgery}\n  invariant {invariant} in {row}: {after:?}"));
        }
        before = after;
    }
    ensure!(missed.is_empty(), "not found:\n{}", missed.join("\n"));
    Ok(())
}

/// The order is cancelled, and its money goes back.
async fn returned(shop: &Shop, order: &Value) -> Result<()> {
    let path = format!("/api/store/orders/{}", order["id"].as_str().context("no id")?);
    let access = order["access_token"].as_str().context("no access token")?;
    let cancel = shop.http.post(&format!("{path}/cancel")).order(access).key(&key()).json(&json!({}));
    let answer = cancel.send().await?;
    ensure!(matches!(answer.status, 200..=202), "{}", answer.text());
    until("the money to go back", async || {
        let order = shop.http.get(&path).order(access).expect(200).await?;
        Ok((order["status"] == "refunded").then_some(()))
    })
    .await
}

/// Invariant, rows and detail of every breach. At rest for no time at all: nobody shops meanwhile.
async fn found(shop: &Shop) -> Result<BTreeSet<(u64, String)>> {
    let [way, place] = shop.reach();
    let ended = hanse(&["audit", "--rest", "0", "--full", "--json", &way, &place]).await?;
    let report: Value = serde_json::from_str(&ended.stdout).context(ended.stderr)?;
    let breaches = report["breaches"].as_array().context("no breaches are listed")?;
    ensure!(ended.status.code() == Some(i32::from(!breaches.is_empty())), "{}: {report}", ended.status);
    let mut all = BTreeSet::new();
    for breach in breaches {
        let told = |field: &str| breach[field].as_str().is_some_and(|text| !text.is_empty());
        ensure!(told("subject") && told("detail") && told("remedy"), "{breach}");
        let rows = breach["rows"].as_array().context("no rows")?;
        ensure!(rows.iter().all(|row| row.as_str().is_some_and(|row| row.contains(" = "))), "{breach}");
        let invariant = breach["invariant"].as_u64().context("no invariant")?;
        all.insert((invariant, format!("{} {}", breach["rows"], breach["detail"])));
    }
    Ok(all)
}

/// Rows of the table begin with `| N | yes |`.
fn told_to_be_judged() -> Result<BTreeSet<u64>> {
    let cells = TABLE.lines().filter_map(|line| line.strip_prefix("| ")).map(|line| line.split(" | "));
    let rows =
        cells.filter_map(|mut cells| Some((cells.next()?.parse::<u64>().ok()?, cells.next()?.to_string())));
    let rows: Vec<_> = rows.collect();
    ensure!(rows.iter().map(|(n, _)| *n).eq(1..=21), "the table names each invariant once: {rows:?}");
    Ok(rows.into_iter().filter(|(_, judged)| judged == "yes").map(|(n, _)| n).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_audits_itself_and_tells_what_it_found() -> Result<()> {
    let settings = |folder: &Path| {
        let text = "[audit]\nevery_minutes = 1\nrest_seconds = 1\nrecent_hours = 1\n";
        Ok(std::fs::write(folder.join("hanse.toml"), text)?)
    };
    let shop = Shop::open_on(settings).await?;
    // Its turn is a minute from now; an operator who forges that too need not wait.
    let turn = "update job set due_at = until_at";
    let order = shop.store("order")?;
    until(
        "the shop to be going to audit itself",
        async || Ok((order.execute(turn).await? > 0).then_some(())),
    )
    .await?;
    told(&shop, "hanse_audit_breaches{invariant=\"13\"} 0").await?;
    told(&shop, "hanse_audit_breaches{invariant=\"20\"} 0").await?;
    let forgery = "insert into parked (consumer, source, id, type, subject, payload, reason, attempts, parked_at, next_at)
         select 'forged', 'forged', owner, 'forged', 'forged', '{}', 'forged', 1, until_at, null from job";
    ensure!(order.execute(forgery).await? == 1);
    ensure!(order.execute(turn).await? == 1);
    told(&shop, "hanse_audit_breaches{invariant=\"10\"} 1").await?;
    ensure!(shop.whole_log()?.contains("the audit found a breach"), "{}", shop.log());
    Ok(())
}

/// Waits for a line of its metrics.
async fn told(shop: &Shop, line: &str) -> Result<()> {
    until(line, async || {
        let metrics = shop.probes.get("/metrics").send().await?.text();
        Ok(metrics.lines().any(|told| told == line).then_some(()))
    })
    .await
}
