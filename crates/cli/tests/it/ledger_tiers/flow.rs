//! What tiers tell those below them.

use super::{container, document, project};
use crate::project::Project;

const UPPER: &str = "shared_primitives:
  capabilities: [{name: db, type: database, properties: {engine: postgres}}]
  outputs:
  - {name: database_endpoint, source: db.endpoint, type: string}
  - {name: database_credential, source: db.credentialRef, type: credential_ref}";

#[test]
fn p3_03_a_plan_is_made_and_told_before_anything_is_applied() {
    let project = project("p3_03", &container(""));
    // Nobody is there to say yes.
    let ran = project.ran("apply d.yaml");
    assert_ne!(ran.code, 0);
    assert!(ran.err.contains("Plan: 1 to add") && ran.err.contains("--auto-approve"), "{}", ran.err);
    assert!(project.objects().is_empty());
    let ran = project.ran("apply d.yaml -y");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("Plan: 1 to add"), "{}", ran.err);
    let history = project.json("history acme/prod/shop");
    assert_eq!(history.as_array().unwrap().len(), 1, "what was applied is a plan that is recorded: {history}");
    assert_eq!(history[0]["run"]["plan"], history[0]["plan"]);
    // Where somebody must approve, the plan is told, and nothing is done.
    project.file(
        "home/.config/strata/trust.toml",
        "modes = { \"3\" = \"plan_and_approve\" }\n[[grants]]\nprincipal = \"ada\"\nrole = \"tier_author\"\n\
         place = \"acme/prod/*\"\ntier = 3\n",
    );
    project.file("d.yaml", &document(&container("replicas: 2")));
    let gated = project.ran_as("ada", "apply d.yaml -y");
    assert_eq!((gated.code, crate::project::codes(&gated.err)), (5, vec!["E2101".to_owned()]), "{}", gated.err);
    assert!(gated.err.contains("Plan: 0 to add, 1 to change"), "{}", gated.err);
    assert!(!project.ran_as("ada", "plan d.yaml").out.contains("No changes"), "it is still to be done");
}

#[test]
fn p3_04_context_flows_down_only() {
    let up =
        "shared_primitives: {capabilities: [{name: q, type: message_queue, properties: {username: \"${tier3.x}\"}}]}\n";
    let project = project("p3_04", &format!("{up}{}", container("")));
    let ran = project.ran("plan d.yaml");
    assert_ne!(ran.code, 0);
    assert!(ran.err.contains("E1143"), "{}", ran.err);
    // What applications ask for never has an address of an upper tier.
    project.file("d.yaml", &document(&container("")));
    let set = project.json("plan d.yaml");
    let actions = set["plans"].as_array().unwrap().iter().flat_map(|plan| plan["actions"].as_array().unwrap());
    let addresses: Vec<&str> = actions.map(|action| action["address"].as_str().unwrap()).collect();
    assert!(addresses.iter().all(|address| address.starts_with("acme/prod/shop/")), "{addresses:?}");
}

/// Documents that are read as one may speak of several environments; each is for itself.
#[test]
fn p3_04_what_an_environment_tells_stays_there() {
    let project = project("p3_04_env", UPPER);
    for (properties, depends_on) in [("env: {A: \"${db.host}\"}", "[]"), ("", "[db]")] {
        let container = container(properties).replace("}}]}", &format!("}}, dependsOn: {depends_on}}}]}}"));
        project.file("here.yaml", &document(&container));
        assert_eq!(project.run("vet d.yaml here.yaml").0, 0, "{properties}");
        project.file("there.yaml", &document(&container).replace("environment: prod", "environment: dev"));
        let ran = project.ran("plan d.yaml there.yaml");
        assert_eq!(ran.code, 3, "{properties}: {}", ran.err);
        assert!(ran.err.contains("there is no capability `db` in acme/dev"), "{}", ran.err);
    }
}

