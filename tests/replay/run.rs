//! Replays one group of exchanges against a registry of its own each.

use std::{collections::BTreeMap, time::SystemTime};

use anyhow::{Context as _, Result};

use crate::{
    before,
    bytes::Bytes,
    client::{Answer, Sent, send},
    compare::{Difference, Pair, differences},
    contents::Contents,
    exchange::{Exchange, Group},
    kept::Kept,
    live::Live,
    order::ordered,
    registry::Registry,
    rules,
    sessions::Sessions,
    target::Target,
    who,
};

/// What became of an exchange.
pub(crate) enum Outcome {
    /// It was sent; these differ, and these rules excuse other differences.
    Compared {
        sent: Box<Sent>,
        answer: Box<Answer>,
        differing: Vec<Difference>,
        excused: Vec<usize>,
    },
    Unsent(Unsent),
}

/// Why an exchange was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unsent {
    NotARegistry,
    BodyNotRecorded,
    RecordedTwice,
}

impl Unsent {
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::NotARegistry => "no call to a registry",
            Self::BodyNotRecorded => "its body is not recorded and cannot be made",
            Self::RecordedTwice => "recorded twice",
        }
    }
}

/// Replays a group.
pub(crate) async fn replay(group: Group) -> Result<Vec<(Exchange, Outcome)>> {
    let mut done = Vec::new();
    let mut rest = Vec::new();
    let twice = who::recorded_twice(&group.exchanges);
    for (exchange, twice) in group.exchanges.into_iter().zip(twice) {
        let why = match who::is_registry(&exchange) {
            _ if twice => Unsent::RecordedTwice,
            false => Unsent::NotARegistry,
            true => {
                rest.push(exchange);
                continue;
            }
        };
        done.push((exchange, Outcome::Unsent(why)));
    }
    // Each registry has its own state.
    let mut registries: BTreeMap<String, Vec<Exchange>> = BTreeMap::new();
    for (key, exchange) in who::by_registry(rest) {
        registries.entry(key).or_default().push(exchange);
    }
    for (_, exchanges) in registries {
        let exchanges = ordered(exchanges);
        let outcomes = one_registry(&exchanges).await?;
        done.extend(exchanges.into_iter().zip(outcomes));
    }
    Ok(done)
}

async fn one_registry(exchanges: &[Exchange]) -> Result<Vec<Outcome>> {
    let contents = Contents::of(exchanges);
    let all: Vec<&Exchange> = exchanges.iter().collect();
    let seeds = before::seeds(&all, &contents);
    let kind = who::kind(exchanges);
    let mut replay = Replay {
        live: Live::new(who::aliases(exchanges), &kind.service),
        registry: Registry::start(kind).await?,
        sessions: Sessions::default(),
        began: exchanges.iter().filter_map(Exchange::date).min(),
        contents,
    };
    let mut outcomes = Vec::new();
    for (at, exchange) in exchanges.iter().enumerate() {
        if at > 0 && exchanges[at - 1].file != exchange.file {
            replay.registry.next_file();
        }
        let seeded = match seeds.get(&at) {
            Some(seed) => replay.registry.seed(seed).await,
            None => Ok(()),
        };
        let kept = Kept::with(exchanges, exchange);
        let outcome = replay.one(exchange, &all[at + 1..], &kept).await;
        let mut outcome = outcome.with_context(|| exchange.name())?;
        if let (Err(error), Outcome::Compared { differing, .. }) = (seeded, &mut outcome) {
            differing.push(Difference::state(&error.to_string()));
        }
        outcomes.push(outcome);
    }
    replay.registry.emulator.shutdown().await;
    Ok(outcomes)
}

struct Replay {
    live: Live,
    registry: Registry,
    sessions: Sessions,
    contents: Contents,
    began: Option<SystemTime>,
}

impl Replay {
    async fn one(
        &mut self,
        exchange: &Exchange,
        later: &[&Exchange],
        kept: &Kept,
    ) -> Result<Outcome> {
        self.open_what_was_open(exchange, later).await?;
        let Bytes::Are(body) = self.sessions.body(exchange, later, &self.contents) else {
            self.unsent(exchange).await?;
            return Ok(Outcome::Unsent(Unsent::BodyNotRecorded));
        };
        let sent = self.request(exchange, body, kept).await?;
        let mut answer = send(&self.host(&sent), &sent_to(&sent)).await?;
        if answer.status == 307 && exchange.status != 307 && exchange.status < 400 {
            answer = self.followed(&sent, &answer).await?;
        }
        self.live.learn_ids(exchange, &answer);
        let pair = Pair {
            exchange,
            answer: &answer,
            live: &self.live,
            began: self.began,
            kept,
        };
        let mut differing = Vec::new();
        let mut excused = Vec::new();
        for difference in differences(pair) {
            match rules::excuse(pair, &difference) {
                Some(rule) => excused.push(rule),
                None => differing.push(difference),
            }
        }
        self.live.learn_address(exchange, &answer);
        self.registry.learn(&answer);
        Ok(Outcome::Compared {
            sent: Box::new(sent),
            answer: Box::new(answer),
            differing,
            excused,
        })
    }

