//! Moves of single services' files into fresh databases, with the services' own schemas.

use super::leg::{Bound, Leg};
use super::place::{State, no_carts_elsewhere};
use super::plan::Plan;
use super::record::{self, Mark, Mover, Page};
use super::report::Progress;
use super::rest::no_carts_behind;
use super::route::Route;
use super::source::Source;
use super::{refuse_half, tables, target};
use crate::compose::{NAMES, histories};
use crate::config::Config;
use anyhow::Result;
use hanse_database::sql::{Bind, Sql};
use hanse_database::{Db, DbError, LiteOptions};
use hanse_kernel::Timestamp;
use hanse_testkit::{Engine, TestDb};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);
const ORDERS: [u8; 32] = [7; 32];

/// All tables that travel. Whoever adds one decides in `tables.rs` whether it does.
const TRAVEL: &str = "account_link_tokens account_links accounts addresses adjustment api_keys asked_prices cart_applied_orders cart_customers_to_forget cart_guests_to_forget cart_lines \
    cart_orders_to_take_out carts catalogue_state catalogue_text category channels collection collection_product \
    consents custom_roles customers_to_forget devices discount_order_codes discount_orders discounts erased_orders erased_people factor_challenges http_idempotency identities image image_file import_chunk import_origin import_problem \
    import_run inbox intake intent invitations known_level known_price ledger_entry listing listing_place location mail media merged_carts \
    name_words operator_act order_history order_lines order_operations order_payments order_refunds order_restocks order_shipments \
    orders orders_to_forget outbox page parked passkey_ceremonies passkeys password_tries payment person_key prices product product_channel product_prices profiles record_accepted record_anchor record_entry record_head record_tally record_verified refresh_tokens registration \
    reconciled recovery_codes relist_due reservation reservation_part restock sale sale_line sealed_table search_term sessions shipment shipping_brackets \
    shipping_methods shipping_zone_countries shipping_zones signing_keys slug stock_asked stock_key stock_level tax_rates \
    template test_charge test_movement told_price totp_factors upload variant variant_label variant_stock webhook";

/// A service's file as the service makes it, with these rows.
async fn file(folder: &Path, service: &str, rows: &str) -> Result<()> {
    let path = folder.join(format!("{service}.sqlite"));
    Db::open_sqlite(&path, LiteOptions::default(), &histories(service)?).await?.close().await;
    let conn = rusqlite::Connection::open(&path)?;
    conn.execute_batch(&format!("pragma foreign_keys=on; begin; {rows}; commit"))?;
    Ok(())
}

async fn database(service: &str) -> Result<TestDb> {
    let own = histories(service)?.split_off(hanse_runtime::platform_migrations().len());
    Ok(hanse_testkit::open(Engine::Postgres, &own).await)
}

fn survey(folder: &Path, service: &'static str) -> Result<Leg> {
    Leg::survey(service, Source::open(folder, service)?, &Progress::new(false))
}

fn mover(leg: &Leg, id: u128) -> Mover {
    Mover { id: Uuid::from_u128(id), shop: ORDERS, source: leg.digest, now: NOW }
}

async fn aboard(folder: &Path, service: &'static str, db: &Db, id: u128) -> Result<Bound> {
    let leg = survey(folder, service)?;
    let state = match record::read(db).await? {
        None => State::New,
        Some(record) => State::Half(record),
    };
    let mover = mover(&leg, id);
    Bound::board(leg, db.clone(), state, mover).await
}

async fn number(db: &Db, sql: &'static str) -> Result<i64> {
    let read = db.tx((), move |tx, ()| Box::pin(async move { tx.query_opt(sql, &[], |r| r.get(0)).await }));
    Ok(read.await.map_err(|e: DbError| e)?.unwrap_or(-1))
}

async fn change(db: &Db, sql: &'static str) -> Result<()> {
    db.tx((), move |tx, ()| Box::pin(async move { tx.execute(sql, &[]).await.map(|_| ()) })).await?;
    Ok(())
}

