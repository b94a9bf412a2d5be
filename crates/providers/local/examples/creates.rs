//! How much a thousand creates cost, client and world together: `cargo run --release --example creates -- [COUNT]`.
//! The program `strata-world` must have been built beside it.

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a measurement looks at the clock and prints")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use strata_model::{Context, Fingerprint, ProviderInstance, Timestamp, Token, Value};
use strata_ports::{Call, Create, Driver, ManualClock, Owner};
use strata_provider_local::{Admin, Answer, Launch, Local, World};

/// As many calls at once as an engine makes.
const THREADS: usize = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args().nth(1).map_or(Ok(1000), |count| count.parse())?;
    let scratch = tempfile::tempdir()?;
    let program = std::env::current_exe()?.with_file_name("../strata-world");
    let world = Arc::new(World::new(scratch.path(), Launch { program, arguments: vec!["1000".into()] }));
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
    let instance = ProviderInstance::named("local");
    let driver = Local::new(world.clone(), &instance, clock, Arc::new(|_| Ok(Fingerprint("none".into()))));
    let context = Context::new("acme", "bench", None)?;
    let start = Instant::now();
    let Answer::Status(status) = world.admin(Admin::Status)? else { return Err("no status".into()) };
    let started = start.elapsed();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(unit) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|unit| *unit < count) {
                    let address = context.address(&format!("unit{unit}"), "main").expect("a valid address");
                    let call = Call {
                        owner: Owner { project: "bench".into(), address },
                        token: Token(format!("token{unit}").into()),
                        until: Duration::from_secs(60),
                        attempt: 1,
                    };
                    let number = i64::try_from(unit).unwrap_or(0);
                    let properties = Value::from_iter([("visibilitySeconds", Value::from(number % 40))]);
                    let create = Create { kind: "local.queue".into(), properties, tainted: Vec::new() };
                    driver.create(&create, &call).expect("a create that works");
                }
            });
        }
    });
    let wall = start.elapsed();
    let (client, server) = (cpu("self")?, cpu(&status.process.to_string())?);
    let Answer::Status(status) = world.admin(Admin::Status)? else { return Err("no status".into()) };
    println!(
        "{count} creates: {} ms CPU (client {}, world {}), {} ms in all, {} ms of them to start, {} bytes",
        (client + server).as_millis(),
        client.as_millis(),
        server.as_millis(),
        wall.as_millis(),
        started.as_millis(),
        status.bytes,
    );
    world.admin(Admin::Stop)?;
    Ok(())
}

/// User and system time of a process; the kernel counts it in ticks of 10 ms.
fn cpu(process: &str) -> Result<Duration, Box<dyn std::error::Error>> {
    let stat = std::fs::read_to_string(Path::new("/proc").join(process).join("stat"))?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}
