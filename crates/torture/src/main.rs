//! `strata-torture`: see the README of this crate. Started by `scripts/torture`.

mod tell;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Parser;
use strata_defects::Defect;
use strata_torture::case::{Case, Way, of_faults, of_kills};
use strata_torture::crowd::{self, Crowd};
use strata_torture::power::{self, Cuts};
use strata_torture::proof::{Verdict, try_defect};
use strata_torture::run::{Grounds, Report};

use tell::{say, summary};

/// Kill, starve and cheat the strata command while it works, and see whether anything is lost
#[derive(Parser, Debug)]
struct Args {
    /// The command that is tortured; built so that it can be
    #[arg(long, value_name = "FILE")]
    strata: PathBuf,

    /// So many cases with kills, and as many with other troubles
    #[arg(long, value_name = "N", default_value_t = 100)]
    runs: u64,

    /// Another seed, other cases
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,

    /// One case only, such as `kills:17`; its folder stays
    #[arg(long, value_name = "CASE")]
    only: Option<Name>,

    /// Cases at the same time; most of the time each waits for a lease or a deadline
    #[arg(long, value_name = "N", default_value_t = 32)]
    jobs: usize,

    /// Cut the power so often, in each of three commands, instead of running cases
    #[arg(long, value_name = "N", conflicts_with = "only")]
    power: Option<usize>,

    /// Let many work on one store for so many seconds, instead of running cases
    #[arg(long, value_name = "SECONDS", conflicts_with_all = ["only", "power"])]
    crowd: Option<u64>,

    /// Plant defects one by one, and see whether each is noticed; with `--plant` that one only
    #[arg(long, conflicts_with_all = ["only", "power", "crowd"])]
    defects: bool,

    /// Plant this defect, and say whether it was noticed
    #[arg(long, value_name = "DEFECT")]
    plant: Option<String>,

    /// Where the projects are made
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
}

/// What a case is called.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Name {
    Kills(u64),
    Faults(u64),
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Name, String> {
        let number = |text: &str| text.parse().map_err(|_| format!("`{text}` is no number of a case"));
        match text.split_once(':') {
            Some(("kills", rest)) => number(rest).map(Name::Kills),
            Some(("faults", rest)) => number(rest).map(Name::Faults),
            _ => Err(format!("`{text}` is not the name of a case, such as `kills:17`")),
        }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Name::Kills(number) => write!(f, "kills:{number}"),
            Name::Faults(number) => write!(f, "faults:{number}"),
        }
    }
}

impl Name {
    fn case(self, seed: u64) -> Case {
        match self {
            Name::Kills(number) => of_kills(seed, number),
            Name::Faults(number) => of_faults(seed, number),
        }
    }
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("the torture itself failed: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> io::Result<bool> {
    let strata = args.strata.canonicalize()?;
    std::fs::create_dir_all(&args.folder)?;
    let folder = args.folder.canonicalize()?;
    if let Some(seconds) = args.crowd {
        let crowd = Crowd { planners: 20, appliers: 4, lasts: Duration::from_secs(seconds) };
        let turns = crowd::gather(&strata, &folder.join("crowd"), crowd)?;
        say(&tell::turns(crowd, &turns));
        return Ok(turns.problems.is_empty());
    }
    let grounds = Grounds::prepare(&strata, &folder)?;
    if args.defects {
        let all = Defect::ALL.into_iter().filter(|it| args.plant.as_deref().is_none_or(|only| only == it.name()));
        return try_defects(&grounds, &folder, all.collect());
    }
    if let Some(times) = args.power {
        return cut_power(&grounds, &folder, args, times);
    }
    let names: Vec<Name> = match args.only {
        Some(name) => vec![name],
        None => (0..args.runs).flat_map(|number| [Name::Kills(number), Name::Faults(number)]).collect(),
    };
    let reports = play(&grounds, &folder, args, &names, args.defect()?)?;
    Ok(summary(args.seed, args.only.is_none() && args.runs >= 500, &reports))
}

impl Args {
    fn defect(&self) -> io::Result<Option<&'static str>> {
        self.plant.as_deref().map(known).transpose()
    }
}

/// Each defect must be noticed, by the case that is aimed at it.
fn try_defects(grounds: &Grounds, folder: &Path, defects: Vec<Defect>) -> io::Result<bool> {
    let verdicts = std::thread::scope(|scope| {
        let trial = |defect| (defect, scope.spawn(move || try_defect(grounds, folder, defect)));
        let trials: Vec<_> = defects.into_iter().map(trial).collect();
        let ended = trials.into_iter().map(|(defect, trial)| {
            let verdict = trial.join().map_err(|_| io::Error::other("a worker panicked"))??;
            Ok((defect, verdict))
        });
        ended.collect::<io::Result<Vec<(Defect, Option<Verdict>)>>>()
    })?;
    say(&tell::verdicts(&verdicts));
    Ok(verdicts.iter().all(|(_, verdict)| verdict.as_ref().is_none_or(Verdict::is_good)))
}

/// Records one command of each way, and cuts the power under it.
fn cut_power(grounds: &Grounds, folder: &Path, args: &Args, times: usize) -> io::Result<bool> {
    let defect = args.defect()?;
    let all = std::thread::scope(|scope| {
        let ways = Way::ALL.map(|way| {
            scope.spawn(move || {
                let recording = power::record(grounds, way, folder, defect)?;
                recording.cut(grounds, folder, args.seed, times).map(|cuts| (way, cuts))
            })
        });
        let ended = ways.into_iter().map(|way| way.join().map_err(|_| io::Error::other("a worker panicked"))?);
        ended.collect::<io::Result<Vec<(Way, Cuts)>>>()
    })?;
    say(&tell::cuts(args.seed, &all));
    Ok(all.iter().all(|(_, cuts)| cuts.problems.is_empty()))
}

fn known(name: &str) -> io::Result<&'static str> {
    let known = strata_defects::Defect::ALL.into_iter().map(strata_defects::Defect::name);
    known
        .into_iter()
        .find(|known| *known == name)
        .ok_or_else(|| io::Error::other(format!("no defect is called {name}")))
}

/// Plays cases, several at the same time.
fn play(
    grounds: &Grounds,
    folder: &Path,
    args: &Args,
    names: &[Name],
    defect: Option<&'static str>,
) -> io::Result<Vec<(Name, Report)>> {
    let (next, reports) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        let work = || -> io::Result<()> {
            loop {
                let at = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap_or(usize::MAX);
                let Some(&name) = names.get(at) else { return Ok(()) };
                let case = name.case(args.seed);
                let report = grounds.run(&case, &folder.join(name.to_string().replace(":", "-")), defect)?;
                if !report.problems.is_empty() {
                    say(&tell::violation(args.seed, &name.to_string(), &case, &report));
                }
                reports.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((name, report));
            }
        };
        let workers: Vec<_> = (0..args.jobs.max(1)).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().map_err(|_| io::Error::other("a worker panicked"))??;
        }
        Ok::<(), io::Error>(())
    })?;
    let mut reports = reports.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    reports.sort_by_key(|(name, _)| *name);
    Ok(reports)
}
