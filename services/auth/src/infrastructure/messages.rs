//! What auth does about user's messages.

use crate::application::EraseAccount;
use async_trait::async_trait;
use hanse_database::Tx;
use hanse_messaging::{Handle, HandlerError, Received};
use hanse_user_contract::UserErased;

pub struct OnUserErased(pub EraseAccount);

#[async_trait]
impl Handle<UserErased> for OnUserErased {
    async fn handle(&self, tx: &mut Tx, received: &Received<UserErased>) -> Result<(), HandlerError> {
        Ok(self.0.run(tx, received.message.user_id).await?)
    }
}
