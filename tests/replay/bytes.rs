//! The bytes that a recorder turned into something else.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use crate::json::{COMPACT, Json, Style};

/// What is known of the bytes besides the recorded form of them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known<'a> {
    pub(crate) length: Option<u64>,
    pub(crate) digest: Option<&'a str>,
    pub(crate) media_type: Option<&'a str>,
}

/// The bytes of a body, as far as they can be had back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bytes {
    /// These they were, or would have the same effect.
    Are(Vec<u8>),
    /// They are not recorded, and were not empty.
    Lost,
}

/// The bytes of a recorded body: that reading of it which has the digest, if that is known, or else
/// the length, or else the likeliest.
pub(crate) fn bytes(body: Option<&Json>, known: Known<'_>) -> Bytes {
    let readings = readings(body, known);
    let found = match (known.digest, known.length) {
        (Some(digest), _) => readings
            .into_iter()
            .find(|bytes| digest_of(bytes) == digest),
        _ if shortened(body) => None,
        (None, Some(length)) => {
            let fits = readings
                .iter()
                .position(|bytes| bytes.len() as u64 == length);
            // What stands for a secret has another length; nothing stands for nothing alone.
            let other = readings.iter().position(|bytes| !bytes.is_empty());
            fits.or(other).and_then(|at| readings.into_iter().nth(at))
        }
        (None, None) => readings.into_iter().next(),
    };
    found.map_or(Bytes::Lost, Bytes::Are)
}

/// The digest of these bytes.
pub(crate) fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// Whether a recorder left a body out or shortened it, and said so by an ellipsis.
pub(crate) fn shortened(body: Option<&Json>) -> bool {
    matches!(body, Some(Json::Text(text)) if text.contains('\u{2026}'))
}

/// What a recorded body may stand for, the likeliest first.
fn readings(body: Option<&Json>, known: Known<'_>) -> Vec<Vec<u8>> {
    match body {
        None => vec![Vec::new()],
        Some(Json::Plain(plain)) if plain == "null" => vec![Vec::new()],
        Some(Json::Text(text)) => of_text(text, known),
        Some(Json::List(lines)) if lines.iter().all(|line| line.as_text().is_some()) => {
            let lines = lines.iter().filter_map(Json::as_text);
            vec![lines.collect::<String>().into_bytes()]
        }
        Some(json) => layouts(json),
    }
}

fn of_text(text: &str, known: Known<'_>) -> Vec<Vec<u8>> {
    let plain = text.as_bytes().to_vec();
    let mut readings = vec![plain];
    let decoded = STANDARD.decode(text).ok().filter(|_| !text.is_empty());
    if let Some(decoded) = decoded {
        let binary = known
            .media_type
            .is_some_and(|t| t == "application/octet-stream");
        readings.insert(usize::from(!binary), decoded);
    }
    if let Some(json) = Json::parse(text.as_bytes()) {
        readings.extend(layouts(&json));
    }
    readings
}

/// A JSON value in the layouts in which manifests are found.
fn layouts(json: &Json) -> Vec<Vec<u8>> {
    let mut texts = vec![json.write(COMPACT)];
    texts.push(json.write(Style {
        comma: ", ",
        colon: ": ",
        lines: None,
    }));
    for step in ["  ", "   ", "    ", "\t", " "] {
        for end in ["\n", "\r\n"] {
            // The second is what some writers put before the colon, too.
            for colon in [": ", " : "] {
                texts.push(json.write(Style {
                    comma: ",",
                    colon,
                    lines: Some((end, step)),
                }));
            }
        }
    }
    let ends = ["", "\n", "\r\n"];
    let with_ends = ends.iter().flat_map(|end| {
        let texts = &texts;
        texts
            .iter()
            .map(move |text| format!("{text}{end}").into_bytes())
    });
    with_ends.collect()
}