#[test]
fn p3_20_the_outputs_of_a_tier_are_a_contract() {
    let with = |output: &str| {
        format!(
            "shared_primitives:\n  capabilities: [{{name: db, type: database, properties: {{engine: postgres}}}}]\n  outputs: [{output}]"
        )
    };
    let project = project("p3_20", &with("{name: a, source: db.endpoint, type: string}"));
    assert_eq!(project.run("vet d.yaml").0, 0);
    for (output, code) in [
        ("{name: a, source: dbb.endpoint}", "E1021"),
        ("{name: a, source: db.nothing}", "E1132"),
        ("{name: a, source: db.username, type: int}", "E1138"),
        ("{name: a, source: db.password, type: int}", "E1138"),
        ("{name: a, source: db.host, type: credential_ref}", "E1138"),
        ("{name: a, source: db.host, type: text}", "E1004"),
    ] {
        project.file("d.yaml", &document(&with(output)));
        assert_eq!(project.refused("plan d.yaml"), (3, vec![code.to_owned()]), "{output}");
    }
}

#[test]
fn p3_21_p3_33_outputs_are_there_for_other_documents_and_processes() {
    let project = project("p3_21", &container("env: {AT: \"${tier2.database_endpoint}\"}"));
    let ran = project.ran("plan d.yaml");
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("apply that tier first"), "{}", ran.err);
    project.file("upper.yaml", &document(UPPER));
    project.done("apply upper.yaml -y");
    let outputs = project.json("outputs acme/prod");
    assert!(outputs.to_string().contains("database_endpoint"), "{outputs}");
    let plan = project.done("plan d.yaml");
    assert!(plan.contains("+ env.AT = \"db-"), "{plan}");
    project.file("wrong.yaml", &document(&container("env: {AT: \"${tier2.database_endpont}\"}")));
    let ran = project.ran("plan wrong.yaml");
    assert!(ran.err.contains("did you mean `database_endpoint`?"), "{}", ran.err);
}

#[test]
fn p3_22_credentials_stay_references() {
    let project = project("p3_22", &container("env: {PASSWORD: \"${tier2.database_credential}\"}"));
    project.file("upper.yaml", &document(UPPER));
    project.done("apply upper.yaml -y");
    let plan = project.done("plan d.yaml");
    assert!(plan.contains("+ secrets.PASSWORD = (sensitive)"), "{plan}");
    project.done("apply d.yaml -y");
    let export = project.done("state export");
    let record = export.lines().find(|line| line.contains("secrets") && line.contains("shop")).unwrap();
    assert!(record.contains("database_credential"), "{record}");
}

/// What an upper tier changes does not make the plan of a lower one stale that was made with it.
#[test]
fn p3_21_tiers_that_change_together_settle_in_one_go() {
    let both = |days: u32, image: &str, of: &str| {
        let upper = UPPER.replace("{engine: postgres}", &format!("{{engine: postgres, backup_days: {days}}}"));
        let texts = format!("{{AT: \"{of}\", KEY: \"${{tier2.database_credential}}\"}}");
        document(&format!("{upper}\n{}", container(&format!("env: {texts}")).replace("s:1", image)))
    };
    let project = Project::new("p3_21_both");
    for (days, image, of) in [
        (1, "s:1", "${db.host}"),
        (2, "s:2", "${db.host}"),
        (3, "s:3", "${tier2.database_endpoint}"),
        (4, "s:4", "${tier2.database_endpoint}"),
        (5, "s:4", "${db.username}"),
        (6, "s:5", "${db.url}"),
        (7, "s:6", "${db.url}"),
    ] {
        project.file("d.yaml", &both(days, image, of));
        project.done("apply d.yaml -y");
        assert_eq!(project.run("plan d.yaml --detailed-exitcode").0, 0, "{days}: it is done");
    }
    // Drift of both is put right together.
    let [db, shop] = ["db", "shop"].map(|unit| project.object(unit));
    project.done(&format!("local set {db} backupDays 9"));
    project.done(&format!("local set {shop} replicas 9"));
    project.done("apply d.yaml --refresh -y");
    assert_eq!(project.run("plan d.yaml --refresh --detailed-exitcode").0, 0);
}

