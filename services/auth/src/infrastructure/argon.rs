//! Argon2id in a pool of its own: so many at once, so many waiting, and no more; and behind everything else that the
//! process has to do.

use super::backroom::Backroom;
use crate::application::AuthError;
use crate::application::ports::{Checked, PasswordHasher};
use crate::domain::{Password, PasswordHash};
use argon2::password_hash::phc::{Output, PasswordHash as Phc};
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, KeyId, Params, ParamsBuilder, Version};
use async_trait::async_trait;
use hanse_kernel::personal::ExposeSecret;
use hanse_kernel::{Rng, Secret};
use sha2::{Digest, Sha256};
use std::fmt::Display;
use std::sync::Arc;
use tokio::sync::{Semaphore, oneshot};

/// How hard hashing is, and how much of it happens at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hashing {
    pub memory_kib: u32,
    pub iterations: u32,
    pub lanes: u32,
    /// Passwords worked on at the same time. Each takes a core and `memory_kib`.
    pub workers: usize,
    /// Passwords that may wait for a worker; beyond, logins are told to come again.
    pub queue: usize,
}

/// The OWASP Password Storage Cheat Sheet's first choice for argon2id: 19 MiB, 2 iterations, 1 lane.
impl Default for Hashing {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, iterations: 2, lanes: 1, workers: 2, queue: 128 }
    }
}

/// Secrets that go into hashes and are kept elsewhere than those (argon2's parameter K, RFC 9106 section 3.1). A hash names
/// the one that it was made with, and does not tell it.
#[derive(Clone, Default)]
pub struct Peppers {
    present: Option<Pepper>,
    former: Vec<Pepper>,
}

#[derive(Clone)]
struct Pepper {
    id: [u8; 8],
    secret: Secret,
}

impl Pepper {
    fn new(secret: &Secret) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"which pepper is this: ");
        hash.update(secret.expose_secret());
        let digest: [u8; 32] = hash.finalize().into();
        let mut id = [0; 8];
        id.copy_from_slice(&digest[..8]);
        Self { id, secret: secret.clone() }
    }
}

impl Peppers {
    pub fn new(present: Option<&Secret>, former: &[Secret]) -> Self {
        Self { present: present.map(Pepper::new), former: former.iter().map(Pepper::new).collect() }
    }

    /// None: it is not at hand.
    fn by_id(&self, id: &[u8]) -> Option<&Pepper> {
        self.present.iter().chain(&self.former).find(|pepper| pepper.id == id)
    }
}

/// What works with `params`, and with the pepper if there is one.
fn argon(params: Params, pepper: Option<&Pepper>) -> Result<Argon2<'_>, AuthError> {
    let secret = pepper.map_or(&[][..], |pepper| pepper.secret.expose_secret().as_bytes());
    Argon2::new_with_secret(secret, Algorithm::Argon2id, Version::V0x13, params).map_err(crypto)
}

pub struct ArgonPool {
    params: Params,
    peppers: Peppers,
    /// The hash of nothing, for addresses that nobody has: as much work as any, and no password matches.
    decoy: PasswordHash,
    rng: Arc<dyn Rng>,
    admitted: Arc<Semaphore>,
    workers: Backroom,
}

impl ArgonPool {
    pub fn new(hashing: Hashing, peppers: Peppers, rng: Arc<dyn Rng>) -> Result<Self, AuthError> {
        let mut params = ParamsBuilder::new();
        params.m_cost(hashing.memory_kib).t_cost(hashing.iterations).p_cost(hashing.lanes);
        if let Some(pepper) = &peppers.present {
            params.keyid(KeyId::new(&pepper.id).map_err(crypto)?);
        }
        let params = params.build().map_err(crypto)?;
        let decoy = decoy(&params, &*rng)?;
        Ok(Self {
            params,
            peppers,
            decoy,
            rng,
            admitted: Arc::new(Semaphore::new(hashing.workers + hashing.queue)),
            workers: Backroom::open("passwords", hashing.workers).map_err(crypto)?,
        })
    }

    /// The permit goes with the work: when a caller gives up waiting, the core is still taken.
    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        let Ok(admitted) = self.admitted.clone().try_acquire_owned() else {
            metrics::counter!("auth_hashing_refused_total").increment(1);
            return Err(AuthError::Busy);
        };
        metrics::counter!("auth_hashings_total").increment(1);
        let (tell, told) = oneshot::channel();
        self.workers.give(move || {
            let _permit = admitted;
            // Whoever asked may have left; then there is nobody to tell.
            let _ = tell.send(job());
        });
        told.await.map_err(|_| crypto("a worker gave up"))?
    }
}

fn crypto(error: impl Display) -> AuthError {
    AuthError::Crypto(format!("argon2: {error}"))
}

/// A hash of today's parameters whose outcome is random: found in no time, and checked like any other.
fn decoy(params: &Params, rng: &dyn Rng) -> Result<PasswordHash, AuthError> {
    let mut random = [0; 48];
    rng.fill(&mut random);
    let (salt, outcome) = random.split_at(16);
    // The cheapest parameters give the frame; what makes it costly to check is put in below.
    let frame = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8, 1, 1, None).map_err(crypto)?);
    let mut phc: Phc = frame.hash_password_with_salt(&[], salt).map_err(crypto)?;
    phc.params = params.try_into().map_err(crypto)?;
    phc.hash = Some(Output::new(outcome).map_err(crypto)?);
    Ok(PasswordHash::new(phc.to_string()))
}

