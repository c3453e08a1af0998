//! A report as people read it.

use std::fmt;

use super::HealthReport;

impl fmt::Display for HealthReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.failure() {
            None => writeln!(f, "{}: all is well", self.registry)?,
            Some(step) => writeln!(f, "{}: the {} failed", self.registry, step.check)?,
        }
        for step in &self.steps {
            let elapsed = format!("{:.1} ms", step.elapsed.as_secs_f64() * 1e3);
            let (outcome, check) = (step.outcome, step.check);
            writeln!(f, "{outcome:7}  {check:12}  {elapsed:>10}  {}", step.detail)?;
            if let Some(advice) = &step.advice {
                writeln!(f, "{:35}→ {advice}", "")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{
        HealthCheck::{self, AccessToken, Challenge, Connection, Dns},
        HealthOutcome::{self, Failed, Passed, Skipped},
        HealthReport, HealthStep,
    };

    fn step(check: HealthCheck, outcome: HealthOutcome, detail: &str, micros: u64) -> HealthStep {
        HealthStep {
            check,
            outcome,
            detail: detail.to_owned(),
            advice: (outcome == Failed).then(|| "do something".to_owned()),
            error: None,
            elapsed: Duration::from_micros(micros),
        }
    }

    #[test]
    fn a_table() {
        let mut report = HealthReport {
            registry: "reg.azurecr.io".parse().unwrap(),
            steps: vec![
                step(Dns, Passed, "reg.azurecr.io is 192.0.2.7", 2_345),
                step(Connection, Passed, "it answered 503, over TLS", 1_234_567),
                step(Challenge, Failed, "it answered 503", 50),
                step(AccessToken, Skipped, "not tried", 0),
            ],
            wanted: "".parse().unwrap(),
            granted: None,
        };
        let expected = "\
https://reg.azurecr.io: the challenge failed
passed   DNS               2.3 ms  reg.azurecr.io is 192.0.2.7
passed   connection     1234.6 ms  it answered 503, over TLS
failed   challenge         0.1 ms  it answered 503
                                   → do something
skipped  access token      0.0 ms  not tried
";
        assert_eq!(report.to_string(), expected);
        report.steps.truncate(2);
        let all_is_well = report.to_string();
        assert!(all_is_well.starts_with("https://reg.azurecr.io: all is well\n"));
    }
}
