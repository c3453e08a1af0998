//! Makes the calls of our client that recorded requests stand for, against a server that plays the
//! recorded answers, and compares what it sends and what it returns.

mod answer;
mod auth;
mod client;
mod fields;
mod input;
mod played;
mod player;
pub(crate) mod report;
mod request;
mod rest;
mod rules;
#[cfg(test)]
mod tests;
mod tokens;
mod told;

use std::fmt;

use acr_auth::{Authenticator, Credential};
use acr_client::ContainerRegistryClient;
use acr_core::RegistryEndpoint;
use acr_rest::{Pipeline, RetryOptions, TransportOptions};
use anyhow::Result;
use http::{HeaderMap, HeaderValue};

use self::{
    input::Input,
    player::{Player, Script},
    told::{Made, Via},
};
use crate::{
    client::Answer,
    compare::{Difference, Differences, Kind},
    contents::Contents,
    exchange::{Exchange, Group},
    sessions::Sessions,
    target::Target,
    who,
};

/// What became of an exchange.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// A call was made for it; these differ, and these rules excuse other differences.
    Covered {
        via: Via,
        method: &'static str,
        differing: Vec<Difference>,
        excused: Vec<usize>,
        /// What was sent and returned, for those who look closely.
        details: String,
    },
    NotCovered(NotCovered),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCovered(why) => write!(f, "not covered: {}", why.reason()),
            Self::Covered {
                via,
                method,
                differing,
                details,
                ..
            } => write!(
                f,
                "by {}: {method}\n{details}\ndiffering: {differing:#?}",
                via.name()
            ),
        }
    }
}

/// Why no call was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NotCovered {
    NotARegistry,
    NoOperation,
    BodyNotRecorded,
    AnswerNotRecorded,
    /// The program itself could not go on.
    Broken,
}

impl NotCovered {
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::NotARegistry => "no call to a registry",
            Self::NoOperation => "no operation that is known",
            Self::BodyNotRecorded => "the body of the request is not recorded",
            Self::AnswerNotRecorded => "the body of the answer is not recorded",
            Self::Broken => "the server that plays the answers could not be started",
        }
    }
}

/// Makes the calls for a group of exchanges, each for itself.
pub(crate) async fn replay(group: Group) -> Vec<(Exchange, Outcome)> {
    let exchanges = group.exchanges;
    let mut outcomes = Vec::new();
    match Stage::new(&exchanges).await {
        Ok(mut stage) => {
            for at in 0..exchanges.len() {
                outcomes.push(stage.one(at).await);
            }
        }
        Err(_) => outcomes.extend(
            exchanges
                .iter()
                .map(|_| Outcome::NotCovered(NotCovered::Broken)),
        ),
    }
    exchanges.into_iter().zip(outcomes).collect()
}

/// A player, and what the exchanges together tell.
struct Stage<'a> {
    exchanges: &'a [Exchange],
    contents: Contents,
    sessions: Sessions,
    player: Player,
    endpoint: RegistryEndpoint,
    client: ContainerRegistryClient,
    /// The bindings, with tokens and without.
    rest: acr_rest::Client,
    bare: acr_rest::Client,
    /// By which the registry is called in the recording, and by the player.
    names: Vec<String>,
}

impl<'a> Stage<'a> {
    async fn new(exchanges: &'a [Exchange]) -> Result<Self> {
        let player = Player::start().await?;
        let mut names = who::aliases(exchanges);
        names.push(player.authority().to_owned());
        let endpoint: RegistryEndpoint = format!("http://{}", player.authority()).parse()?;
        let client = ContainerRegistryClient::builder(endpoint.clone())
            .credential(credential())
            .retry(RetryOptions::none())
            .build()?;
        let mut options = TransportOptions::default();
        options.direct = true;
        let bare = Pipeline::new(acr_rest::transport(&options)?);
        let authenticator = Authenticator::builder(&endpoint, credential()).build()?;
        let with_tokens = bare.clone().with(authenticator.middleware());
        Ok(Self {
            exchanges,
            contents: Contents::of(exchanges),
            sessions: Sessions::default(),
            client,
            rest: acr_rest::Client::connect(&endpoint, with_tokens),
            bare: acr_rest::Client::connect(&endpoint, bare),
            endpoint,
            player,
            names,
        })
    }

