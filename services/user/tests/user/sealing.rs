//! What the store has of people is of no use without the shop's keys, and of nobody once they were erased.

use crate::world::{PASSWORD, World, clerk, home, on_both, person};
use hanse_database::DbError;
use hanse_database::sql::Sql;
use serde_json::{Value, json};

/// All that somebody tells of themselves.
const CANARIES: [&str; 8] = [
    "Kanarie",
    "Profilsson",
    "Kanariegatan",
    "Kanarieuppgang",
    "Kanarieby",
    "KAN 211",
    "Kanarielan",
    "+46 40 555",
];

fn nest() -> Value {
    json!({
        "name": "Kanarie Boksson", "line1": "Kanariegatan 1", "line2": "Kanarieuppgang B", "city": "Kanarieby",
        "postal_code": "KAN 211", "region": "Kanarielan", "country": "SE", "phone": "+46 40 5550199",
    })
}

/// Every row of every table that holds something of people, as text.
async fn rows(world: &World) -> String {
    let sql = "select coalesce(name, '') || ' ' || metadata from profiles
               union all select word from name_words
               union all select name || line1 || coalesce(line2, '') || city || postal_code || coalesce(region, '')
                                || coalesce(phone, '') from addresses";
    let read: Result<Vec<String>, DbError> =
        world.host.db.read((), move |tx, ()| Box::pin(tx.query(sql, &[], |r| r.get(0)))).await;
    read.expect("the store answers").join("\n")
}

fn sings(text: &str) -> Vec<&'static str> {
    let lower = text.to_lowercase();
    CANARIES.into_iter().filter(|canary| lower.contains(&canary.to_lowercase())).collect()
}

/// All bytes of the store's files; a server's are its own.
fn files(world: &World) -> String {
    let Some(folder) = world.test.folder_of(0) else { return String::new() };
    let mut all = String::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        all += &String::from_utf8_lossy(&std::fs::read(entry.expect("a file").path()).expect("read"));
    }
    all
}

async fn found(world: &World, q: &str) -> usize {
    let page = world.user.client(clerk()).get(&format!("/api/admin/customers?q={q}")).await.expect(200);
    page["items"].as_array().expect("a list").len()
}

#[tokio::test]
async fn the_store_tells_nothing_of_anybody_before_an_erasure_or_after_it() {
    on_both(async |world| {
        let ana = world.customer(1, "Kanarie Kontosson").await;
        ana.patch("/api/store/me", json!({"name": "Kanarie Profilsson"})).await.expect(200);
        ana.post("/api/store/me/addresses", nest()).await.expect(201);
        world.customer(2, "Bo Berg").await;
        assert_eq!(sings(&rows(&world).await), [""; 0]);
        assert_eq!(sings(&files(&world)), [""; 0]);
        let told = ana.post("/api/store/me/export", json!({})).await.expect(200).to_string();
        assert_eq!(sings(&told), CANARIES, "whoever may read it does");
        assert_eq!((found(&world, "prof").await, found(&world, "profilsson").await), (1, 1));
        assert_eq!((found(&world, "konto").await, found(&world, "rofil").await), (0, 0));
        let keys = "select count(*) from person_key";
        let before = world.count(keys).await;

        ana.post("/api/store/me/erase", json!({"password": PASSWORD})).await.expect(202);
        assert_eq!(world.count(keys).await, before - 1, "the key is destroyed");
        assert_eq!(world.count("select count(*) from name_words").await, 5, "those of Bo Berg");
        assert_eq!(sings(&rows(&world).await), [""; 0]);
        assert_eq!(sings(&files(&world)), [""; 0]);
        assert_eq!((found(&world, "prof").await, found(&world, "be").await), (0, 1));
    })
    .await;
}

#[tokio::test]
async fn what_was_written_before_is_read_found_and_sealed() {
    on_both(async |world| {
        let ana = world.customer(1, "A").await;
        ana.post("/api/store/me/addresses", home()).await.expect(201);
        for old in [
            "delete from name_words",
            "delete from sealed_table",
            "update profiles set name = 'Kanarie Profilsson', metadata = '{\"card\": \"Kanariekort\"}'",
            "insert into name_words (word, user_id) select 'kanarie', user_id from profiles",
            "insert into name_words (word, user_id) select 'profilsson', user_id from profiles",
            "update addresses set name = 'Kanarie Boksson', line1 = 'Kanariegatan 1', city = 'Kanarieby'",
        ] {
            let done: Result<u64, DbError> =
                world.host.db.tx((), move |tx, ()| Box::pin(async move { tx.execute(old, &[]).await })).await;
            done.expect("written");
        }
        let customer = format!("/api/admin/customers/{}", person(1));
        let as_told = world.user.client(clerk()).get(&customer).await.expect(200);
        assert_eq!(as_told["name"], "Kanarie Profilsson");
        assert_eq!(as_told["addresses"][0]["city"], "Kanarieby");
        assert_eq!((found(&world, "prof").await, found(&world, "kan+profilsson").await), (1, 1));

        world.user.host.keeper().round().await.expect("sealed");
        assert_eq!(sings(&rows(&world).await), [""; 0]);
        assert_eq!(world.user.client(clerk()).get(&customer).await.expect(200), as_told);
        assert_eq!((found(&world, "prof").await, found(&world, "kan+profilsson").await), (1, 1));
        assert_eq!(found(&world, "rof").await, 0);
    })
    .await;
}