/// A catalogue in which rows refer to each other against the order of their keys, with a picture, gaps and a message.
fn catalogue(categories: u32) -> String {
    let mut rows = String::new();
    for n in (1..=categories).rev() {
        let parent = if n == categories { "null".into() } else { format!("x'{:032x}'", n + 1) };
        rows += &format!(
            "insert into category (id, parent_id, path, position, version, created_at)
               values (x'{n:032x}', {parent}, '/é{n}', {n}, 1, {n});"
        );
    }
    rows + "insert into media (name, content_type, bytes, width, height, created_at)
       values ('ä', 'image/png', x'00ff00', null, 5, -1), ('b', 'image/png', zeroblob(5000000), 1, 1, 0);
     insert into product (id, version, events, status, tags, option_count, metadata, created_at, updated_at)
       values (x'00000000000000000000000000000001', 1, 1, 'draft', '[]', 0, '{}', 1, 1);
     insert into listing (id, product_id, channel, currency, locale, card, title_key, scopes, availability)
       values (41, x'00000000000000000000000000000001', 'default', 'EUR', 'en', '{}', 't', '', 'in_stock');
     insert into outbox (seq, id, part, type, subject, aggver, payload, created_at, not_before)
       values (7, x'00000000000000000000000000000009', 3, 't', 'prd_1', 1, '{\"a\": 1}', 5, 6);
     insert into outbox_lease (part, owner, until_at) values (3, x'00000000000000000000000000000009', 5);
     insert into slug (kind, locale, slug, entity, is_current)
       values ('product', 'en', 'rope', x'00000000000000000000000000000001', 1),
              ('product', 'de', 'Seil', x'00000000000000000000000000000001', 0)"
}

#[tokio::test]
async fn every_table_of_every_service_has_a_way_and_a_new_one_is_thought_about() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (mut travel, mut all) = (BTreeSet::new(), BTreeSet::new());
    for service in NAMES {
        file(folder.path(), service, "").await?;
        let source = Source::open(folder.path(), service)?;
        source.check_histories(&histories(service)?)?;
        let (here, db) = (source.schema()?, database(service).await?);
        let plan = Plan::make(&here, &target::schema(&db.db).await?)?;
        travel.extend(plan.lanes.iter().map(|lane| lane.route.table.clone()));
        all.extend(here.tables.into_keys());
        assert_eq!(target::taken(&db.db, &target::schema(&db.db).await?).await?, [""; 0], "{service} is new");
        assert_eq!(!plan.counters.is_empty(), *service == "order");
    }
    let known: BTreeSet<String> = TRAVEL.split_whitespace().map(str::to_string).collect();
    let new: Vec<_> = travel.symmetric_difference(&known).collect();
    assert!(new.is_empty(), "decide in moving/tables.rs whether they travel, and name them here: {new:?}");
    let gone: Vec<_> = tables::named().into_iter().filter(|name| !all.contains(*name)).collect();
    assert!(gone.is_empty(), "tables.rs names tables that are no more: {gone:?}");
    Ok(())
}

#[tokio::test]
async fn rows_of_every_kind_arrive_as_they_were_and_numbers_go_on() -> Result<()> {
    let folder = tempfile::tempdir()?;
    file(folder.path(), "product", &catalogue(1203)).await?;
    let (there, progress) = (database("product").await?, Progress::new(false));
    let db = &there.db;
    let bound = aboard(folder.path(), "product", db, 1).await?;
    assert!(refuse_half(db).await.is_err(), "no service starts on half a shop");
    assert_eq!(bound.carry(&progress).await?, 1203 + 2 + 1 + 1 + 1 + 2);
    bound.compare(&progress).await?;
    bound.end(&hanse_testkit::effects(), &progress).await?;
    refuse_half(db).await?;
    assert_eq!(number(db, "select count(*) from category where parent_id is not null").await?, 1202);
    assert_eq!(number(db, "select count(*) from outbox_lease").await?, 0, "leases stay");
    assert_eq!(number(db, "select count(*) from hanse_move_step").await?, 0, "no key is remembered");
    let time = "select (extract(epoch from created_at) * 1000000)::bigint from media where name = 'ä'";
    assert_eq!(number(db, time).await?, -1);
    let next = "insert into outbox (id, part, type, subject, payload, created_at, not_before)
                values (gen_random_uuid(), 0, 't', 's', '{}', now(), now())";
    change(db, next).await?;
    assert_eq!(number(db, "select max(seq) from outbox").await?, 8);
    assert_eq!(number(db, "select nextval(pg_get_serial_sequence('listing', 'id'))").await?, 42);
    Ok(())
}

