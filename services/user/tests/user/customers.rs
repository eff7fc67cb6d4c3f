//! Customers as staff see them.

use crate::world::{World, clerk, home, on_both, person};
use serde_json::{Value, json};

const LIST: &str = "/api/admin/customers";

async fn names(world: &World, query: &str) -> Vec<String> {
    let page = world.user.client(clerk()).get(&format!("{LIST}{query}")).await.expect(200);
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["name"].as_str().unwrap_or("?").to_string()).collect()
}

#[tokio::test]
async fn customers_are_found_by_words_of_their_name_or_by_address() {
    on_both(async |world| {
        for (n, name) in [(1, "Ana Lund"), (2, "Bo Andersson"), (3, "Anders Ö. Lundqvist"), (4, "李小龙")]
        {
            world.customer(n, name).await;
        }
        world.registered(person(999), true).await;
        let newest_first = ["李小龙", "Anders Ö. Lundqvist", "Bo Andersson", "Ana Lund"];
        assert_eq!(names(&world, "").await, newest_first);
        assert_eq!(names(&world, "?q=LUND").await, ["Anders Ö. Lundqvist", "Ana Lund"]);
        assert_eq!(names(&world, "?q=and").await, ["Anders Ö. Lundqvist", "Bo Andersson"]);
        assert_eq!(names(&world, "?q=lund+an").await, ["Anders Ö. Lundqvist", "Ana Lund"]);
        assert_eq!(names(&world, "?q=lund+ana").await, ["Ana Lund"]);
        assert_eq!(names(&world, "?q=%C3%B6").await, ["Anders Ö. Lundqvist"]);
        assert_eq!(names(&world, "?q=%E6%9D%8E").await, ["李小龙"]);
        assert_eq!(names(&world, "?q=P2%40example.org").await, ["Bo Andersson"]);
        assert_eq!(names(&world, "?q=nobody%40example.org").await, Vec::<String>::new());
        assert_eq!(names(&world, "?q=%25").await, newest_first, "no wildcard means anything");
        assert_eq!(names(&world, "?q='%20or%201%3D1%20--").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_double() {
    on_both(async |world| {
        for n in 1..=7 {
            world.customer(n, &format!("Person {n}")).await;
        }
        let mut seen: Vec<Value> = Vec::new();
        let mut path = format!("{LIST}?limit=3");
        loop {
            let page = world.user.client(clerk()).get(&path).await.expect(200);
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["email"].clone()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("{LIST}?limit=3&cursor={cursor}");
        }
        let expected: Vec<Value> = (1..=7).rev().map(|n| json!(format!("p{n}@example.org"))).collect();
        assert_eq!(seen, expected);
        for bad in ["limit=0", "limit=101", "cursor=x", "page=2"] {
            world.user.client(clerk()).get(&format!("{LIST}?{bad}")).await.expect(422);
        }
    })
    .await;
}

#[tokio::test]
async fn a_customer_is_shown_with_their_addresses() {
    on_both(async |world| {
        let ana = world.customer(1, "Ana Lund").await;
        ana.post("/api/store/me/addresses", home()).await.expect(201);
        let shown = world.user.client(clerk()).get(&format!("{LIST}/{}", person(1))).await.expect(200);
        insta::assert_json_snapshot!("customer", shown, {
            ".created_at" => "[time]", ".addresses[].id" => "[address]"
        });
        world.user.client(clerk()).get(&format!("{LIST}/{}", person(2))).await.expect(404);
        world.user.client(clerk()).get(&format!("{LIST}/x")).await.expect(404);
    })
    .await;
}

#[tokio::test]
async fn without_auth_the_list_comes_without_addresses_and_a_search_by_address_is_refused() {
    on_both(async |world| {
        world.customer(1, "Ana Lund").await;
        world.people.away(true);
        let page = world.user.client(clerk()).get(LIST).await.expect(200);
        assert_eq!(
            (&page["items"][0]["name"], &page["items"][0]["email"]),
            (&"Ana Lund".into(), &Value::Null)
        );
        let search = world.user.client(clerk()).get(&format!("{LIST}?q=p1%40example.org")).await;
        assert_eq!((search.status.as_u16(), search.code().as_str()), (503, "unavailable"));
    })
    .await;
}