    async fn one(&mut self, at: usize) -> Outcome {
        let exchange = &self.exchanges[at];
        if !who::is_registry(exchange) {
            return Outcome::NotCovered(NotCovered::NotARegistry);
        }
        let input = Input::of(self.exchanges, at, &self.contents, &mut self.sessions);
        let Some(answer) = played::answer(exchange, &self.contents, self.player.authority()) else {
            return Outcome::NotCovered(NotCovered::AnswerNotRecorded);
        };
        match self.make(&input, &answer).await {
            Ok(made) => self.compared(&input, &answer, &made),
            Err(why) => Outcome::NotCovered(why),
        }
    }

    /// Makes the call: by the client, and by the bindings where it has none or refuses to make it.
    async fn make(&self, input: &Input<'_>, answer: &Answer) -> Result<Made, NotCovered> {
        let script = Script {
            recorded: Some(answer.clone()),
            is_token: matches!(input.target, Target::Exchange | Target::Token),
            ..Script::default()
        };
        self.player.play(script.clone());
        let rest = if script.is_token {
            if let Some(made) = auth::make(&self.endpoint, input).await {
                return Ok(made);
            }
            &self.bare
        } else {
            let stage = client::Stage {
                registry: &self.client,
                player: &self.player,
                script: &script,
            };
            if let Some(made) = client::make(&stage, input).await {
                return Ok(made);
            }
            &self.rest
        };
        self.player.play(script.clone());
        let mut headers = HeaderMap::new();
        let id = input.exchange.asked("x-ms-client-request-id");
        if let Some(Ok(id)) = id.map(HeaderValue::from_str) {
            headers.insert("x-ms-client-request-id", id);
        }
        rest::make(&rest.with_headers(headers), input).await
    }

    fn compared(&self, input: &Input<'_>, answer: &Answer, made: &Made) -> Outcome {
        let seen = self.player.seen();
        let mut found = Differences::default();
        match seen.recorded.first() {
            Some(asked) => request::compare(input, asked, &self.names, &mut found),
            None => found.add(
                "request",
                Kind::Missing,
                input.exchange.path_and_query(),
                "",
            ),
        }
        // A refused token is replaced once, and what is followed may lead to the same place.
        let leads_on = ["link", "location"].map(|name| answer.header(name).is_some());
        let may_repeat = answer.status == 401 || leads_on.contains(&true);
        for again in seen.recorded.iter().skip(1).filter(|_| !may_repeat) {
            let came = format!("{} {}", again.method, again.target);
            found.add("request again", Kind::Extra, "", &came);
        }
        // What the service gave and the client does not ask for needs a reason. A refusal does not:
        // the client refuses before the service can.
        if made.via == Via::Rest && answer.status < 400 {
            found.add("call", Kind::Missing, made.method, "");
        }
        // What a lock holds the client looks up, to name it.
        let unasked = seen.unanswered.iter().filter(|_| answer.status != 405);
        for other in unasked {
            let came = format!("{} {}", other.method, other.target);
            found.add("request another", Kind::Extra, "", &came);
        }
        answer::compare(answer, made, &seen, &mut found);
        let (mut differing, mut excused) = (Vec::new(), Vec::new());
        for difference in found.into_vec() {
            match rules::excuse(input, &difference) {
                Some(rule) => excused.push(rule),
                None => differing.push(difference),
            }
        }
        Outcome::Covered {
            via: made.via,
            method: made.method,
            differing,
            excused,
            details: format!(
                "asked: {seen:#?}\nplayed: {answer:#?}\nreturned: {:#?}",
                made.told
            ),
        }
    }
}

/// Somebody who gets every token that is asked for.
fn credential() -> Credential {
    Credential::refresh_token(tokens::token(&serde_json::json!([])))
}