/// What is used below and gets another name is made before it is used, and goes when nothing uses it any more.
#[test]
fn p3_21_another_name_takes_two_steps_and_says_so() {
    let named = |name: &str| {
        let db = format!("{{name: {name}, type: database, properties: {{engine: postgres}}}}");
        let container = container(&format!("env: {{AT: \"${{{name}.host}}\"}}"));
        document(&format!("shared_primitives: {{capabilities: [{db}]}}\n{container}"))
    };
    let project = Project::new("p3_21_name");
    project.file("d.yaml", &named("db"));
    project.done("apply d.yaml -y");
    project.file("d.yaml", &named("store"));
    let ran = project.ran("apply d.yaml -y");
    assert_eq!(crate::project::codes(&ran.err), ["E2011"]);
    let first = "--out FILE --target acme/prod/-/store/server`";
    assert!(ran.err.contains(first), "{}", ran.err);
    project.done("plan d.yaml --out first.json --target acme/prod/-/store/server");
    project.done("apply first.json -y");
    project.done("apply d.yaml -y");
    assert_eq!(project.run("plan d.yaml --refresh --detailed-exitcode").0, 0);
    assert_eq!(project.objects().len(), 2);

    // Or it keeps its object, and what that holds.
    let kept = project.object("store");
    project.file("d.yaml", &named("data"));
    let ran = project.ran("plan d.yaml");
    let rename = "state mv acme/prod/-/store/server acme/prod/-/data/server";
    assert!(
        ran.err.contains(&format!("only another name for acme/prod/-/store/server: `strata {rename}`")),
        "{}",
        ran.err
    );
    project.done(rename);
    project.done("apply d.yaml -y");
    assert_eq!(project.run("plan d.yaml --refresh --detailed-exitcode").0, 0);
    assert_eq!(project.object("data"), kept);
}

/// The document itself can say that something had another name, for every place that it is applied at.
#[test]
fn p3_21_a_capability_that_had_another_name_keeps_what_it_holds() {
    let project = Project::new("p3_21_moved");
    let named = |db: &str, moved: &str, section: &str| {
        let db = format!("capabilities: [{{name: {db}, type: database, properties: {{engine: postgres}}}}]");
        document(&format!("shared_primitives: {{{db}{moved}}}\n{section}"))
    };
    let container = |name: &str, db: &str, moved: &str| {
        let properties =
            format!("{{image: \"s:1\", ports: [{{container_port: 80}}], env: {{AT: \"${{{db}.host}}\"}}}}");
        format!(
            "application: {{capabilities: [{{name: {name}, type: container_runtime, properties: {properties}}}]{moved}}}"
        )
    };
    let with_app = |text: &str| text.replace("  tiers:", "  application: shop\n  tiers:");
    project.file("d.yaml", &with_app(&named("db", "", &container("web", "db", ""))));
    project.done("apply d.yaml -y");
    let kept = [project.object("db"), project.object("web")];
    let renamed = container("site", "data", ", moved: [{from: web, to: site}]");
    let renamed = with_app(&named("data", ", moved: [{from: db, to: data}]", &renamed));
    project.file("d.yaml", &renamed);
    let plan = project.done("plan d.yaml");
    assert!(plan.contains("# moved from db/server") && plan.contains("# moved from web/service"), "{plan}");
    assert!(plan.ends_with("0 to add, 0 to change, 0 to destroy.\n"), "{plan}");
    project.done("apply d.yaml -y");
    assert_eq!([project.object("data"), project.object("site")], kept);
    // What was done may stay in the document.
    assert_eq!(project.run("plan d.yaml --refresh --detailed-exitcode").0, 0);
    for (from, to, says) in [
        ("from: db, to: data", "from: db, to: dta", "did you mean `data`?"),
        ("from: db, to: data", "from: data, to: data", "`data` is still asked for"),
        ("from: db, to: data", "form: db, to: data", "did you mean `from`?"),
        ("  application: shop\n", "", "each capability here is an application of its own"),
    ] {
        project.file("wrong.yaml", &renamed.replace(from, to));
        let ran = project.ran("vet wrong.yaml");
        assert!(ran.code == 3 && ran.err.contains(says) && ran.err.contains("wrong.yaml:"), "{to}: {}", ran.err);
    }
}