#[tokio::test]
async fn a_value_or_a_row_that_differs_is_found_by_its_table() -> Result<()> {
    let folder = tempfile::tempdir()?;
    file(folder.path(), "product", &catalogue(3)).await?;
    let progress = Progress::new(false);
    for (damage, table) in [
        ("update media set height = 6 where name = 'ä'", "media"),
        ("update media set width = 0 where name = 'ä'", "media"),
        ("update category set parent_id = null", "category"),
        ("update outbox set payload = '{\"a\":1}'", "outbox"),
        ("delete from slug where locale = 'de'", "slug"),
        ("insert into catalogue_state (name, value) values ('a', 'b')", "catalogue_state"),
    ] {
        let there = database("product").await?;
        let bound = aboard(folder.path(), "product", &there.db, 1).await?;
        bound.carry(&progress).await?;
        bound.compare(&progress).await?;
        change(&there.db, damage).await?;
        let told = bound.compare(&progress).await.expect_err(damage).to_string();
        assert!(told.contains(&format!("product: {table} is not the same")), "{told}");
        assert!(refuse_half(&there.db).await.is_err());
    }
    Ok(())
}

#[tokio::test]
async fn an_interrupted_move_goes_on_and_whoever_was_at_it_before_writes_no_more() -> Result<()> {
    let folder = tempfile::tempdir()?;
    file(folder.path(), "product", &catalogue(700)).await?;
    let (there, progress) = (database("product").await?, Progress::new(false));
    let db = &there.db;
    let first = aboard(folder.path(), "product", db, 1).await?;
    let source = Source::open(folder.path(), "product")?;
    let plan = Plan::make(&source.schema()?, &target::schema(db).await?)?;
    let lane = plan.lanes.iter().find(|lane| lane.route.table == "category").expect("there").clone();
    let page = |mover: u128, before: Mark| -> Result<Page> {
        let rows = source.page(&lane.route, before.last.as_ref())?;
        let (lane, mover) = (lane.clone(), Uuid::from_u128(mover));
        Ok(Page { step: "category".into(), lane, links: false, rows, before, mover })
    };
    let mark = record::write(db, page(1, Mark::default())?).await?;
    assert_eq!(mark.written, 500);
    let twice = record::write(db, page(1, Mark::default())?).await.expect_err("written before").to_string();
    assert!(twice.contains("500 are there"), "{twice}");

    let second = aboard(folder.path(), "product", db, 2).await?;
    let late = record::write(db, page(1, mark)?).await.expect_err("taken over").to_string();
    assert!(late.contains("taken over"), "{late}");
    assert!(first.end(&hanse_testkit::effects(), &progress).await.is_err());
    assert_eq!(second.carry(&progress).await?, 200 + 2 + 1 + 1 + 1 + 2, "only what was not there yet");
    second.compare(&progress).await?;
    second.end(&hanse_testkit::effects(), &progress).await
}

