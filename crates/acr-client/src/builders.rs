//! Builders of what the registry tells, for the tests of those who use the client: its types may
//! grow, so that nobody but this crate can write them down in full.
//!
//! One pattern for all: what a thing is nothing without is passed to `builder`, everything else is
//! chained, `build` gives the thing. What is not chained is as of something new and unlocked.

use acr_core::{Digest, MediaType, RepositoryName, Tag};
use azure_core::time::OffsetDateTime;
use bytes::Bytes;

use crate::{
    DeletedRepository, Descriptor, Lock, LockLevel, Locks, ManifestContent, ManifestProperties,
    PushedManifest, RelatedArtifact, RepositoryProperties, TagProperties, Untagged,
};

/// A builder for each type: its fields that can be chained, and how it begins.
macro_rules! builders {
    ($(
        $(#[doc = $doc:literal])+
        $builder:ident of $model:ident ($($argument:ident: $type:ty),*) $begin:block
        $([$($flag:ident)+])?
        $(option $option:ident: $inner:ty;)*
        $(value $value:ident: $value_type:ty;)*
    )+) => {$(
        impl $model {
            $(#[doc = $doc])+
            pub fn builder($($argument: impl Into<$type>),*) -> $builder {
                $(let $argument: $type = $argument.into();)*
                $builder($begin)
            }
        }

        #[doc = concat!("Makes a [`", stringify!($model), "`], for tests.")]
        #[derive(Clone, Debug)]
        #[must_use = "`build()` makes the thing"]
        pub struct $builder($model);

        impl $builder {
            $($(
                #[doc = concat!("Sets [`", stringify!($flag), "`](", stringify!($model), "::", stringify!($flag), ").")]
                pub fn $flag(mut self, can: bool) -> Self {
                    self.0.$flag = can;
                    self
                }
            )+)?
            $(
                #[doc = concat!("Sets [`", stringify!($option), "`](", stringify!($model), "::", stringify!($option), ").")]
                pub fn $option(mut self, value: impl Into<$inner>) -> Self {
                    self.0.$option = Some(value.into());
                    self
                }
            )*
            $(
                #[doc = concat!("Sets [`", stringify!($value), "`](", stringify!($model), "::", stringify!($value), ").")]
                pub fn $value(mut self, value: impl Into<$value_type>) -> Self {
                    self.0.$value = value.into();
                    self
                }
            )*

            #[doc = concat!("The [`", stringify!($model), "`].")]
            #[must_use]
            pub fn build(self) -> $model {
                self.0
            }
        }
    )+};
}

mod previews;

pub use previews::{
    AnnotationIndexBuilder, ArtifactStreamingBuilder, DeletedManifestBuilder, DeletedTagBuilder,
    HealthReportBuilder, HealthStepBuilder, ManifestMetadataBuilder, QueryInfoBuilder,
    RepositoryStreamingBuilder, StreamingProgressBuilder,
};

builders! {
    /// For tests of one's own: a repository of this name.
    ///
    /// ```
    /// use acr_client::RepositoryProperties;
    ///
    /// let properties = RepositoryProperties::builder("library/hello-world".parse::<acr_client::RepositoryName>()?)
    ///     .tag_count(3_u64)
    ///     .can_delete(false)
    ///     .build();
    /// assert_eq!(properties.tag_count, Some(3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    RepositoryPropertiesBuilder of RepositoryProperties (name: RepositoryName) {
        RepositoryProperties {
            registry: String::new(),
            name,
            created_at: None,
            last_updated_at: None,
            manifest_count: None,
            tag_count: None,
            can_delete: true,
            can_write: true,
            can_list: true,
            can_read: true,
            teleport_enabled: None,
        }
    }
    [can_delete can_write can_list can_read]
    option created_at: OffsetDateTime;
    option last_updated_at: OffsetDateTime;
    option manifest_count: u64;
    option tag_count: u64;
    option teleport_enabled: bool;
    value registry: String;

    /// For tests of one's own: a tag of this repository, and the manifest that it points to.
    TagPropertiesBuilder of TagProperties (repository: RepositoryName, name: Tag, digest: Digest) {
        TagProperties {
            registry: String::new(),
            repository,
            name,
            digest,
            created_at: None,
            last_updated_at: None,
            signed: None,
            can_delete: true,
            can_write: true,
            can_list: true,
            can_read: true,
        }
    }
    [can_delete can_write can_list can_read]
    option created_at: OffsetDateTime;
    option last_updated_at: OffsetDateTime;
    option signed: bool;
    value registry: String;

    /// For tests of one's own: a manifest of this repository.
    ManifestPropertiesBuilder of ManifestProperties (repository: RepositoryName, digest: Digest) {
        ManifestProperties {
            registry: String::new(),
            repository,
            digest,
            size: None,
            created_at: None,
            last_updated_at: None,
            architecture: None,
            operating_system: None,
            media_type: None,
            config_media_type: None,
            tags: Vec::new(),
            related_artifacts: Vec::new(),
            quarantine_state: None,
            can_delete: true,
            can_write: true,
            can_list: true,
            can_read: true,
        }
    }
    [can_delete can_write can_list can_read]
    option size: u64;
    option created_at: OffsetDateTime;
    option last_updated_at: OffsetDateTime;
    option architecture: String;
    option operating_system: String;
    option media_type: MediaType;
    option config_media_type: MediaType;
    option quarantine_state: String;
    value registry: String;
    value tags: Vec<Tag>;
    value related_artifacts: Vec<RelatedArtifact>;

    /// For tests of one's own: a manifest of an index.
    RelatedArtifactBuilder of RelatedArtifact (digest: Digest) {
        RelatedArtifact { digest, architecture: None, operating_system: None }
    }
    option architecture: String;
    option operating_system: String;

    /// For tests of one's own: what went with a repository, at first nothing.
    DeletedRepositoryBuilder of DeletedRepository () {
        DeletedRepository::default()
    }
    value manifests: Vec<String>;
    value tags: Vec<String>;

    /// For tests of one's own: a tag that was removed.
    UntaggedBuilder of Untagged (name: Tag) {
        Untagged { name, digest: None }
    }
    option digest: Digest;

    /// For tests of one's own: a manifest of these bytes, under the digest that they have.
    ManifestContentBuilder of ManifestContent (media_type: MediaType, bytes: Bytes) {
        ManifestContent { digest: Digest::of(&bytes), bytes, media_type }
    }

    /// For tests of one's own: a manifest that was stored.
    PushedManifestBuilder of PushedManifest (descriptor: Descriptor) {
        PushedManifest { descriptor, tags: Vec::new(), subject: None }
    }
    value tags: Vec<Tag>;

    /// For tests of one's own: the lock of this item, which is in `repository` or is it. It forbids
    /// nothing at first.
    LockBuilder of Lock (level: LockLevel, repository: String, name: String) {
        Lock {
            level,
            name,
            repository,
            can_delete: true,
            can_write: true,
            can_list: true,
            can_read: true,
        }
    }
    [can_delete can_write can_list can_read]

    /// For tests of one's own: the locks that count for an item of this level.
    LocksBuilder of Locks (level: LockLevel, repository: Lock) {
        Locks {
            level,
            repository,
            manifest: None,
            tags: Vec::new(),
            quarantine_state: None,
        }
    }
    option manifest: Lock;
    option quarantine_state: String;
    value tags: Vec<Lock>;
}
