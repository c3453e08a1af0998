//! Lists.

use std::collections::VecDeque;

use acr_client::{Digest, OrderBy, Page, Pager, RepositoryName};
use serde_json::{Value, json};

use super::{Stage, made, told};
use crate::{
    calls::{
        fields,
        input::Input,
        player::Script,
        told::{Made, Returned},
    },
    client::Answer,
    target::Target,
};

/// A page of any list with nothing on it.
const EMPTY: &str =
    r#"{"registry":"any","imageName":"any","repositories":[],"tags":[],"manifests":[]}"#;

/// Makes the call that a recorded page of a list stands for.
pub(super) async fn make(stage: &Stage<'_>, input: &Input<'_>) -> Option<Made> {
    if input.method() != "GET" || input.is_docker() {
        return None;
    }
    let order = input.query("orderby");
    let order = order
        .as_deref()
        .filter(|order| !matches!(*order, "" | "none"));
    let order = match order {
        None => None,
        Some("timeasc") => Some(OrderBy::LastUpdatedAscending),
        Some("timedesc") => Some(OrderBy::LastUpdatedDescending),
        Some(_) => return None,
    };
    match &input.target {
        Target::Catalog if order.is_none() => {
            let list = stage.registry.list_repositories();
            let of =
                |page: &Page<RepositoryName>| json!({"repositories": fields::names(&page.items)});
            page(
                stage,
                input,
                "ContainerRegistryClient::list_repositories",
                list,
                of,
            )
            .await
        }
        Target::Tags(name) => {
            let mut list = stage.registry.repository(name).ok()?.list_tags();
            if let Some(order) = order {
                list = list.order(order);
            }
            if let Some(digest) = input.query("digest") {
                list = list.digest(&digest.parse::<Digest>().ok()?);
            }
            page(stage, input, "Repository::list_tags", list, |page| {
                fields::tags(&page.items)
            })
            .await
        }
        Target::Manifests(name) => {
            let mut list = stage.registry.repository(name).ok()?.list_manifests();
            if let Some(order) = order {
                list = list.order(order);
            }
            page(stage, input, "Repository::list_manifests", list, |page| {
                fields::manifests(&page.items)
            })
            .await
        }
        _ => None,
    }
}

/// One page: the first one, or the one to which an earlier answer linked. A further page is asked
/// for where the recorded answer links to one, to see where that leads.
pub(super) async fn page<T: Send + 'static>(
    stage: &Stage<'_>,
    input: &Input<'_>,
    method: &'static str,
    mut list: Pager<T>,
    fields: impl Fn(&Page<T>) -> Value,
) -> Option<Made> {
    if let Some(n) = input.number("n") {
        list = list.page_size(n.try_into().ok()?);
    }
    let before = match (&input.link, input.query("last")) {
        (Some(link), _) => VecDeque::from([first_page(link)]),
        (None, Some(last)) => {
            list = list.start_after(last);
            VecDeque::new()
        }
        (None, None) => VecDeque::new(),
    };
    let script = Script {
        before,
        behind: VecDeque::from([empty(Vec::new())]),
        ..stage.script.clone()
    };
    play(stage, input, method, list, script, fields).await
}

/// Reads a page, behind another one where that is in the script.
pub(super) async fn play<T: Send + 'static>(
    stage: &Stage<'_>,
    input: &Input<'_>,
    method: &'static str,
    mut list: Pager<T>,
    script: Script,
    fields: impl Fn(&Page<T>) -> Value,
) -> Option<Made> {
    let is_next = !script.before.is_empty();
    stage.player.play(script);
    if let Some(id) = input.exchange.asked("x-ms-client-request-id") {
        list = list.client_request_id(id);
    }
    let mut pages = list.pages();
    if is_next && pages.try_next().await.is_err() {
        return None;
    }
    let page = pages.try_next().await;
    // What the link comes to shows in the request that follows it.
    let more = matches!(&page, Ok(Some(page)) if page.continuation.is_some());
    if more {
        let _ = pages.try_next().await;
    }
    let returned = page.map(|page| match page {
        Some(page) => {
            let returned = Returned::fields(fields(&page));
            let returned = match more {
                true => returned.header("link", "followed"),
                false => returned,
            };
            returned.with(page.response)
        }
        None => Returned::default(),
    });
    Some(made(method, told(returned)?))
}

/// A page with nothing on it and a link to the next.
fn first_page(link: &str) -> Answer {
    empty(vec![("link".to_owned(), format!("<{link}>; rel=\"next\""))])
}

fn empty(mut headers: Vec<(String, String)>) -> Answer {
    headers.push(("content-type".to_owned(), "application/json".to_owned()));
    Answer {
        status: 200,
        headers,
        body: EMPTY.as_bytes().to_vec(),
    }
}
