//! The operator's work on messages that could not be handled: looked at, tried again, given up.

use anyhow::{Context, Result};
use hanse_journeys::{Shop, Store, csv, fill_cart, hanse, import, pay, until, variants};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const CONFIRMED: &str = "order.OrderConfirmed.v1";
const CONSUMER: &str = "notification.order_confirmed";
const UNREADABLE: &str = "00000000-0000-7000-8000-00000000000b";

/// Makes the stopped shop forget the confirmation mail of its one order, as if the message had been parked before
/// notification could handle it, and parks one beside it that nobody can read. The good one's id.
async fn park(shop: &Shop) -> Result<String> {
    let asked = format!("select payload from outbox where type = '{CONFIRMED}'");
    let payload = shop.store("order")?.word(&asked).await.context("no confirmation")?;
    let mut envelope: Value = serde_json::from_str(&payload)?;
    let id = envelope["id"].as_str().context("a message without an id")?.to_string();
    let notification = shop.store("notification")?;
    for sql in ["delete from mail", "delete from intent", "delete from inbox"] {
        assert!(notification.execute(sql).await? > 0, "{sql}");
    }
    put(&notification, &[envelope.clone()], "the template was broken").await?;
    envelope["id"] = UNREADABLE.into();
    envelope["data"] = json!({"order_id": 7});
    put(&notification, &[envelope], "does not read").await?;
    Ok(id)
}

async fn put(store: &Store, envelopes: &[Value], reason: &str) -> Result<()> {
    let row = |envelope: &Value| {
        let text = |key: &str| envelope[key].as_str().context("an envelope lacks a field");
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let id = store.id(&text("id")?.replace('-', ""));
        let (source, kind, subject) =
            (quoted(text("source")?), quoted(text("type")?), quoted(text("subject")?));
        let (payload, at) = (quoted(&envelope.to_string()), store.moment(1_700_000_000));
        Ok(format!(
            "('{CONSUMER}', {source}, {id}, {kind}, {subject}, {payload}, '{reason}', 12, {at}, null)"
        ))
    };
    let rows = envelopes.iter().map(row).collect::<Result<Vec<String>>>()?.join(", ");
    let columns = "consumer, source, id, type, subject, payload, reason, attempts, parked_at, next_at";
    store.execute(&format!("insert into parked ({columns}) values {rows}")).await?;
    Ok(())
}

