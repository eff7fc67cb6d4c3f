//! A real SMTP conversation, against a server of the test's own on loopback.

use super::neighbours::{World, confirmed, order};
use hanse_kernel::Secret;
use hanse_notification::{MIGRATIONS, NotificationConfig};
use hanse_testkit::{Engine, TestHost};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Speaks just enough SMTP to take mails; the first is refused for now, as a busy server does.
async fn serve(
    stream: TcpStream,
    taken: Arc<Mutex<Vec<String>>>,
    refusals: Arc<Mutex<u32>>,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let reply: &[u8] = match line.split_whitespace().next().unwrap_or("").to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" => b"250 test\r\n",
            "MAIL" if refuse(&refusals) => b"451 later\r\n",
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    mail.push_str(&line);
                    mail.push('\n');
                }
                taken.lock().expect("not poisoned").push(mail);
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

fn refuse(refusals: &Mutex<u32>) -> bool {
    let mut left = refusals.lock().expect("not poisoned");
    let refuse = *left > 0;
    *left = left.saturating_sub(1);
    refuse
}

#[tokio::test]
async fn a_mail_goes_out_over_smtp_again_after_a_busy_server_with_its_own_message_id() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("smtp://{}", listener.local_addr().expect("an address"));
    let taken: Arc<Mutex<Vec<String>>> = Arc::default();
    let (server_taken, refusals) = (taken.clone(), Arc::new(Mutex::new(1)));
    let refused = refusals.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, server_taken.clone(), refusals.clone()));
        }
    });
    let shop = TestHost::new(Engine::Sqlite);
    World::settle_in(&shop, "confirmed", "en");
    let host = shop.host("notification", MIGRATIONS).await;
    let config = NotificationConfig {
        public_url: "https://kontor.example".into(),
        shop_name: "Kontor".into(),
        from: "Kontor <shop@kontor.example>".into(),
        smtp_url: Some(Secret::from(url)),
    };
    shop.start(hanse_notification::module(host, config).expect("starts"));
    shop.send("order", order(1), &confirmed(1)).await;
    shop.until("the mail was taken", async || !taken.lock().expect("not poisoned").is_empty()).await;
    let mail = taken.lock().expect("not poisoned")[0].clone();
    assert!(mail.contains("Subject: Your order H-10001 is confirmed"), "{mail}");
    assert!(mail.contains("Message-ID: <mail_") && mail.contains("To: ana@example.org"), "{mail}");
    assert_eq!(*refused.lock().expect("not poisoned"), 0, "the server was never busy");
}

#[tokio::test]
async fn a_wrong_smtp_address_stops_the_start_without_telling_its_password() {
    let shop = TestHost::new(Engine::Sqlite);
    let host = shop.host("notification", MIGRATIONS).await;
    let config = NotificationConfig {
        public_url: String::new(),
        shop_name: String::new(),
        from: "shop@kontor.example".into(),
        smtp_url: Some(Secret::from("gopher://ana:hunter2@x".to_string())),
    };
    let error = hanse_notification::module(host, config).err().expect("refused").to_string();
    assert!(error.contains("mail.smtp_url") && !error.contains("hunter2"), "{error}");
}
