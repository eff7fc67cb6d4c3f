//! Somebody has all told that the shop holds about them: from everybody who holds something, or not at all.

use crate::world::{home, on_both, person};
use async_trait::async_trait;
use hanse_database::DbError;
use hanse_kernel::{Actor, OrderId};
use hanse_rpc::personal::personal_data_server::{PersonalData, PersonalDataServer};
use hanse_runtime::{Holds, Portion, Whose, personal_data_server};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// The services that hold something. Order tells in three portions, payment of orders alone.
#[derive(Clone, Default)]
pub struct Tellers {
    away: Arc<Mutex<Option<&'static str>>>,
}

struct Teller {
    service: &'static str,
    all: Tellers,
}

impl Tellers {
    pub fn server(&self, service: &'static str) -> PersonalDataServer<impl PersonalData + use<>> {
        personal_data_server(Arc::new(Teller { service, all: self.clone() }))
    }
    fn away(&self, service: Option<&'static str>) {
        *self.away.lock().expect("not poisoned") = service;
    }
}

fn order(n: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(n))
}

#[async_trait]
impl Holds for Teller {
    async fn about(&self, whose: &Whose) -> Result<Portion, DbError> {
        if *self.all.away.lock().expect("not poisoned") == Some(self.service) {
            return Err(DbError::Unavailable("it is away".into()));
        }
        let mut told = Portion::default();
        match self.service {
            "order" => {
                let n: u128 = whose.after.parse().unwrap_or(0);
                // More orders than are asked about at once.
                for n in n..n + 50 {
                    told.tell_order(order(n), &json!({"number": n.to_string()}));
                }
                told.next = (n < 100).then(|| (n + 50).to_string());
            }
            "payment" => {
                whose.orders.iter().for_each(|order| told.tell("payment", &json!({"order_id": order})))
            }
            service => {
                told.tell("thing", &json!({"of": whose.user, "by": service, "orders": whose.orders.len()}));
            }
        }
        Ok(told)
    }
}

fn count(document: &Value, service: &str, kind: &str) -> usize {
    document["held"][service][kind].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn everything_is_told_in_one_document() {
    on_both(async |world| {
        let ana = world.customer(1, "Ana Lund").await;
        ana.post("/api/store/me/addresses", home()).await.expect(201);
        let answer = ana.post("/api/store/me/export", json!({})).await;
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert!(answer.headers["content-disposition"].to_str().unwrap().contains("my-data.json"));
        let document = answer.expect(200);
        assert_eq!(
            (&document["format"], &document["person"]),
            (&json!("hanse.personal-data.v1"), &json!(person(1).to_string()))
        );
        assert_eq!(document["held"]["user"]["profile"][0]["name"], "Ana Lund");
        assert_eq!(document["held"]["user"]["address"][0]["line1"], "Storgatan 1");
        assert_eq!((count(&document, "order", "order"), count(&document, "payment", "payment")), (150, 150));
        for service in ["auth", "cart", "analytics"] {
            assert_eq!(document["held"][service]["thing"][0]["of"], person(1).to_string(), "{service}");
        }
        // Once for the person, then for their orders, a hundred at a time.
        let asked: Vec<&Value> = document["held"]["notification"]["thing"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| &t["orders"])
            .collect();
        assert_eq!(asked, [&json!(0), &json!(100), &json!(50)]);
        let noted = "select count(*) from record_entry where action = 'customer.exported'";
        assert_eq!(world.count(noted).await, 1, "who takes all that there is of somebody is written down");
        world.user.client(Actor::Anonymous).post("/api/store/me/export", json!({})).await.expect(401);
    })
    .await;
}

#[tokio::test]
async fn half_of_it_is_never_told() {
    on_both(async |world| {
        let ana = world.customer(1, "Ana Lund").await;
        for (service, _) in hanse_user::HOLDERS {
            world.tellers.away(Some(service));
            let answer = ana.post("/api/store/me/export", json!({})).await;
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"), "{service}");
            let problem = answer.json();
            assert!(problem["detail"].as_str().unwrap().contains(service), "{problem}");
        }
        world.tellers.away(None);
        ana.post("/api/store/me/export", json!({})).await.expect(200);
    })
    .await;
}
