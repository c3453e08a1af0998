//! One exchange against the registry as the exchanges before it left it.

use std::time::SystemTime;

use anyhow::Result;

use super::{Outcome, Unsent, fault};
use crate::{
    before,
    bytes::Bytes,
    client::{Answer, Sent, send},
    compare::{Pair, differences},
    contents::Contents,
    exchange::Exchange,
    kept::Kept,
    live::Live,
    registry::Registry,
    rules,
    sessions::Sessions,
    target::Target,
    who,
};

/// A registry, and what the exchanges so far have told.
pub(super) struct Replay {
    pub(super) live: Live,
    pub(super) registry: Registry,
    pub(super) sessions: Sessions,
    pub(super) contents: Contents,
    pub(super) began: Option<SystemTime>,
}

impl Replay {
    /// Sends a request and compares the answer.
    pub(super) async fn one(
        &mut self,
        exchange: &Exchange,
        later: &[&Exchange],
        kept: &Kept,
    ) -> Result<Outcome> {
        if who::is_storage(exchange) && !self.live.knows(exchange) {
            // Signed by the service: no registry of another key can be asked this.
            return Ok(Outcome::Unsent(Unsent::NotARegistry));
        }
        self.open_what_was_open(exchange, later).await?;
        let Bytes::Are(body) = self.sessions.body(exchange, later, &self.contents) else {
            self.unsent(exchange).await?;
            return Ok(Outcome::Unsent(Unsent::BodyNotRecorded));
        };
        let sent = self.request(exchange, body, kept).await?;
        if let Some(rule) = fault::rule(exchange) {
            self.registry.emulator.inject(rule)?;
        }
        let answer = send(&self.host(&sent), &sent_to(&sent)).await;
        self.registry.emulator.clear_faults();
        let mut answer = answer?;
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
        if is_form && (body.is_empty() || exchange.req_body.is_none()) {
            body = lost_form(exchange).unwrap_or_default().into_bytes();
        }
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

/// A form that the recorder dropped, where the answer tells what it was for. Which scopes were asked
/// for, the answer does not show.
fn lost_form(exchange: &Exchange) -> Option<String> {
    let target = Target::of(exchange);
    let told = match exchange.status {
        // It was the secret that was refused, not the form.
        200..300 | 401 => true,
        403 => target == Target::Exchange,
        _ => false,
    };
    let form = match target {
        Target::Exchange => "grant_type=access_token&service=any&access_token=any",
        _ => "grant_type=refresh_token&service=any&scope=registry%3Acatalog%3A*&refresh_token=any",
    };
    (told && exchange.method == "POST").then(|| form.to_owned())
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
