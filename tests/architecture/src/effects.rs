//! Rule: nothing that makes two runs differ: `select!` without `biased`, and walking a hash map in its random order.

use crate::{Breach, Source};
use anyhow::{Context, Result};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

const RULE: &str = "effects";

/// Says why a walk over a hash map is harmless; stands on its line or the one above.
const EXCUSE: &str = "order does not matter";

const WALKS: [&str; 12] = [
    "iter",
    "iter_mut",
    "into_iter",
    "keys",
    "into_keys",
    "values",
    "values_mut",
    "into_values",
    "drain",
    "extract_if",
    "retain",
    "next",
];

/// Code that never runs in a shop.
const EXEMPT: [&str; 5] = ["tests/", "bench/", "xtask/", "platform/testkit/", "platform/fuzz/"];

pub fn breaches(sources: &[Source]) -> Result<Vec<Breach>> {
    let mut found = Vec::new();
    let ours = |source: &&Source| {
        source.path.ends_with(".rs")
            && !source.path.contains("/tests/")
            && !EXEMPT.iter().any(|folder| source.path.starts_with(folder))
    };
    for source in sources.iter().filter(ours) {
        // Parsing is most of the cost; a file without these words has nothing to find.
        if ["select!", "HashMap", "HashSet"].iter().any(|word| source.text.contains(word)) {
            let file =
                syn::parse_file(&source.text).with_context(|| format!("cannot parse {}", source.path))?;
            let mut names = Names::default();
            names.visit_file(&file);
            let mut finder = Finder { source, names: names.found, breaches: &mut found };
            finder.visit_file(&file);
        }
    }
    Ok(found)
}

/// Names (fields, variables, parameters, functions' results) that hold a hash map or set somewhere in the file.
#[derive(Default)]
struct Names {
    found: BTreeSet<String>,
}

fn says_hash(tokens: &impl quote::ToTokens) -> bool {
    fn any(stream: TokenStream) -> bool {
        stream.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == "HashMap" || ident == "HashSet",
            TokenTree::Group(group) => any(group.stream()),
            _ => false,
        })
    }
    any(tokens.to_token_stream())
}

/// The type of the value itself, looking through references, locks and pointers; not a map inside a list.
fn is_hash(ty: &syn::Type) -> bool {
    match ty {
        syn::Type::Reference(reference) => is_hash(&reference.elem),
        syn::Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            let wraps = ["Arc", "Rc", "Box", "Mutex", "RwLock", "RefCell", "Option"].contains(&name.as_str());
            name == "HashMap" || name == "HashSet" || (wraps && says_hash(&last.arguments))
        }),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_field(&mut self, field: &'ast syn::Field) {
        if let Some(name) = field.ident.as_ref().filter(|_| is_hash(&field.ty)) {
            self.found.insert(name.to_string());
        }
    }

    fn visit_pat_type(&mut self, pattern: &'ast syn::PatType) {
        if let syn::Pat::Ident(name) = &*pattern.pat
            && is_hash(&pattern.ty)
        {
            self.found.insert(name.ident.to_string());
        }
        visit::visit_pat_type(self, pattern);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let (syn::Pat::Ident(name), Some(init)) = (&local.pat, &local.init)
            && makes_hash(&init.expr)
        {
            self.found.insert(name.ident.to_string());
        }
        visit::visit_local(self, local);
    }
}

/// `HashMap::new()`, `HashSet::from(…)`, `….collect::<HashMap<_, _>>()`.
fn makes_hash(expr: &syn::Expr) -> bool {
    match expr {
        syn::Expr::Call(call) => says_hash(&call.func),
        syn::Expr::MethodCall(call) => {
            call.method == "collect" && call.turbofish.as_ref().is_some_and(says_hash)
        }
        syn::Expr::Try(inner) => makes_hash(&inner.expr),
        _ => false,
    }
}

struct Finder<'a> {
    source: &'a Source,
    names: BTreeSet<String>,
    breaches: &'a mut Vec<Breach>,
}

