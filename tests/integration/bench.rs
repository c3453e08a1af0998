//! The benchmarks run: in small, and without goals, so that they cannot rot.

use std::process::Command;

#[test]
fn every_case_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("all.json");
    let mut bench = Command::new(env!("CARGO_BIN_EXE_bench"));
    let output = bench.args(["run", "--smoke", "--json"]).arg(&json).output();
    let output = output.unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");

    let rows: serde_json::Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let rows = rows.as_array().unwrap();
    assert!(rows.len() >= 15, "{} rows", rows.len());
    for row in rows {
        let clients = row["clients"].as_array().unwrap();
        assert!(clients.len() >= 2, "{row}");
        for client in clients {
            assert!(client["seconds"].as_f64().unwrap() > 0.0, "{row}");
            assert!(client["peak_mib"].as_f64().unwrap() > 1.0, "{row}");
        }
    }
}

#[test]
fn a_case_that_is_none_is_named() {
    let mut bench = Command::new(env!("CARGO_BIN_EXE_bench"));
    let output = bench
        .args(["run", "--smoke", "--only", "nonsense"])
        .output();
    let output = output.unwrap();
    assert!(!output.status.success());
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        complaint.contains("nonsense") && complaint.contains("upload-digest"),
        "{complaint}"
    );
}
