//! Named crash points on real processes, without a hook in them: a line between a process and a store (or the broker) is
//! read as it passes, and the process is killed just before it commits, just after, between a publication and its confirm,
//! before an acknowledgement. What must not arrive any more is held back.

mod frames;
mod point;
mod postgres;
mod rabbit;
mod trap;

pub use point::{Moment, Point, Sight};
use postgres::Units;
use rabbit::Posts;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
pub use trap::Trap;
use trap::Verdict;

/// What is spoken on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    Postgres,
    RabbitMq,
}

/// Passes on to a server what one process says, and reads along; ends when dropped.
pub struct Brink {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

/// Whose line it is.
#[derive(Clone)]
pub struct Watched {
    pub service: &'static str,
    pub berth: String,
    pub tongue: Tongue,
    pub trap: Trap,
}

impl Brink {
    pub async fn to(target: SocketAddr, watched: Watched) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        Ok(Self { address, accepting: tokio::spawn(accept(listener, target, watched)) })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Brink {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, watched: Watched) {
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let watched = watched.clone();
        connections.spawn(async move {
            // As with a server that is away: the process finds its connection ended, and tries again.
            let Ok(far) = TcpStream::connect(target).await else { return };
            if near.set_nodelay(true).and_then(|()| far.set_nodelay(true)).is_err() {
                return;
            }
            let Some(process) = watched.trap.minded(&watched.berth) else { return };
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            let ear = Arc::new(Mutex::new(Ear::of(&watched)));
            let judge =
                |sights: &[Sight]| watched.trap.judge(watched.service, &watched.berth, process, sights);
            let there = pass(near_in, far_out, |bytes| judge(&hear(&ear, |ear| ear.asks(bytes))));
            let back = pass(far_in, near_out, |bytes| judge(&hear(&ear, |ear| ear.is_told(bytes))));
            // Whichever ends, the connection ends.
            tokio::select! { () = there => {}, () = back => {} }
        });
    }
}

fn hear(ear: &Mutex<Ear>, heard: impl FnOnce(&mut Ear) -> Vec<Sight>) -> Vec<Sight> {
    heard(&mut ear.lock().unwrap_or_else(PoisonError::into_inner))
}

enum Ear {
    Units(Units),
    Posts(Posts),
}

impl Ear {
    fn of(watched: &Watched) -> Self {
        match watched.tongue {
            Tongue::Postgres => Self::Units(Units::new(watched.service)),
            Tongue::RabbitMq => Self::Posts(Posts::new()),
        }
    }

    fn asks(&mut self, bytes: &[u8]) -> Vec<Sight> {
        match self {
            Self::Units(units) => units.asks(bytes),
            Self::Posts(posts) => posts.asks(bytes),
        }
    }

    fn is_told(&mut self, bytes: &[u8]) -> Vec<Sight> {
        match self {
            Self::Units(units) => units.is_told(bytes),
            Self::Posts(posts) => posts.is_told(bytes),
        }
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, judge: impl Fn(&[u8]) -> Verdict) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(read) if read > 0 => &buffer[..read],
            _ => return,
        };
        let verdict = judge(read);
        if verdict == Verdict::Hold {
            return;
        }
        let passed = to.write_all(read).await.is_ok();
        // Whether it arrived or not: the trap has told of this process as fallen.
        if let Verdict::PassAndKill(process) = verdict {
            trap::end(process);
            return;
        }
        if !passed {
            return;
        }
    }
}