/// A text of which a part is a secret is one as a whole: mappings can tell, and it is as good as a secret where one is wanted.
#[test]
fn p3_22_a_text_with_a_secret_in_it_is_one() {
    let db = "{name: db, type: database, properties: {engine: postgres, password: \"a-${secret:app:db}-z\"}}";
    let upper = format!("shared_primitives: {{capabilities: [{db}]}}\n");
    let texts = "env: {URL: \"https://u:${db.password}@h\", KEY: \"k ${secret:app:db}\", PLAIN: \"at ${db.host}\"}";
    let project = project("p3_22_text", &format!("{upper}{}", container(texts)));
    project.done("secret issue app:db");
    let plan = project.done("plan d.yaml");
    for line in ["+ password = (sensitive)", "+ secrets.KEY = (sensitive)", "+ secrets.URL = (sensitive)"] {
        assert!(plan.contains(line), "{line}: {plan}");
    }
    assert!(plan.contains("+ env.PLAIN = (known after apply)"), "{plan}");
    project.done("apply d.yaml -y");
    assert_eq!(project.run("plan d.yaml --refresh --detailed-exitcode").0, 0);
}

#[test]
fn p3_35_no_context_shows_a_credential() {
    let upper = UPPER.replace("{engine: postgres}", "{engine: postgres, password: \"${env:DB_PASSWORD}\"}");
    let project = project("p3_35", &upper);
    let run = |line: &str| {
        let ran = crate::project::ran(project.command(line).env("DB_PASSWORD", "canary-35"));
        assert_eq!(ran.code, 0, "{line}: {}", ran.err);
        ran.out + &ran.err
    };
    for line in [
        "plan d.yaml -o json",
        "apply d.yaml -y -v",
        "outputs acme/prod -o json",
        "state export",
        "history acme/prod -o json",
    ] {
        let text = run(line);
        assert!(!text.contains("canary-35"), "{line}: {text}");
    }
    for entry in walk(&project.0) {
        let bytes = std::fs::read(&entry).unwrap();
        assert!(!bytes.windows(9).any(|part| part == b"canary-35"), "{}", entry.display());
    }
}

#[test]
fn p3_36_credentials_are_issued_scoped_listed_and_revoked() {
    let project = project("p3_36", &container("env: {KEY: \"${secret:acme/prod/shop:key}\"}"));
    project.done("secret issue acme/prod/shop:key");
    assert_eq!(project.done("secret list"), "acme/prod/shop:key\n");
    assert_eq!(project.ran("secret issue acme/prod/shop:key").code, 3, "it is there");
    project.done("apply d.yaml -y");
    // Another content is something to do for what uses it.
    assert_eq!(project.run("plan d.yaml --detailed-exitcode").0, 0);
    project.done("secret issue acme/prod/shop:key --rotate");
    assert_eq!(project.run("plan d.yaml --detailed-exitcode").0, 2);
    // It belongs to one application.
    for store in ["acme/stage/-", "acme/prod/till", "acme/prod/-@1"] {
        project.file("other.yaml", &document(&container(&format!("env: {{KEY: \"${{secret:{store}:key}}\"}}"))));
        assert_eq!(project.refused("plan other.yaml"), (4, vec!["E1145".to_owned()]), "{store}");
    }
    project.done("secret revoke acme/prod/shop:key");
    assert_eq!(project.done("secret list acme/prod/shop"), "");
    assert_ne!(project.run("plan d.yaml").0, 0, "what is revoked serves nobody");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let (mut files, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.is_file() {
                files.push(path);
            }
        }
    }
    files
}
