//! What the stories share: a running user service beside an auth that answers what it is told.

use crate::exporting::Tellers;
use hanse_auth_contract::UserRegistered;
use hanse_auth_contract::rpc::accounts_server::{Accounts, AccountsServer};
use hanse_auth_contract::rpc::{
    Contact, Contacts, CreateStaffReply, CreateStaffRequest, ExchangeReply, ExchangeRequest, FindUserRequest,
    FoundUser, GetContactRequest, GetContactsRequest, GetKeysRequest, GetLinkRequest, Keys, MailLink,
    ProvePasswordReply, ProvePasswordRequest,
};
use hanse_database::sql::Sql;
use hanse_kernel::{Actor, Permission, UserId};
use hanse_runtime::Host;
use hanse_testkit::{Client, Engine, TestHost, TestModule};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tonic::service::Routes;
use tonic::{Request, Response, Status};

/// Everybody's.
pub const PASSWORD: &str = "a long enough secret";

/// An auth that knows whom it was told of, and may be away.
#[derive(Clone, Default)]
pub struct KnownPeople(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    contacts: Vec<Contact>,
    away: bool,
}

impl KnownPeople {
    fn ask<T>(&self, answer: impl FnOnce(&[Contact]) -> Result<T, Status>) -> Result<Response<T>, Status> {
        let inner = self.0.lock().expect("not poisoned");
        if inner.away {
            return Err(Status::unavailable("auth is away"));
        }
        answer(&inner.contacts).map(Response::new)
    }
    /// As after the erasure.
    pub fn forget(&self, user: UserId) {
        self.0.lock().expect("not poisoned").contacts.retain(|c| c.user_id != user.to_string());
    }
    pub fn away(&self, away: bool) {
        self.0.lock().expect("not poisoned").away = away;
    }
}

#[tonic::async_trait]
impl Accounts for KnownPeople {
    async fn get_contact(&self, request: Request<GetContactRequest>) -> Result<Response<Contact>, Status> {
        let id = request.into_inner().user_id;
        let unknown = || Status::not_found("no such account");
        self.ask(|known| known.iter().find(|c| c.user_id == id).cloned().ok_or_else(unknown))
    }
    async fn get_contacts(&self, request: Request<GetContactsRequest>) -> Result<Response<Contacts>, Status> {
        let ids = request.into_inner().user_ids;
        let of = |known: &[Contact]| known.iter().filter(|c| ids.contains(&c.user_id)).cloned().collect();
        self.ask(|known| Ok(Contacts { contacts: of(known) }))
    }
    async fn find_user(&self, request: Request<FindUserRequest>) -> Result<Response<FoundUser>, Status> {
        let email = request.into_inner().email.to_lowercase();
        let unknown = || Status::not_found("nobody");
        self.ask(|known| {
            let found = known.iter().find(|c| c.email.to_lowercase() == email).ok_or_else(unknown)?;
            Ok(FoundUser { user_id: found.user_id.clone() })
        })
    }
    async fn get_link(&self, _: Request<GetLinkRequest>) -> Result<Response<MailLink>, Status> {
        Err(Status::unimplemented("user mails no links"))
    }
    async fn get_keys(&self, _: Request<GetKeysRequest>) -> Result<Response<Keys>, Status> {
        Err(Status::unimplemented("user asks for no keys"))
    }
    async fn exchange(&self, _: Request<ExchangeRequest>) -> Result<Response<ExchangeReply>, Status> {
        Err(Status::unimplemented("user exchanges nothing"))
    }
    async fn create_staff(
        &self,
        _: Request<CreateStaffRequest>,
    ) -> Result<Response<CreateStaffReply>, Status> {
        Err(Status::unimplemented("user hires nobody"))
    }
    /// The password is what [`PASSWORD`] says; the one that is `tried` too often has to wait. Who has a `TOKEN` in their name has
    /// a second factor, who is only `Elsewhere` has no password.
    async fn prove_password(
        &self,
        request: Request<ProvePasswordRequest>,
    ) -> Result<Response<ProvePasswordReply>, Status> {
        let ask = request.into_inner();
        self.ask(|known| {
            let Some(person) = known.iter().find(|c| c.user_id == ask.user_id) else {
                return Err(Status::not_found("no such account"));
            };
            let factor_wanted = person.name.contains("TOKEN");
            match ask.password.as_str() {
                _ if person.name.contains("Elsewhere") => Err(Status::failed_precondition("no password")),
                PASSWORD => Ok(ProvePasswordReply { proven: true, wait_seconds: 0, factor_wanted }),
                "tried" => Ok(ProvePasswordReply { wait_seconds: 60, ..ProvePasswordReply::default() }),
                _ => Ok(ProvePasswordReply::default()),
            }
        })
    }
}