impl Finder<'_> {
    fn refuse(&mut self, line: usize, text: &str) {
        self.breaches.push(Breach::new(&self.source.path, line, RULE, text));
    }

    fn walk(&mut self, line: usize, name: &str) {
        let above = self.source.text.lines().skip(line.saturating_sub(2)).take(2);
        if !above.into_iter().any(|text| text.contains(EXCUSE)) {
            let text = format!(
                "`{name}` is a hash map: its order is random; use a BTreeMap, sort, or say why the {EXCUSE}"
            );
            self.refuse(line, &text);
        }
    }

    fn hash_name(&self, expr: &syn::Expr) -> Option<String> {
        let name = match expr {
            syn::Expr::Path(path) => path.path.get_ident()?.to_string(),
            syn::Expr::Field(field) => match &field.member {
                syn::Member::Named(name) => name.to_string(),
                syn::Member::Unnamed(_) => return None,
            },
            syn::Expr::Reference(reference) => return self.hash_name(&reference.expr),
            syn::Expr::Paren(inner) => return self.hash_name(&inner.expr),
            // Through a lock or a copy: `self.names.lock().unwrap().iter()`.
            syn::Expr::MethodCall(call)
                if [
                    "lock",
                    "read",
                    "write",
                    "borrow",
                    "unwrap",
                    "expect",
                    "unwrap_or_else",
                    "clone",
                    "as_ref",
                ]
                .iter()
                .any(|through| call.method == through) =>
            {
                return self.hash_name(&call.receiver);
            }
            _ => return None,
        };
        self.names.contains(&name).then_some(name)
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let tests =
            item.attrs.iter().any(|attribute| attribute.path().is_ident("cfg") && says_test(attribute));
        if !tests {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let is_select = call.path.segments.last().is_some_and(|last| last.ident == "select");
        let first = call.tokens.clone().into_iter().next();
        let biased = matches!(first, Some(TokenTree::Ident(word)) if word == "biased");
        if is_select && !biased {
            self.refuse(
                call.span().start().line,
                "`select!` picks at random among what is ready: begin it with `biased;`",
            );
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if WALKS.iter().any(|walk| call.method == walk)
            && let Some(name) = self.hash_name(&call.receiver)
        {
            self.walk(call.method.span().start().line, &name);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_for_loop(&mut self, walk: &'ast syn::ExprForLoop) {
        if let Some(name) = self.hash_name(&walk.expr) {
            self.walk(walk.for_token.span().start().line, &name);
        }
        visit::visit_expr_for_loop(self, walk);
    }
}

fn says_test(attribute: &syn::Attribute) -> bool {
    attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(code: &str) -> Vec<usize> {
        let found = breaches(&[Source::new("services/x/src/lib.rs", code)]).unwrap();
        found.iter().map(|breach| breach.line).collect()
    }

    #[test]
    fn select_must_be_biased() {
        assert_eq!(lines("async fn f() {\n tokio::select! { _ = a() => {} }\n}"), [2]);
        assert_eq!(lines("async fn f() {\n tokio::select! { biased; _ = a() => {} }\n}"), [0; 0]);
    }

    #[test]
    fn a_hash_map_is_not_walked() {
        for walk in [
            "for _ in &m {}",
            "for _ in m.keys() {}",
            "let _ = m.values().count();",
            "m.retain(|_, _| true);",
        ] {
            let code = format!("fn f(mut m: std::collections::HashMap<u8, u8>) {{\n{walk}\n}}");
            assert_eq!(lines(&code), [2], "{walk}");
        }
        assert_eq!(
            lines(
                "struct S { m: Mutex<HashMap<u8, u8>> }\nimpl S { fn f(&self) { self.m.lock().unwrap().iter(); } }"
            ),
            [2]
        );
        assert_eq!(lines("fn f() { let m = HashSet::new();\nfor _ in m {} }"), [2]);
        assert_eq!(lines("fn f() { let m = it.collect::<HashSet<u8>>();\nm.iter(); }"), [2]);
    }

    #[test]
    fn looking_up_sorting_lists_and_excuses_are_fine() {
        assert_eq!(lines("fn f(m: HashMap<u8, u8>) { m.get(&1); }"), [0; 0]);
        assert_eq!(lines("fn f(list: Vec<HashMap<u8, u8>>) { for _ in list.iter() {} }"), [0; 0]);
        assert_eq!(
            lines(
                "fn f(m: HashMap<u8, u8>) {\n// A sum: the order does not matter.\nm.values().sum::<u8>(); }"
            ),
            [0; 0]
        );
        assert_eq!(lines("#[cfg(test)] mod tests { fn f(m: HashMap<u8, u8>) { m.iter(); } }"), [0; 0]);
    }
}
