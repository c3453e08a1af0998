//! The rows of the table: who does what, and how much faster ours has to be.

use crate::{
    stage::{Scene, Way},
    work::Case,
};

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Discarding,
    Emulator,
}

/// A case with its goals.
pub(super) struct Row {
    /// As `--only` takes it.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) place: Place,
    pub(super) scene: Scene,
    pub(super) ours: &'static str,
    /// Loops without a client, of which the fastest counts.
    pub(super) bare: &'static [&'static str],
    /// Ours may take so many times as long as that.
    pub(super) bound: Option<f64>,
    /// Clients of others, and how many times as long as ours they have to take, if it matters.
    pub(super) peers: &'static [(&'static str, Option<f64>)],
    /// One that is not run here: what it took of the first bare loop, where both were measured.
    pub(super) scaled: Option<Scaled>,
    pub(super) itself: Option<Itself>,
    pub(super) peak_mib: Option<f64>,
}

#[derive(Clone, Copy)]
pub(super) struct Scaled {
    pub(super) name: &'static str,
    pub(super) of_bare: f64,
    pub(super) goal: f64,
}

/// Ours against ours.
#[derive(Clone, Copy)]
pub(super) struct Itself {
    pub(super) name: &'static str,
    pub(super) client: &'static str,
    pub(super) scene: Scene,
    /// Ours may take so many times as long as that.
    pub(super) bound: f64,
    /// It takes long, and never otherwise.
    pub(super) once: bool,
}

const HASHED: &[&str] = &["bare-inline", "bare-thread"];
const INLINE: &[&str] = &["bare-inline"];
const UNHASHED: &[&str] = &["bare-unhashed"];

/// All of them.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = transfers();
    rows.extend(many());
    rows.extend(itself());
    rows.extend(emulated());
    rows
}

fn transfers() -> Vec<Row> {
    let tls = |case| Scene {
        way: Way::Https,
        ..Scene::of(case)
    };
    vec![
        Row {
            bare: HASHED,
            bound: Some(1.10),
            peers: &[
                ("oci-client", Some(1.2)),
                ("go", None),
                ("python", Some(2.5)),
                ("javascript", Some(2.0)),
            ],
            // 1.20 s beside 0.82 s.
            scaled: Some(Scaled {
                name: "Go SDK, scaled",
                of_bare: 1.47,
                goal: 1.4,
            }),
            peak_mib: Some(24.0),
            ..Row::new("upload", "upload a file of 1 GiB", Scene::of(Case::Upload))
        },
        Row {
            bare: UNHASHED,
            bound: Some(1.10),
            peers: &[("oci-client", Some(1.6)), ("go", None)],
            peak_mib: Some(24.0),
            ..Row::new(
                "upload-digest",
                "upload a file of 1 GiB, digest given",
                Scene::of(Case::UploadDigest),
            )
        },
        Row {
            bare: HASHED,
            bound: Some(1.25),
            peers: &[("oci-client", Some(1.1))],
            peak_mib: Some(32.0),
            ..Row::new(
                "upload-stream",
                "upload a stream of 1 GiB, 8 KiB an item",
                Scene::of(Case::UploadStream),
            )
        },
        Row {
            bare: HASHED,
            bound: Some(1.10),
            peers: &[
                ("oci-client", Some(1.7)),
                ("go", None),
                ("python", Some(4.0)),
                ("javascript", Some(1.5)),
            ],
            peak_mib: Some(24.0),
            ..Row::new(
                "download",
                "download 1 GiB to nowhere",
                Scene::of(Case::Download),
            )
        },
        Row {
            bare: HASHED,
            bound: Some(1.15),
            peers: &[
                ("oci-client", Some(1.5)),
                ("go", None),
                ("python", None),
                ("javascript", None),
            ],
            peak_mib: Some(32.0),
            ..Row::new(
                "download-file",
                "download 1 GiB to a file",
                Scene::of(Case::DownloadFile),
            )
        },
        Row {
            bare: HASHED,
            bound: Some(1.10),
            peers: &[("oci-client", Some(1.2)), ("go", None)],
            peak_mib: Some(32.0),
            ..Row::new(
                "upload-tls",
                "upload a file of 1 GiB over TLS",
                tls(Case::Upload),
            )
        },
        Row {
            bare: HASHED,
            bound: Some(1.10),
            peers: &[("oci-client", Some(1.2)), ("go", None)],
            peak_mib: Some(32.0),
            ..Row::new(
                "download-tls",
                "download 1 GiB over TLS",
                tls(Case::Download),
            )
        },
    ]
}

