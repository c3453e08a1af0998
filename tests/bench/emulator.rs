//! The emulator in a process of its own, for what is printed beside the goals.

use std::path::PathBuf;

use acr_emulator::Emulator;
use anyhow::{Context as _, Result};
use clap::Args;

use crate::server::{Addresses, Login};

#[derive(Args)]
pub(crate) struct Options {
    /// Where to keep what is uploaded.
    #[arg(long)]
    data: PathBuf,
    /// Where to write the certificate that its clients trust.
    #[arg(long)]
    ca: PathBuf,
}

pub(crate) async fn run(options: Options) -> Result<()> {
    let builder = Emulator::builder().http_and_https().data_dir(options.data);
    let emulator = builder.start().await?;
    std::fs::write(&options.ca, emulator.ca_pem().context("no certificate")?)?;
    let login = emulator.login();
    let addresses = Addresses {
        http: emulator.endpoint().to_owned(),
        https: emulator.endpoint().replace("http://", "https://"),
        link: None,
        ca: options.ca,
        login: Some(Login {
            username: login.username.clone(),
            password: login.password.expose().to_owned(),
        }),
    };
    println!("{}", serde_json::to_string(&addresses)?);
    std::future::pending().await
}
