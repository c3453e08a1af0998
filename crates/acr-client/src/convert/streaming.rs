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

pub(crate) fn progress(from: types::StreamingOperation) -> Converted<StreamingProgress> {
    Ok(StreamingProgress {
        name: from.name,
        resource: from.resource,
        status: from.status.into(),
        started_at: from.start_time.map(time).transpose()?,
        progress: from.progress,
        details: from.details,
    })
}
