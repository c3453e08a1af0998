//! What goes wrong with a transfer: each trouble, for each way to move a blob, in both kinds of
//! registry. Whatever happens, no byte is lost or another, no upload is left under way, and nothing
//! unfinished stands under a file's name.

mod cell;
mod child;
mod disk;
mod killed;
mod rules;
mod table;
mod transfer;

use std::time::Instant;

use acr_emulator::UploadMode;
use comfy_table::{Table, presets};
use futures_util::{StreamExt, stream};

use cell::{Cell, Seen};
use table::{NOTHING, ROWS, Row};
use transfer::Transfer;

/// So many cells are under way at once: most of them wait.
const TOGETHER: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_whatever_goes_wrong() {
    let began = Instant::now();
    let cells = ROWS.iter().flat_map(cells);
    let seen: Vec<_> = stream::iter(cells.map(Cell::see_in_time))
        .buffer_unordered(TOGETHER)
        .collect()
        .await;
    println!("{}", printed(&seen));
    let requests: usize = seen.iter().map(|seen| seen.requests).sum();
    let took = began.elapsed().as_secs_f32();
    let longest = seen.iter().map(|seen| seen.took).max().unwrap_or_default();
    println!(
        "{} cells, {requests} requests, {took:.1} s; the longest took {longest:.1?}",
        seen.len()
    );
    let wrong: Vec<_> = seen.iter().filter_map(|seen| seen.wrong.clone()).collect();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(seen.len(), table::CELLS, "no cell vanishes");
}

fn cells(row: &'static Row) -> impl Iterator<Item = Cell> {
    let modes = [UploadMode::Strict, UploadMode::Tolerant];
    modes.into_iter().flat_map(move |mode| {
        let transfers = Transfer::ALL.into_iter().zip(row.expected);
        transfers
            .filter(|(_, expected)| *expected != NOTHING)
            .map(move |(transfer, expected)| Cell {
                row,
                mode,
                transfer,
                expected: match (expected.split_once('/'), mode) {
                    (Some((strict, _)), UploadMode::Strict) => strict,
                    (Some((_, tolerant)), _) => tolerant,
                    (None, _) => expected,
                },
            })
    })
}

/// A line for each row: what came of it, with the requests that it took in a strict registry and in
/// a tolerant one.
fn printed(seen: &[Seen]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN);
    let names = Transfer::ALL.iter().map(|transfer| transfer.name());
    table.set_header(["trouble"].into_iter().chain(names));
    for row in ROWS {
        let columns = Transfer::ALL.iter().map(|transfer| {
            let cell = |mode| {
                let mut of_row = seen.iter().filter(|seen| seen.is_of(row, *transfer));
                of_row.find(|seen| seen.mode == mode)
            };
            match (cell(UploadMode::Strict), cell(UploadMode::Tolerant)) {
                (Some(strict), Some(tolerant)) if strict.came == tolerant.came => {
                    format!("{} {}/{}", strict.came, strict.requests, tolerant.requests)
                }
                (Some(strict), Some(tolerant)) => format!(
                    "{} {}/{} {}",
                    strict.came, strict.requests, tolerant.came, tolerant.requests
                ),
                _ => NOTHING.to_owned(),
            }
        });
        let columns: Vec<_> = columns.collect();
        table.add_row([row.name.to_owned()].into_iter().chain(columns));
    }
    table
}