#[async_trait]
impl PasswordHasher for ArgonPool {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, AuthError> {
        let (password, params, pepper) =
            (password.clone(), self.params.clone(), self.peppers.present.clone());
        let mut salt = [0; 16];
        self.rng.fill(&mut salt);
        self.work(move || {
            let bytes = password.secret().expose_secret().as_bytes();
            let argon = argon(params, pepper.as_ref())?;
            let phc: Phc = argon.hash_password_with_salt(bytes, &salt).map_err(crypto)?;
            Ok(PasswordHash::new(phc.to_string()))
        })
        .await
    }

    async fn check(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<Checked, AuthError> {
        let (password, today, peppers) = (password.clone(), self.params.clone(), self.peppers.clone());
        let hash = hash.unwrap_or(&self.decoy).clone();
        self.work(move || {
            let phc = Phc::new(hash.as_str()).map_err(crypto)?;
            let made_with = Params::try_from(&phc).map_err(crypto)?;
            let bytes = password.secret().expose_secret().as_bytes();
            let pepper = peppers.by_id(made_with.keyid());
            // Works with the parameters of the hash, and compares in constant time.
            let matches = argon(made_with.clone(), pepper)?.verify_password(bytes, &phc).is_ok();
            let at_hand = made_with.keyid().is_empty() || pepper.is_some();
            if !at_hand {
                tracing::error!(
                    "a password was hashed with a pepper that is not at hand: nobody can log in with it"
                );
            }
            let outdated = phc.algorithm != Algorithm::Argon2id.ident()
                || (made_with.m_cost(), made_with.t_cost(), made_with.p_cost(), made_with.keyid())
                    != (today.m_cost(), today.t_cost(), today.p_cost(), today.keyid());
            Ok(Checked { matches: matches && at_hand, outdated })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::effects::SeededRng;

    fn peppered(hashing: Hashing, present: Option<&str>, former: &[&str]) -> ArgonPool {
        let former: Vec<Secret> = former.iter().map(|pepper| (*pepper).into()).collect();
        let peppers = Peppers::new(present.map(Secret::from).as_ref(), &former);
        ArgonPool::new(hashing, peppers, Arc::new(SeededRng::new(1))).unwrap()
    }

    fn pool(hashing: Hashing) -> ArgonPool {
        peppered(hashing, None, &[])
    }

    fn cheap() -> Hashing {
        Hashing { memory_kib: 64, iterations: 1, ..Hashing::default() }
    }

    fn password(text: &str) -> Password {
        Password::typed(&text.into())
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_and_no_other() {
        let pool = pool(cheap());
        let hash = pool.hash(&password("correct horse")).await.unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        let check = async |text: &str| pool.check(&password(text), Some(&hash)).await.unwrap().matches;
        assert!(check("correct horse").await);
        assert!(!check("correct horsf").await);
        assert!(!check("").await);
        assert!(!pool.check(&password("anything"), None).await.unwrap().matches);
        assert_ne!(pool.hash(&password("correct horse")).await.unwrap().as_str(), hash.as_str());
    }

    #[tokio::test]
    async fn a_hash_of_other_parameters_still_opens_and_is_told() {
        let hash = pool(cheap()).hash(&password("correct horse")).await.unwrap();
        let harder = pool(Hashing { iterations: 2, ..cheap() });
        let checked = harder.check(&password("correct horse"), Some(&hash)).await.unwrap();
        assert_eq!(checked, Checked { matches: true, outdated: true });
        let decoy = harder.check(&password("x"), None).await.unwrap();
        assert_eq!(decoy, Checked { matches: false, outdated: false });
    }

    #[tokio::test]
    async fn a_hash_opens_only_with_the_pepper_that_it_was_made_with() {
        let right = password("correct horse");
        let hash = peppered(cheap(), Some("salt"), &[]).hash(&right).await.unwrap();
        assert!(!hash.as_str().contains("salt") && hash.as_str().contains("keyid="), "{}", hash.as_str());
        let checked = async |present, former: &[&str]| {
            peppered(cheap(), present, former).check(&right, Some(&hash)).await.unwrap()
        };
        assert_eq!(checked(Some("salt"), &[]).await, Checked { matches: true, outdated: false });
        assert!(!checked(None, &[]).await.matches, "the hash alone is of no use");
        assert!(!checked(Some("sugar"), &[]).await.matches);
        let turned = checked(Some("sugar"), &["salt"]).await;
        assert_eq!(turned, Checked { matches: true, outdated: true }, "and is hashed anew");
        let plain = pool(cheap()).hash(&right).await.unwrap();
        let seasoned = peppered(cheap(), Some("salt"), &[]).check(&right, Some(&plain)).await.unwrap();
        assert_eq!(seasoned, Checked { matches: true, outdated: true });
    }

    #[tokio::test]
    async fn beyond_its_queue_the_pool_refuses_instead_of_growing() {
        let pool = pool(Hashing { memory_kib: 4096, workers: 1, queue: 2, ..Hashing::default() });
        let flood = futures::future::join_all((0..20).map(|_| async { pool.hash(&password("x")).await }));
        let answers = flood.await;
        let refused = answers.iter().filter(|a| matches!(a, Err(AuthError::Busy))).count();
        assert_eq!((answers.iter().filter(|a| a.is_ok()).count(), refused), (3, 17));
        assert!(pool.hash(&password("x")).await.is_ok(), "afterwards it works again");
    }

    #[test]
    fn parameters_that_argon2_refuses_are_refused_at_the_start() {
        let weak = Hashing { memory_kib: 1, ..Hashing::default() };
        assert!(ArgonPool::new(weak, Peppers::default(), Arc::new(SeededRng::new(1))).is_err());
    }
}
