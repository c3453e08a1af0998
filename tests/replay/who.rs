//! Which registry an exchange was with, and what is told of that registry itself.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE};

use crate::{
    exchange::Exchange,
    json::Json,
    registry::Kind,
    target::{Target, field, parameter},
};

/// Whether an exchange was with a registry or the host where it keeps its blobs. A path that is no
/// registry's was asked for at one all the same if the host says so.
pub(crate) fn is_registry(exchange: &Exchange) -> bool {
    let is_arm = exchange.path_and_query().starts_with("/subscriptions/");
    let of_registry = |host: &str| host.contains(".azurecr.") && !is_arm;
    Target::of(exchange) != Target::Other
        || is_storage(exchange)
        || exchange.host().is_some_and(of_registry)
}

/// Whether this is a call to the host to which a registry redirects.
pub(crate) fn is_storage(exchange: &Exchange) -> bool {
    exchange
        .path_and_query()
        .contains("/docker/registry/v2/blobs/")
}

/// Which exchanges stand in an earlier file already, word by word: one flag for each.
pub(crate) fn recorded_twice(exchanges: &[Exchange]) -> Vec<bool> {
    let text = |e: &Exchange| {
        format!(
            "{:?}",
            Exchange {
                file: String::new(),
                ..e.clone()
            }
        )
    };
    let mut files: Vec<(&str, String)> = Vec::new();
    for exchange in exchanges {
        match files.last_mut().filter(|(file, _)| *file == exchange.file) {
            Some((_, all)) => all.push_str(&text(exchange)),
            None => files.push((&exchange.file, text(exchange))),
        }
    }
    let mut seen = BTreeSet::new();
    let again: BTreeSet<&str> = files
        .iter()
        .filter(|(_, all)| !seen.insert(all))
        .map(|(file, _)| *file)
        .collect();
    exchanges
        .iter()
        .map(|e| again.contains(e.file.as_str()))
        .collect()
}

/// Each exchange with the name of its registry. A storage host's belong to the registry before.
pub(crate) fn by_registry(exchanges: Vec<Exchange>) -> Vec<(String, Exchange)> {
    let mut last = String::new();
    let named = exchanges.into_iter().map(|exchange| {
        if !is_storage(&exchange) {
            last = exchange.host().unwrap_or_default().to_owned();
        }
        (last.clone(), exchange)
    });
    named.collect()
}

/// What the exchanges with one registry tell of it.
pub(crate) fn kind(exchanges: &[Exchange]) -> Kind {
    let from_challenge = exchanges.iter().find_map(challenged_by);
    let from_body = exchanges
        .iter()
        .find_map(|e| Some(e.answer_json()?.text("registry")?.to_owned()));
    let named = exchanges.iter().find_map(asked_service);
    let host = exchanges.iter().find_map(|e| Some(e.host()?.to_owned()));
    let service = from_challenge.or(from_body).or(named).or(host);
    let mut repositories: BTreeSet<String> = BTreeSet::new();
    for exchange in exchanges {
        repositories.extend(Target::of(exchange).repository().map(str::to_owned));
        repositories.extend(parameter(exchange, "from"));
    }
    repositories.retain(|name| !name.is_empty());
    Kind {
        service: service.unwrap_or_else(|| "registry.azurecr.io".to_owned()),
        anonymous: exchanges.iter().any(is_anonymous),
        repositories: repositories.into_iter().collect(),
    }
}

/// Every name by which the exchanges call the registry.
pub(crate) fn aliases(exchanges: &[Exchange]) -> Vec<String> {
    let mut names = BTreeSet::new();
    for exchange in exchanges.iter().filter(|e| !is_storage(e)) {
        names.extend(challenged_by(exchange));
        names.extend(asked_service(exchange));
        names.extend(exchange.host().map(str::to_owned));
    }
    names.into_iter().collect()
}

/// How many bytes an upload had before an exchange, by its state or by what was asked and answered.
pub(crate) fn received_before(exchange: &Exchange) -> usize {
    let end = |range: &str| Some(range.split_once('-')?.1.parse::<usize>().ok()? + 1);
    let start = |range: &str| range.split_once('-')?.0.parse::<usize>().ok();
    let answered = exchange.answered("range").and_then(end);
    let asked = exchange.asked("content-range").and_then(start);
    let length = exchange
        .asked("content-length")
        .and_then(|n| n.parse::<usize>().ok());
    let shown = match (exchange.method.as_str(), exchange.status) {
        // `0-0` is none here, and one byte nowhere.
        ("GET", 204) => answered.filter(|received| *received > 1),
        ("PATCH", 202) => asked.or(Some(
            answered.unwrap_or(0).saturating_sub(length.unwrap_or(0)),
        )),
        ("PATCH", 416) => answered.or_else(|| expected(exchange)),
        _ => None,
    };
    state_offset(exchange).or(shown).unwrap_or_default()
}

/// The offset that the state in an upload's address tells.
fn state_offset(exchange: &Exchange) -> Option<usize> {
    let state = URL_SAFE.decode(parameter(exchange, "_state")?).ok()?;
    let json = Json::parse(state.get(32..)?)?;
    usize::try_from(json.number("Offset")?).ok()
}

/// Where a chunk should have started that came too early.
fn expected(exchange: &Exchange) -> Option<usize> {
    let json = exchange.answer_json()?;
    let detail = json.list("errors").first()?.get("detail")?;
    let (_, offset) = detail.text("Reason")?.rsplit_once(' ')?;
    offset.parse().ok()
}

fn challenged_by(exchange: &Exchange) -> Option<String> {
    let (_, rest) = exchange
        .answered("www-authenticate")?
        .split_once("service=\"")?;
    Some(rest.split('"').next()?.to_owned())
}

fn asked_service(exchange: &Exchange) -> Option<String> {
    let form = exchange.req_body.as_ref().and_then(Json::as_text);
    match Target::of(exchange) {
        Target::Exchange | Target::Token => form
            .and_then(|form| field(form, "service"))
            .or_else(|| parameter(exchange, "service")),
        _ => None,
    }
}

/// Whether somebody got a token for nothing.
fn is_anonymous(exchange: &Exchange) -> bool {
    let form = exchange
        .req_body
        .as_ref()
        .and_then(Json::as_text)
        .unwrap_or_default();
    let of_password = field(form, "grant_type").is_some_and(|grant| grant == "password");
    let nobody = field(form, "username").is_none_or(|name| name.is_empty());
    exchange.status == 200 && Target::of(exchange) == Target::Token && of_password && nobody
}
