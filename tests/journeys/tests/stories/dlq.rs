//! The operator's work on the broker's dead letters, with the real program and a real broker.

use anyhow::{Context, Result};
use hanse_journeys::{Shop, hanse, until};
use lapin::options::BasicPublishOptions;
use lapin::types::{AMQPValue, FieldArray, FieldTable, LongString, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, Connection};
use serde_json::{Value, json};

const CONSUMER: &str = "analytics.user_registered";
const REGISTERED: &str = "auth.UserRegistered.v1";

fn broker() -> Result<String> {
    std::env::var("HANSE_TEST_RABBITMQ_URL")
        .context("HANSE_TEST_RABBITMQ_URL names a RabbitMQ for this story; cargo xtask test sets it")
}

/// A shop whose messages go through the broker, in whichever shape.
async fn open() -> Result<Shop> {
    Shop::open_on(|folder| {
        if hanse_journeys::in_a_league() {
            return Ok(());
        }
        let prefix = format!("shop_{:016x}", rand::random::<u64>());
        let broker = format!("[broker]\nurl = \"{}\"\nprefix = \"{prefix}\"\n", broker()?);
        Ok(std::fs::write(folder.join("hanse.toml"), broker)?)
    })
    .await
}

/// What the names of its queues begin with.
async fn prefix(shop: &Shop) -> Result<String> {
    let file = std::fs::read_to_string(shop.data().join("hanse.toml"))?;
    let line =
        file.split("[broker]").nth(1).and_then(|broker| broker.lines().find(|l| l.starts_with("prefix")));
    let name = line.and_then(|line| line.split('"').nth(1)).context("no prefix")?;
    Ok(name.to_string())
}

/// `hanse dlq …`: its exit code, what it printed, and what it said about failing.
async fn dlq(shop: &Shop, verb: &[&str]) -> Result<(i32, String, String)> {
    let reach = shop.reach();
    let ended = hanse(&[&["dlq"], verb, &[&reach[0], &reach[1]]].concat()).await?;
    Ok((ended.status.code().context("it was killed")?, ended.stdout, ended.stderr))
}

async fn listed(shop: &Shop, verb: &[&str]) -> Result<Vec<Value>> {
    let (code, told, failed) = dlq(shop, &[verb, &["--json"]].concat()).await?;
    anyhow::ensure!(code == 0, "{verb:?}: {told}{failed}");
    let body: Value = serde_json::from_str(&told)?;
    body["items"].as_array().cloned().context("no items")
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(value))
}

/// What the broker writes on a message that its consumer did not survive.
fn died_in(queue: &str) -> BasicProperties {
    let (mut death, mut deaths, mut headers) =
        (FieldTable::default(), FieldArray::default(), FieldTable::default());
    death.insert("queue".into(), text(queue));
    death.insert("reason".into(), text("delivery_limit"));
    death.insert("time".into(), AMQPValue::Timestamp(1_700_000_000));
    deaths.push(AMQPValue::FieldTable(death));
    headers.insert("x-death".into(), AMQPValue::FieldArray(deaths));
    BasicProperties::default().with_delivery_mode(2).with_headers(headers)
}

/// Puts it into the queue as soon as that is there: a shop answers before all of its queues are made.
async fn put(channel: &Channel, queue: &str, content: &[u8], properties: BasicProperties) -> Result<()> {
    until(&format!("{queue} to be there"), async || {
        let (to, options) =
            (ShortString::from(queue), BasicPublishOptions { mandatory: true, ..Default::default() });
        let sent = channel.basic_publish(ShortString::from(""), to, options, content, properties.clone());
        Ok(matches!(sent.await?.await?, Confirmation::Ack(None)).then_some(()))
    })
    .await
}