pub struct World {
    pub test: TestHost,
    pub host: Host,
    pub user: TestModule,
    pub people: KnownPeople,
    pub tellers: Tellers,
}

pub fn person(n: u128) -> UserId {
    UserId::new(uuid::Uuid::from_u128(n))
}

pub fn clerk() -> Actor {
    let permissions = [Permission::CustomersRead, Permission::CustomersErase].into_iter().collect();
    let permissions = Arc::new(permissions);
    Actor::Staff { user: person(999), permissions }
}

impl World {
    async fn start(engine: Engine) -> Self {
        let test = TestHost::new(engine);
        let people = KnownPeople::default();
        let tellers = Tellers::default();
        for (service, _) in hanse_user::HOLDERS {
            let told = tellers.server(service);
            test.fake(
                service,
                match service {
                    "auth" => Routes::new(AccountsServer::new(people.clone())).add_service(told),
                    _ => Routes::new(told),
                },
            );
        }
        let host = test.host("user", hanse_user::MIGRATIONS).await;
        let module = hanse_user::module(host.clone(), ()).expect("user starts");
        Self { user: test.start(module), host, test, people, tellers }
    }

    /// Lets auth know somebody.
    pub fn knows(&self, user: UserId, email: &str, name: &str) {
        let contact = Contact {
            user_id: user.to_string(),
            email: email.into(),
            name: name.into(),
            locale: "de".into(),
            email_verified: false,
        };
        self.people.0.lock().expect("not poisoned").contacts.push(contact);
    }

    pub async fn registered(&self, user: UserId, staff: bool) {
        self.test.send("auth", user, &UserRegistered { user_id: user, staff }).await;
    }

    pub fn as_customer(&self, user: UserId) -> Client {
        self.user.client(Actor::Customer { user })
    }

    /// Registers somebody whom auth knows, and waits until their name is known here.
    pub async fn customer(&self, n: u128, name: &str) -> Client {
        let user = person(n);
        self.knows(user, &format!("p{n}@example.org"), name);
        self.registered(user, false).await;
        self.test
            .until("all names are known", async || {
                self.count("select count(*) from profiles where not contact_known").await == 0
            })
            .await;
        self.as_customer(user)
    }

    /// Behind the service's back.
    pub async fn meddle(&self, sql: &'static str) {
        let done: Result<u64, hanse_database::DbError> =
            self.host.db.tx((), move |tx, ()| Box::pin(async move { tx.execute(sql, &[]).await })).await;
        done.expect("done");
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        let found: Result<Option<i64>, hanse_database::DbError> =
            self.host.db.read((), move |tx, ()| Box::pin(tx.query_opt(sql, &[], |row| row.get(0)))).await;
        found.expect("the store answers").expect("a row")
    }
}

pub fn home() -> Value {
    json!({"name": "Ana Lund", "line1": "Storgatan 1", "city": "Malmö", "postal_code": "211 34", "country": "SE"})
}

/// Tells a story on SQLite and on PostgreSQL.
pub async fn on_both(story: impl AsyncFn(World)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        story(World::start(engine).await).await;
    }
}
