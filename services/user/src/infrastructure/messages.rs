//! What user does about auth's messages.

use crate::application::OpenProfile;
use async_trait::async_trait;
use hanse_auth_contract::UserRegistered;
use hanse_database::Tx;
use hanse_messaging::{Handle, HandlerError, Received};

pub struct OnUserRegistered(pub OpenProfile);

#[async_trait]
impl Handle<UserRegistered> for OnUserRegistered {
    async fn handle(&self, tx: &mut Tx, received: &Received<UserRegistered>) -> Result<(), HandlerError> {
        let UserRegistered { user_id, staff } = received.message;
        Ok(self.0.run(tx, user_id, staff, received.time).await?)
    }
}
