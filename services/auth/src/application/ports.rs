//! What the use cases need of the outside: stores, the hashing of passwords, the signing of access tokens.

use crate::application::AuthError;
use crate::domain::{
    Account, AccountLink, Acquaintance, ApiKey, CustomRole, EmailAddress, Ending, Invitation, KeyPair,
    Password, PasswordHash, Purpose, RefreshToken, Role, RoleName, Session, SigningKey, Standing,
    TokenDigest, TryKey,
};
use async_trait::async_trait;
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{Limit, LinkId, Permission, Secret, SessionId, Timestamp, UserId};
use hanse_record::Record;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

#[async_trait]
pub trait Accounts: Send + Sync {
    /// False when the address has an account already; nothing is changed then.
    async fn add(&self, tx: &mut Tx, account: &Account) -> Result<bool, DbError>;
    /// False when somebody else saved it since it was read; nothing is changed then.
    async fn save(&self, tx: &mut Tx, account: &Account) -> Result<bool, DbError>;
    async fn by_email(&self, tx: &mut Tx, email: &EmailAddress) -> Result<Option<Account>, DbError>;
    async fn by_ids(&self, tx: &mut Tx, ids: &[UserId]) -> Result<Vec<Account>, DbError>;
    /// By id, those after `after`, one more than `limit`.
    async fn staff(&self, tx: &mut Tx, after: Option<UserId>, limit: Limit) -> Result<Vec<Account>, DbError>;
    async fn has_staff(&self, tx: &mut Tx) -> Result<bool, DbError>;
    /// Whether somebody else is an owner.
    async fn other_owner(&self, tx: &mut Tx, than: UserId) -> Result<bool, DbError>;
}

#[async_trait]
pub trait Roles: Send + Sync {
    /// Those that the shop has made, by name.
    async fn all(&self, tx: &mut Tx) -> Result<Vec<CustomRole>, DbError>;
    async fn by_name(&self, tx: &mut Tx, name: &RoleName) -> Result<Option<CustomRole>, DbError>;
    /// False when the shop has as many as [`CustomRole::MOST`]; nothing is changed then.
    async fn add(&self, tx: &mut Tx, role: &CustomRole, now: Timestamp) -> Result<bool, DbError>;
    async fn save(&self, tx: &mut Tx, role: &CustomRole, now: Timestamp) -> Result<(), DbError>;
    /// Whether somebody works, or was invited to work, as this.
    async fn is_held(&self, tx: &mut Tx, name: &RoleName) -> Result<bool, DbError>;
    async fn remove(&self, tx: &mut Tx, name: &RoleName) -> Result<(), DbError>;
}

#[async_trait]
pub trait Invitations: Send + Sync {
    /// Beside its link, which is there.
    async fn add(&self, tx: &mut Tx, invitation: &Invitation) -> Result<(), DbError>;
    async fn by_link(&self, tx: &mut Tx, id: LinkId) -> Result<Option<Invitation>, DbError>;
    /// The newest first.
    async fn open(&self, tx: &mut Tx, now: Timestamp) -> Result<Vec<Invitation>, DbError>;
    /// How many went to the address since then.
    async fn given_since(&self, tx: &mut Tx, email: &EmailAddress, since: Timestamp) -> Result<i64, DbError>;
    /// Closes what the address was invited by before.
    async fn replace(&self, tx: &mut Tx, email: &EmailAddress, now: Timestamp) -> Result<(), DbError>;
    /// False when none of this id is open.
    async fn close(&self, tx: &mut Tx, id: LinkId, now: Timestamp) -> Result<bool, DbError>;
}

