//! The lists that belong to one manifest: its tags, and what was put about it.

use std::sync::Arc;

use acr_core::{Digest, Reference, RepositoryName};

use crate::{
    Artifact, Pager, Referrer, TagProperties,
    artifact::referrers,
    list,
    pager::{Filter, Found},
};

impl Artifact {
    /// The tags that point to it, in lexical order unless another is asked for.
    ///
    /// By tag it looks up first which manifest that is.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// for tag in image.list_tags().try_collect().await? {
    ///     println!("{}", tag.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_tags(&self) -> Pager<TagProperties> {
        let tags = self.repository().list_tags();
        match self.reference() {
            Reference::Digest(digest) => tags.digest(digest),
            Reference::Tag(_) => {
                let this = self.clone();
                tags.look_up(Arc::new(move |call| {
                    let this = this.clone();
                    Box::pin(async move {
                        let digest = this.look_up(&call).await?;
                        Ok(Found::Filter(Filter {
                            name: list::DIGEST,
                            value: digest.to_string(),
                        }))
                    })
                }))
            }
        }
    }

    /// What was put about it: every manifest that names it as its subject, the newest first. It need
    /// not exist itself. By tag it looks up first which manifest that is.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// let mut signatures = image.referrers().artifact_type("application/vnd.cncf.notary.signature");
    /// while let Some(signature) = signatures.try_next().await? {
    ///     println!("{} {:?}", signature.digest, signature.annotations);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn referrers(&self) -> Pager<Referrer> {
        let repository = self.repository();
        let attempt = self.attempt("list the referrers of");
        let name = repository.name.clone();
        let pager = |path| {
            list::pager(&repository.shared, attempt, path, move |call, query| {
                referrers::page(call, query, name.clone())
            })
            .uncountable()
        };
        match self.reference() {
            Reference::Digest(digest) => pager(path(&repository.name, digest)),
            Reference::Tag(_) => {
                let this = self.clone();
                // What it will be called is known when the tag is looked up.
                pager(format!("/v2/{}/referrers/", repository.name)).look_up(Arc::new(
                    move |call| {
                        let this = this.clone();
                        Box::pin(async move {
                            let subject = this.descriptor(&call).await?;
                            Ok(Found::Path(path(&this.repository().name, &subject.digest)))
                        })
                    },
                ))
            }
        }
    }
}

fn path(name: &RepositoryName, subject: &Digest) -> String {
    format!("/v2/{name}/referrers/{subject}")
}
