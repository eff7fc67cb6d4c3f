//! Who people are and how they prove it: accounts, passwords, sessions, tokens, and the roles of staff.
//!
//! The reference for the four layers. Read inwards out: `domain` holds the rules and knows nothing; `application` has
//! one use case per file and the ports they need; `infrastructure` fills the ports; `api` answers the outside.
//! [`module`] wires them ([`drawn`]: for a look only), and is all that others see.

mod api;
mod application;
mod config;
mod domain;
mod infrastructure;

pub use config::{AuthConfig, FacebookUrls, Hashing, ProviderConfig, ProviderKind, StaffFactor};
pub use infrastructure::MIGRATIONS;

use application::factors::Means;
use application::ports::{AccessTokens, PasskeyVerifier, PasswordHasher, SessionEnds, Store};
use application::{
    Accept, ApiKeys, AuthError, Beat, BeginSession, ChangePassword, ChangeStaff, CreateStaff, CustomRoles,
    EraseAccount, Exchange, FactorUseCases, FindPeople, Invite, KeepKeys, LinkUseCases, ListStaff, LogIn,
    LogOut, MailLinks, OpenInvitations, OwnSession, OwnSessions, ProvePassword, ProviderUseCases, Refresh,
    Register, Rewrap, Sweep, UseCases, UseKey, WhoAmI,
};
use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use hanse_auth_contract::rpc::accounts_server::AccountsServer;
use hanse_auth_contract::{
    EmailChangeAsked, FactorChanged, IdentityLinked, LinkAsked, NewDevice, PasswordChanged,
    RegistrationRepeated, UserRegistered,
};
use hanse_kernel::SessionId;
use hanse_messaging::Message;
use hanse_runtime::{Host, Module, StartError, Worker, audit_server, personal_data_server};
use hanse_user_contract::UserErased;
use infrastructure::{
    ArgonPool, Ed25519Keys, OnUserErased, OwnAccounts, OwnSessionEnds, OwnStore, Peppers, RedisSessionEnds,
    SignedTokens, SqlAccountLinks, SqlAccounts, SqlApiKeys, SqlChallenges, SqlDevices, SqlErrands,
    SqlFactors, SqlIdentities, SqlInvitations, SqlPasskeys, SqlRefreshTokens, SqlRoles, SqlSessions,
    SqlSigningKeys, SqlTries, SqlWrapped, Vault, WebauthnPasskeys, sealed_rows,
};
use std::sync::Arc;
use std::time::Duration;
use tonic::service::Routes;

/// How often the keys are looked after: far more often than they are published ahead of their use.
const KEEP_KEYS_EVERY: Duration = Duration::from_secs(60);
const REWRAP_EVERY: Duration = Duration::from_secs(60);
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);
/// The messages that it sends.
const SENDS: [&str; 8] = [
    UserRegistered::TYPE,
    RegistrationRepeated::TYPE,
    LinkAsked::TYPE,
    PasswordChanged::TYPE,
    EmailChangeAsked::TYPE,
    NewDevice::TYPE,
    FactorChanged::TYPE,
    IdentityLinked::TYPE,
];

/// Wires the service. The first start makes the first signing key, later ones load what there is.
pub async fn module(host: Host, config: AuthConfig) -> Result<Module, StartError> {
    config.check_secrets()?;
    let (module, use_cases) = assemble(host, config)?;
    use_cases.keep_keys.run().await.map_err(start_error)?;
    Ok(module)
}

/// The same without keys to sign with: for a look at what the service is.
///
/// # Errors
/// As [`module`], but those of the store.
pub fn drawn(host: Host, config: AuthConfig) -> Result<Module, StartError> {
    assemble(host, config).map(|(module, _)| module)
}

fn assemble(host: Host, config: AuthConfig) -> Result<(Module, Arc<UseCases>), StartError> {
    config.validate()?;
    let host = host.sending(&SENDS);
    let rows = sealed_rows(&host.vault);
    let host = host.sealing(rows);
    let (use_cases, jobs, erase) = wire(&host, &config)?;
    let use_cases = Arc::new(use_cases);
    let accounts = api::AccountsServer { use_cases: use_cases.clone(), clock: host.effects.clock.clone() };
    let examine = Arc::new(OwnStore { db: host.db.clone(), effects: host.effects.clone() });
    let rpc =
        Routes::new(AccountsServer::new(accounts)).add_service(audit_server(&host, examine)).add_service(
            personal_data_server(Arc::new(OwnAccounts { db: host.db.clone(), vault: host.vault.clone() })),
        );
    let module = Module {
        routes: api::routes(use_cases.clone(), config.secure_cookies),
        rpc,
        allow: api::allow(),
        consumers: host.consumers().on::<UserErased>("auth.erase_account", OnUserErased(erase)),
        workers: [
            keep_keys(&host, use_cases.clone()),
            forget_the_old(&host, jobs.sweep),
            tell_ends(jobs.ends),
        ]
        .into_iter()
        .chain(jobs.rewrap.map(|job| rewrap(&host, job)))
        .collect(),
        host,
    };
    Ok((module, use_cases))
}

