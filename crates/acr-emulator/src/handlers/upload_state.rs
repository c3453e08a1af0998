//! The `_state` in an upload's `Location`: what the registry remembers of an upload lies with the
//! client, signed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{auth::mac, sessions::Session};

/// The length of the MAC before the JSON.
const MAC: usize = 32;

/// What the state says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UploadState {
    #[serde(rename = "Name")]
    pub(crate) name: String,
    #[serde(rename = "UUID")]
    pub(crate) uuid: String,
    #[serde(rename = "Offset")]
    pub(crate) offset: u64,
    #[serde(rename = "StartedAt")]
    started_at: String,
}

impl UploadState {
    /// The state of a session. The first one has the time of the start in full, later ones in
    /// whole seconds.
    pub(crate) fn of(session: &Session, first: bool) -> Self {
        let started = session.started;
        let whole = Timestamp::from_second(started.as_second()).unwrap_or(started);
        Self {
            name: session.repository.to_string(),
            uuid: session.uuid.clone(),
            offset: session.offset(),
            started_at: if first { started } else { whole }.to_string(),
        }
    }

    /// The path and query at which the upload goes on.
    pub(crate) fn location(&self, key: &[u8]) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        let mut signed = mac(key, &[&json]).to_vec();
        signed.extend(json);
        let state = URL_SAFE.encode(signed).replace('=', "%3D");
        format!(
            "/v2/{}/blobs/uploads/{}?_nouploadcache=false&_state={state}",
            self.name, self.uuid
        )
    }

    /// What a state that came back says, if it is one of ours.
    pub(crate) fn read(state: &str, key: &[u8]) -> Option<Self> {
        let signed = URL_SAFE.decode(state).ok()?;
        let (code, json) = signed.split_at_checked(MAC)?;
        let own = mac(key, &[json]) == code;
        own.then(|| serde_json::from_slice(json).ok())?
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::Query;

    fn state(offset: u64) -> UploadState {
        UploadState {
            name: "library/app".to_owned(),
            uuid: "1-2".to_owned(),
            offset,
            started_at: "2026-01-01T00:00:00Z".to_owned(),
        }
    }

    proptest! {
        #[test]
        fn what_is_signed_comes_back(offset: u64) {
            let location = state(offset).location(b"key");
            let (path, query) = location.split_once('?').unwrap();
            prop_assert_eq!(path, "/v2/library/app/blobs/uploads/1-2");
            let query = Query::parse(Some(query));
            let text = query.get("_state").unwrap();
            prop_assert_eq!(UploadState::read(text, b"key"), Some(state(offset)));
            prop_assert_eq!(UploadState::read(text, b"other"), None);
        }

        #[test]
        fn no_state_panics(text in "\\PC*") {
            prop_assert_eq!(UploadState::read(&text, b"key"), None);
        }
    }
}
