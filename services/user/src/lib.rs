//! The people of the shop: what they are called, which language they speak, where things are sent to.

mod api;
mod application;
mod domain;
mod infrastructure;

pub use infrastructure::MIGRATIONS;

pub use application::{By, HOLDERS};

use application::ports::{AddressBooks, Erasures, People, Profiles};
use application::{
    AddressUse, ChangeMe, ConsentUse, Erase, ExportMe, GetProfile, LearnNames, ListCustomers, OpenProfile,
    RepeatErasures, ShowCustomer, ShowMe, UseCases,
};
use hanse_auth_contract::UserRegistered;
use hanse_messaging::Message;
use hanse_runtime::{Host, Module, StartError, Worker, audit_server, keep_anchors};
use hanse_user_contract::UserErased;
use hanse_user_contract::rpc::erasures_server::ErasuresServer;
use hanse_user_contract::rpc::profiles_server::ProfilesServer;
use infrastructure::{
    AuthClient, LiveHolders, OnUserRegistered, OwnStore, SqlAddressBooks, SqlConsents, SqlErasures,
    SqlProfiles, sealed_rows,
};
use std::sync::Arc;
use std::time::Duration;
use tonic::service::Routes;

/// How soon a new customer can be found by name.
const LEARN_NAMES_EVERY: Duration = Duration::from_secs(2);

/// Wires the service.
pub fn module(host: Host, (): ()) -> Result<Module, StartError> {
    let host = host.sending(&[UserErased::TYPE]);
    let rows = sealed_rows(&host.vault);
    let host = host.sealing(rows);
    let profiles: Arc<dyn Profiles> = Arc::new(SqlProfiles { vault: host.vault.clone() });
    let erasures: Arc<dyn Erasures> = Arc::new(SqlErasures);
    let people: Arc<dyn People> =
        Arc::new(AuthClient { network: host.network.clone(), effects: host.effects.clone() });
    let learn = LearnNames { db: host.db.clone(), profiles: profiles.clone(), people: people.clone() };
    let open_profile = OpenProfile { profiles: profiles.clone(), erasures: erasures.clone() };
    let use_cases = Arc::new(wire(&host, profiles, erasures, people));

    let server = api::ProfilesServer { use_cases: use_cases.clone(), clock: host.effects.clock.clone() };
    let erasures_of = api::ErasuresServer { use_cases: use_cases.clone(), clock: host.effects.clock.clone() };
    let rpc = Routes::new(ProfilesServer::new(server))
        .add_service(ErasuresServer::new(erasures_of))
        .add_service(audit_server(&host, Arc::new(OwnStore)));
    Ok(Module {
        routes: api::routes(use_cases),
        rpc,
        allow: api::allow(),
        consumers: keep_anchors(
            host.consumers().on::<UserRegistered>("user.open_profile", OnUserRegistered(open_profile)),
            &host.effects,
        ),
        workers: vec![learn_names(&host, learn)],
        host,
    })
}

fn wire(
    host: &Host,
    profiles: Arc<dyn Profiles>,
    erasures: Arc<dyn Erasures>,
    people: Arc<dyn People>,
) -> UseCases {
    let (db, effects) = (host.db.clone(), host.effects.clone());
    let books: Arc<dyn AddressBooks> = Arc::new(SqlAddressBooks { vault: host.vault.clone() });
    let show_me = ShowMe {
        db: db.clone(),
        effects: effects.clone(),
        profiles: profiles.clone(),
        people: people.clone(),
    };
    let erase = Erase {
        db: db.clone(),
        effects: effects.clone(),
        outbox: host.outbox.clone(),
        profiles: profiles.clone(),
        erasures: erasures.clone(),
        people: people.clone(),
        record: host.record.clone(),
    };
    UseCases {
        repeat_erasures: RepeatErasures { erase: erase.clone() },
        erase,
        consents: ConsentUse {
            db: db.clone(),
            effects: effects.clone(),
            profiles: profiles.clone(),
            erasures: erasures.clone(),
            consents: Arc::new(SqlConsents),
        },
        export_me: ExportMe {
            db: db.clone(),
            effects: effects.clone(),
            profiles: profiles.clone(),
            books: books.clone(),
            consents: Arc::new(SqlConsents),
            holders: Arc::new(LiveHolders { network: host.network.clone(), effects: effects.clone() }),
            record: host.record.clone(),
        },
        change_me: ChangeMe {
            db: db.clone(),
            effects: effects.clone(),
            profiles: profiles.clone(),
            erasures: erasures.clone(),
            show_me: show_me.clone(),
        },
        addresses: AddressUse {
            db: db.clone(),
            effects,
            profiles: profiles.clone(),
            books: books.clone(),
            erasures,
        },
        list_customers: ListCustomers { db: db.clone(), profiles: profiles.clone(), people },
        show_customer: ShowCustomer {
            db: db.clone(),
            profiles: profiles.clone(),
            books,
            consents: Arc::new(SqlConsents),
            show_me: show_me.clone(),
        },
        get_profile: GetProfile { db, profiles, show_me: show_me.clone() },
        show_me,
    }
}

fn learn_names(host: &Host, learn: LearnNames) -> Worker {
    let host = host.clone();
    Worker::new("user.learn_names", move |stop| async move {
        let work = || async {
            // Auth may be away; the profiles wait.
            if let Err(error) = learn.run(&host.background()).await {
                tracing::warn!(%error, "names of new people could not be asked for");
            }
        };
        stop.every(&host.effects, LEARN_NAMES_EVERY, work).await;
    })
}
