//! The files of the module `strata.dev`, as they stand in `cue/`.

macro_rules! files {
    ($($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../cue/", $path)))),+]
    };
}

/// By their path inside the module.
pub(crate) const FILES: &[(&str, &str)] = files![
    "cue.mod/module.cue",
    "compose/cache.cue",
    "compose/compose.cue",
    "compose/container_runtime.cue",
    "compose/database.cue",
    "compose/ingress.cue",
    "compose/kubernetes_cluster.cue",
    "compose/message_queue.cue",
    "compose/namespace.cue",
    "compose/network.cue",
    "compose/persistent_volume.cue",
    "compose/secret.cue",
    "contracts/cache.cue",
    "contracts/container_runtime.cue",
    "contracts/database.cue",
    "contracts/ingress.cue",
    "contracts/kubernetes_cluster.cue",
    "contracts/message_queue.cue",
    "contracts/namespace.cue",
    "contracts/network.cue",
    "contracts/persistent_volume.cue",
    "contracts/secret.cue",
    "core/core.cue",
    "local/cache.cue",
    "local/container_runtime.cue",
    "local/database.cue",
    "local/ingress.cue",
    "local/kubernetes_cluster.cue",
    "local/message_queue.cue",
    "local/namespace.cue",
    "local/network.cue",
    "local/persistent_volume.cue",
    "local/provider.cue",
    "local/secret.cue",
];

/// The packages that hold contracts and mappings.
pub(crate) const PACKAGES: &[&str] = &["compose", "contracts", "local"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "compares what is embedded with what is there")]
    fn every_file_is_embedded() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/cue");
        let mut found = Vec::new();
        for folder in std::fs::read_dir(root).unwrap() {
            let folder = folder.unwrap();
            for file in std::fs::read_dir(folder.path()).unwrap() {
                let (folder, file) = (folder.file_name(), file.unwrap().file_name());
                found.push(format!("{}/{}", folder.display(), file.display()));
            }
        }
        found.sort();
        let mut embedded: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        embedded.sort_unstable();
        assert_eq!(found, embedded);
        let packages: Vec<&str> = embedded.iter().filter_map(|path| path.split('/').next()).collect();
        assert!(PACKAGES.iter().all(|package| packages.contains(package)));
    }
}
