//! What was deleted and can be restored. Two names are met for two of the members: the Azure CLI
//! reads `deletedAt` and `tag`, Microsoft's example has `deletedTime` and `name`.

use acr_core::RepositoryName;
use acr_rest::types;

use super::{Converted, count, digest, media_type, tag_name, time};
use crate::{DeletedManifest, DeletedTag};

pub(crate) fn manifest(
    repository: &RepositoryName,
    from: types::DeletedManifest,
) -> Converted<DeletedManifest> {
    let deleted_at = from.deleted_at.or(from.deleted_time);
    let tags = from.tags.unwrap_or_default();
    Ok(DeletedManifest {
        repository: repository.clone(),
        digest: digest(&from.digest)?,
        size: count(from.image_size),
        created_at: time(from.created_time),
        last_updated_at: time(from.last_update_time),
        deleted_at: time(deleted_at),
        architecture: from.architecture,
        operating_system: from.os,
        media_type: media_type(from.media_type),
        tags: tags.iter().map(tag_name).collect::<Converted<_>>()?,
    })
}

pub(crate) fn tag(repository: &RepositoryName, from: types::DeletedTag) -> Converted<DeletedTag> {
    let deleted_at = from.deleted_at.or(from.deleted_time);
    let name = from.tag.or(from.name);
    let name = name.ok_or("a deleted tag has no name")?;
    Ok(DeletedTag {
        repository: repository.clone(),
        name: tag_name(&name)?,
        digest: digest(&from.digest)?,
        deleted_at: time(deleted_at),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn read<T: serde::de::DeserializeOwned>(json: serde_json::Value) -> T {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn both_names_of_each_member_and_others_that_are_not_known() {
        let app = "app".parse().unwrap();
        let at = "2023-03-07T02:03:10.5343706Z";
        let of_cli = json!({"tag": "v1", "digest": DIGEST, "deletedAt": at, "by": {"whom": 1}});
        let of_example = json!({"name": "v1", "digest": DIGEST, "deletedTime": at});
        let first = tag(&app, read(of_cli)).unwrap();
        assert_eq!(first, tag(&app, read(of_example)).unwrap());
        assert_eq!(first.name.as_str(), "v1");
        assert_eq!(first.deleted_at.unwrap().unix_timestamp(), 1_678_154_590);

        let of_cli = json!({"digest": DIGEST, "deletedAt": at, "tags": null, "why": []});
        let of_example = json!({"digest": DIGEST, "deletedTime": at});
        let first = manifest(&app, read(of_cli)).unwrap();
        assert_eq!(first, manifest(&app, read(of_example)).unwrap());
        assert!(first.deleted_at.is_some() && first.tags.is_empty());
    }

    #[test]
    fn what_has_no_name_or_no_digest_is_refused() {
        let app = "app".parse().unwrap();
        let error = tag(&app, read(json!({"digest": DIGEST}))).unwrap_err();
        assert_eq!(error, "a deleted tag has no name");
        assert!(manifest(&app, read(json!({"digest": "no digest"}))).is_err());
    }
}
