//! What auth tells the audit: invariant 18, one live refresh token per family.

use crate::world::{World, config, on_both};
use hanse_rpc::audit::audit_client::AuditClient;
use hanse_rpc::audit::{Breach, ExamineRequest};

async fn breaches(world: &World) -> Vec<Breach> {
    let mut audit = AuditClient::new(world.test.network_of("hanse").link("auth"));
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let at_rest_since = world.test.effects.now().micros();
        let reply = audit
            .examine(ExamineRequest { at_rest_since, after, ..Default::default() })
            .await
            .expect("an answer")
            .into_inner();
        found.extend(reply.breaches);
        if reply.next.is_empty() {
            return found;
        }
        after = reply.next;
    }
}

#[tokio::test]
async fn a_sound_store_has_nothing_to_tell() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let tokens = world.tokens("ana@example.org").await;
        world.refresh(&tokens.refresh).await.expect(200);
        world.refresh(&tokens.refresh).await.expect(401);
        world.tokens("ana@example.org").await;
        world.cookie("ana@example.org").await;
        world.test.settle().await;
        assert_eq!(breaches(&world).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_family_without_or_with_a_second_live_token_is_told() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        world.tokens("ana@example.org").await;
        world.test.settle().await;
        world.meddle("update refresh_tokens set used_at = issued_at").await;
        let found = breaches(&world).await;
        assert_eq!(found.iter().map(|b| b.invariant).collect::<Vec<_>>(), [18], "{found:?}");
        world.meddle("update refresh_tokens set used_at = null").await;
        assert_eq!(breaches(&world).await, []);
        world.meddle("update sessions set ended_at = started_at, ended_because = 'logout'").await;
        assert_eq!(breaches(&world).await.len(), 1, "an ended session has no live token");
    })
    .await;
}

#[tokio::test]
async fn the_store_itself_refuses_a_second_live_token() {
    on_both(config, async |world| {
        world.register("ana@example.org").await;
        let tokens = world.tokens("ana@example.org").await;
        world.refresh(&tokens.refresh).await.expect(200);
        let refused = world
            .host
            .db
            .tx((), |tx, ()| {
                use hanse_database::sql::Sql;
                Box::pin(tx.execute("update refresh_tokens set used_at = null", &[]))
            })
            .await;
        let error: hanse_database::DbError = refused.unwrap_err();
        assert!(error.is_unique("refresh_tokens"), "{error}");
    })
    .await;
}
