//! Which modules and crates a crate's sources reach: every path is resolved, in `use`, in expressions and types, in
//! attributes and inside macro calls, through renamings, re-exports and globs. Code under `#[cfg(test)]` is left out.

use crate::Source;
use anyhow::{Context, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

type Segments = Vec<String>;

/// Longer chains of renamings than this are circles.
const MAX_HOPS: usize = 32;

/// A path as resolved: `["crate", "domain", "User"]` or `["axum", "Json"]`.
#[derive(Clone, Debug)]
pub struct Reach {
    pub file: String,
    pub line: usize,
    /// The module that holds it, for example `["crate", "application", "login"]`.
    pub from: Segments,
    pub to: Segments,
    /// `use to::*`: whatever lies below `to` may be meant.
    pub glob: bool,
}

#[derive(Default)]
struct Module {
    items: BTreeSet<String>,
    imports: BTreeMap<String, Segments>,
    globs: Vec<Segments>,
}

struct Mention {
    file: String,
    line: usize,
    module: Segments,
    segments: Segments,
    leading_colon: bool,
    glob: bool,
}

/// Everything that the sources under `folder/src` reach, given the crates that the manifest names.
pub fn reaches(folder: &str, sources: &[&Source], extern_names: &BTreeSet<String>) -> Result<Vec<Reach>> {
    let mut collector = Collector::default();
    let src = format!("{folder}/src/");
    for source in sources {
        let Some(inside) = source.path.strip_prefix(&src).and_then(|path| path.strip_suffix(".rs")) else {
            continue;
        };
        let file = syn::parse_file(&source.text).with_context(|| format!("cannot parse {}", source.path))?;
        collector.file = source.path.clone();
        collector.module = module_of(inside);
        collector.visit_file(&file);
    }
    Ok(collector.resolve(extern_names))
}

fn module_of(inside: &str) -> Segments {
    let mut segments: Segments =
        std::iter::once("crate").chain(inside.split('/')).map(str::to_string).collect();
    let root = segments.len() == 2 && ["lib", "main"].contains(&segments[1].as_str());
    if root || segments.last().is_some_and(|last| last == "mod") {
        segments.pop();
    }
    segments
}

#[derive(Default)]
struct Collector {
    file: String,
    module: Segments,
    modules: BTreeMap<Segments, Module>,
    test_modules: BTreeSet<Segments>,
    mentions: Vec<Mention>,
}

impl Collector {
    fn here(&mut self) -> &mut Module {
        self.modules.entry(self.module.clone()).or_default()
    }

    fn mention(&mut self, segments: Segments, leading_colon: bool, glob: bool, line: usize) {
        let (file, module) = (self.file.clone(), self.module.clone());
        self.mentions.push(Mention { file, line, module, segments, leading_colon, glob });
    }

    fn use_tree(&mut self, prefix: &[String], tree: &syn::UseTree, leading_colon: bool) {
        let line = tree.span().start().line;
        let joined =
            |last: &syn::Ident| prefix.iter().cloned().chain([last.to_string()]).collect::<Segments>();
        match tree {
            syn::UseTree::Path(path) => self.use_tree(&joined(&path.ident), &path.tree, leading_colon),
            syn::UseTree::Name(name) if name.ident == "self" => {
                self.import(prefix.to_vec(), None, leading_colon, line)
            }
            syn::UseTree::Name(name) => self.import(joined(&name.ident), None, leading_colon, line),
            syn::UseTree::Rename(rename) => {
                let whole = if rename.ident == "self" { prefix.to_vec() } else { joined(&rename.ident) };
                self.import(whole, Some(rename.rename.to_string()), leading_colon, line);
            }
            syn::UseTree::Glob(_) => {
                self.mention(prefix.to_vec(), leading_colon, true, line);
                let absolute = rooted(&self.module, prefix, leading_colon);
                self.here().globs.push(absolute);
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.use_tree(prefix, item, leading_colon));
            }
        }
    }

    fn import(&mut self, path: Segments, rename: Option<String>, leading_colon: bool, line: usize) {
        self.mention(path.clone(), leading_colon, false, line);
        let Some(name) = rename.or_else(|| path.last().cloned()) else { return };
        let absolute = rooted(&self.module, &path, leading_colon);
        // `use axum;` names itself; following it would go in circles.
        if absolute != [name.clone()] {
            self.here().imports.insert(name, absolute);
        }
    }

    /// Paths of two or more segments inside the tokens of a macro call or an attribute.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Segments = Vec::new();
        let mut line = 0;
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end_of_path(&mut path, line);
                        line = ident.span().start().line;
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    // `use a::{b, c}` inside a macro: the prefix alone says enough.
                    if group.delimiter() != Delimiter::Brace || colons != 2 {
                        self.end_of_path(&mut path, line);
                    }
                    self.end_of_path(&mut path, line);
                    colons = 0;
                    self.tokens(group.stream());
                }
                _ => {
                    self.end_of_path(&mut path, line);
                    colons = 0;
                }
            }
        }
        self.end_of_path(&mut path, line);
    }

    fn end_of_path(&mut self, path: &mut Segments, line: usize) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.mention(path, false, false, line);
        }
    }

    fn resolve(mut self, extern_names: &BTreeSet<String>) -> Vec<Reach> {
        let mentions = std::mem::take(&mut self.mentions);
        let tested =
            |module: &[String]| (1..=module.len()).any(|end| self.test_modules.contains(&module[..end]));
        let outside_tests = mentions.into_iter().filter(|mention| !tested(&mention.module));
        outside_tests
            .filter_map(|mention| {
                let start = self.anchored(&mention, extern_names)?;
                let to = self.follow(start);
                Some(Reach {
                    file: mention.file,
                    line: mention.line,
                    from: mention.module,
                    to,
                    glob: mention.glob,
                })
            })
            .collect()
    }

    /// The path from the crate's root or from another crate's name; `None` for what is local to the code.
    fn anchored(&self, mention: &Mention, extern_names: &BTreeSet<String>) -> Option<Segments> {
        let first = mention.segments.first()?.as_str();
        if mention.leading_colon || ["crate", "self", "super"].contains(&first) {
            return Some(rooted(&mention.module, &mention.segments, mention.leading_colon));
        }
        let module = self.modules.get(&mention.module);
        let local = module.is_some_and(|m| m.items.contains(first) || m.imports.contains_key(first));
        if local || self.by_glob(&mention.module, first).is_some() {
            return Some(mention.module.iter().chain(&mention.segments).cloned().collect());
        }
        (is_standard(first) || extern_names.contains(first)).then(|| mention.segments.clone())
    }

    /// Follows renamings and re-exports to where the path ends.
    fn follow(&self, mut path: Segments) -> Segments {
        for _ in 0..MAX_HOPS {
            let hop = (1..path.len()).find_map(|end| {
                let target = self.imported(&path[..end], &path[end])?;
                Some(target.iter().chain(&path[end + 1..]).cloned().collect::<Segments>())
            });
            match hop {
                Some(next) if next != path => path = next,
                _ => break,
            }
        }
        path
    }

    fn imported(&self, module: &[String], name: &str) -> Option<Segments> {
        let found = self.modules.get(module)?;
        if let Some(target) = found.imports.get(name) {
            return Some(self.settled(target, module));
        }
        if found.items.contains(name) { None } else { self.by_glob(module, name) }
    }

    /// An import's target may itself begin with a name of its module (`use domain::User` in lib.rs, `use Colour as C`).
    fn settled(&self, target: &[String], module: &[String]) -> Segments {
        let local = target.first().zip(self.modules.get(module)).is_some_and(|(first, found)| {
            // `use axum::axum` names the crate, not itself.
            let imported = || found.imports.get(first).is_some_and(|import| import.first() != Some(first));
            first != "crate" && (found.items.contains(first) || imported())
        });
        if local { module.iter().chain(target).cloned().collect() } else { target.to_vec() }
    }

    fn by_glob(&self, module: &[String], name: &str) -> Option<Segments> {
        let found = self.modules.get(module)?;
        found.globs.iter().find_map(|glob| {
            let glob = self.settled(glob, module);
            let target = self.modules.get(&glob)?;
            let holds = target.items.contains(name) || target.imports.contains_key(name);
            holds.then(|| glob.iter().cloned().chain([name.to_string()]).collect())
        })
    }
}

