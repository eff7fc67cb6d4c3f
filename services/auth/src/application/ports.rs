//! What the use cases need of the outside: stores, the hashing of passwords, the signing of access tokens.

use crate::application::AuthError;
use crate::domain::{
    Account, AccountLink, Acquaintance, ApiKey, Ceremony, Challenge, CustomRole, EmailAddress, Ending,
    Enrolled, Errand, Identity, Invitation, KeyPair, Marks, Method, Passkey, Password, PasswordHash,
    ProviderId, Purpose, RefreshToken, Role, RoleName, Session, SigningKey, Standing, Subject, TokenDigest,
    Told, TotpFactor, TryKey,
};
use async_trait::async_trait;
use hanse_database::{Db, DbError, Tx};
use hanse_kernel::{IdentityId, Limit, LinkId, Permission, Secret, SessionId, Timestamp, UserId};
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
    /// Whether it still has the password that was proven; nobody gives it another one until the unit ends. It counts as written,
    /// so that a unit which gave it another one at the same time is run again and sees what this one has done.
    async fn keeps_password(&self, tx: &mut Tx, proven: &Account) -> Result<bool, DbError>;
    /// By id, those after `after`, one more than `limit`.
    async fn staff(&self, tx: &mut Tx, after: Option<UserId>, limit: Limit) -> Result<Vec<Account>, DbError>;
    async fn has_staff(&self, tx: &mut Tx) -> Result<bool, DbError>;
    /// Whether somebody else is an owner.
    async fn other_owner(&self, tx: &mut Tx, than: UserId) -> Result<bool, DbError>;
    async fn works_here(&self, tx: &mut Tx, id: UserId) -> Result<bool, DbError>;
    /// Removes it with its sessions, tokens, links, devices and keys; false when there is none.
    async fn remove(&self, tx: &mut Tx, id: UserId) -> Result<bool, DbError>;
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
    /// Its person has shown once more who they are, in these ways.
    async fn prove(
        &self,
        tx: &mut Tx,
        id: SessionId,
        now: Timestamp,
        proven_by: &[Method],
    ) -> Result<(), DbError>;
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

