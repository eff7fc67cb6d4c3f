//! Erasing people in a folder that is made from a backup, before it has its name: their profiles go, and all services find at the
//! first start what `user` tells them.

use crate::compose::{Berth, Means, Place, module};
use crate::config::Config;
use crate::control::operator;
use crate::erasures::{self, AT_ONCE, Erased, REMEMBERS, Repeated};
use crate::folder::Folder;
use crate::secrets::Secrets;
use anyhow::{Context, Result};
use hanse_rpc::{OPERATOR, Switchboard};
use hanse_runtime::{Tasks, TokioTimers};
use std::path::Path;
use std::sync::Arc;

/// `by`: who is at the command line. Nothing but the store of `user` is opened, and nothing of the shop runs: no mail is sent and
/// no money moves. Whoever works here is told in the answer, and then nobody is erased.
pub async fn erase(folder: &Path, people: &[Erased], by: &str) -> Result<Repeated> {
    let owned = Folder::own(folder)?;
    let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new());
    let config = Config::load(folder)?;
    let secrets = Secrets::load(&owned, &*effects.rng)?;
    let board = Switchboard::new(effects.clone());
    let ways = |service| board.network_of(service);
    let place = Place::Folder(folder.to_path_buf());
    let berth = Berth::new(place, &effects, &ways, secrets.keyring());
    let means = Means { config: &config, secrets: &secrets, redis: None, ended_sessions: Default::default() };
    let user = module(REMEMBERS, &berth, &means).await?;
    board.plug(REMEMBERS, user.rpc.clone(), user.allow.clone());
    let ctx = operator(&effects, by);
    let network = board.network_of(OPERATOR);
    let pages = async |look_only| {
        let mut all = Repeated::default();
        for some in people.chunks(AT_ONCE) {
            all.and(erasures::repeat(&network, (&ctx, &*effects.clock), some, look_only).await?);
        }
        Ok::<_, anyhow::Error>(all)
    };
    let looked = pages(true).await.context("people cannot be erased in the restored shop");
    let done = match looked {
        Ok(looked) if looked.of_staff.is_empty() => pages(false).await,
        other => other,
    };
    for (_, store) in berth.into_stores() {
        store.close().await;
    }
    done
}
