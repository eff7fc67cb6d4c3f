//! What shoppers and staff are answered while something is away or hangs: each cell of the tables in
//! docs/operations/degraded.md, which is read here, so that it cannot say anything else than what happens.

mod stall;
mod table;
mod trouble;

use anyhow::{Result, ensure};
use futures::future::join_all;
use hanse_chaos::{CUSTOMER, Layout, League, listed};
use hanse_journeys::{WARES, csv, import, until, until_within, variants};
use serde_json::json;
use stall::{CALLS, Stall, told};
use std::time::{Duration, Instant};
use table::{How, Row, rows};
use trouble::Trouble;

/// Connections end, breakers open, kept answers run out: then the answer is the one that stays.
const SETTLES: Duration = Duration::from_secs(20);
/// An answer that came so often in a row does.
const STAYS: usize = 2;
const HEALS: Duration = Duration::from_secs(90);
/// No shopper waits longer for an answer, good or bad; a checkout waits for its order.
const PATIENCE: Duration = Duration::from_secs(10);

/// What differs from the table, told with what was answered instead. All calls are made at once, as shoppers do.
async fn differences(stall: &Stall, row: &Row, patience: Duration) -> String {
    let calls =
        CALLS.iter().zip(&row.cells).map(|(call, wanted)| difference(stall, row, call, wanted, patience));
    join_all(calls).await.concat()
}

async fn difference(stall: &Stall, row: &Row, call: &str, wanted: &str, patience: Duration) -> String {
    let (mut last, mut slowest, mut in_a_row) = (String::new(), Duration::ZERO, 0);
    let settled = until_within(patience, wanted, async || {
        let began = Instant::now();
        let answer = stall.call(call).await?;
        slowest = slowest.max(began.elapsed());
        last = told(call, &answer);
        in_a_row = if last == wanted { in_a_row + 1 } else { 0 };
        Ok(Some(()).filter(|()| in_a_row == STAYS))
    })
    .await;
    let place = format!("{} {:?} × {call}", row.name, row.how);
    match settled {
        Err(_) => format!("{place}: the table says {wanted}, answered was {last} (slowest {slowest:?})\n"),
        Ok(()) if slowest > PATIENCE => format!("{place}: answered after {slowest:?}\n"),
        Ok(()) => String::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_away_the_answers_are_those_of_the_operators_table() -> Result<()> {
    let rows = rows()?;
    let mut league = League::with_lines(&Layout::lines()).await?;
    listed(&league).await?;
    let staff = league.staff().await?;
    let http = league.http.clone();
    import(&http, &staff, "goods.csv", csv(&WARES).as_bytes()).await?;
    let rope = variants(&http, &["rope"]).await?["rope"].clone();
    let (email, password) = CUSTOMER;
    let account = json!({"email": email, "password": password, "name": "Ana Lund"});
    http.post("/api/auth/register").json(&account).send().await?;
    let (mut wrong, mut held_up) = (String::new(), vec![]);
    for row in &rows {
        let name = &row.name;
        let began = Instant::now();
        let staff = league.staff().await?;
        let mut stall = until_within(HEALS, &format!("all to be well before {name} goes away"), async || {
            Ok(Stall::set_up(&http, &staff, &rope).await.ok())
        })
        .await?;
        let trouble = Trouble::of(row, &league)?;
        trouble.begin(&mut league, &mut stall).await?;
        let set_up = began.elapsed();
        wrong.push_str(&differences(&stall, row, SETTLES).await);
        trouble.was_there(&league).await?;
        match trouble {
            Trouble::Nothing => planted_cells_are_found(&stall, row).await?,
            Trouble::Mail(_) => held_up.push(stall.ordered().await?),
            _ => {}
        }
        trouble.end(&mut league).await?;
        println!("{name} {:?}: {set_up:?} of {:?} to set up", row.how, began.elapsed());
    }
    ensure!(wrong.is_empty(), "\n{wrong}");
    // The mails that could not go out have waited.
    for number in &held_up {
        until(&format!("the mail about order {number}"), async || {
            Ok(league.mail.server.mails().iter().find(|mail| mail.contains(number)).map(drop))
        })
        .await?;
    }
    ensure!(!held_up.is_empty(), "no mail was held up");
    league.close().await
}

/// The comparison finds a cell that says something else than what happens.
async fn planted_cells_are_found(stall: &Stall, row: &Row) -> Result<()> {
    let cells = row.cells.iter().map(|cell| format!("{cell} planted")).collect();
    let planted = Row { how: row.how, name: "planted".into(), cells };
    let found = differences(stall, &planted, Duration::from_millis(50)).await;
    ensure!(found.lines().count() == CALLS.len(), "planted cells pass: {found}");
    Ok(())
}

#[test]
fn the_tables_have_a_row_for_whatever_can_be_away_or_hang() -> Result<()> {
    let rows = rows()?;
    for name in Layout::services().chain(["PostgreSQL", "RabbitMQ", "Redis", "mail server"]) {
        for how in [How::Away, How::Hung] {
            ensure!(rows.iter().any(|row| row.name == name && row.how == how), "no row for {name} {how:?}");
        }
    }
    ensure!(rows.iter().any(|row| row.name == "payment provider" && row.how == How::Hung));
    ensure!(
        rows[0].name == "nothing" && rows[0].cells[5] == "201 confirmed",
        "the first row is {}",
        rows[0].name
    );
    Ok(())
}
