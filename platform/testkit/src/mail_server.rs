//! A mail server on loopback that speaks just enough SMTP to take mails, and keeps them to be read.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Listens on a free port of 127.0.0.1; ends when dropped.
pub struct MailServer {
    address: SocketAddr,
    desk: Arc<Desk>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Desk {
    taken: Mutex<Vec<String>>,
    /// So many mails are still to be refused.
    busy: AtomicU32,
}

impl MailServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let desk = Arc::new(Desk::default());
        let behind = desk.clone();
        let accepting = tokio::spawn(async move {
            // Dropped with this task, conversations end with the server.
            let mut talks = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                while talks.try_join_next().is_some() {}
                let desk = behind.clone();
                // A client may hang up in the middle of a sentence.
                talks.spawn(async move { desk.talk(stream).await.unwrap_or_default() });
            }
        });
        Self { address, desk, accepting }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next mails are refused for now, as a busy server does.
    pub fn refuse(&self, mails: u32) {
        self.desk.busy.store(mails, Ordering::SeqCst);
    }

    /// How many of those have not come yet.
    pub fn to_be_refused(&self) -> u32 {
        self.desk.busy.load(Ordering::SeqCst)
    }

    /// What came, as it was sent.
    pub fn mails(&self) -> Vec<String> {
        self.desk.taken.lock().expect("not poisoned").clone()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Desk {
    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 test\r\n").await?;
        while let Some(line) = lines.next_line().await? {
            let verb = line.split_whitespace().next().unwrap_or("").to_ascii_uppercase();
            let reply: &[u8] = match verb.as_str() {
                "EHLO" | "HELO" => b"250 test\r\n",
                "MAIL" if self.is_busy() => b"451 later\r\n",
                "DATA" => {
                    write.write_all(b"354 go on\r\n").await?;
                    let mut mail = String::new();
                    while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                        mail.push_str(&line);
                        mail.push('\n');
                    }
                    self.taken.lock().expect("not poisoned").push(mail);
                    b"250 taken\r\n"
                }
                "QUIT" => {
                    write.write_all(b"221 bye\r\n").await?;
                    break;
                }
                _ => b"250 ok\r\n",
            };
            write.write_all(reply).await?;
        }
        Ok(())
    }

    fn is_busy(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        self.busy.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
    }
}
