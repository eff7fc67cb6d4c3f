//! All services, made over fresh stores and not started: for what can be read off them.

use hanse_runtime::Module;
use hanse_testkit::TestHost;

pub async fn modules(bench: &TestHost) -> Vec<Module> {
    let host = async |service, migrations| bench.host(service, migrations).await;
    let auth = hanse_auth::AuthConfig::default();
    let order = hanse_order::OrderConfig::new([7; 32]);
    let payment = hanse_payment::PaymentConfig::new([8; 32]);
    let mail = hanse_notification::NotificationConfig {
        public_url: "http://localhost".into(),
        shop_name: "Shop".into(),
        from: "shop@example.org".into(),
        smtp_url: None,
        keep: std::time::Duration::from_secs(90 * 24 * 60 * 60),
    };
    vec![
        hanse_auth::module(host("auth", hanse_auth::MIGRATIONS).await, auth).await.unwrap(),
        hanse_user::module(host("user", hanse_user::MIGRATIONS).await, ()).unwrap(),
        hanse_product::module(host("product", hanse_product::MIGRATIONS).await, Default::default()).unwrap(),
        hanse_inventory::module(host("inventory", hanse_inventory::MIGRATIONS).await, Default::default())
            .unwrap(),
        hanse_pricing::module(host("pricing", hanse_pricing::MIGRATIONS).await, Default::default()).unwrap(),
        hanse_cart::module(host("cart", hanse_cart::MIGRATIONS).await, Default::default()).unwrap(),
        hanse_order::module(host("order", hanse_order::MIGRATIONS).await, order).unwrap(),
        hanse_payment::module(host("payment", hanse_payment::MIGRATIONS).await, payment).unwrap(),
        hanse_notification::module(host("notification", hanse_notification::MIGRATIONS).await, mail).unwrap(),
        hanse_analytics::module(host("analytics", hanse_analytics::MIGRATIONS).await).unwrap(),
    ]
}
