//! The plan in words: for a terminal, and as plan.txt. Bounded: by folder, the first few of each kind, the rest as a number.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{ImageFiles, PlanReport, configmgr, not_writable};
use crate::analysis::plan::{ImagePlan, KeptOut, NotRun, Twin};
use crate::analysis::prediction::scenario::Cell;
use crate::analysis::world::{DriverIndex, Folder};
use crate::facts::ids::HardwareId;
use crate::inf_db::{After, ContentAccess, DeploySource, TaskResult};
use crate::report::text::plural;
use crate::report::text::style::{Style, harmless};

/// Entries of a list before the rest is a number.
const MOST: usize = 25;
/// Adapter ids that are named.
const MOST_IDS: usize = 3;
/// Reasons that are named.
const MOST_REASONS: usize = 3;

/// Writes it.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &PlanReport<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut taken = Vec::new();
    for plan in &report.plan.images {
        let image = ImageFiles::new(report, plan, &mut taken);
        Words { report, plan, style, image: &image }.write(out)?;
    }
    for problem in report.problems {
        let line = problem.line.map_or_else(String::new, |l| format!(":{l}"));
        style.wrapped(out, "not read: ", &format!("{}{line}: {}", problem.path, problem.message))?;
    }
    style.wrapped(
        out,
        "",
        "Scope: network drivers in Windows PE. Storage drivers and the deployed system are not judged; nothing here was tried on a machine.",
    )
}

struct Words<'a> {
    report: &'a PlanReport<'a>,
    plan: &'a ImagePlan,
    style: Style,
    image: &'a ImageFiles<'a>,
}

