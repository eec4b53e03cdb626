//! Replacing a file as a whole.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

/// A temporary file that is removed unless it is renamed.
struct Temporary(Option<PathBuf>);

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // An error led here and is on its way to the user; a second one would hide it.
            let _ = fs::remove_file(path);
        }
    }
}

/// Writes a file so that at any moment either the old one or the new one is there, and whole.
pub(super) fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    // Renaming over a link would replace the link: what it points at is meant.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name =
        path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it is not a file's name"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));

    let (mut file, mut temporary) = create_beside(folder, name)?;
    write(&mut file)?;
    file.sync_all()?;
    drop(file);
    if let Some(written) = temporary.0.as_ref() {
        fs::rename(written, path)?;
        temporary.0 = None;
    }
    sync_folder(folder)
}

/// Creates a file that no other thread or process uses, on the same disk: only there a rename is atomic.
fn create_beside(folder: &Path, name: &std::ffi::OsStr) -> io::Result<(File, Temporary)> {
    static COUNTER: AtomicUsize = AtomicUsize::new(0);
    loop {
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}-{}.tmp", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
        let path = folder.join(temporary);
        match File::create_new(&path) {
            Ok(file) => return Ok((file, Temporary(Some(path)))),
            // Left by a process of the same number that was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Makes the rename itself last: it is an entry of the folder.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_failure_leaves_the_old_file_alone() {
        let folder = std::env::temp_dir().join(format!("keras-replace-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("weights");
        replace(&path, |file| file.write_all(b"old")).unwrap();
        let error = replace(&path, |file| {
            file.write_all(b"half of the n")?;
            Err(io::Error::new(io::ErrorKind::StorageFull, "the disk is full"))
        })
        .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no temporary file is left");
        replace(&path, |file| file.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_crash_before_the_rename_leaves_the_old_file_whole() {
        /// Says to the same test in another process what to replace, before it dies.
        const TARGET: &str = "REPLACE_TARGET";
        if let Some(path) = std::env::var_os(TARGET) {
            let _ = replace(Path::new(&path), |file| {
                file.write_all(b"new, and whole")?;
                file.sync_all()?;
                std::process::abort()
            });
            return;
        }
        let folder = std::env::temp_dir().join(format!("keras-crash-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("weights");
        replace(&path, |file| file.write_all(b"old")).unwrap();
        let test = "saving::file::tests::a_crash_before_the_rename_leaves_the_old_file_whole";
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        let output = again.args(["--exact", test, "--nocapture"]).env(TARGET, &path).output().unwrap();
        assert!(!output.status.success(), "{output:?}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "it died between the two");
        replace(&path, |file| file.write_all(b"newer")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"newer");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    #[cfg(unix)]
    fn a_link_stays_a_link() {
        let folder = std::env::temp_dir().join(format!("keras-link-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (file, link) = (folder.join("file"), folder.join("link"));
        fs::write(&file, b"old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, |file| file.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        fs::remove_dir_all(folder).unwrap();
    }
}
