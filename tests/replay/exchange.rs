//! Recorded exchanges, and which of them continue one another's state.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    time::SystemTime,
};

use acr_tests::recordings;
use anyhow::Result;
use serde::Deserialize;

use crate::json::Json;

/// One recorded request and its answer.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Exchange {
    /// The file that it stands in.
    #[serde(skip)]
    pub(crate) file: String,
    /// Its number there.
    pub(crate) i: u64,
    pub(crate) method: String,
    pub(crate) url: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) req_headers: Headers,
    pub(crate) req_body: Option<Json>,
    pub(crate) status: u16,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) resp_headers: Headers,
    pub(crate) resp_body: Option<Json>,
}

/// Names in lower case, and the lines of each in their order.
pub(crate) type Headers = BTreeMap<String, Vec<String>>;

/// Exchanges that share one state: those of a file, or of a numbered series of files.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) exchanges: Vec<Exchange>,
}

impl Exchange {
    /// The host of the URL, if the recorder kept it.
    pub(crate) fn host(&self) -> Option<&str> {
        let rest = self.url.split_once("://")?.1;
        Some(rest.split(['/', '?']).next().unwrap_or(rest))
    }

    /// The path and query of the URL, as they are.
    pub(crate) fn path_and_query(&self) -> &str {
        let Some((_, rest)) = self.url.split_once("://") else {
            return &self.url;
        };
        rest.find('/').map_or("/", |at| &rest[at..])
    }

    /// The first line of a header of the request.
    pub(crate) fn asked(&self, name: &str) -> Option<&str> {
        first(&self.req_headers, name)
    }

    /// The first line of a header of the answer.
    pub(crate) fn answered(&self, name: &str) -> Option<&str> {
        first(&self.resp_headers, name)
    }

    /// The answer's body as JSON, whether the recorder kept it parsed or as text.
    pub(crate) fn answer_json(&self) -> Option<Json> {
        match self.resp_body.as_ref()? {
            Json::Text(text) => Json::parse(text.as_bytes()),
            json => Some(json.clone()),
        }
    }

    /// When it was answered.
    pub(crate) fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.answered("date")?).ok()
    }

    /// How it is spoken of.
    pub(crate) fn name(&self) -> String {
        format!("{} #{}", self.file, self.i)
    }
}

fn first<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers.get(name)?.first().map(String::as_str)
}

fn nullable<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Headers, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads every `.jsonl` file in a folder and the folders in it.
///
/// Files of one folder whose names begin with numbers that follow one another are one series. Where
/// a number is missing nobody knows what went on, and another series begins.
pub(crate) fn load(folder: &Path) -> Result<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut series: HashMap<PathBuf, Vec<(u64, Vec<Exchange>)>> = HashMap::new();
    for (file, mut exchanges) in recordings::read::<Exchange>(folder)? {
        let name = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy();
        for exchange in &mut exchanges {
            exchange.file = name.clone().into_owned();
        }
        match number(&file) {
            Some(number) => {
                let parent = file.parent().map(Path::to_owned).unwrap_or_default();
                series.entry(parent).or_default().push((number, exchanges));
            }
            None => groups.push(Group { exchanges }),
        }
    }
    let mut series: Vec<_> = series.into_iter().collect();
    series.sort_by(|a, b| a.0.cmp(&b.0));
    for (_, mut files) in series {
        files.sort_by_key(|(number, _)| *number);
        let mut last = None;
        for (number, exchanges) in files {
            let group = groups
                .last_mut()
                .filter(|_| last == Some(number.wrapping_sub(1)));
            match group {
                Some(group) => group.exchanges.extend(exchanges),
                None => groups.push(Group { exchanges }),
            }
            last = Some(number);
        }
    }
    Ok(groups)
}

/// The number that a file's name begins with.
fn number(file: &Path) -> Option<u64> {
    let name = file.file_name()?.to_str()?;
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    name[..digits].parse().ok()
}
