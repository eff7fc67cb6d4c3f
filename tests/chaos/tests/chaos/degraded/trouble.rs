//! What a row says is away or hung, made so and undone again.

use super::stall::Stall;
use super::table::{How, Row};
use anyhow::{Result, bail, ensure};
use hanse_chaos::{Layout, League, Store};
use hanse_journeys::until;
use hanse_testkit::proxy::{FaultProxy, Line};

/// Nobody answers for a payment under this token.
const NO_ANSWER: &str = "tok_timeout";

pub enum Trouble {
    Nothing,
    /// All processes of a service.
    Killed(Vec<String>),
    Frozen(Vec<String>),
    /// It is ended as a crash would.
    Down(Store),
    /// Every line to it goes dead.
    Silent(Store),
    Mail(Line),
    /// The provider of payments.
    Provider,
}

impl Trouble {
    pub fn of(row: &Row, league: &League) -> Result<Self> {
        let store = match row.name.as_str() {
            "nothing" => return Ok(Self::Nothing),
            "mail server" if row.how == How::Away => return Ok(Self::Mail(Line::Cut)),
            "mail server" => return Ok(Self::Mail(Line::HalfOpen)),
            "payment provider" => return Ok(Self::Provider),
            "PostgreSQL" => Some(Store::Postgres),
            "RabbitMQ" => Some(Store::RabbitMq),
            "Redis" => Some(Store::Redis),
            _ => None,
        };
        if let Some(store) = store {
            return Ok(if row.how == How::Away { Self::Down(store) } else { Self::Silent(store) });
        }
        if !Layout::services().any(|service| service == row.name) {
            bail!("{} is nothing that can be away", row.name);
        }
        let of = |process: &&String| process.rsplit_once('-').is_some_and(|(s, _)| s == row.name);
        let processes = league.layout.manned.iter().filter(of).cloned().collect();
        Ok(if row.how == How::Away { Self::Killed(processes) } else { Self::Frozen(processes) })
    }

    pub async fn begin(&self, league: &mut League, stall: &mut Stall) -> Result<()> {
        match self {
            Self::Nothing => {}
            Self::Killed(processes) => {
                for process in processes {
                    league.kill(process).await?;
                }
            }
            Self::Frozen(processes) => processes.iter().try_for_each(|name| league.freeze(name, true))?,
            Self::Down(store) => {
                stall.kept(league).await?;
                league.servers.take_down(*store)?;
            }
            Self::Silent(store) => {
                stall.kept(league).await?;
                lines_to(league, *store).for_each(|line| line.set(Line::HalfOpen));
            }
            Self::Mail(fault) => league.mail.line.set(*fault),
            Self::Provider => stall.token = NO_ANSWER,
        }
        Ok(())
    }

    /// It lasted until now, and was felt.
    pub async fn was_there(&self, league: &League) -> Result<()> {
        match self {
            // A process that was killed has been waited for; a payment that nobody answers for is in its cell.
            Self::Nothing | Self::Killed(_) | Self::Down(_) | Self::Provider => {}
            Self::Frozen(processes) => {
                for name in processes {
                    ensure!(league.is_frozen(name)?, "{name} was not frozen");
                }
            }
            Self::Silent(store) => {
                let felt: u64 = lines_to(league, *store).map(FaultProxy::faults).sum();
                ensure!(felt > 0, "nobody noticed that {store:?} was silent");
            }
            Self::Mail(fault) => {
                until(&format!("a mail to meet {fault:?}"), async || {
                    Ok(Some(()).filter(|()| league.mail.line.faults() > 0))
                })
                .await?;
            }
        }
        Ok(())
    }

    pub async fn end(&self, league: &mut League) -> Result<()> {
        match self {
            Self::Nothing | Self::Provider => {}
            Self::Killed(processes) => {
                for process in processes {
                    league.man(process)?;
                }
                for process in processes {
                    league.ready(process).await?;
                }
            }
            Self::Frozen(processes) => processes.iter().try_for_each(|name| league.freeze(name, false))?,
            Self::Down(store) => league.servers.bring_back(*store)?,
            Self::Silent(store) => lines_to(league, *store).for_each(|line| line.set(Line::Clear)),
            Self::Mail(_) => league.mail.line.set(Line::Clear),
        }
        Ok(())
    }
}

fn lines_to(league: &League, store: Store) -> impl Iterator<Item = &FaultProxy> {
    league.lines.iter().filter(move |((_, to), _)| *to == store).map(|(_, line)| line)
}