/// Sessions that ended in a unit of another's, and whom to tell of them.
struct Ends {
    ended: UnboundedReceiver<Vec<SessionId>>,
    tell: Arc<dyn SessionEnds>,
}

/// What is done by itself, now and then.
struct Jobs {
    sweep: Sweep,
    ends: Ends,
    /// While there are former keys.
    rewrap: Option<Rewrap>,
}

fn wire(host: &Host, config: &AuthConfig) -> Result<(UseCases, Jobs, EraseAccount), StartError> {
    let Host { db, outbox, effects, record, .. } = host.clone();
    let (lifetimes, schedule) = (config.lifetimes(), config.key_schedule());
    let former = &config.former_wrapping_keys;
    Vault::new(None, former, effects.rng.clone()).map_err(|e| StartError::Config {
        key: "auth.former_wrapping_keys".into(),
        problem: e.to_string(),
        remedy: "write each as it was, 64 hexadecimal digits".into(),
    })?;
    let vault = Vault::new(config.wrapping_key.as_ref(), former, effects.rng.clone());
    let vault = Arc::new(vault.map_err(|e| StartError::Config {
        key: "auth.wrapping_key".into(),
        problem: e.to_string(),
        remedy: "make one with `openssl rand -hex 32`".into(),
    })?);
    let people = host.vault.clone();
    let store = Store {
        db: db.clone(),
        record,
        accounts: Arc::new(SqlAccounts { vault: people.clone() }),
        sessions: Arc::new(SqlSessions),
        refresh_tokens: Arc::new(SqlRefreshTokens),
        links: Arc::new(SqlAccountLinks { vault: people.clone() }),
        devices: Arc::new(SqlDevices { vault: people.clone() }),
        tries: Arc::new(SqlTries),
        api_keys: Arc::new(SqlApiKeys { vault: people.clone() }),
        roles: Arc::new(SqlRoles),
        invitations: Arc::new(SqlInvitations { vault: people.clone() }),
        factors: Arc::new(SqlFactors::new(vault.clone())),
        challenges: Arc::new(SqlChallenges),
        passkeys: Arc::new(SqlPasskeys { vault: people }),
        identities: Arc::new(SqlIdentities),
        errands: Arc::new(SqlErrands),
    };
    let peppers = Peppers::new(config.pepper.as_ref(), &config.former_peppers);
    let hasher: Arc<dyn PasswordHasher> =
        Arc::new(ArgonPool::new(config.hashing, peppers, effects.rng.clone()).map_err(start_error)?);
    let signed = SignedTokens::new(
        &config.issuer,
        &config.audience,
        config.access_lifetime,
        schedule,
        config.staff_factor,
        effects.clone(),
    );
    let access_tokens: Arc<dyn AccessTokens> = Arc::new(signed);
    let ends: Arc<dyn SessionEnds> = match &config.redis {
        Some(redis) => Arc::new(RedisSessionEnds(redis.clone())),
        None => Arc::new(OwnSessionEnds(config.ended_sessions.clone())),
    };
    let (told, ended) = futures::channel::mpsc::unbounded();
    let erase = EraseAccount { store: store.clone(), effects: effects.clone(), ended: told };
    let jobs = Jobs {
        sweep: Sweep { store: store.clone(), effects: effects.clone() },
        ends: Ends { ended, tell: ends.clone() },
        rewrap: (!former.is_empty())
            .then(|| Rewrap { db: db.clone(), secrets: Arc::new(SqlWrapped::new(vault.clone())) }),
    };
    let links = MailLinks { store: store.clone(), outbox: outbox.clone(), effects: effects.clone() };
    let own_session =
        OwnSession { store: store.clone(), effects: effects.clone(), access_tokens: access_tokens.clone() };
    let prove = ProvePassword { store: store.clone(), effects: effects.clone(), hasher: hasher.clone() };
    let begin = BeginSession {
        store: store.clone(),
        outbox: outbox.clone(),
        effects: effects.clone(),
        access_tokens: access_tokens.clone(),
        lifetimes,
    };
    let means = Means {
        store: store.clone(),
        outbox: outbox.clone(),
        effects: effects.clone(),
        own_session: own_session.clone(),
        access_tokens: access_tokens.clone(),
    };
    let webauthn =
        WebauthnPasskeys::new(&config.public_url, &config.shop_name).map_err(|e| StartError::Config {
            key: "server.public_url".into(),
            problem: e.to_string(),
            remedy: "name the shop's address, such as https://shop.example".into(),
        })?;
    let verifier = webauthn.map(|webauthn| Arc::new(webauthn) as Arc<dyn PasskeyVerifier>);
    let beat = Beat::new(effects.clone(), config.answer_beat);
    let log_in = LogIn {
        store: store.clone(),
        effects: effects.clone(),
        prove: prove.clone(),
        begin: begin.clone(),
        beat: beat.clone(),
    };
    let providers = config.providers(&effects)?;
    let use_cases = UseCases {
        providers: ProviderUseCases::new(providers, outbox.clone(), links.clone(), log_in.clone()),
        factors: FactorUseCases::new(means, prove.clone(), begin.clone(), verifier, config.shop_name.clone()),
        prove_password: prove.clone(),
        links: LinkUseCases::new(links.clone(), prove.clone(), hasher.clone(), ends.clone(), beat.clone()),
        own_sessions: OwnSessions {
            store: store.clone(),
            effects: effects.clone(),
            ends: ends.clone(),
            own_session: own_session.clone(),
        },
        change_password: ChangePassword {
            store: store.clone(),
            outbox: outbox.clone(),
            effects: effects.clone(),
            hasher: hasher.clone(),
            ends: ends.clone(),
            own_session,
            prove: prove.clone(),
        },
        register: Register {
            links,
            beat,
            store: store.clone(),
            outbox: outbox.clone(),
            effects: effects.clone(),
            hasher: hasher.clone(),
        },
        log_in,
        refresh: Refresh {
            store: store.clone(),
            effects: effects.clone(),
            access_tokens: access_tokens.clone(),
            lifetimes,
            ends: ends.clone(),
        },
        log_out: LogOut {
            store: store.clone(),
            effects: effects.clone(),
            access_tokens: access_tokens.clone(),
            ends: ends.clone(),
        },
        exchange: Exchange {
            store: store.clone(),
            effects: effects.clone(),
            access_tokens: access_tokens.clone(),
            use_key: UseKey {
                store: store.clone(),
                effects: effects.clone(),
                access_tokens: access_tokens.clone(),
            },
        },
        api_keys: ApiKeys { store: store.clone(), effects: effects.clone() },
        custom_roles: CustomRoles { store: store.clone(), effects: effects.clone() },
        change_staff: ChangeStaff { store: store.clone(), effects: effects.clone(), ends: ends.clone() },
        invite: Invite { store: store.clone(), outbox: outbox.clone(), effects: effects.clone() },
        open_invitations: OpenInvitations { store: store.clone(), effects: effects.clone() },
        accept: Accept {
            store: store.clone(),
            outbox: outbox.clone(),
            effects: effects.clone(),
            hasher: hasher.clone(),
            prove: prove.clone(),
            ends: ends.clone(),
        },
        who_am_i: WhoAmI { store: store.clone() },
        find_people: FindPeople { store: store.clone() },
        create_staff: CreateStaff { store: store.clone(), outbox, effects: effects.clone(), hasher },
        list_staff: ListStaff { store },
        keep_keys: KeepKeys {
            db,
            signing_keys: Arc::new(SqlSigningKeys::new(vault)),
            key_maker: Arc::new(Ed25519Keys(effects.rng.clone())),
            effects,
            access_tokens,
            schedule,
        },
    };
    Ok((use_cases, jobs, erase))
}

