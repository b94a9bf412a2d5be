//! Packages of CUE from folders and files: which files belong together, which package imports which, what is set from
//! outside, and documents of data beside them.
//!
//! Invariant: knows no evaluation and no file system. All that it reads comes through [`Files`]; the same files and
//! arguments give the same packages with the same ids.
//! Invariant: mistakes are told, not thrown. A package with mistakes is there, with as much of it as could be read.
//!
//! ```
//! use cue_load::{Config, MemoryFiles, load};
//! use strata_base::Sources;
//!
//! let mut files = MemoryFiles::new();
//! files.add("/repo/cue.mod/module.cue", "module: \"example.com/shop@v0\"\nlanguage: version: \"v0.18.0\"\n");
//! files.add("/repo/main.cue", "package main\n\nimport \"example.com/shop/cart\"\n\nsize: cart.size\n");
//! files.add("/repo/cart/cart.cue", "package cart\n\nsize: int @tag(size,type=int)\n");
//!
//! let mut sources = Sources::new();
//! let loaded = load(&[], &Config::new("/repo"), &files, &mut sources);
//! assert!(loaded.all_diagnostics().is_empty());
//! let main = &loaded.instances[loaded.roots[0]];
//! assert_eq!(main.identity, "example.com/shop@v0:main");
//! assert_eq!(loaded.instances[main.imports["example.com/shop/cart"]].name, "cart");
//! ```

mod arguments;
pub mod codes;
mod condition;
mod embed;
mod files;
mod import_path;
mod imports;
mod inject;
mod instance;
mod loader;
mod locate;
mod memory;
mod module;
mod package;
mod path;
mod patterns;
mod sources;
mod tags;

pub use arguments::Format;
pub use files::{Entry, EntryKind, FileError, Files};
pub use import_path::ImportPath;
pub use instance::{Config, DataFile, FetchedModule, Instance, Loaded, SourceFile};
pub use loader::load;
pub use memory::MemoryFiles;
pub use module::Module;
pub use tags::{Injection, Variable};
