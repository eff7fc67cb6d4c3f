//! Argon2id in a pool of its own: so many at once, so many waiting, and no more.

use crate::application::AuthError;
use crate::application::ports::{Checked, PasswordHasher};
use crate::domain::{Password, PasswordHash};
use argon2::password_hash::phc::{Output, PasswordHash as Phc};
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use hanse_kernel::Rng;
use hanse_kernel::personal::ExposeSecret;
use std::fmt::Display;
use std::sync::Arc;
use tokio::sync::Semaphore;

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

pub struct ArgonPool {
    argon: Argon2<'static>,
    /// The hash of nothing, for addresses that nobody has: as much work as any, and no password matches.
    decoy: PasswordHash,
    rng: Arc<dyn Rng>,
    admitted: Arc<Semaphore>,
    workers: Arc<Semaphore>,
}

impl ArgonPool {
    pub fn new(hashing: Hashing, rng: Arc<dyn Rng>) -> Result<Self, AuthError> {
        let params =
            Params::new(hashing.memory_kib, hashing.iterations, hashing.lanes, None).map_err(crypto)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = decoy(&argon, &*rng)?;
        Ok(Self {
            argon,
            decoy,
            rng,
            admitted: Arc::new(Semaphore::new(hashing.workers + hashing.queue)),
            workers: Arc::new(Semaphore::new(hashing.workers)),
        })
    }

    /// The permits go with the work: when a caller gives up waiting, the core is still taken.
    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce(Argon2<'static>) -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        let Ok(admitted) = self.admitted.clone().try_acquire_owned() else {
            metrics::counter!("auth_hashing_refused_total").increment(1);
            return Err(AuthError::Busy);
        };
        let worker = self.workers.clone().acquire_owned().await.map_err(crypto)?;
        let argon = self.argon.clone();
        let work = tokio::task::spawn_blocking(move || {
            let _permits = (admitted, worker);
            job(argon)
        });
        work.await.map_err(crypto)?
    }
}

fn crypto(error: impl Display) -> AuthError {
    AuthError::Crypto(format!("argon2: {error}"))
}

/// A hash of today's parameters whose outcome is random: found in no time, and checked like any other.
fn decoy(argon: &Argon2<'_>, rng: &dyn Rng) -> Result<PasswordHash, AuthError> {
    let mut random = [0; 48];
    rng.fill(&mut random);
    let (salt, outcome) = random.split_at(16);
    // The cheapest parameters give the frame; what makes it costly to check is put in below.
    let frame = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8, 1, 1, None).map_err(crypto)?);
    let mut phc: Phc = frame.hash_password_with_salt(&[], salt).map_err(crypto)?;
    phc.params = argon.params().try_into().map_err(crypto)?;
    phc.hash = Some(Output::new(outcome).map_err(crypto)?);
    Ok(PasswordHash::new(phc.to_string()))
}

#[async_trait]
impl PasswordHasher for ArgonPool {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, AuthError> {
        let password = password.clone();
        let mut salt = [0; 16];
        self.rng.fill(&mut salt);
        self.work(move |argon| {
            let bytes = password.secret().expose_secret().as_bytes();
            let phc: Phc = argon.hash_password_with_salt(bytes, &salt).map_err(crypto)?;
            Ok(PasswordHash::new(phc.to_string()))
        })
        .await
    }

    async fn check(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<Checked, AuthError> {
        let password = password.clone();
        let hash = hash.unwrap_or(&self.decoy).clone();
        self.work(move |argon| {
            let phc = Phc::new(hash.as_str()).map_err(crypto)?;
            let made_with = Params::try_from(&phc).map_err(crypto)?;
            let bytes = password.secret().expose_secret().as_bytes();
            // Works with the parameters of the hash, and compares in constant time.
            let matches = argon.verify_password(bytes, &phc).is_ok();
            let today = argon.params();
            let outdated = phc.algorithm != Algorithm::Argon2id.ident()
                || (made_with.m_cost(), made_with.t_cost(), made_with.p_cost())
                    != (today.m_cost(), today.t_cost(), today.p_cost());
            Ok(Checked { matches, outdated })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_kernel::effects::SeededRng;

    fn pool(hashing: Hashing) -> ArgonPool {
        ArgonPool::new(hashing, Arc::new(SeededRng::new(1))).unwrap()
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
        assert!(ArgonPool::new(weak, Arc::new(SeededRng::new(1))).is_err());
    }
}