fn keep_keys(host: &Host, use_cases: Arc<UseCases>) -> Worker {
    let effects = host.effects.clone();
    Worker::new("auth.keep_keys", move |stop| async move {
        let work = || async {
            // The keys at hand go on working; another try comes in a minute.
            if let Err(error) = use_cases.keep_keys.run().await {
                tracing::warn!(%error, "the signing keys could not be looked after");
            }
        };
        stop.every(&effects, KEEP_KEYS_EVERY, work).await;
    })
}

fn rewrap(host: &Host, rewrap: Rewrap) -> Worker {
    let effects = host.effects.clone();
    Worker::new("auth.rewrap", move |stop| async move {
        // Again and again: another process may still wrap under a former key.
        let work = || async {
            if let Err(error) = rewrap.run().await {
                tracing::warn!(%error, "secrets could not be wrapped anew");
            }
        };
        stop.every(&effects, REWRAP_EVERY, work).await;
    })
}

fn forget_the_old(host: &Host, sweep: Sweep) -> Worker {
    let effects = host.effects.clone();
    Worker::new("auth.sweep", move |stop| async move {
        let work = || async {
            if let Err(error) = sweep.run().await {
                tracing::warn!(%error, "old sessions could not be forgotten");
            }
        };
        stop.every(&effects, SWEEP_EVERY, work).await;
    })
}

fn tell_ends(Ends { mut ended, tell }: Ends) -> Worker {
    Worker::new("auth.session_ends", move |stop| async move {
        let told = async {
            while let Some(sessions) = ended.next().await {
                tell.tell(&sessions).await;
            }
        };
        futures::future::select(std::pin::pin!(told), std::pin::pin!(stop.asked())).await;
    })
}

fn start_error(error: AuthError) -> StartError {
    match error {
        AuthError::Store(source) => StartError::Store { service: "auth", source },
        other => StartError::Other { service: "auth", message: other.to_string() },
    }
}
