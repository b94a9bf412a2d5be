//! What is known of a document from before: counted, never timed. With it and without, every answer is the same.

use std::path::PathBuf;

use crate::project::Project;

const KEPT: &str = "home/.cache/strata/answers";

/// So many containers, with a line before them.
fn document(before: &str, images: &[&str]) -> String {
    let mut text = format!(
        "{before}platform:\n  org: acme\n  environment: dev\n  application: shop\n  provider: local\n  tiers:\n    \
         shared_primitives:\n      capabilities:\n        - {{name: db, type: database, properties: {{engine: postgres, \
         password: \"${{env:CANARY}}\"}}}}\n    application:\n      capabilities:\n"
    );
    for (index, image) in images.iter().enumerate() {
        text += &format!(
            "        - name: web-{index}\n          type: container_runtime\n          properties:\n            image: \
             {image}\n            replicas: {replicas}\n            ports: [{{container_port: 8080}}]\n            env: \
             {{URL: \"${{db.url}}\", MODE: fast}}\n",
            replicas = index + 1
        );
    }
    text
}

fn ran(project: &Project, line: &str) -> crate::project::Ran {
    crate::project::ran(project.command(line).env("CANARY", "canary-of-the-cache"))
}

/// How many mappings were evaluated, and how many were known.
fn effort(project: &Project, line: &str) -> (usize, usize) {
    let told = ran(project, line);
    assert_eq!(told.code, 0, "{}", told.err);
    let of = |what: &str| {
        let line = told.err.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{}", told.err));
        let numbers: Vec<usize> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        (numbers[0], numbers[1])
    };
    assert_eq!(of("declarations: "), of("mappings: "));
    of("mappings: ")
}

fn kept(project: &Project) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(project.0.join(KEPT));
    folder.into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn an_unchanged_capability_is_not_evaluated_again() {
    let project = Project::new("cache-counts");
    project.file("d.yaml", &document("", &["a:1", "b:1", "c:1"]));
    assert_eq!(effort(&project, "vet -v d.yaml"), (4, 0));
    assert_eq!(effort(&project, "vet -v d.yaml"), (0, 4));
    assert_eq!(effort(&project, "plan -v d.yaml"), (0, 4), "other commands know it too");
    assert_eq!(effort(&project, "vet -v --no-cache d.yaml"), (4, 0));
    project.file("d.yaml", &document("# a line\n", &["a:1", "b:2", "c:1"]));
    assert_eq!(effort(&project, "vet -v d.yaml"), (1, 3), "one has changed, all have moved");
    project.file("d.yaml", &document("", &["b:2"]));
    assert_eq!(effort(&project, "vet -v d.yaml"), (1, 1), "it has another name now");
    project.file("own/local.cue", "package local\n");
    assert_eq!(effort(&project, "vet -v --contracts own d.yaml"), (2, 0), "other texts may mean other things");
    assert_eq!(kept(&project).len(), 1, "one file a document");
}

/// Also after everything has moved, so that places are those of the document as it is now.
#[test]
fn every_answer_is_the_same_with_and_without() {
    let project = Project::new("cache-same");
    project.file("d.yaml", &document("", &["a:1", "b:1"]));
    effort(&project, "vet -v d.yaml");
    project.file("d.yaml", &document("# moved\n\n", &["a:1", "b:1"]));
    for line in [
        "vet d.yaml -o json",
        "vet d.yaml --declarations -o json",
        "plan d.yaml -o json",
        "plan d.yaml",
        "build d.yaml",
        "explain web-1.env.URL d.yaml -o json",
        "vet d.yaml --provider compose",
    ] {
        let with = ran(&project, line);
        assert_eq!(with, ran(&project, &format!("{line} --no-cache")), "{line}");
        assert_eq!(with, ran(&project, line), "{line}");
    }
    // What changes in place is told with the line that sets it.
    assert_eq!(ran(&project, "apply d.yaml -y").code, 0);
    project.file("d.yaml", &document("# moved\n\n\n", &["a:1", "b:2"]));
    let plan = ran(&project, "plan d.yaml -o json");
    assert!(plan.out.contains("b:2"), "{}", plan.err);
    assert_eq!(plan, ran(&project, "plan d.yaml -o json --no-cache"));
    // A mistake is told at its place, whatever is known of the rest.
    project.file("d.yaml", &document("", &["a:1", "7"]));
    let wrong = ran(&project, "vet d.yaml");
    assert_eq!(wrong.code, 3);
    assert_eq!(wrong, ran(&project, "vet d.yaml --no-cache"));
}

#[test]
fn what_is_damaged_is_worked_out_again_and_written_anew() {
    let project = Project::new("cache-damaged");
    project.file("d.yaml", &document("", &["a:1", "b:1"]));
    let answer = ran(&project, "vet d.yaml -o json");
    let [file] = &kept(&project)[..] else { panic!("one file is kept") };
    let whole = std::fs::read(file).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 4;
    let cut = whole[..whole.len() - 3].to_vec();
    for damaged in [flipped, cut, b"strata answers 9".to_vec(), Vec::new()] {
        std::fs::write(file, &damaged).unwrap();
        assert_eq!(ran(&project, "vet d.yaml -o json"), answer);
        assert_eq!(effort(&project, "vet -v d.yaml"), (0, 3), "it is whole again");
    }
}

/// Several at once, some of them killed: whoever comes next finds a whole file or none.
#[test]
fn several_processes_and_killed_ones_leave_whole_files() {
    let project = Project::new("cache-crowd");
    let images: Vec<String> = (0..60).map(|index| format!("a:{index}")).collect();
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    project.file("d.yaml", &document("", &images));
    let answer = ran(&project, "vet d.yaml -o json --no-cache");
    for round in 0..4_u64 {
        let line = "vet d.yaml -o json";
        let mut others: Vec<_> = (0..3).map(|_| project.command(line).env("CANARY", "c").spawn().unwrap()).collect();
        std::thread::sleep(std::time::Duration::from_millis(15 * round));
        others[0].kill().unwrap();
        assert_eq!(ran(&project, line).out, answer.out);
        others.into_iter().for_each(|mut other| _ = other.wait().unwrap());
    }
    assert_eq!(effort(&project, "vet -v d.yaml"), (0, 61));
}

#[test]
fn nothing_secret_is_kept_and_the_cache_can_be_moved_cleared_and_switched_off() {
    let project = Project::new("cache-place");
    project.file("d.yaml", &document("", &["a:1"]));
    effort(&project, "plan -v d.yaml");
    let bytes = std::fs::read(&kept(&project)[0]).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("postgres") && holds("CANARY"), "what is asked for, and the name of the secret");
    assert!(!holds("canary-of-the-cache"));
    assert_eq!(project.done("cache where"), format!("{}\n", project.0.join(KEPT).display()));
    assert_eq!(project.done("cache clear"), "Removed 1 file.\n");
    assert_eq!(kept(&project).len(), 0);
    for (place, told) in
        [("off", "off\n".to_owned()), ("moved", format!("{}/answers\n", project.0.join("moved").display()))]
    {
        let at = if place == "off" { place.into() } else { project.0.join(place) };
        let run = |line: &str| crate::project::ran(project.command(line).env("STRATA_CACHE", &at).env("CANARY", "c"));
        assert_eq!(run("cache where").out, told);
        assert_eq!(run("vet d.yaml").code, 0);
        assert_eq!(project.0.join("moved/answers").exists(), place == "moved");
    }
    assert_eq!(kept(&project).len(), 0);
}
