//! One case, measured.

use anyhow::Result;
use clap::Args;
use tokio::process::Command;

use crate::{
    stage::{Scene, Stage, Way},
    work::Case,
};

#[derive(Args)]
pub(crate) struct Options {
    /// ours, ours-parallel, bare-inline, bare-thread or bare-unhashed.
    client: String,
    case: Case,
    /// Of each blob; 1 GiB, or 256 KiB where there are many.
    #[arg(long)]
    size: Option<u64>,
    /// How many blobs or tags; 2,000, or 500,000.
    #[arg(long)]
    count: Option<u64>,
    /// Over TLS.
    #[arg(long)]
    tls: bool,
    /// Over a way of 50 ms and 20 MB/s for each connection.
    #[arg(long, conflicts_with = "tls")]
    link: bool,
    /// Uploads a file without content.
    #[arg(long)]
    sparse: bool,
    /// How often.
    #[arg(long, default_value_t = 1)]
    runs: u32,
}

pub(crate) async fn run(options: &Options) -> Result<()> {
    let mut stage = Stage::discarding().await?;
    let usual = Scene::of(options.case);
    let scene = Scene {
        size: options.size.unwrap_or(usual.size),
        count: options.count.unwrap_or(usual.count),
        way: match (options.tls, options.link) {
            (true, _) => Way::Https,
            (_, true) => Way::Link,
            _ => Way::Http,
        },
        sparse: options.sparse,
        ..usual
    };
    for _ in 0..options.runs {
        let measured = stage
            .play(scene, own(&options.client, options.case)?)
            .await?;
        println!("{}", serde_json::to_string(&measured)?);
    }
    stage.end().await
}

/// This program, as a client of its own.
pub(crate) fn own(client: &str, case: Case) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["work", client, &case.name()]);
    Ok(command)
}

impl Scene {
    /// A case in its usual size: half a second, at the least.
    pub(crate) fn of(case: Case) -> Self {
        let (size, count) = match case {
            Case::Push | Case::Pull => (256 << 10, 2_000),
            Case::Tags => (0, 500_000),
            _ => (1 << 30, 1),
        };
        Self {
            case,
            size,
            count,
            way: Way::Http,
            sparse: false,
        }
    }
}
