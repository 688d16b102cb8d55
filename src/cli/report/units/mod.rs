//! `--install-unit`: the lines that a scheduler needs, each quoted as that scheduler reads them. Printed and not installed:
//! where they go and who may put them there is for people to decide.

mod ci;
mod cron;
mod systemd;
mod task_scheduler;

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::config::Settings;
use crate::cli::args::UnitKind;

/// When the report runs unless somebody changes it: late enough for backups, early enough for the morning.
const HOUR: u32 = 2;

/// What a unit is made of.
pub struct Unit<'a> {
    /// The program.
    program: &'a str,
    /// The configuration.
    config: &'a str,
    /// What it says.
    settings: &'a Settings,
}

/// The unit for a scheduler.
///
/// # Errors
/// A path can not be written in such a unit.
pub fn text(kind: UnitKind, program: &Path, config: &Path, settings: &Settings) -> Result<String> {
    let unit = Unit { program: plain(program)?, config: plain(config)?, settings };
    Ok(match kind {
        UnitKind::Systemd => systemd::both(&unit),
        UnitKind::SystemdService => systemd::service(&unit),
        UnitKind::SystemdTimer => systemd::timer(),
        UnitKind::Cron => cron::line(&unit),
        UnitKind::TaskScheduler => task_scheduler::xml(&unit),
        UnitKind::Github => ci::github(&unit),
        UnitKind::Gitlab => ci::gitlab(&unit),
    })
}

/// None of the schedulers has room for a line end or another control character in a path.
fn plain(path: &Path) -> Result<&str> {
    let text = path.to_str().with_context(|| format!("{}: this path is no Unicode text", path.display()))?;
    if text.chars().any(char::is_control) {
        bail!("{text:?}: a path with a control character can not be written for a scheduler");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_no_scheduler_can_hold_is_refused() {
        assert!(plain(Path::new("/srv/a b/%i $HOME 'x'.ini")).is_ok());
        assert!(plain(Path::new("/srv/a\nExecStart=/bin/sh")).is_err());
    }

    #[test]
    fn every_scheduler_gets_its_own_quoting() {
        let odd = r#"/srv/it's "50 %" $HOME\x/w.ini"#;
        for (quoted, expected) in [
            (systemd::quoted(odd), r#""/srv/it's \"50 %%\" $$HOME\\x/w.ini""#),
            (cron::quoted(odd), r#"'/srv/it'\''s "50 \%" $HOME\x/w.ini'"#),
            (ci::shell(odd), r#"'/srv/it'\''s "50 %" $HOME\x/w.ini'"#),
            (ci::yaml(odd), r#""/srv/it's \"50 %\" $HOME\\x/w.ini""#),
            (task_scheduler::argument(r"C:\a b\"), r#""C:\a b\\""#),
            (task_scheduler::argument(r#"a"b\"c"#), r#""a\"b\\\"c""#),
            (task_scheduler::argument(r"C:\wimspect\w.ini"), r"C:\wimspect\w.ini"),
            (task_scheduler::escaped("<ä & \"ö\">"), "&lt;&#228; &amp; &quot;&#246;&quot;&gt;"),
        ] {
            assert_eq!(quoted, expected);
        }
    }
}
