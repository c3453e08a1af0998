//! A credential helper, as docker and podman run them: it gives the login of the environment, for
//! the registry of the environment.

use std::{
    env,
    error::Error,
    io::{Read, Write},
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut asked = String::new();
    std::io::stdin().read_to_string(&mut asked)?;
    if env::args().nth(1).as_deref() != Some("get")
        || !env::var("SCRATCH_ENDPOINT")?.ends_with(asked.trim())
    {
        return Err(format!("no login for {asked:?}").into());
    }
    let (user, secret) = (env::var("SCRATCH_USERNAME")?, env::var("SCRATCH_PASSWORD")?);
    let mut out = std::io::stdout();
    Ok(write!(
        out,
        r#"{{"ServerURL":"{}","Username":"{user}","Secret":"{secret}"}}"#,
        asked.trim()
    )?)
}