fn registered(id: &str) -> String {
    json!({
        "specversion": "1.0", "id": id, "source": "/services/auth", "type": REGISTERED, "subject": "somebody",
        "time": "2026-11-23T10:00:00Z", "correlationid": "a-story", "datacontenttype": "application/json",
        "data": {"user_id": "user_0199c0de000070008000000000000001", "staff": true},
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_looked_at_sent_back_or_given_up() -> Result<()> {
    let shop = open().await?;
    let prefix = prefix(&shop).await?;
    let (dead, queue) = (format!("{prefix}.dead"), format!("{prefix}.{CONSUMER}"));
    assert_eq!(dlq(&shop, &["ls"]).await?.1, "Nothing is dead.\n");
    let connection = Connection::connect(&broker()?, Default::default()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(Default::default()).await?;
    let ids: Vec<String> = (0..3).map(|n| format!("00000000-0000-7000-8000-0000000000d{n}")).collect();
    for id in &ids {
        put(&channel, &dead, registered(id).as_bytes(), died_in(&queue)).await?;
    }
    // Rubbish that somebody puts where messages belong.
    put(&channel, &queue, b"not a message at all", BasicProperties::default()).await?;
    let mut seen = vec![];
    let all = until("all are dead", async || {
        seen = listed(&shop, &["ls"]).await?;
        Ok((seen.len() == 4).then_some(()))
    })
    .await;
    all.with_context(|| format!("dead are {seen:?}"))?;

    let some = listed(&shop, &["ls", "--consumer", CONSUMER, "--type", REGISTERED]).await?;
    assert_eq!(some.iter().map(|letter| &letter["id"]).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
    assert_eq!(listed(&shop, &["ls", "--service", "order"]).await?.len(), 0);
    let rubbish =
        listed(&shop, &["ls"]).await?.into_iter().find(|l| l["type"].is_null()).context("no rubbish")?;
    let rubbish = rubbish["id"].as_str().context("no id")?.to_string();
    let (_, shown, _) = dlq(&shop, &["show", &rubbish]).await?;
    assert!(shown.contains("not a message at all") && shown.contains("it is no message"), "{shown}");
    let (_, shown, _) = dlq(&shop, &["show", &ids[0]]).await?;
    assert!(shown.contains("\"correlationid\"") && shown.contains("ended, again and again"), "{shown}");
    let (code, _, told) = dlq(&shop, &["show", "00000000-0000-7000-8000-0000000000ff"]).await?;
    assert!(code == 1 && told.contains("hanse dlq ls"), "{told}");

    let (code, told, _) = dlq(&shop, &["redrive", "--all", "--dry-run"]).await?;
    assert!(code == 0 && told.matches("would be sent back").count() == 3, "{told}");
    assert!(told.contains("is no message and would stay"), "{told}");
    let begun = std::time::Instant::now();
    let (code, told, failed) =
        dlq(&shop, &["redrive", "--all", "--type", REGISTERED, "--rate", "1", "--by", "ana"]).await?;
    assert!(code == 0 && told.matches("sent back").count() == 3, "{told}{failed}");
    assert!(begun.elapsed() >= std::time::Duration::from_secs(2), "three at one a second");
    let (code, told, _) = dlq(&shop, &["redrive", &rubbish]).await?;
    assert!(code == 1 && told.contains("discard it"), "{told}");
    let (code, _, failed) = dlq(&shop, &["discard", &rubbish, "--reason", "a prank", "--by", "ben"]).await?;
    assert_eq!(code, 0, "{failed}");
    assert_eq!(dlq(&shop, &["ls"]).await?.1, "Nothing is dead.\n");
    // What was sent back was taken: it is neither dead again nor parked.
    let reach = shop.reach();
    let parked = hanse(&["parked", "ls", &reach[0], &reach[1]]).await?;
    assert_eq!(parked.stdout, "Nothing is parked.\n");

    let history = listed(&shop, &["history"]).await?;
    let told: Vec<_> = history.iter().map(|act| (act["who"].as_str(), act["deed"].as_str())).collect();
    let ana = (Some("ana"), Some("redrive"));
    assert_eq!(told, [(Some("ben"), Some("discard")), ana, ana, ana]);
    assert_eq!((&history[0]["reason"], &history[0]["id"]), (&json!("a prank"), &json!(rubbish)));
    let mut redriven: Vec<&str> = history.iter().skip(1).filter_map(|act| act["id"].as_str()).collect();
    redriven.sort_unstable();
    assert_eq!(redriven, ids);
    Ok(())
}