    async fn request(
        &mut self,
        exchange: &Exchange,
        mut body: Vec<u8>,
        kept: &Kept,
    ) -> Result<Sent> {
        let is_form = matches!(Target::of(exchange), Target::Exchange | Target::Token);
        if is_form && !body.is_empty() {
            let form = self.live.text(&String::from_utf8_lossy(&body));
            body = self.registry.form(exchange, &form).await?.into_bytes();
        }
        let mut headers = Vec::new();
        // The rest speaks of the connection and the program, not of what is asked for.
        let unsent = [
            "authorization",
            "connection",
            "accept-encoding",
            "content-length",
            "transfer-encoding",
            "host",
        ];
        for (name, lines) in &exchange.req_headers {
            if !unsent.contains(&name.as_str()) {
                let lines = lines
                    .iter()
                    .map(|line| (name.clone(), self.live.text(line)));
                headers.extend(lines);
            }
        }
        if !who::is_storage(exchange) {
            let authorization = self
                .registry
                .authorization(exchange, kept.authorization)
                .await?;
            headers.extend(authorization.map(|value| ("authorization".to_owned(), value)));
        }
        Ok(Sent {
            method: exchange.method.clone(),
            path: self.live.address(exchange),
            headers,
            body,
        })
    }

    /// Where a request goes: to the registry, unless its address is a whole URL.
    fn host(&self, sent: &Sent) -> String {
        match sent.path.split_once("://") {
            Some((_, rest)) => rest.split('/').next().unwrap_or(rest).to_owned(),
            None => self.registry.emulator.endpoint().to_owned(),
        }
    }

    /// Follows a redirect as the recorder's client did, and as every client should: without the
    /// authorization.
    async fn followed(&self, sent: &Sent, answer: &Answer) -> Result<Answer> {
        let location = answer.header("location").unwrap_or_default().to_owned();
        let mut next = Sent {
            path: location,
            ..sent.clone()
        };
        next.headers.retain(|(name, _)| name != "authorization");
        send(&self.host(&next), &sent_to(&next)).await
    }

    /// An upload that was open when the recording began is opened now.
    async fn open_what_was_open(&mut self, exchange: &Exchange, later: &[&Exchange]) -> Result<()> {
        let Target::Upload(repository, id) = Target::of(exchange) else {
            return Ok(());
        };
        if self.live.knows(exchange) || exchange.status == 404 {
            return Ok(());
        }
        // A challenge tells nothing of the upload; what comes after it does.
        let of_it =
            |e: &&&Exchange| matches!(Target::of(e), Target::Upload(_, other) if other == id);
        let telling = [exchange].into_iter().chain(later.iter().copied());
        let telling = telling.filter(|e| e.status != 401).find(|e| of_it(&e));
        let received = telling.map_or(0, who::received_before);
        let answer = self.registry.open_upload(&repository, received).await?;
        self.sessions.was_open(&id, received);
        let path = exchange.path_and_query();
        let recorded = path.split("&digest=").next().unwrap_or(path);
        if let Some(live) = answer.header("location") {
            self.live.same_address(recorded, live);
        }
        if let Some(live) = answer.header("docker-upload-uuid") {
            self.live.same_id(&id, live);
        }
        Ok(())
    }

    /// What an exchange that cannot be sent made is put there otherwise.
    async fn unsent(&self, exchange: &Exchange) -> Result<()> {
        let seed = before::made_by(exchange, &self.contents);
        match seed {
            Some(seed) => self.registry.seed(&seed).await,
            None => Ok(()),
        }
    }
}

/// With the path alone where the address is a whole URL.
fn sent_to(sent: &Sent) -> Sent {
    let path = match sent.path.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]).to_owned(),
        None => sent.path.clone(),
    };
    Sent {
        path,
        ..sent.clone()
    }
}
