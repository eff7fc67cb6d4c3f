//! A real SMTP conversation, against a server of the test's own on loopback.

use super::neighbours::{World, confirmed, order};
use hanse_kernel::Secret;
use hanse_notification::{MIGRATIONS, NotificationConfig};
use hanse_testkit::mail_server::MailServer;
use hanse_testkit::{Engine, TestHost};

#[tokio::test]
async fn a_mail_goes_out_over_smtp_again_after_a_busy_server_with_its_own_message_id() {
    let server = MailServer::start().await;
    server.refuse(1);
    let shop = TestHost::new(Engine::Sqlite);
    World::settle_in(&shop, "confirmed", "en");
    let host = shop.host("notification", MIGRATIONS).await;
    let config = NotificationConfig {
        public_url: "https://kontor.example".into(),
        shop_name: "Kontor".into(),
        from: "Kontor <shop@kontor.example>".into(),
        smtp_url: Some(Secret::from(format!("smtp://{}", server.address()))),
        keep: std::time::Duration::from_secs(90 * 24 * 60 * 60),
    };
    shop.start(hanse_notification::module(host, config).expect("starts"));
    shop.send("order", order(1), &confirmed(1)).await;
    shop.until("the mail was taken", async || !server.mails().is_empty()).await;
    let mail = server.mails()[0].clone();
    assert!(mail.contains("Subject: Your order H-10001 is confirmed"), "{mail}");
    assert!(mail.contains("Message-ID: <mail_") && mail.contains("To: ana@example.org"), "{mail}");
    assert_eq!(server.to_be_refused(), 0, "the server was never busy");
}

#[tokio::test]
async fn a_wrong_smtp_address_stops_the_start_without_telling_its_password() {
    let shop = TestHost::new(Engine::Sqlite);
    for (url, told) in
        [("gopher://ana:hunter2@x", "smtps://"), ("smtp://ana:hunter2@mail.example:587", "?tls=required")]
    {
        let host = shop.host("notification", MIGRATIONS).await;
        let config = NotificationConfig {
            public_url: String::new(),
            shop_name: String::new(),
            from: "shop@kontor.example".into(),
            smtp_url: Some(Secret::from(url.to_string())),
            keep: std::time::Duration::from_secs(90 * 24 * 60 * 60),
        };
        let error = hanse_notification::module(host, config).err().expect("refused").to_string();
        assert!(error.contains("mail.smtp_url") && error.contains(told), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