#[tokio::test]
async fn a_folder_that_changed_before_the_move_had_ended_is_carried_anew() -> Result<()> {
    let folder = tempfile::tempdir()?;
    file(folder.path(), "product", &catalogue(3)).await?;
    let (there, progress) = (database("product").await?, Progress::new(false));
    let before = aboard(folder.path(), "product", &there.db, 1).await?;
    before.carry(&progress).await?;
    drop(before);
    let sold = "update product set version = 2; delete from slug where locale = 'de'";
    rusqlite::Connection::open(folder.path().join("product.sqlite"))?.execute_batch(sold)?;
    let after = aboard(folder.path(), "product", &there.db, 2).await?;
    assert_eq!(after.carry(&progress).await?, 3 + 2 + 1 + 1 + 1 + 1, "all of it");
    after.compare(&progress).await?;
    after.end(&hanse_testkit::effects(), &progress).await?;
    assert_eq!(number(&there.db, "select version from product").await?, 2);
    Ok(())
}

#[tokio::test]
async fn carts_in_redis_are_in_the_way_and_nothing_else_there_is() -> Result<()> {
    let place = hanse_testkit::redis_place();
    let text = format!("[redis]\nurl = {:?}\nprefix = {:?}", place.url, place.prefix);
    let (config, effects) = (toml::from_str::<Config>(&text)?, hanse_testkit::effects());
    let redis = crate::compose::redis(&config, &effects)?.expect("configured");
    let put = async |key: &str| {
        let mut set = hanse_redis::cmd("SET");
        set.arg(redis.key(key)).arg("x");
        redis.ask::<()>("test_set", &set).await
    };
    put("limit:login").await?;
    no_carts_elsewhere(&config, &effects).await?;
    put("cart:abc").await?;
    let told = no_carts_elsewhere(&config, &effects).await.expect_err("a cart").to_string();
    assert!(told.contains("redis.prefix"), "{told}");
    Ok(())
}

#[tokio::test]
async fn carts_that_the_folders_shop_has_changed_in_its_redis_alone_are_in_the_way() -> Result<()> {
    let place = hanse_testkit::redis_place();
    let text = format!("[redis]\nurl = {:?}\nprefix = {:?}", place.url, place.prefix);
    let (config, effects) = (toml::from_str::<Config>(&text)?, hanse_testkit::effects());
    no_carts_behind(&Config::default(), &effects).await?;
    no_carts_behind(&config, &effects).await?;
    let redis = crate::compose::redis(&config, &effects)?.expect("configured");
    let mut behind = hanse_redis::cmd("ZADD");
    behind.arg(redis.key("carts-behind")).arg(1).arg("abc");
    redis.ask::<()>("test_behind", &behind).await?;
    let told = no_carts_behind(&config, &effects).await.expect_err("a cart").to_string();
    assert!(told.contains("1 carts") && told.contains("hanse up"), "{told}");
    Ok(())
}

#[tokio::test]
async fn the_counter_of_order_numbers_goes_on_as_a_sequence() -> Result<()> {
    let folder = tempfile::tempdir()?;
    file(folder.path(), "order", "update order_numbers set next = 10417").await?;
    let (there, progress) = (database("order").await?, Progress::new(false));
    let bound = aboard(folder.path(), "order", &there.db, 1).await?;
    bound.carry(&progress).await?;
    bound.compare(&progress).await?;
    bound.end(&hanse_testkit::effects(), &progress).await?;
    assert_eq!(number(&there.db, "select nextval('order_numbers')").await?, 10417);
    Ok(())
}

#[tokio::test]
async fn a_value_that_has_no_place_is_told_before_anything_is_written() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let broken = "insert into media (name, content_type, bytes, created_at) values ('a', 'b', x'', -9223372036854775807)";
    file(folder.path(), "product", broken).await?;
    let (there, progress) = (database("product").await?, Progress::new(false));
    let told = survey(folder.path(), "product")?.rehearse(&there.db, &progress).await.expect_err("no time");
    assert!(told.to_string().contains("media.created_at, row 1"), "{told}");
    assert_eq!(record::read(&there.db).await?, None);
    Ok(())
}

