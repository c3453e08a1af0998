//! A real image, made here: three layers of real files, one of them a program that runs.

use std::{fs, io::Write, path::Path};

use acr_client::{Descriptor, Digest, ImageManifest, MediaType};
use anyhow::Result;
use flate2::{Compression, GzBuilder};
use serde_json::json;

use crate::layout;

/// Everything in the image has this time, so that the same image always has the same digest.
const MADE_AT: &str = "2026-01-01T00:00:00Z";
const MADE_AT_UNIX: u64 = 1_767_225_600;

struct File {
    path: &'static str,
    mode: u32,
    content: Vec<u8>,
}

/// Writes the image as an OCI layout. `docker load` or `podman run oci:DIR` take it too.
pub(crate) fn make(directory: &Path) -> Result<()> {
    let (mut layers, mut diff_ids, mut history) = (Vec::new(), Vec::new(), Vec::new());
    for (what, files) in [
        ("base files", base()),
        ("the program", program()),
        ("licences", licences()),
    ] {
        let archive = archive(&files)?;
        diff_ids.push(Digest::of(&archive));
        layers.push(write(
            directory,
            MediaType::IMAGE_LAYER_GZIP,
            &compressed(&archive)?,
        )?);
        history.push(
            json!({"created": MADE_AT, "created_by": "acr-client quickstart", "comment": what}),
        );
    }
    let config = json!({
        "created": MADE_AT,
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": ["/bin/hello"], "Env": ["PATH=/bin"], "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": history,
    });
    let config = write(
        directory,
        MediaType::IMAGE_CONFIG,
        &serde_json::to_vec(&config)?,
    )?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MediaType::OCI_MANIFEST,
        "config": config,
        "layers": layers,
    });
    // Through the type, so that its keys stand in the one order.
    let manifest: ImageManifest = serde_json::from_value(manifest)?;
    let top = write(
        directory,
        MediaType::OCI_MANIFEST,
        &serde_json::to_vec(&manifest)?,
    )?;
    layout::write_index(directory, &top, "v1")
}

fn text(path: &'static str, content: &str) -> File {
    File {
        path,
        mode: 0o644,
        content: content.as_bytes().to_vec(),
    }
}

fn base() -> Vec<File> {
    vec![
        text(
            "etc/os-release",
            "ID=quickstart\nNAME=\"acr-client quickstart\"\nVERSION_ID=1\n",
        ),
        text(
            "etc/passwd",
            "root:x:0:0:root:/root:/bin/hello\nnobody:x:65534:65534:nobody:/:/bin/hello\n",
        ),
        text("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
        text("etc/hostname", "quickstart\n"),
    ]
}

fn program() -> Vec<File> {
    vec![File {
        path: "bin/hello",
        mode: 0o755,
        content: hello(),
    }]
}

fn licences() -> Vec<File> {
    vec![
        text(
            "usr/share/doc/acr-client/README.md",
            include_str!("../../README.md"),
        ),
        text(
            "usr/share/doc/acr-client/quickstart.rs",
            include_str!("main.rs"),
        ),
    ]
}

/// A program for Linux on amd64 that says hello: an ELF header, one program header, 33 bytes of
/// code and the text.
fn hello() -> Vec<u8> {
    const BASE: u64 = 0x40_0000;
    const HEADERS: u64 = 64 + 56;
    let text = b"Hello from an image that acr-client pushed and pulled.\n";
    let mut code = Vec::new();
    code.extend([0xb8, 1, 0, 0, 0]); // mov eax, 1 (write)
    code.extend([0xbf, 1, 0, 0, 0]); // mov edi, 1 (standard output)
    code.extend([0x48, 0x8d, 0x35, 16, 0, 0, 0]); // lea rsi, [rip + 16] (the text, behind the code)
    code.push(0xba); // mov edx, length
    code.extend((text.len() as u32).to_le_bytes());
    code.extend([0x0f, 0x05]); // syscall
    code.extend([0xb8, 60, 0, 0, 0]); // mov eax, 60 (exit)
    code.extend([0x31, 0xff]); // xor edi, edi
    code.extend([0x0f, 0x05]); // syscall
    let size = HEADERS + code.len() as u64 + text.len() as u64;

    let mut file = Vec::new();
    file.extend([0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.extend([2, 0, 62, 0, 1, 0, 0, 0]); // executable, amd64, version 1
    file.extend((BASE + HEADERS).to_le_bytes()); // entry
    file.extend(64_u64.to_le_bytes()); // program headers follow
    file.extend(0_u64.to_le_bytes()); // no section headers
    file.extend([0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    file.extend([1, 0, 0, 0, 5, 0, 0, 0]); // load, readable and executable
    for word in [0, BASE, BASE, size, size, 0x1000] {
        file.extend(word.to_le_bytes());
    }
    file.extend(code);
    file.extend(text);
    file
}

/// A tar archive of these files and their folders.
fn archive(files: &[File]) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut folders = std::collections::BTreeSet::new();
    for file in files {
        for folder in Path::new(file.path)
            .ancestors()
            .skip(1)
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            folders.insert(folder);
        }
    }
    for folder in folders {
        let mut header = header(tar::EntryType::Directory, 0o755, 0);
        archive.append_data(&mut header, folder, std::io::empty())?;
    }
    for file in files {
        let mut header = header(
            tar::EntryType::Regular,
            file.mode,
            file.content.len() as u64,
        );
        archive.append_data(&mut header, file.path, file.content.as_slice())?;
    }
    Ok(archive.into_inner()?)
}

fn header(kind: tar::EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(MADE_AT_UNIX);
    header.set_uid(0);
    header.set_gid(0);
    header
}

fn compressed(archive: &[u8]) -> Result<Vec<u8>> {
    let mut gzip = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::default());
    gzip.write_all(archive)?;
    Ok(gzip.finish()?)
}

fn write(directory: &Path, media_type: MediaType, bytes: &[u8]) -> Result<Descriptor> {
    let digest = Digest::of(bytes);
    fs::write(layout::new_blob(directory, &digest)?, bytes)?;
    Ok(Descriptor::new(media_type, digest, bytes.len() as u64))
}
