//! Which machine it is: no figure means anything without.

use std::fs;

use anyhow::Result;

/// Processor, cores, memory, kernel.
pub(super) fn named() -> Result<String> {
    let read = |path: &str| fs::read_to_string(path);
    let (processors, memory) = (read("/proc/cpuinfo")?, read("/proc/meminfo")?);
    let value = |text: &str, name: &str| -> Option<String> {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_once(':')
            .map(|(_, value)| value.trim().to_owned())
    };
    let model = value(&processors, "model name").unwrap_or_else(|| "unknown".to_owned());
    let cores = std::thread::available_parallelism()?;
    let total = value(&memory, "MemTotal").unwrap_or_default();
    let kib: f64 = total.trim_end_matches(" kB").parse().unwrap_or(0.0);
    let kernel = read("/proc/sys/kernel/osrelease")?;
    let gib = kib / f64::from(1024 * 1024);
    Ok(format!(
        "{model}, {cores} cores, {gib:.0} GiB, Linux {}",
        kernel.trim()
    ))
}