impl Words<'_> {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.style.bold(&harmless(&self.image.target.title)))?;
        if let Some(known_bad) = &self.image.target.known_bad {
            self.style.wrapped(out, "  ", &format!("Do not use this release: {known_bad}"))?;
        }
        self.summary(out)?;
        self.removals(out)?;
        self.injections(out)?;
        self.package_a(out)?;
        self.companions(out)?;
        self.left_out(out)?;
        self.uncovered(out)?;
        self.promises(out)?;
        self.offers(out)?;
        self.files(out)?;
        writeln!(out)
    }

    fn summary(&self, out: &mut dyn Write) -> io::Result<()> {
        let plan = self.plan;
        let nothing = plan.removals.is_empty() && plan.injections.is_empty() && plan.package_a.is_empty();
        let text = if nothing && plan.uncovered.is_empty() {
            "Nothing to do: the image needs no driver of the share, and none of them takes an adapter away in Windows PE."
                .to_owned()
        } else {
            let left: usize = plan.uncovered.iter().map(|u| u.adapters.len()).sum();
            let by_hand = self.image.inject.iter().filter(|p| not_writable(p)).count();
            let by_hand = if by_hand == 0 { String::new() } else { format!(" ({by_hand} of them by hand)") };
            let mut parts = vec![format!("inject {}{by_hand}", plural(self.image.inject.len(), "driver"))];
            if !plan.removals.is_empty() {
                parts.push(format!("take out {}", plan.removals.len()));
            }
            parts.push(format!("keep {} out of Windows PE", plural(plan.package_a.len(), "set")));
            if left > 0 {
                parts.push(format!("{} without a driver", plural(left, "adapter id")));
            }
            let text = parts.join(", ");
            format!("{}{}.", text[..1].to_uppercase(), &text[1..])
        };
        self.style.wrapped(out, "  ", &text)?;
        let whose = match &self.report.analysis.coverage {
            Some(coverage) => format!("the adapters of {} in the fleet", plural(coverage.machines, "machine")),
            None => "every adapter that a driver of the share is for (name your machines with --fleet to get less)"
                .to_owned(),
        };
        let already = plan.runs_already;
        let others = match plan.runs_others {
            0 => String::new(),
            n => format!("; it runs {} more that are not planned for, and keeps them", plural(n, "id")),
        };
        self.style.wrapped(
            out,
            "  ",
            &format!("Planned for {whose}; {already} of the ids run already with the image's own drivers{others}."),
        )?;
        self.survived(out)?;
        self.split(out)
    }

    /// What comes back by itself is said in front: nobody should look for a solution where none is needed.
    fn survived(&self, out: &mut dyn Write) -> io::Result<()> {
        let exceptions = self.plan.promises.iter().flat_map(|p| &p.exceptions).filter(|e| e.outcome.is_survived());
        let most = exceptions.max_by_key(|e| e.adapters.len());
        let Some(most) = most else { return Ok(()) };
        let text = format!(
            "Nothing needs to be done about drivers of the share that take {} over in Windows PE: {} ({}).",
            ids(&most.adapters),
            most.outcome.text(),
            most.outcome.confidence.name()
        );
        self.style.wrapped(out, "  ", &text)
    }

    /// A part of a split WIM is never mounted to be changed.
    fn split(&self, out: &mut dyn Write) -> io::Result<()> {
        let parts = self.image.parts();
        if parts == 1 {
            return Ok(());
        }
        let text = format!(
            "It is a split WIM of {parts} parts, which can only be read: join the parts first (dism /Export-Image with /SWMFile), \
             and plan again with the joined file. No script for the file is made here."
        );
        self.style.wrapped(out, "  ", &text)
    }

    fn removals(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.plan.removals.is_empty() {
            return Ok(());
        }
        self.head(out, "Take out of the boot image")?;
        for removal in &self.plan.removals {
            let inf = self.inf(removal.driver);
            let how = match (&removal.published_name, self.image.is_serviced_by_dism()) {
                (Some(name), true) => format!("there as {name}"),
                (Some(name), false) => {
                    format!("there as {name}; peimg.exe can not take a driver out, so make the image anew without it")
                }
                (None, _) => "in the box: it can not be taken out".to_owned(),
            };
            let confidence = removal.confidence.name();
            self.item(out, &format!("{inf} ({how}; {confidence}), for {}", ids(&removal.adapters)))?;
            for reason in &removal.because {
                self.style.wrapped(out, "      because ", &reason.text)?;
            }
        }
        Ok(())
    }

    fn injections(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.plan.injections.is_empty() {
            return Ok(());
        }
        self.head(out, "Inject into the boot image")?;
        let mut all: Vec<_> = self.plan.injections.iter().collect();
        all.sort_by_key(|i| (std::cmp::Reverse(i.machines), std::cmp::Reverse(i.adapters.len()), i.drivers.clone()));
        for injection in all.iter().take(MOST) {
            let paths: Vec<String> = injection.drivers.iter().map(|d| self.path(*d)).collect();
            let machines = match injection.machines {
                0 => String::new(),
                n => format!(", {}", plural(n as usize, "machine")),
            };
            let kind = if injection.after == After::Monolithic { "monolithic" } else { "multi-tier, both tiers" };
            let confidence = injection.confidence.name();
            self.item(
                out,
                &format!("{} ({kind}; {confidence}): {}{machines}", paths.join(" + "), ids(&injection.adapters)),
            )?;
            for reason in injection.because.iter().take(MOST_REASONS) {
                self.style.wrapped(out, "      because ", &reason.text)?;
            }
            if !injection.takes_over.is_empty() {
                let text =
                    format!("it would also run {} instead of the image's own driver", ids(&injection.takes_over));
                self.style.wrapped(out, "      note ", &text)?;
            }
            for driver in &injection.unsigned {
                let text = format!("{} counts as unsigned: {}", self.inf(*driver), self.unsigned_text());
                self.style.wrapped(out, "      note ", &text)?;
            }
            for caution in injection.cautions.iter().take(MOST_REASONS) {
                self.style.wrapped(out, "      caution ", caution)?;
            }
        }
        self.more(out, all.len(), "inject.txt")?;
        let refused = self.image.inject.iter().filter(|p| not_writable(p)).count();
        if refused > 0 {
            let text = format!(
                "{refused} of these have names that no script can hold safely: inject them by hand (not-in-scripts.txt). What follows \
                 holds only then."
            );
            self.style.wrapped(out, "  ", &text)?;
        }
        Ok(())
    }

    fn package_a(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.plan.package_a.is_empty() {
            return Ok(());
        }
        self.head(out, "Keep out of Windows PE (package A)")?;
        let mut all: Vec<&KeptOut> = self.plan.package_a.iter().collect();
        let urgency = |k: &KeptOut| (k.worst.result != TaskResult::Fails, std::cmp::Reverse(k.adapters.len()));
        all.sort_by(|a, b| urgency(a).cmp(&urgency(b)).then(a.drivers.cmp(&b.drivers)));
        for kept in all.iter().take(MOST) {
            self.kept_out(kept, out)?;
        }
        self.more(out, all.len(), "package-a.txt")
    }

    fn kept_out(&self, kept: &KeptOut, out: &mut dyn Write) -> io::Result<()> {
        let names: Vec<&str> = kept.drivers.iter().map(|d| self.inf(*d)).collect();
        let family = kept.topology.and_then(|t| self.report.analysis.topologies.all[t].family.as_deref());
        let family = family.and_then(|id| self.report.db.families().get(id));
        let family = family.map_or_else(String::new, |f| format!(" ({})", f.title));
        let folders: Vec<String> = kept.folders.iter().take(MOST_IDS).map(|f| self.folder(f)).collect();
        let further = kept.folders.len().saturating_sub(MOST_IDS);
        let further = if further == 0 { String::new() } else { format!(" and {further} more") };
        let place = format!("{}{further}", folders.join(", "));
        self.item(out, &format!("{place}: {}{family}, {}", names.join(" + "), ids(&kept.adapters)))?;
        let cell = &self.report.analysis.predictions.cells[kept.worst_cell];
        let outcome = format!("{}: {} ({})", cell_text(cell), kept.worst.text(), kept.worst.confidence.name());
        self.style.wrapped(out, "      offered, at worst: ", &outcome)?;
        for twin in &kept.twins {
            let (inf, text) = match twin {
                Twin::InImage(driver) => (self.inf(*driver), " in the image"),
                Twin::Injected(driver) => (self.inf(*driver), ", which this plan injects,"),
            };
            self.style.wrapped(out, "      kept out: ", &format!("{inf}{text} runs them"))?;
        }
        let mut said: Vec<&str> = Vec::new();
        for reason in kept.because.iter().filter(|b| b.kind == "rank") {
            if said.len() < MOST_REASONS && !said.contains(&reason.text.as_str()) {
                said.push(&reason.text);
                self.style.wrapped(out, "      because ", &reason.text)?;
            }
        }
        Ok(())
    }

    /// What the scripts do about a driver without a signature, and what it is worth.
    fn unsigned_text(&self) -> &'static str {
        if self.image.is_serviced_by_dism() {
            "the scripts inject it with /ForceUnsigned; whether it loads then is another question, so take a signed one if there is one"
        } else {
            "whether it loads is another question, so take a signed one if there is one"
        }
    }

    fn companions(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.plan.companions.is_empty() {
            return Ok(());
        }
        self.head(out, "Other drivers of these adapters (in package A, too)")?;
        let text = "The second package must not hold the affected NIC's drivers; that one of them does no harm may rest on its date only.";
        self.style.wrapped(out, "    ", text)?;
        for driver in self.plan.companions.iter().take(MOST) {
            self.item(out, &self.path(*driver))?;
        }
        self.more(out, self.plan.companions.len(), "package-a.txt")
    }

    fn left_out(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.plan.left_out.is_empty() {
            return Ok(());
        }
        let two = !self.plan.package_a.is_empty();
        self.head(out, if two { "In neither package" } else { "Keep out of driver steps" })?;
        for left in self.plan.left_out.iter().take(MOST) {
            self.item(out, &self.path(left.driver))?;
            self.style.wrapped(out, "      because ", &left.text)?;
        }
        self.more(out, self.plan.left_out.len(), "plan.json")
    }

    fn uncovered(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.plan.uncovered.is_empty() {
            return Ok(());
        }
        self.head(out, "Without a driver in Windows PE")?;
        let mut all: Vec<_> = self.plan.uncovered.iter().collect();
        all.sort_by_key(|u| (std::cmp::Reverse(u.machines), std::cmp::Reverse(u.adapters.len()), u.why.clone()));
        for left in all.iter().take(MOST) {
            let machines = match left.machines {
                0 => String::new(),
                n => format!(", {}", plural(n as usize, "machine")),
            };
            self.item(out, &format!("{}{machines}", ids(&left.adapters)))?;
            self.style.wrapped(out, "      ", &self.why(&left.why))?;
        }
        self.more(out, all.len(), "plan.json")
    }

    fn why(&self, why: &NotRun) -> String {
        match why {
            NotRun::NoDriver => {
                "no driver in the share or the image selects these on this Windows and architecture: ask the vendor"
                    .to_owned()
            }
            NotRun::NullDriver(driver) => format!(
                "{} names these in a section that gives them no driver: ask the vendor for one",
                self.path(*driver)
            ),
            NotRun::OnlyMultiTier(driver) => format!(
                "the share has only the multi-tier driver {}, which this release is not known to run: ask the vendor for the WinPE \
                 (monolithic) driver, or use another network card",
                self.path(*driver)
            ),
            NotRun::BusOnly(driver) => {
                format!(
                    "{} is a bus driver whose miniport for this Windows and architecture is missing",
                    self.path(*driver)
                )
            }
            NotRun::DoesNotLoad(driver, text) => {
                format!("{} is for these, but is not injected: {text}", self.path(*driver))
            }
            NotRun::Outranked(driver) => format!(
                "{} of the image takes them, ranks before what the share has, and gives no network",
                self.inf(*driver)
            ),
        }
    }

    fn promises(&self, out: &mut dyn Write) -> io::Result<()> {
        let offered = match (self.plan.package_a.is_empty(), self.plan.left_out.is_empty()) {
            (false, _) => "package B offered",
            (true, true) => "every driver of the share offered",
            (true, false) => "every other driver of the share offered",
        };
        let image = match (self.plan.removals.is_empty(), self.image.is_serviced_by_dism()) {
            (false, false) => "the image made anew without what is to be taken out, these drivers in it",
            _ if self.plan.injections.is_empty() && self.plan.removals.is_empty() => "the image as it is",
            _ => "the image changed so",
        };
        self.head(out, &format!("What follows, with {image}, and {offered}"))?;
        let mut said: Vec<&str> = Vec::new();
        for promise in &self.plan.promises {
            let cell = &self.report.analysis.predictions.cells[promise.cell];
            let text = match promise.kept.len() {
                0 => "no promise for any adapter".to_owned(),
                n => format!("network kept for {}", plural(n, "adapter id")),
            };
            self.item(out, &format!("{}: {text}", cell_text(cell)))?;
            for exception in &promise.exceptions {
                let text = format!("{}: {}", ids(&exception.adapters), exception.outcome.text());
                let head = if exception.outcome.is_survived() { "      but: " } else { "      not promised: " };
                self.style.wrapped(out, head, &text)?;
                let reason = exception.outcome.because.text.as_str();
                if !said.contains(&reason) {
                    said.push(reason);
                    self.style.wrapped(out, "          ", reason)?;
                }
            }
        }
        Ok(())
    }

    fn offers(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.plan.offers.is_empty() {
            return Ok(());
        }
        self.head(out, "Solutions, the least effort first")?;
        for offer in &self.plan.offers {
            self.item(out, &format!("{} {} (effort {} of 5)", offer.name, offer.title, offer.effort))?;
            self.style.wrapped(out, "      when: ", &offer.condition)?;
            for (number, step) in offer.steps.iter().enumerate() {
                let done = if step.done { " (done)" } else { "" };
                self.style.wrapped(out, &format!("      {}. ", number + 1), &format!("{}{done}", step.text))?;
            }
            self.style.wrapped(out, "      source: ", &offer.source)?;
        }
        Ok(())
    }

    fn files(&self, out: &mut dyn Write) -> io::Result<()> {
        let names: Vec<&str> = self.image.all().into_iter().map(|(name, _)| name).collect();
        if names.is_empty() {
            return Ok(());
        }
        self.head(out, "Files")?;
        self.item(out, &format!("{}: {}", self.image.folder, names.join(", ")))?;
        if !self.image.inject.is_empty() && !configmgr::customizes(self.image) {
            self.item(out, configmgr::NOT_CUSTOMIZED)?;
        }
        let b = self.plan.package_b.len();
        if !self.plan.package_a.is_empty() {
            self.item(out, &format!("package B holds the other {} of the share, each once", plural(b, "driver")))?;
        }
        Ok(())
    }

    fn head(&self, out: &mut dyn Write, text: &str) -> io::Result<()> {
        writeln!(out, "\n  {}", self.style.bold(text))
    }

    fn item(&self, out: &mut dyn Write, text: &str) -> io::Result<()> {
        self.style.wrapped(out, "    ", text)
    }

    fn more(&self, out: &mut dyn Write, all: usize, file: &str) -> io::Result<()> {
        if all > MOST {
            self.item(out, &format!("... and {} more: {file}, plan.json", all - MOST))?;
        }
        Ok(())
    }

    fn inf(&self, driver: DriverIndex) -> &str {
        &self.report.analysis.world.drivers[driver].inf
    }

    /// Where it lies first.
    fn path(&self, driver: DriverIndex) -> String {
        let world = &self.report.analysis.world;
        super::first_in_share(world, driver)
            .map_or_else(|| world.drivers[driver].inf.clone(), |p| world.share_path(p.share, p.path))
    }

    fn folder(&self, folder: &Folder) -> String {
        crate::analysis::coverage::folder_text(&self.report.analysis.world, folder)
    }
}

