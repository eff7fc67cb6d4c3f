//! Roles that the shop makes for itself; and the rule that nobody grants what they do not hold.

use crate::application::ports::Store;
use crate::application::{AuthError, Faults};
use crate::domain::{BuiltIn, CustomRole, Role, RoleName};
use hanse_database::DbError;
use hanse_kernel::{Actor, Ctx, Effects, Permission};
use hanse_record::Entry;
use serde_json::json;
use std::collections::BTreeSet;

#[derive(Clone)]
pub struct CustomRoles {
    pub store: Store,
    pub effects: Effects,
}

impl CustomRoles {
    /// The built-in ones first.
    pub async fn list(&self) -> Result<Vec<Role>, AuthError> {
        let found = self
            .store
            .db
            .read(self.store.clone(), |tx, store| Box::pin(async move { store.roles.all(tx).await }));
        let found: Result<Vec<CustomRole>, DbError> = found.await;
        let built_in = BuiltIn::ALL.into_iter().map(Role::BuiltIn);
        Ok(built_in.chain(found?.into_iter().map(Role::Custom)).collect())
    }

    pub async fn create(
        &self,
        ctx: &Ctx,
        name: &str,
        permissions: &[String],
    ) -> Result<CustomRole, AuthError> {
        let mut faults = Faults::default();
        let name = RoleName::parse(name).map_err(|e| faults.add("name", "format", e)).ok();
        let permissions = faults.permissions(permissions);
        let role = faults.unless(name.zip(permissions))?;
        let role = CustomRole { name: role.0, permissions: role.1 };
        may_grant(&ctx.actor, &role.permissions)?;
        let input = (self.clone(), ctx.clone(), role.clone());
        let made = self.store.db.tx(input, |tx, (this, ctx, role)| {
            Box::pin(async move {
                if this.store.roles.by_name(tx, &role.name).await?.is_some() {
                    return Err(AuthError::RoleExists);
                }
                let added = this.store.roles.add(tx, role, this.effects.now()).await?;
                if !added {
                    return Err(AuthError::TooManyRoles);
                }
                let entry = Entry::new("role.made", "role", role.name.as_str());
                let entry = entry.became(json!({"permissions": role.permissions}));
                Ok(this.store.record.note(tx, ctx, entry).await?)
            })
        });
        made.await.map(|()| role)
    }

    /// Whoever has it may do something else from their next access token on. Nobody takes away what they do not hold either.
    pub async fn change(
        &self,
        ctx: &Ctx,
        name: &str,
        permissions: &[String],
    ) -> Result<CustomRole, AuthError> {
        let name = own_name(name)?;
        let mut faults = Faults::default();
        let permissions = faults.permissions(permissions);
        let permissions = faults.unless(permissions)?;
        may_grant(&ctx.actor, &permissions)?;
        let role = CustomRole { name, permissions };
        let input = (self.clone(), ctx.clone(), role.clone());
        let changed = self.store.db.tx(input, |tx, (this, ctx, role)| {
            Box::pin(async move {
                let before = this.store.roles.by_name(tx, &role.name).await?.ok_or(AuthError::UnknownRole)?;
                may_grant(&ctx.actor, &before.permissions)?;
                this.store.roles.save(tx, role, this.effects.now()).await?;
                let permissions = |role: &CustomRole| json!({"permissions": role.permissions});
                let entry = Entry::new("role.changed", "role", role.name.as_str());
                let entry = entry.changed(permissions(&before), permissions(role));
                Ok(this.store.record.note(tx, ctx, entry).await?)
            })
        });
        changed.await.map(|()| role)
    }

    pub async fn remove(&self, ctx: &Ctx, name: &str) -> Result<(), AuthError> {
        let name = own_name(name)?;
        let removed = self.store.db.tx((self.store.clone(), ctx.clone(), name), |tx, (store, ctx, name)| {
            Box::pin(async move {
                let role = store.roles.by_name(tx, name).await?.ok_or(AuthError::UnknownRole)?;
                if store.roles.is_held(tx, name).await? {
                    return Err(AuthError::RoleInUse);
                }
                store.roles.remove(tx, name).await?;
                let entry = Entry::new("role.removed", "role", name.as_str());
                let entry = entry.was(json!({"permissions": role.permissions}));
                Ok(store.record.note(tx, ctx, entry).await?)
            })
        });
        removed.await
    }
}

fn own_name(name: &str) -> Result<RoleName, AuthError> {
    match name.parse::<BuiltIn>() {
        Ok(_) => Err(AuthError::RoleBuiltIn),
        Err(_) => RoleName::parse(name).map_err(|_| AuthError::UnknownRole),
    }
}

/// Who may hire may not thereby rise: nobody grants what they do not hold. The operator's command line stands above.
pub fn may_grant(actor: &Actor, permissions: &BTreeSet<Permission>) -> Result<(), AuthError> {
    let allowed = match actor {
        Actor::Staff { permissions: own, .. } => permissions.is_subset(own),
        Actor::Service { .. } => true,
        Actor::Anonymous | Actor::Customer { .. } | Actor::OrderHolder { .. } => false,
    };
    if allowed { Ok(()) } else { Err(AuthError::RoleBeyondOwn) }
}
