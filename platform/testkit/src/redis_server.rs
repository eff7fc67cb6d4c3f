//! A Redis for the tests of one process, and a part of it for each test.

use crate::private_redis::PrivateRedis;
use std::sync::{LazyLock, Mutex};
use uuid::Uuid;

/// Where a test finds its Redis, and under which prefix it has it to itself.
#[derive(Clone)]
pub struct RedisPlace {
    pub url: String,
    pub prefix: String,
}

/// A place of its own for the caller, on the server that all tests of this process share: given by the environment, else
/// started. A test that kills its server starts one with [`crate::private_redis::start`].
pub fn redis_place() -> RedisPlace {
    RedisPlace { url: server_url(), prefix: redis_prefix() }
}

/// A prefix that nobody has used.
pub fn redis_prefix() -> String {
    format!("test-{}", Uuid::now_v7().simple())
}

fn server_url() -> String {
    static OWN: LazyLock<Mutex<Option<PrivateRedis>>> = LazyLock::new(Mutex::default);
    if let Ok(url) = std::env::var("HANSE_TEST_REDIS_URL") {
        return url;
    }
    let mut own = OWN.lock().unwrap_or_else(|e| e.into_inner());
    own.get_or_insert_with(|| crate::private_redis::start().expect("a private Redis server")).url()
}
