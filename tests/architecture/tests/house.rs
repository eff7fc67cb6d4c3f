//! The repository keeps the house rules. Each rule's own tests, with a planted breach, stand beside it.

use anyhow::{Context, Result};
use hanse_architecture::{
    Breach, Source, dependencies, effects, layers, licences, manifests, metrics, migrations, personal,
    profiles, report, root, security, services, sources, text, untested,
};

fn assert_none(breaches: Vec<Breach>) {
    assert!(breaches.is_empty(), "the house rules are broken:{}", report(breaches));
}

fn lock(sources: &[Source]) -> Result<&Source> {
    sources.iter().find(|source| source.path == "Cargo.lock").context("no Cargo.lock")
}

#[test]
fn layers_look_inward() -> Result<()> {
    let sources = sources(&root())?;
    let manifests = manifests::manifests(&sources)?;
    assert_none(layers::breaches(&sources, &manifests)?);
    Ok(())
}

#[test]
fn crates_depend_as_the_house_allows() -> Result<()> {
    let manifests = manifests::manifests(&sources(&root())?)?;
    assert!(manifests.len() > 20, "only {} manifests were found", manifests.len());
    assert_none(dependencies::breaches(&manifests));
    Ok(())
}

#[test]
fn every_service_says_what_it_owns_and_is_part_of_the_shop() -> Result<()> {
    let sources = sources(&root())?;
    let manifests = manifests::manifests(&sources)?;
    assert_none(services::breaches(&sources, &manifests));
    Ok(())
}

#[test]
fn every_crate_says_how_far_it_is_optimised_for_tests() -> Result<()> {
    let sources = sources(&root())?;
    let manifests = manifests::manifests(&sources)?;
    assert_none(profiles::breaches(&sources, &manifests)?);
    Ok(())
}

#[test]
fn every_test_that_the_assessment_names_is_there() -> Result<()> {
    assert_none(security::breaches(&sources(&root())?));
    Ok(())
}

#[test]
fn no_test_is_where_none_is_run() -> Result<()> {
    let sources = sources(&root())?;
    let manifests = manifests::manifests(&sources)?;
    assert_none(untested::breaches(&sources, &manifests));
    Ok(())
}

#[test]
fn nothing_makes_two_runs_differ() -> Result<()> {
    assert_none(effects::breaches(&sources(&root())?)?);
    Ok(())
}

#[test]
fn files_are_short_and_say_what_they_own() -> Result<()> {
    assert_none(text::breaches(&sources(&root())?));
    Ok(())
}

#[test]
fn the_operators_page_lists_every_metric() -> Result<()> {
    assert_none(metrics::breaches(&sources(&root())?));
    Ok(())
}

#[test]
fn both_databases_have_the_same_migrations() -> Result<()> {
    assert_none(migrations::breaches(&sources(&root())?));
    Ok(())
}

#[test]
fn every_licence_is_allowed_and_no_banned_crate_is_used() -> Result<()> {
    let sources = sources(&root())?;
    let packages = licences::packages(&root())?;
    let lock = lock(&sources)?;
    let mut breaches = licences::breaches(&packages, lock);
    breaches.extend(licences::banned(lock));
    assert_none(breaches);
    Ok(())
}

#[test]
fn every_word_that_may_be_about_somebody_has_its_place() -> Result<()> {
    assert_none(personal::breaches(&sources(&root())?));
    Ok(())
}