#[tokio::test]
async fn a_database_with_rows_in_it_is_not_new() -> Result<()> {
    let there = database("product").await?;
    change(&there.db, "insert into catalogue_state (name, value) values ('a', 'b')").await?;
    let schema = target::schema(&there.db).await?;
    assert_eq!(target::taken(&there.db, &schema).await?, [""; 0], "a first fitting is no shop");
    change(&there.db, "create table notes (id bigint primary key)").await?;
    change(&there.db, "insert into notes values (1)").await?;
    let schema = target::schema(&there.db).await?;
    assert_eq!(target::taken(&there.db, &schema).await?, ["notes"]);
    assert!(!target::at_work(&there.db, &schema, NOW).await?);
    let lease = "insert into outbox_lease (part, owner, until_at) values (1, gen_random_uuid(), $1)";
    there
        .db
        .tx(NOW, move |tx, now| {
            let until = now.plus(std::time::Duration::from_secs(1));
            Box::pin(async move { tx.execute(lease, &[&until as &dyn Bind]).await.map(|_| ()) })
        })
        .await
        .map_err(|e: DbError| e)?;
    assert!(target::at_work(&there.db, &schema, NOW).await?);
    Ok(())
}

/// The bytes of all files in a folder.
fn bytes(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut all = vec![];
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        all.push((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?));
    }
    all.sort();
    Ok(all)
}

#[tokio::test]
async fn a_file_that_a_kill_has_left_is_read_with_its_log_and_not_changed() -> Result<()> {
    let (alive, killed) = (tempfile::tempdir()?, tempfile::tempdir()?);
    file(alive.path(), "user", "").await?;
    let conn = rusqlite::Connection::open(alive.path().join("user.sqlite"))?;
    conn.execute_batch("pragma journal_mode=wal; pragma wal_autocheckpoint=0")?;
    let insert = "insert into name_words (word, user_id) values ('ana', x'00000000000000000000000000000001')";
    conn.execute_batch(&format!("pragma foreign_keys=off; {insert}"))?;
    for end in ["", "-wal", "-shm"] {
        let name = format!("user.sqlite{end}");
        fs::copy(alive.path().join(&name), killed.path().join(&name))?;
    }
    let before = bytes(killed.path())?;
    assert!(before.iter().any(|(name, bytes)| name == "user.sqlite-wal" && !bytes.is_empty()));
    let leg = survey(killed.path(), "user")?;
    assert_eq!(leg.rows(), 1);
    drop(leg);
    assert_eq!(bytes(killed.path())?, before);

    fs::remove_file(killed.path().join("user.sqlite-shm"))?;
    let told = format!("{:#}", Source::open(killed.path(), "user").err().expect("no index"));
    assert!(told.contains("hanse up"), "{told}");
    Ok(())
}

#[tokio::test]
async fn a_file_of_another_version_is_refused_with_what_to_do() -> Result<()> {
    for (change, told) in [
        ("delete from cart_migrations where version = 3", "start the shop once"),
        (
            "insert into cart_migrations select 99, 'later', applied_on, checksum from cart_migrations where version = 1",
            "newer",
        ),
        ("update cart_migrations set checksum = '1' where version = 2", "another build"),
        ("drop table cart_migrations", "start the shop once"),
    ] {
        let folder = tempfile::tempdir()?;
        file(folder.path(), "cart", change).await?;
        let source = Source::open(folder.path(), "cart")?;
        let error = source.check_histories(&histories("cart")?).expect_err(change).to_string();
        assert!(error.contains(told), "{change}: {error}");
    }
    let none = Source::open(tempfile::tempdir()?.path(), "cart").err().expect("no file").to_string();
    assert!(none.contains("cart.sqlite is missing"), "{none}");
    Ok(())
}

#[test]
fn a_page_is_small_where_rows_are_large() {
    let route = Route { table: "t".into(), columns: vec!["id".into()], key: vec![0] };
    let mut taking = route.taking();
    taking.add(&vec![super::cell::Cell::Bytes(vec![0; 600_000])]);
    assert_eq!(taking.taken().page(), 3);
    assert_eq!(route.taking().taken().page(), 500);
}