/// `8 adapter ids (PCI\VEN_14E4&DEV_1639, ...)`, subsystems folded.
fn ids(adapters: &[HardwareId]) -> String {
    let mut short: BTreeMap<String, ()> = BTreeMap::new();
    for id in adapters {
        let device = match (id.enumerator(), id.part("VEN_"), id.part("DEV_")) {
            (Some(bus), Some(v), Some(d)) => format!("{bus}\\VEN_{v}&DEV_{d}"),
            _ => id.as_str().to_owned(),
        };
        short.insert(device, ());
    }
    let named: Vec<&str> = short.keys().take(MOST_IDS).map(String::as_str).collect();
    let further = if short.len() > MOST_IDS { ", ..." } else { "" };
    // Subsystems are folded in the list: the two numbers differ then.
    let devices = match short.len() {
        n if n == adapters.len() => String::new(),
        n => format!(" of {}", plural(n, "device")),
    };
    format!("{}{devices} ({}{further})", plural(adapters.len(), "adapter id"), named.join(", "))
}

/// `install package, run from DP`.
pub(super) fn cell_text(cell: &Cell) -> String {
    let source = match cell.source {
        DeploySource::InstallPackage => "install package",
        DeploySource::OsImage => "OS image",
    };
    let content = match cell.content {
        ContentAccess::RunFromDp => "run from DP",
        ContentAccess::Download => "download",
    };
    let os = cell.deploy_os.map_or_else(String::new, |os| format!(" of {os}"));
    let step = if cell.driver_step { "" } else { ", no driver step" };
    format!("{source}{os}, {content}{step}")
}