#[async_trait]
pub trait Sessions: Send + Sync {
    /// `cookie` is the digest of the token in a browser's cookie.
    async fn add(&self, tx: &mut Tx, session: &Session, cookie: Option<&TokenDigest>) -> Result<(), DbError>;
    async fn by_id(&self, tx: &mut Tx, id: SessionId) -> Result<Option<Session>, DbError>;
    async fn by_cookie(&self, tx: &mut Tx, cookie: &TokenDigest) -> Result<Option<Session>, DbError>;
    /// A person's that go on, the latest first.
    async fn live(
        &self,
        tx: &mut Tx,
        user: UserId,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<Session>, DbError>;
    /// Ends it with all its family; one that has ended stays as it was.
    async fn end(&self, tx: &mut Tx, id: SessionId, now: Timestamp, why: Ending) -> Result<(), DbError>;
    /// Ends all of a person's with their families, but for `except`; tells which.
    async fn end_all(
        &self,
        tx: &mut Tx,
        user: UserId,
        except: Option<SessionId>,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, DbError>;
    /// Forgets sessions that are over since before `before`, at most `limit`; tells how many.
    async fn forget(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError>;
}

#[async_trait]
pub trait RefreshTokens: Send + Sync {
    async fn add(&self, tx: &mut Tx, token: &RefreshToken) -> Result<(), DbError>;
    async fn by_digest(&self, tx: &mut Tx, digest: &TokenDigest) -> Result<Option<RefreshToken>, DbError>;
    /// Marks it as used; false when another unit has.
    async fn use_up(&self, tx: &mut Tx, digest: &TokenDigest, now: Timestamp) -> Result<bool, DbError>;
    /// Forgets used tokens that had expired before `before`, at most `limit`; tells how many.
    async fn forget(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError>;
}

#[async_trait]
pub trait AccountLinks: Send + Sync {
    async fn add(&self, tx: &mut Tx, link: &AccountLink) -> Result<(), DbError>;
    async fn by_id(&self, tx: &mut Tx, id: LinkId) -> Result<Option<AccountLink>, DbError>;
    async fn by_token(&self, tx: &mut Tx, token: &TokenDigest) -> Result<Option<AccountLink>, DbError>;
    /// One more token opens it; false when it has as many as [`AccountLink::MAILS`].
    async fn add_token(&self, tx: &mut Tx, id: LinkId, token: &TokenDigest) -> Result<bool, DbError>;
    /// How many a person was given since then.
    async fn given_since(
        &self,
        tx: &mut Tx,
        owner: UserId,
        purpose: Purpose,
        since: Timestamp,
    ) -> Result<i64, DbError>;
    /// Closes all of a person's that are open for this purpose.
    async fn close(
        &self,
        tx: &mut Tx,
        owner: UserId,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<(), DbError>;
    /// Forgets those that had expired before `before`, at most `limit`; tells how many.
    async fn forget(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError>;
}

#[async_trait]
pub trait Devices: Send + Sync {
    /// Whether the account behind the address was logged in to from the device before. As much work where it has none.
    async fn knows(&self, tx: &mut Tx, email: &EmailAddress, device: &TokenDigest) -> Result<bool, DbError>;
    /// Somebody logs in from it.
    async fn meet(
        &self,
        tx: &mut Tx,
        user: UserId,
        device: &TokenDigest,
        now: Timestamp,
    ) -> Result<Acquaintance, DbError>;
    /// All of a person's.
    async fn forget_all(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError>;
    /// Forgets those without a login since `before`, at most `limit`; tells how many.
    async fn forget(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError>;
}

#[async_trait]
pub trait Tries: Send + Sync {
    /// Counts one more. How long to wait instead, if it is one too many.
    async fn take(&self, tx: &mut Tx, key: &TryKey, now: Timestamp) -> Result<Option<Duration>, DbError>;
    /// It was right, and counts for nothing.
    async fn give_back(&self, tx: &mut Tx, key: &TryKey) -> Result<(), DbError>;
    /// Forgets those counted since before `before`, at most `limit`; tells how many.
    async fn forget(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError>;
}

#[async_trait]
pub trait ApiKeyStore: Send + Sync {
    /// False when the shop has as many as [`ApiKey::MOST`]; nothing is changed then.
    async fn add(&self, tx: &mut Tx, key: &ApiKey, digest: &TokenDigest) -> Result<bool, DbError>;
    /// The newest first.
    async fn all(&self, tx: &mut Tx) -> Result<Vec<ApiKey>, DbError>;
    async fn by_digest(&self, tx: &mut Tx, digest: &TokenDigest) -> Result<Option<ApiKey>, DbError>;
    async fn used(&self, tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), DbError>;
    /// False when there is none of this id.
    async fn remove(&self, tx: &mut Tx, id: &str) -> Result<bool, DbError>;
    /// Withdraws all of a person's.
    async fn remove_all(&self, tx: &mut Tx, owner: UserId) -> Result<(), DbError>;
}

/// Auth's own store, which most use cases work on: the database and who reads and writes what in it.
#[derive(Clone)]
pub struct Store {
    pub db: Db,
    pub record: Record,
    pub accounts: Arc<dyn Accounts>,
    pub sessions: Arc<dyn Sessions>,
    pub refresh_tokens: Arc<dyn RefreshTokens>,
    pub links: Arc<dyn AccountLinks>,
    pub devices: Arc<dyn Devices>,
    pub tries: Arc<dyn Tries>,
    pub api_keys: Arc<dyn ApiKeyStore>,
    pub roles: Arc<dyn Roles>,
    pub invitations: Arc<dyn Invitations>,
}

impl Store {
    /// The role of this name, built-in or of the shop's own.
    pub async fn role(&self, tx: &mut Tx, name: &str) -> Result<Option<Role>, DbError> {
        if let Ok(role) = name.parse() {
            return Ok(Some(Role::BuiltIn(role)));
        }
        match RoleName::parse(name) {
            Ok(name) => Ok(self.roles.by_name(tx, &name).await?.map(Role::Custom)),
            Err(_) => Ok(None),
        }
    }

    /// As [`Self::role`], in a unit of its own.
    pub async fn role_named(&self, name: &str) -> Result<Option<Role>, DbError> {
        let input = (self.clone(), name.to_string());
        self.db.read(input, |tx, (store, name)| Box::pin(store.role(tx, name))).await
    }

    /// False when the role was one of the shop's own and is no more.
    pub async fn still_has(&self, tx: &mut Tx, standing: &Standing) -> Result<bool, DbError> {
        match standing.role().and_then(Role::custom) {
            Some(role) => Ok(self.roles.by_name(tx, &role.name).await?.is_some()),
            None => Ok(true),
        }
    }
}

#[async_trait]
pub trait SigningKeys: Send + Sync {
    /// By generation.
    async fn all(&self, tx: &mut Tx) -> Result<Vec<SigningKey>, DbError>;
    /// Does nothing when the generation exists: another process was first, and its key is as good.
    async fn add(&self, tx: &mut Tx, key: &SigningKey) -> Result<(), DbError>;
    async fn remove(&self, tx: &mut Tx, kid: &str) -> Result<(), DbError>;
}

/// Makes key pairs.
pub trait KeyMaker: Send + Sync {
    fn make(&self) -> KeyPair;
}

/// What a check of a password found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    pub matches: bool,
    /// The hash was made with other parameters than today's.
    pub outdated: bool,
}

/// Slow on purpose; bounded, so that a flood of logins leaves the machine to the shop.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, AuthError>;
    /// Against nothing it does the same work and finds that it does not match.
    async fn check(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<Checked, AuthError>;
}

/// A signed statement about who somebody is, good for minutes.
#[derive(Debug, Clone)]
pub struct AccessToken {
    pub secret: Secret,
    pub expires_in: Duration,
}

/// The published half of a signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    pub kid: String,
    pub key: [u8; 32],
}

/// Signs and reads access tokens, with keys that it holds in memory.
#[async_trait]
pub trait AccessTokens: Send + Sync {
    fn issue(&self, account: &Account, session: SessionId, now: Timestamp) -> Result<AccessToken, AuthError>;
    /// For whoever shows an API key of this account: of no session, and with these permissions alone.
    fn issue_for_key(
        &self,
        account: &Account,
        permissions: &BTreeSet<Permission>,
        now: Timestamp,
    ) -> Result<AccessToken, AuthError>;
    /// The session of a token that is good now.
    async fn session_of(&self, token: &Secret) -> Option<SessionId>;
    /// Takes over the present keys, by generation.
    fn hold(&self, keys: Vec<SigningKey>) -> Result<(), AuthError>;
    fn published(&self, now: Timestamp) -> Vec<PublicKey>;
}

/// Tells the gateways of sessions that have ended. Whoever could not be told notices within 20 s, so that this never fails
/// a logout.
#[async_trait]
pub trait SessionEnds: Send + Sync {
    async fn tell(&self, sessions: &[SessionId]);
}