#[async_trait]
pub trait Factors: Send + Sync {
    async fn enrolled(&self, tx: &mut Tx, user: UserId) -> Result<Enrolled, DbError>;
    /// Confirmed or not.
    async fn totp(&self, tx: &mut Tx, user: UserId) -> Result<Option<TotpFactor>, DbError>;
    /// In the place of one that was never confirmed. False when there is one that was; nothing is changed then.
    async fn begin_totp(&self, tx: &mut Tx, factor: &TotpFactor) -> Result<bool, DbError>;
    /// A code of this step was shown. False when that step or a later one was used before; nothing is changed then.
    async fn use_totp(
        &self,
        tx: &mut Tx,
        user: UserId,
        step: i64,
        confirmed_at: Timestamp,
    ) -> Result<bool, DbError>;
    /// False when there was no confirmed one.
    async fn remove_totp(&self, tx: &mut Tx, user: UserId) -> Result<bool, DbError>;
    /// One that was begun and never confirmed.
    async fn give_up_totp(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError>;
    /// In the place of all that the person had.
    async fn put_recovery_codes(
        &self,
        tx: &mut Tx,
        user: UserId,
        codes: &[TokenDigest],
    ) -> Result<(), DbError>;
    /// False when it is none of theirs, or not any more.
    async fn use_recovery_code(&self, tx: &mut Tx, user: UserId, code: &TokenDigest)
    -> Result<bool, DbError>;
}

#[async_trait]
pub trait Challenges: Send + Sync {
    async fn add(&self, tx: &mut Tx, challenge: &Challenge) -> Result<(), DbError>;
    async fn by_digest(&self, tx: &mut Tx, digest: &TokenDigest) -> Result<Option<Challenge>, DbError>;
    /// The same for a unit that answers it: whoever else answers it meanwhile waits, and finds nothing once it was answered.
    async fn hold(&self, tx: &mut Tx, digest: &TokenDigest) -> Result<Option<Challenge>, DbError>;
    /// It was answered. False when another unit was first.
    async fn close(&self, tx: &mut Tx, digest: &TokenDigest) -> Result<bool, DbError>;
    /// All of a person's.
    async fn close_all(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError>;
    /// Forgets those that had expired before `before`, at most `limit`; tells how many.
    async fn forget(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError>;
}

#[async_trait]
pub trait Identities: Send + Sync {
    /// False when the subject is somebody's already; nothing is changed then.
    async fn add(&self, tx: &mut Tx, identity: &Identity, subject: &Subject) -> Result<bool, DbError>;
    async fn by_subject(
        &self,
        tx: &mut Tx,
        provider: &ProviderId,
        subject: &Subject,
    ) -> Result<Option<Identity>, DbError>;
    /// A person's, the oldest first.
    async fn of(&self, tx: &mut Tx, user: UserId) -> Result<Vec<Identity>, DbError>;
    async fn used(&self, tx: &mut Tx, id: IdentityId, now: Timestamp) -> Result<(), DbError>;
    /// Its owner has linked it themselves.
    async fn claim(&self, tx: &mut Tx, id: IdentityId) -> Result<(), DbError>;
    async fn remove(&self, tx: &mut Tx, id: IdentityId) -> Result<(), DbError>;
    async fn remove_all(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError>;
}

#[async_trait]
pub trait Errands: Send + Sync {
    async fn add(&self, tx: &mut Tx, errand: &Errand) -> Result<(), DbError>;
    /// It is there no more afterwards.
    async fn take(&self, tx: &mut Tx, digest: &TokenDigest) -> Result<Option<Errand>, DbError>;
    /// Forgets those that had expired before `before`, at most `limit`; tells how many.
    async fn forget(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError>;
}

#[async_trait]
pub trait Passkeys: Send + Sync {
    /// A person's, the oldest first.
    async fn all(&self, tx: &mut Tx, user: UserId) -> Result<Vec<Passkey>, DbError>;
    async fn add(&self, tx: &mut Tx, passkey: &Passkey) -> Result<(), DbError>;
    /// It was shown; `credential` as it is now.
    async fn used(&self, tx: &mut Tx, id: &str, credential: &str, now: Timestamp) -> Result<(), DbError>;
    /// False when it is none of theirs.
    async fn rename(&self, tx: &mut Tx, user: UserId, id: &str, name: &str) -> Result<bool, DbError>;
    /// False when it is none of theirs.
    async fn remove(&self, tx: &mut Tx, user: UserId, id: &str) -> Result<bool, DbError>;
    async fn remove_all(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError>;
    async fn begin(&self, tx: &mut Tx, ceremony: &Ceremony) -> Result<(), DbError>;
    /// All that a person was asked and has not answered.
    async fn give_up(&self, tx: &mut Tx, user: UserId) -> Result<(), DbError>;
    /// It is answered, and gone whatever the answer is.
    async fn take(&self, tx: &mut Tx, digest: &TokenDigest) -> Result<Option<Ceremony>, DbError>;
    /// Forgets ceremonies that had expired before `before`, at most `limit`; tells how many.
    async fn forget(&self, tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, DbError>;
}

/// What a browser is asked, and what to keep of it until it answers.
pub struct Asked {
    /// For the browser's own call.
    pub options: serde_json::Value,
    pub state: String,
}

/// A passkey that was made.
pub struct Made {
    pub credential_id: Vec<u8>,
    pub credential: String,
}

/// Asks browsers for passkeys, and judges what they answer. An answer that is not good is `None`.
pub trait PasskeyVerifier: Send + Sync {
    fn ask_to_make(&self, account: &Account, have: &[Passkey]) -> Result<Asked, AuthError>;
    fn made(&self, state: &str, answer: &serde_json::Value) -> Option<Made>;
    /// For one of these; for any, where there are none.
    fn ask_to_show(&self, passkeys: &[Passkey]) -> Result<Asked, AuthError>;
    /// Whose it claims to be, where any was asked for.
    fn claimed(&self, answer: &serde_json::Value) -> Option<UserId>;
    /// Which of these was shown, as it is now.
    fn shown(&self, state: &str, answer: &serde_json::Value, passkeys: Vec<Passkey>) -> Option<Passkey>;
}

/// Why a provider of logins told nothing of use. The text is for the log alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    #[error("the provider cannot be reached: {0}")]
    Away(String),
    #[error("what the provider answered is not to be believed: {0}")]
    Refused(String),
}

/// What came back with the browser.
pub struct Returned {
    pub code: Secret,
    /// Who says that it sent the browser back (RFC 9207).
    pub issuer: Option<String>,
}

/// A provider of logins: people prove to it who they are, and it tells us.
#[async_trait]
pub trait Provider: Send + Sync {
    fn id(&self) -> &ProviderId;
    /// What people know it by.
    fn label(&self) -> &str;
    /// The address that the browser is sent to.
    async fn address(&self, marks: &Marks) -> Result<String, ProviderError>;
    /// Exchanges the code, once, and verifies what comes of it.
    async fn identify(&self, returned: &Returned, marks: &Marks) -> Result<Told, ProviderError>;
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
    pub factors: Arc<dyn Factors>,
    pub challenges: Arc<dyn Challenges>,
    pub passkeys: Arc<dyn Passkeys>,
    pub identities: Arc<dyn Identities>,
    pub errands: Arc<dyn Errands>,
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

    /// Takes every factor from somebody, and their recovery codes; whether there was one.
    pub async fn remove_factors(&self, tx: &mut Tx, user: UserId) -> Result<bool, DbError> {
        let enrolled = self.factors.enrolled(tx, user).await?.any();
        self.factors.remove_totp(tx, user).await?;
        self.factors.put_recovery_codes(tx, user, &[]).await?;
        self.passkeys.remove_all(tx, user).await?;
        Ok(enrolled)
    }

    /// What somebody began and has not finished comes to nothing: logins that wait for a second factor, factors to be enrolled,
    /// and another address.
    pub async fn give_up_begun(&self, tx: &mut Tx, user: UserId, now: Timestamp) -> Result<(), DbError> {
        self.links.close(tx, user, Purpose::ChangeEmail, now).await?;
        self.challenges.close_all(tx, user).await?;
        self.factors.give_up_totp(tx, user).await?;
        self.passkeys.give_up(tx, user).await
    }

    /// Whoever works here has a factor, and has not shown one in this session: it is from before, or began otherwise.
    pub async fn owes_factor(
        &self,
        tx: &mut Tx,
        account: &Account,
        session: &Session,
    ) -> Result<bool, DbError> {
        if !account.standing.is_staff() || session.has_factor() {
            return Ok(false);
        }
        Ok(self.factors.enrolled(tx, account.id).await?.any())
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

/// What a look at wrapped secrets found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// They were under a former key, and are under the present one now.
    pub former: u64,
    /// No key opens them.
    pub unreadable: u64,
}

/// What is kept wrapped by a key that the store does not hold.
#[async_trait]
pub trait WrappedSecrets: Send + Sync {
    async fn signing_keys(&self, tx: &mut Tx) -> Result<Rewrapped, DbError>;
    /// Those of the owners after this one, a bounded number, and where to go on if there are more.
    async fn app_secrets(
        &self,
        tx: &mut Tx,
        after: Option<UserId>,
    ) -> Result<(Rewrapped, Option<UserId>), DbError>;
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

/// Whom an access token is for.
pub struct Holder {
    pub account: Account,
    pub session: Session,
    /// See [`Store::owes_factor`].
    pub owes_factor: bool,
}

/// Signs and reads access tokens, with keys that it holds in memory.
#[async_trait]
pub trait AccessTokens: Send + Sync {
    fn issue(&self, holder: &Holder, now: Timestamp) -> Result<AccessToken, AuthError>;
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
