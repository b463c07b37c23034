//! Policy repositories on disk, and the binary that reads them.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The binary, with an environment that does not depend on where the tests run.
pub fn agentauthz() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agentauthz"));
    command
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env("COLUMNS", "100");
    command
}

/// Writes files below a directory.
pub fn write_files(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// A policy version of the project, by its directory.
pub fn load_directory(directory: &str) -> agentauthz::repository::PolicyVersion {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let tree = agentauthz::source::Tree::directory(&root, false).unwrap();
    agentauthz::repository::load(&agentauthz::repository::Files {
        paths: tree.paths().map(str::to_owned).collect(),
        read: &|path| tree.read(path).map_err(|error| error.message),
        refused: Vec::new(),
    })
}
