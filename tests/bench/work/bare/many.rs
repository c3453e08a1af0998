//! Many small requests.

use anyhow::{Context as _, Result, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::header::LINK;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::Loops;
use crate::{blob::Blob, work::AT_ONCE};

/// POST, PATCH and PUT for each.
pub(super) async fn push(loops: &Loops<'_>) -> Result<()> {
    let uploads = (0..loops.job.count).map(|number| async move {
        let bytes = Blob {
            size: loops.job.size,
            number,
        }
        .bytes();
        let digest = digest(&bytes);
        let location = loops.begin().await?;
        let patch = loops.http.patch(location).body(bytes);
        let answer = patch.send().await?.error_for_status()?;
        loops
            .finish(&loops.location(&answer)?, &digest, Default::default())
            .await
    });
    stream::iter(uploads).buffered(AT_ONCE).try_collect().await
}

pub(super) async fn pull(loops: &Loops<'_>) -> Result<()> {
    let digests = loops.job.digests()?;
    let downloads = digests.iter().map(|wanted| async move {
        let wanted = wanted.to_string();
        let bytes = loops.blob(&wanted).await?.bytes().await?;
        ensure!(digest(&bytes) == wanted, "other bytes came");
        Ok(())
    });
    stream::iter(downloads)
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

pub(super) async fn tags(loops: &Loops<'_>) -> Result<()> {
    let name = loops.repository.replace('/', "%2F");
    let mut path = Some(format!("/acr/v1/{name}/_tags?n=1000"));
    let mut count = 0;
    while let Some(next) = path {
        let url = format!("{}{next}", loops.job.endpoint);
        let answer = loops.http.get(url).send().await?.error_for_status()?;
        path = match answer.headers().get(LINK) {
            Some(link) => Some(target(link.to_str()?)?),
            None => None,
        };
        let page: Page = serde_json::from_slice(&answer.bytes().await?)?;
        count += page.tags.iter().filter(|tag| tag.is_whole()).count() as u64;
    }
    ensure!(count == loops.job.count, "{count} tags came");
    Ok(())
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

fn target(link: &str) -> Result<String> {
    let (target, _) = link
        .strip_prefix('<')
        .and_then(|link| link.split_once('>'))
        .context("a Link header of another form")?;
    Ok(target.to_owned())
}

#[derive(Deserialize)]
struct Page {
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tag {
    name: String,
    digest: String,
    created_time: jiff::Timestamp,
    last_update_time: jiff::Timestamp,
    signed: bool,
    changeable_attributes: Attributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attributes {
    delete_enabled: bool,
    write_enabled: bool,
    read_enabled: bool,
    list_enabled: bool,
}

impl Tag {
    /// Reads every field, so that none is left out.
    fn is_whole(&self) -> bool {
        let Attributes {
            delete_enabled,
            write_enabled,
            read_enabled,
            list_enabled,
        } = self.changeable_attributes;
        let unlocked = delete_enabled && write_enabled && read_enabled && list_enabled;
        unlocked
            && !self.signed
            && self.created_time <= self.last_update_time
            && !self.name.is_empty()
            && !self.digest.is_empty()
    }
}
