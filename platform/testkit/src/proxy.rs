//! A small proxy between a service and what it depends on, whose line a test cuts, lets go dead, or slows down. It
//! counts what it has done: a fault that never fired proves nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Everything passes.
    Clear,
    /// Open connections end, new ones are refused after they were accepted.
    Cut,
    /// Connections stay open and nothing passes: what a lost route looks like.
    HalfOpen,
    /// Every piece of data comes so much later.
    Slow(Duration),
}

/// Listens on a free port of 127.0.0.1 and passes on to a target; ends when dropped.
pub struct FaultProxy {
    address: SocketAddr,
    line: watch::Sender<Line>,
    faults: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

impl FaultProxy {
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let line = watch::Sender::new(Line::Clear);
        let faults = Arc::new(AtomicU64::new(0));
        let accepting = tokio::spawn(accept(listener, target, line.subscribe(), faults.clone()));
        Self { address, line, faults, accepting }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn set(&self, line: Line) {
        self.line.send_replace(line);
    }

    /// How many connections a fault has ended, and how many pieces of data it has held back or slowed down.
    pub fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    target: SocketAddr,
    line: watch::Receiver<Line>,
    faults: Arc<AtomicU64>,
) {
    // Dropped with this task, they end with the proxy.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        if *line.borrow() == Line::Cut {
            faults.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        let (line, faults) = (line.clone(), faults.clone());
        connections.spawn(async move {
            let Ok(far) = TcpStream::connect(target).await else { return };
            // Small messages must not wait for each other.
            let _ = near.set_nodelay(true).and_then(|()| far.set_nodelay(true));
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            let there = pass(near_in, far_out, line.clone(), faults.clone());
            let back = pass(far_in, near_out, line.clone(), faults.clone());
            tokio::select! { biased;
                () = cut(line) => { faults.fetch_add(1, Ordering::Relaxed); }
                ((), ()) = async { tokio::join!(there, back) } => {}
            }
        });
    }
}

async fn cut(mut line: watch::Receiver<Line>) {
    if line.wait_for(|line| *line == Line::Cut).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut line: watch::Receiver<Line>,
    faults: Arc<AtomicU64>,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(read) = from.read(&mut buffer).await else { return };
        if read == 0 {
            // One side has said its last; the other may go on.
            let _ = to.shutdown().await;
            return;
        }
        let now = *line.borrow();
        match now {
            Line::Clear | Line::Cut => {}
            Line::Slow(by) => {
                faults.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(by).await;
            }
            Line::HalfOpen => {
                faults.fetch_add(1, Ordering::Relaxed);
                if line.wait_for(|line| *line != Line::HalfOpen).await.is_err() {
                    return;
                }
            }
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
