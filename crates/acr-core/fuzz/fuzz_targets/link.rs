#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| acr_core::fuzzing::link(data));