fn is_standard(name: &str) -> bool {
    ["std", "core", "alloc"].contains(&name)
}

/// Replaces `self` and `super` at the front; a leading `::` names a crate.
fn rooted(module: &[String], path: &[String], leading_colon: bool) -> Segments {
    if leading_colon {
        return path.to_vec();
    }
    let mut base: Option<Segments> = None;
    let mut rest = path;
    while let Some((first, tail)) = rest.split_first() {
        match first.as_str() {
            "crate" => base = Some(vec!["crate".into()]),
            "self" => base = base.or_else(|| Some(module.to_vec())),
            "super" => {
                let mut up = base.unwrap_or_else(|| module.to_vec());
                up.pop();
                base = Some(up);
            }
            _ => break,
        }
        rest = tail;
    }
    base.unwrap_or_default().into_iter().chain(rest.iter().cloned()).collect()
}

fn for_tests_only(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
    })
}

fn item_parts(item: &syn::Item) -> Option<(&syn::Ident, &[syn::Attribute])> {
    Some(match item {
        syn::Item::Const(item) => (&item.ident, &item.attrs),
        syn::Item::Enum(item) => (&item.ident, &item.attrs),
        syn::Item::Fn(item) => (&item.sig.ident, &item.attrs),
        syn::Item::Mod(item) => (&item.ident, &item.attrs),
        syn::Item::Static(item) => (&item.ident, &item.attrs),
        syn::Item::Struct(item) => (&item.ident, &item.attrs),
        syn::Item::Trait(item) => (&item.ident, &item.attrs),
        syn::Item::Type(item) => (&item.ident, &item.attrs),
        syn::Item::Union(item) => (&item.ident, &item.attrs),
        _ => return None,
    })
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if let Some((name, attributes)) = item_parts(item) {
            if for_tests_only(attributes) {
                let mut module = self.module.clone();
                module.push(name.to_string());
                self.test_modules.insert(module);
                return;
            }
            self.here().items.insert(name.to_string());
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !for_tests_only(&item.attrs) {
            self.use_tree(&[], &item.tree, item.leading_colon.is_some());
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if !for_tests_only(&item.attrs) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        // A single name is a local one, or was brought in by a `use` that is looked at itself.
        if path.segments.len() > 1 {
            let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.mention(segments, path.leading_colon.is_some(), false, path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        // `#[serde(...)]` is a helper of a derive: it tells as much as the derive's path.
        let segments: Segments =
            attribute.path().segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.mention(segments, false, false, attribute.span().start().line);
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> =
            files.iter().map(|(path, text)| Source::new(format!("services/x/src/{path}"), *text)).collect();
        let externs = ["axum", "serde", "bytes"].map(String::from).into();
        let reaches = reaches("services/x", &sources.iter().collect::<Vec<_>>(), &externs).unwrap();
        reaches.iter().map(|reach| reach.to.join("::")).collect()
    }

    fn assert_reaches(files: &[(&str, &str)], wanted: &str) {
        let found = resolved(files);
        assert!(found.iter().any(|path| path == wanted), "{wanted} not in {found:?}");
    }

    #[test]
    fn follows_relative_paths_renamings_and_re_exports() {
        let user = "domain/user.rs";
        assert_reaches(&[(user, "fn f() { super::super::api::g() }")], "crate::api::g");
        assert_reaches(&[(user, "use super::super as top; fn f() { top::api::g() }")], "crate::api::g");
        assert_reaches(&[(user, "use axum::{self as web, Json}; type A = web::Router;")], "axum::Router");
        assert_reaches(
            &[(user, "use axum::Json; fn f() { use Json as J; J::from(1); }")],
            "axum::Json::from",
        );
        assert_reaches(&[(user, "use axum::axum; fn f() { axum::serve(); }")], "axum::axum::serve");
        assert_reaches(
            &[(user, "mod inner { fn f() -> super::super::super::api::X { todo!() } }")],
            "crate::api::X",
        );
        let lib = ("lib.rs", "mod api; mod domain; pub use api::Handler;");
        assert_reaches(&[lib, (user, "use crate::Handler;")], "crate::api::Handler");
        let files = [("lib.rs", "mod api; pub use api::*;"), ("api/mod.rs", "pub struct Page;")];
        assert_reaches(&[files[0], files[1], (user, "fn f(_: crate::Page) {}")], "crate::api::Page");
    }

    #[test]
    fn looks_into_macros_and_attributes() {
        assert_reaches(&[("domain/a.rs", "fn f() { vec![crate::api::x(), 1]; }")], "crate::api::x");
        assert_reaches(&[("domain/a.rs", "fn f() { m!({ let y = axum::Json(1); }) }")], "axum::Json");
        assert_reaches(
            &[("domain/a.rs", "#[derive(Debug, serde::Serialize)] struct A;")],
            "serde::Serialize",
        );
        assert_reaches(&[("domain/a.rs", "struct A { #[serde(skip)] b: u8 }")], "serde");
    }

    #[test]
    fn a_variable_with_a_crates_name_is_no_crate() {
        assert!(resolved(&[("domain/a.rs", "fn f(bytes: &[u8]) -> usize { bytes.len() }")]).is_empty());
        let shadowed = [("domain/mod.rs", "mod bytes { pub fn f() {} } fn g() { bytes::f() }")];
        assert_eq!(resolved(&shadowed), ["crate::domain::bytes::f"]);
    }

    #[test]
    fn tests_are_left_out() {
        assert!(resolved(&[("domain/a.rs", "#[cfg(test)] mod tests { use axum::Json; }")]).is_empty());
        let files = [("domain/mod.rs", "#[cfg(test)] mod checks;"), ("domain/checks.rs", "use axum::Json;")];
        assert!(!resolved(&files).iter().any(|path| path.starts_with("axum")));
    }
}
