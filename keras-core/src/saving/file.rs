//! Replacing a file as a whole.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use crate::model::Owned;

/// As many links as Linux follows.
const MAX_LINKS: usize = 40;

/// Writes a file so that at any moment either the old one or the new one is there, and whole.
///
/// A symbolic link stays one: what it points at is replaced, or created. What is no regular file, such as a pipe or a device,
/// is no file to replace: it is written to.
pub(super) fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(old) if old.is_file() => replace_regular(&fs::canonicalize(path)?, write),
        Ok(_) => write(&mut OpenOptions::new().write(true).open(path)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => replace_regular(&follow(path)?, write),
        Err(error) => Err(error),
    }
}

/// Where the links lead of which the last points at nothing.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&path) else { return Ok(path) };
        path = folder(&path).join(target);
    }
    Err(io::Error::other("its symbolic links lead nowhere"))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn replace_regular(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let name =
        path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it is not a file's name"))?;
    let folder = folder(path);
    let prefix = format!(".{}.", name.display());

    let mut temporary = Temporary::create(folder, &prefix)?;
    write(&mut temporary.file)?;
    temporary.file.sync_all()?;
    temporary.rename(path)?;
    sync_folder(folder)
}

/// A file beside the one that it is to replace: only on the same disk a rename is atomic.
///
/// It is removed unless it is renamed.
struct Temporary {
    file: File,
    path: Option<PathBuf>,
}

impl Temporary {
    fn create(folder: &Path, prefix: &str) -> io::Result<Self> {
        let path = folder.join(format!("{prefix}{:016x}.tmp", Owned::random_seed()));
        Ok(Self { file: File::create_new(&path)?, path: Some(path) })
    }

    fn rename(mut self, path: &Path) -> io::Result<()> {
        if let Some(written) = &self.path {
            fs::rename(written, path)?;
        }
        self.path = None;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // An error led here and is on its way to the user; a second one would hide it.
            let _ = fs::remove_file(path);
        }
    }
}

/// Makes the rename itself last: it is an entry of the folder.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        process::{Command, Output},
        thread,
    };

    use super::*;

    /// A folder that is removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("keras-replace-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }

        fn count(&self) -> usize {
            fs::read_dir(&self.0).unwrap().count()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            // A test that has failed has more to say than that its folder is still there.
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[track_caller]
    fn put(path: &Path, bytes: &[u8]) {
        replace(path, |file| file.write_all(bytes)).unwrap();
    }

    /// Says to the same test in another process what to replace.
    const TARGET: &str = "REPLACE_TARGET";

    /// Runs a test in another process, which finds the path in [`TARGET`].
    fn elsewhere(test: &str, path: &Path) -> Output {
        let test = format!("saving::file::tests::{test}");
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", &test, "--nocapture"]).env(TARGET, path);
        command.output().unwrap()
    }

    #[test]
    fn a_failure_leaves_the_old_file_alone() {
        let folder = Folder::new("failure");
        let path = folder.path("weights");
        put(&path, b"old");
        let error = replace(&path, |file| {
            file.write_all(b"half of the n")?;
            Err(io::Error::new(io::ErrorKind::StorageFull, "the disk is full"))
        })
        .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(folder.count(), 1, "no temporary file is left");
        put(&path, b"new");
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_crash_before_the_rename_leaves_the_old_file_whole() {
        if let Some(path) = std::env::var_os(TARGET) {
            let _ = replace(Path::new(&path), |file| {
                file.write_all(b"new, and whole")?;
                file.sync_all()?;
                std::process::abort()
            });
            return;
        }
        let folder = Folder::new("crash");
        let path = folder.path("weights");
        put(&path, b"old");
        let output = elsewhere("a_crash_before_the_rename_leaves_the_old_file_whole", &path);
        assert!(!output.status.success(), "{output:?}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(folder.count(), 2, "it died between the two");
        put(&path, b"newer");
        assert_eq!(fs::read(&path).unwrap(), b"newer");
    }

    #[test]
    fn many_may_save_the_same_file() {
        let folder = Folder::new("many");
        let path = folder.path("weights");
        thread::scope(|scope| {
            for writer in 0..8u8 {
                let path = &path;
                scope.spawn(move || (0..20).for_each(|_| put(path, &[writer; 1000])));
            }
        });
        let bytes = fs::read(&path).unwrap();
        assert!(bytes.len() == 1000 && bytes.iter().all(|byte| *byte == bytes[0]));
        assert_eq!(folder.count(), 1);
    }

    #[cfg(unix)]
    mod unix {
        use std::os::unix::fs::{FileTypeExt, symlink};

        use super::*;

        #[test]
        fn a_link_stays_a_link() {
            let folder = Folder::new("link");
            let (file, link) = (folder.path("file"), folder.path("link"));
            fs::write(&file, b"old").unwrap();
            symlink(&file, &link).unwrap();
            put(&link, b"new");
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(fs::read(&file).unwrap(), b"new");
        }

        #[test]
        fn a_link_to_nothing_stays_one_and_the_file_is_made_where_it_points_to() {
            let folder = Folder::new("dangling");
            fs::create_dir(folder.path("models")).unwrap();
            symlink("models/latest", folder.path("link")).unwrap();
            symlink("digits", folder.path("models/latest")).unwrap();
            put(&folder.path("link"), b"new");
            assert_eq!(fs::read(folder.path("models/digits")).unwrap(), b"new");
            for link in ["link", "models/latest"] {
                assert!(fs::symlink_metadata(folder.path(link)).unwrap().is_symlink());
            }
            symlink("no/such/folder", folder.path("nowhere")).unwrap();
            symlink("circle", folder.path("circle")).unwrap();
            for link in ["nowhere", "circle"] {
                let path = folder.path(link);
                replace(&path, |_| panic!("there is nothing to write to")).unwrap_err();
                assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
            }
        }

        #[test]
        fn what_is_no_regular_file_is_written_to() {
            let folder = Folder::new("special");
            let pipe = folder.path("pipe");
            assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            let reader = {
                let pipe = pipe.clone();
                thread::spawn(move || fs::read(pipe).unwrap())
            };
            put(&pipe, b"through the pipe");
            assert_eq!(reader.join().unwrap(), b"through the pipe");
            assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());

            let null = folder.path("null");
            symlink("/dev/null", &null).unwrap();
            put(&null, b"to nowhere");
            put(Path::new("/dev/null"), b"to nowhere");
            assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());

            let socket = folder.path("socket");
            let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
            replace(&socket, |_| panic!("it cannot be opened")).unwrap_err();
            assert!(fs::symlink_metadata(&socket).unwrap().file_type().is_socket());
            replace(&folder.0, |_| panic!("it is a folder")).unwrap_err();
            assert_eq!(folder.count(), 3);
        }
    }
}