fn many() -> Vec<Row> {
    vec![
        Row {
            bare: INLINE,
            bound: Some(0.8),
            peers: &[
                ("oci-client", Some(2.0)),
                ("go", Some(1.0)),
                ("python", Some(6.0)),
                ("javascript", None),
            ],
            peak_mib: Some(32.0),
            ..Row::new("push", "push 2,000 blobs of 256 KiB", Scene::of(Case::Push))
        },
        Row {
            bare: INLINE,
            bound: Some(1.10),
            peers: &[
                ("oci-client", Some(2.0)),
                // Level with it.
                ("go", Some(0.95)),
                ("python", None),
                ("javascript", None),
            ],
            peak_mib: Some(32.0),
            ..Row::new("pull", "pull 2,000 blobs of 256 KiB", Scene::of(Case::Pull))
        },
        Row {
            bare: INLINE,
            bound: Some(1.3),
            peers: &[("python", Some(7.0)), ("javascript", Some(3.0))],
            // 0.20 s beside 0.048 s.
            scaled: Some(Scaled {
                name: "Go SDK, scaled",
                of_bare: 4.2,
                goal: 3.0,
            }),
            peak_mib: Some(16.0),
            ..Row::new(
                "tags",
                "list 500,000 tags with properties",
                Scene::of(Case::Tags),
            )
        },
    ]
}

fn itself() -> Vec<Row> {
    let ten = |case| Scene {
        size: 10 << 30,
        sparse: true,
        ..Scene::of(case)
    };
    let one = |case| Scene {
        size: 1 << 30,
        ..ten(case)
    };
    let of_one = |case| Itself {
        name: "ours, 1 GiB",
        client: "ours",
        scene: one(case),
        bound: 10.5,
        once: false,
    };
    let link = Scene {
        way: Way::Link,
        ..Scene::of(Case::Download)
    };
    vec![
        Row {
            ours: "ours-parallel",
            itself: Some(Itself {
                name: "ours, one stream",
                client: "ours",
                scene: link,
                bound: 1.0 / 6.0,
                once: true,
            }),
            peak_mib: Some(96.0),
            ..Row::new(
                "link",
                "download 1 GiB, 50 ms and 20 MB/s a connection",
                link,
            )
        },
        Row {
            itself: Some(of_one(Case::Upload)),
            peak_mib: Some(24.0),
            ..Row::new("upload-10", "upload a file of 10 GiB", ten(Case::Upload))
        },
        Row {
            itself: Some(of_one(Case::Download)),
            peak_mib: Some(24.0),
            ..Row::new(
                "download-10",
                "download 10 GiB to nowhere",
                ten(Case::Download),
            )
        },
    ]
}

/// Without goals: the emulator hashes and keeps what it gets, and so is the limit itself.
fn emulated() -> Vec<Row> {
    let row = |name, title, case, way| Row {
        place: Place::Emulator,
        bare: HASHED,
        ..Row::new(
            name,
            title,
            Scene {
                way,
                ..Scene::of(case)
            },
        )
    };
    vec![
        row(
            "emulator-upload",
            "the emulator: upload 1 GiB",
            Case::Upload,
            Way::Http,
        ),
        row(
            "emulator-download",
            "the emulator: download 1 GiB",
            Case::Download,
            Way::Http,
        ),
        row(
            "emulator-upload-tls",
            "the emulator: upload 1 GiB over TLS",
            Case::Upload,
            Way::Https,
        ),
        row(
            "emulator-download-tls",
            "the emulator: download 1 GiB over TLS",
            Case::Download,
            Way::Https,
        ),
    ]
}

impl Row {
    fn new(name: &'static str, title: &'static str, scene: Scene) -> Self {
        Self {
            name,
            title,
            place: Place::Discarding,
            scene,
            ours: "ours",
            bare: &[],
            bound: None,
            peers: &[],
            scaled: None,
            itself: None,
            peak_mib: None,
        }
    }

    /// A thousandth of it.
    pub(super) fn small(self) -> Self {
        let small = |scene: Scene| Scene {
            size: (scene.size / 1024).max(16 * 1024),
            count: (scene.count / 100).max(1),
            ..scene
        };
        Self {
            scene: small(self.scene),
            itself: self.itself.map(|itself| Itself {
                scene: small(itself.scene),
                ..itself
            }),
            ..self
        }
    }
}