/// `hanse parked …` on the shop: its exit code, what it printed, and what it said about failing.
async fn parked(shop: &Shop, verb: &[&str]) -> Result<(i32, String, String)> {
    let [way, place] = shop.reach();
    let ended = hanse(&[&["parked"], verb, &[&way, &place]].concat()).await?;
    Ok((ended.status.code().context("it was killed")?, ended.stdout, ended.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_handled_is_looked_at_tried_again_or_given_up() -> Result<()> {
    let mut shop = Shop::open().await?;
    let staff = shop.staff().await?;
    import(&shop.http, &staff, "goods.csv", csv(&[("rope", "10.00", 50)]).as_bytes()).await?;
    let ids = variants(&shop.http, &["rope"]).await?;
    let order = pay(&shop.http, &fill_cart(&shop.http, &[(&ids["rope"], 2)]).await?, "tok_success").await?;
    assert_eq!(order["status"], "confirmed", "{order}");
    let number = order["number"].as_str().context("an order without a number")?;
    mail_about(&shop, number).await?;
    assert_eq!(parked(&shop, &["ls"]).await?.1, "Nothing is parked.\n");
    shop.stop().await?;
    let good = park(&shop).await?;

    if !shop.is_league() {
        // On the stopped shop as well as on the running one.
        let (code, listed, _) = parked(&shop, &["ls"]).await?;
        assert!(
            code == 0 && listed.contains(&good) && listed.contains("the template was broken"),
            "{listed}"
        );
    }
    shop.start().await?;
    let (_, listed, _) = parked(&shop, &["ls", "--service", "notification", "--json"]).await?;
    let listed: Value = serde_json::from_str(&listed)?;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2), "{listed}");
    let (code, _, told) = parked(&shop, &["ls", "--service", "notifications"]).await?;
    assert!(code == 1 && told.contains("notifications"), "{told}");
    let (_, shown, _) = parked(&shop, &["show", &good]).await?;
    assert!(shown.contains("\"correlationid\"") && shown.contains(CONFIRMED), "{shown}");

    until("the metrics tell of both", async || Ok((gauge(&shop).await? == Some(2)).then_some(()))).await?;
    let (_, some, _) = parked(&shop, &["ls", "--type", "order.OrderPlaced.v1", "--json"]).await?;
    assert!(some.contains("\"items\": []"), "{some}");
    let (code, _, told) = parked(&shop, &["ls", "--consumer", "notification.nobody"]).await?;
    assert!(code == 1 && told.contains("notification.nobody"), "{told}");

    let (code, told, _) = parked(&shop, &["redrive", "--all", "--dry-run"]).await?;
    assert!(code == 0 && told.matches("would be tried").count() == 2, "{told}");
    let begun = std::time::Instant::now();
    let (code, told, _) = parked(&shop, &["redrive", "--all", "--rate", "1", "--by", "ana"]).await?;
    assert!(code == 1 && told.contains("handled") && told.contains("still parked"), "{told}");
    assert!(begun.elapsed() >= std::time::Duration::from_secs(1), "two at one a second");
    mail_about(&shop, number).await?;

    until("the metrics tell of one", async || Ok((gauge(&shop).await? == Some(1)).then_some(()))).await?;
    let why = ["--reason", "made by hand", "--by", "ben"];
    let (code, told, failed) = parked(&shop, &[&["discard", UNREADABLE][..], &why].concat()).await?;
    assert_eq!(code, 0, "{told}{failed}");
    assert_eq!(parked(&shop, &["ls"]).await?.1, "Nothing is parked.\n");
    let (code, _, told) = parked(&shop, &["discard", UNREADABLE, "--reason", "again"]).await?;
    assert!(code == 1 && told.contains("hanse parked ls"), "{told}");
    let (_, done, _) = parked(&shop, &["history", "--json"]).await?;
    let done: Value = serde_json::from_str(&done)?;
    let done: Vec<_> = done["items"].as_array().context("no items")?.iter().collect();
    let told = done.iter().map(|act| (act["who"].as_str(), act["deed"].as_str(), act["reason"].as_str()));
    let ana = (Some("ana"), Some("redrive"), None);
    assert_eq!(told.collect::<Vec<_>>(), [(Some("ben"), Some("discard"), Some("made by hand")), ana, ana]);
    assert!(done.iter().any(|act| act["id"] == good.as_str() && act["type"] == CONFIRMED), "{done:?}");
    if !shop.is_league() {
        // Its messages are carried in the process: there is no other place where they could have ended.
        let ended = hanse(&["dlq", "ls", "--data", &shop.data_arg()]).await?;
        let told = &ended.stderr;
        assert!(
            !ended.status.success() && told.contains("no dead-letter queue") && told.contains("hanse parked"),
            "{told}"
        );
    }
    shop.audit(1).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_are_parked_are_tried_again_however_many_there_are() -> Result<()> {
    const MANY: u128 = 1_001;
    let shop = Shop::open().await?;
    let envelope = |id: u128| {
        let id = uuid::Uuid::from_u128(id).to_string();
        json!({"source": "/services/order", "id": id, "type": CONFIRMED, "subject": "a"})
    };
    put(&shop.store("notification")?, &(1..=MANY).map(envelope).collect::<Vec<_>>(), "does not read").await?;
    let (_, listed, _) = parked(&shop, &["ls", "--json"]).await?;
    let listed: Value = serde_json::from_str(&listed)?;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(500), "a list is for reading");
    for verb in [&["redrive", "--all", "--dry-run"][..], &["redrive", "--all", "--consumer", CONSUMER]] {
        let (_, told, _) = parked(&shop, verb).await?;
        let tried: BTreeSet<&str> =
            told.lines().filter_map(|line| line.split_once("  ")).map(|l| l.0).collect();
        let tried = tried.iter().filter(|id| uuid::Uuid::parse_str(id).is_ok()).count();
        assert_eq!(tried as u128, MANY, "{verb:?}");
    }
    Ok(())
}

/// How many messages are parked with the consumer, as `/metrics` tells.
async fn gauge(shop: &Shop) -> Result<Option<u64>> {
    let metrics = shop.probes.get("/metrics").send().await?.text();
    let labels = format!("consumer=\"{CONSUMER}\"");
    let line =
        metrics.lines().find(|line| line.starts_with("hanse_parked_messages") && line.contains(&labels));
    Ok(line.and_then(|line| line.rsplit_once(' ')).and_then(|(_, count)| count.parse().ok()))
}

async fn mail_about(shop: &Shop, number: &str) -> Result<()> {
    until("the confirmation mail", async || {
        let mails = shop.http.get("/api/dev/mails").expect(200).await?;
        let about = |mail: &Value| mail["subject"].as_str().is_some_and(|subject| subject.contains(number));
        Ok(mails["items"].as_array().into_iter().flatten().any(about).then_some(()))
    })
    .await
}
