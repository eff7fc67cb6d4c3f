//! Notification's endpoints: templates for staff, and the outbox for whoever sits at this machine.

mod outbox;
mod templates;

use crate::application::mails::Mails;
use crate::application::templates::ManageTemplates;
use hanse_http::{Access, BuiltRoutes, Class, Routes, routes};
use hanse_kernel::Permission;

#[derive(Clone)]
pub(crate) struct Api {
    pub templates: ManageTemplates,
    pub mails: Mails,
}

/// The outbox is open only while mails go there. Its paths are for loopback clients: the gateway sees to that.
pub(crate) fn routes_of(api: Api, outbox_open: bool) -> BuiltRoutes {
    let (read, write) =
        (Access::Staff(Permission::NotificationsRead), Access::Staff(Permission::NotificationsWrite));
    let mut routes = Routes::new("notification")
        .class(Class::Background)
        .route(read, routes!(templates::list_templates))
        .route(write, routes!(templates::put_template));
    if outbox_open {
        routes = routes
            .route(Access::Public, routes!(outbox::mail_list_page))
            .route(Access::Public, routes!(outbox::mail_style))
            .route(Access::Public, routes!(outbox::mail_page))
            .route(Access::Public, routes!(outbox::mail_body))
            .route(Access::Public, routes!(outbox::list_mails));
    }
    routes.with_state(api).build()
}
