//! Which class a request is of, told by the route table before anything else is done with it.

use super::Class;
use crate::routes::RouteRule;
use axum::extract::Request;
use http::Method;
use std::collections::BTreeMap;
use std::sync::Arc;

const PROBES: [&str; 4] = ["/livez", "/readyz", "/startupz", "/metrics"];

/// The classes of the routes of one table. What is in no table (pages, their assets, mistakes) is browsing. Clones share it.
#[derive(Clone)]
pub struct Classes(Arc<matchit::Router<Vec<(Method, Class)>>>);

impl Classes {
    /// # Panics
    /// When two routes of the table cannot stand side by side; the router that serves them would refuse them as well.
    pub fn of<'a>(table: impl IntoIterator<Item = &'a RouteRule>) -> Self {
        let mut paths: BTreeMap<&str, Vec<(Method, Class)>> = BTreeMap::new();
        for rule in table {
            let class = rule.class.unwrap_or(Class::Browse);
            paths.entry(&rule.path).or_default().push((rule.method.clone(), class));
        }
        let mut routes = matchit::Router::new();
        for (path, methods) in paths {
            let added = routes.insert(path, methods);
            assert!(added.is_ok(), "{path} cannot stand beside the others: {added:?}");
        }
        Self(Arc::new(routes))
    }

    pub fn class_of(&self, request: &Request) -> Class {
        let path = request.uri().path();
        if PROBES.contains(&path) {
            return Class::Health;
        }
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        let Ok(found) = self.0.at(path) else { return Class::Browse };
        found.value.iter().find(|(m, _)| m == method).map_or(Class::Browse, |(_, class)| *class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Access;

    fn rule(method: Method, path: &str, class: Option<Class>) -> RouteRule {
        let path = path.to_string();
        let operation_id = String::new();
        RouteRule { method, path, access: Access::Public, operation_id, class, keep: None, body: 0 }
    }

    #[test]
    fn the_table_tells_and_what_it_does_not_know_is_browsing() {
        let classes = Classes::of(&[
            rule(Method::GET, "/api/carts/{id}", Some(Class::Cart)),
            rule(Method::POST, "/api/carts/{id}", Some(Class::Checkout)),
            rule(Method::GET, "/api/figures", Some(Class::Background)),
            rule(Method::GET, "/api/forgotten", None),
        ]);
        let told = |method: Method, path: &str| {
            let request = Request::builder().method(method).uri(path).body(axum::body::Body::empty());
            classes.class_of(&request.expect("a request"))
        };
        assert_eq!(told(Method::GET, "/api/carts/7?x=1"), Class::Cart);
        assert_eq!(told(Method::HEAD, "/api/carts/7"), Class::Cart);
        assert_eq!(told(Method::POST, "/api/carts/7"), Class::Checkout);
        assert_eq!(told(Method::GET, "/api/figures"), Class::Background);
        assert_eq!(told(Method::GET, "/readyz"), Class::Health);
        for (method, path) in [
            (Method::DELETE, "/api/carts/7"),
            (Method::GET, "/api/forgotten"),
            (Method::GET, "/products/rope"),
        ] {
            assert_eq!(told(method, path), Class::Browse);
        }
    }
}
