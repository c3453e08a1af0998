//! Settings and operations of artifact streaming.

use acr_rest::types;

use super::{Converted, time};
use crate::{RepositoryStreaming, StreamingProgress};

pub(crate) fn repository(from: types::RepositoryStreaming) -> RepositoryStreaming {
    RepositoryStreaming {
        converts_pushed_images: from.convert_pushed_images,
        format: from.conversion_format,
        version: from.conversion_version,
        status: from.status.map(Into::into),
        operation_id: from.id,
    }
}

/// The most characters that the name of an operation has; a GUID has 36.
const LONGEST_ID: usize = 128;

/// The name of an operation, which becomes a part of addresses.
pub(crate) fn operation_id(from: String) -> Converted<String> {
    let fits = !from.is_empty() && from.len() <= LONGEST_ID;
    match fits && from.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(from),
        false => Err("its operation has no name that can be used".to_owned()),
    }
}

pub(crate) fn progress(from: types::StreamingOperation) -> Converted<StreamingProgress> {
    Ok(StreamingProgress {
        name: from.name,
        resource: from.resource,
        status: from.status.into(),
        started_at: time(from.start_time),
        progress: from.progress,
        details: from.details,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_stand_in_an_address_names_an_operation() {
        let id = "7dfcc117-d980-4c19-8817-3171e14186ca".to_owned();
        assert_eq!(operation_id(id.clone()), Ok(id));
        for id in ["", "a b", "a\nb", "ä", &"a".repeat(LONGEST_ID + 1)] {
            assert!(operation_id(id.to_owned()).is_err(), "{id:?}");
        }
    }

    #[test]
    fn an_operation_as_the_service_tells_it() {
        let from = serde_json::json!({
            "name": "Cancel: ArtifactStreamingConversion",
            "resource": "microsoft@sha256:ab",
            "status": "Canceled",
            "startTime": "2025-04-28T03:54:17Z",
            "progress": "0%",
            "details": "Conversion started for resource microsoft@sha256:ab",
            "later": {"members": [1]},
        });
        let told = progress(serde_json::from_value(from).unwrap()).unwrap();
        assert_eq!(told.status, crate::StreamingStatus::Canceled);
        assert_eq!(told.percent(), Some(0));
        assert_eq!(told.started_at.unwrap().unix_timestamp(), 1_745_812_457);
        let least = serde_json::json!({"status": "Queued", "details": null});
        let told = progress(serde_json::from_value(least).unwrap()).unwrap();
        assert_eq!(told.status.as_str(), "Queued");
        assert!(told.started_at.is_none() && told.details.is_none());
    }
}
