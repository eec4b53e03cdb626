//! Atomic replacement of a file.

use std::{
    fs::{self, File, Metadata, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use crate::model::{HASH_START, Owned, hash};

/// The maximum number of symbolic links that Linux follows.
const MAX_LINKS: usize = 40;

/// Writes a file so that at any moment either the old or the new one exists, and is complete.
///
/// A symbolic link is kept: its target is replaced, or created. Special files, such as pipes and devices, are not
/// replaced, but written to.
pub(super) fn replace(path: &Path, write: &mut dyn FnMut(&mut File) -> io::Result<()>) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(old) if old.is_file() => replace_regular(&fs::canonicalize(path)?, Some(&old), write),
        Ok(_) => write(&mut OpenOptions::new().write(true).open(path)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => replace_regular(&follow(path)?, None, write),
        Err(error) => Err(error),
    }
}

/// The target of a chain of links whose last target does not exist.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&path) else { return Ok(path) };
        path = folder(&path).join(target);
    }
    Err(io::Error::other("too many symbolic links"))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn replace_regular(
    path: &Path,
    old: Option<&Metadata>,
    write: &mut dyn FnMut(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let name =
        path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it is not the name of a file"))?;
    let folder = folder(path);
    // The name of the file itself may have the maximum length of names.
    let bytes = name.as_encoded_bytes();
    let prefix = format!(".keras-{:08x}-", hash(HASH_START, bytes, 0, bytes.len()));

    remove_stale(folder, &prefix);
    let mut temporary = Temporary::create(folder, &prefix, old.is_some())?;
    if let Some(old) = old {
        keep_owner_and_mode(&temporary.file, old)?;
    }
    write(&mut temporary.file)?;
    temporary.file.sync_all()?;
    temporary.rename(path)?;
    sync_folder(folder);
    Ok(())
}

/// A temporary file in the same directory as the file to be replaced: renaming is atomic only within a file system.
///
/// It is locked while it is open, which distinguishes it from files left by a killed process, and removed unless it is
/// renamed.
struct Temporary {
    file: File,
    path: Option<PathBuf>,
}

impl Temporary {
    fn create(folder: &Path, prefix: &str, is_private: bool) -> io::Result<Self> {
        loop {
            let path = folder.join(format!("{prefix}{:016x}.tmp", Owned::random_seed()));
            let temporary = Self { file: create_new(&path, is_private)?, path: Some(path) };
            // Before it is locked, another process may take it for a stale file and remove it. On file systems without
            // locks, stale files are not removed.
            let is_taken = matches!(temporary.file.try_lock(), Err(TryLockError::WouldBlock));
            if !is_taken && temporary.path.as_ref().is_some_and(|path| path.exists()) {
                return Ok(temporary);
            }
        }
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
            // The caller already returns an error; a second one would hide it.
            let _ = fs::remove_file(path);
        }
    }
}

/// Creates a file, with the default mode, or accessible to its owner only.
fn create_new(path: &Path, is_private: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if is_private { 0o600 } else { 0o666 });
    #[cfg(not(unix))]
    let _ = is_private;
    options.write(true).create_new(true).open(path)
}

/// Removes temporary files that interrupted saves of the same file have left.
///
/// Errors are ignored: if a directory cannot be listed, or a file belongs to another user, stale files stay.
fn remove_stale(folder: &Path, prefix: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_temporary = name.to_str().is_some_and(|name| name.starts_with(prefix) && name.ends_with(".tmp"));
        if is_temporary
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Gives a new file the mode of the old one, and its owner, if permitted.
#[cfg(unix)]
fn keep_owner_and_mode(file: &File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let new = file.metadata()?;
    if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
        // Only the superuser can change the owner of a file.
        let _ = fchown(file, Some(old.uid()), Some(old.gid()));
    }
    // File systems without modes report the same mode for all files, and may refuse to change it.
    if new.mode() == old.mode() { Ok(()) } else { file.set_permissions(old.permissions()) }
}

#[cfg(not(unix))]
fn keep_owner_and_mode(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Makes the rename durable: it is an entry of the directory. Where the directory cannot be synchronized, for instance
/// for lack of read permission, either file exists after a power failure, and is complete.
fn sync_folder(folder: &Path) {
    if cfg!(unix)
        && let Ok(folder) = File::open(folder)
    {
        let _ = folder.sync_all();
    }
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
        replace(path, &mut |file| file.write_all(bytes)).unwrap();
    }

    /// Says to the same test in another process what to replace.
    const TARGET: &str = "REPLACE_TARGET";

    /// Runs a test in another process, which finds the path in [`TARGET`].
    fn elsewhere(test: &str, path: &Path, prepare: impl FnOnce(&mut Command)) -> Output {
        let test = format!("saving::file::tests::{test}");
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", &test, "--nocapture"]).env(TARGET, path);
        prepare(&mut command);
        command.output().unwrap()
    }

    #[test]
    fn a_failure_leaves_the_old_file_alone() {
        let folder = Folder::new("failure");
        let path = folder.path("weights");
        put(&path, b"old");
        let error = replace(&path, &mut |file| {
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
    fn what_a_crash_leaves_is_the_old_file_and_one_that_the_next_save_removes() {
        if let Some(path) = std::env::var_os(TARGET) {
            let _ = replace(Path::new(&path), &mut |file| {
                file.write_all(b"new, and whole")?;
                file.sync_all()?;
                std::process::abort()
            });
            return;
        }
        let folder = Folder::new("crash");
        let (path, other) = (folder.path("weights"), folder.path("weights-2"));
        put(&path, b"old");
        put(&other, b"old");
        let test = "what_a_crash_leaves_is_the_old_file_and_one_that_the_next_save_removes";
        for path in [&path, &path, &other] {
            let output = elsewhere(test, path, |_| ());
            assert!(!output.status.success(), "{output:?}");
            assert_eq!(fs::read(path).unwrap(), b"old");
        }
        assert_eq!(
            folder.count(),
            2 + 2,
            "of two crashes while the same file was saved, the second removed what the first left"
        );
        put(&path, b"newer");
        assert_eq!(fs::read(&path).unwrap(), b"newer");
        assert_eq!(folder.count(), 2 + 1, "what is left of the other file's is the other file's business");
        put(&other, b"newer");
        assert_eq!(folder.count(), 2);
    }

    #[test]
    fn a_file_that_is_being_written_is_not_stale() {
        let folder = Folder::new("living");
        let path = folder.path("weights");
        replace(&path, &mut |file| {
            file.write_all(b"the slower, ")?;
            replace(&path, &mut |file| file.write_all(b"the faster"))?;
            assert_eq!(fs::read(&path)?, b"the faster");
            file.write_all(b"and the last")
        })
        .unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"the slower, and the last");
        assert_eq!(folder.count(), 1);
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

    #[test]
    fn a_name_may_be_as_long_as_names_can_be() {
        let folder = Folder::new("long");
        let path = folder.path(&"w".repeat(255));
        put(&path, b"old");
        put(&path, b"new");
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(folder.count(), 1);
        assert!(replace(&folder.path(&"w".repeat(256)), &mut |_| Ok(())).is_err());
    }

    #[cfg(unix)]
    mod unix {
        use std::os::unix::{
            fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, symlink},
            process::CommandExt,
        };

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
                replace(&path, &mut |_| panic!("there is nothing to write to")).unwrap_err();
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
            replace(&socket, &mut |_| panic!("it cannot be opened")).unwrap_err();
            assert!(fs::symlink_metadata(&socket).unwrap().file_type().is_socket());
            replace(&folder.0, &mut |_| panic!("it is a folder")).unwrap_err();
            assert_eq!(folder.count(), 3);
        }

        #[test]
        fn mode_and_owner_are_kept() {
            let folder = Folder::new("mode");
            let path = folder.path("weights");
            put(&path, b"new");
            fs::write(folder.path("other"), b"").unwrap();
            let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
            assert_eq!(mode(&path), mode(&folder.path("other")), "that of a new file is as ever");
            for expected in [0o600, 0o640, 0o444, 0o755, 0o666] {
                fs::set_permissions(&path, fs::Permissions::from_mode(expected)).unwrap();
                replace(&path, &mut |file| {
                    assert_eq!(file.metadata()?.mode() & 0o7777, expected, "at no time may others read it");
                    file.write_all(b"newer")
                })
                .unwrap();
                assert_eq!(mode(&path), expected);
            }
            // The superuser alone can give the file to somebody else first.
            if chown(&path, Some(65534), Some(65534)).is_ok() {
                put(&path, b"newest");
                let after = fs::metadata(&path).unwrap();
                assert_eq!((after.uid(), after.gid(), after.mode() & 0o7777), (65534, 65534, 0o666));
            }
        }

        #[test]
        fn a_folder_that_may_be_written_and_not_read() {
            if let Some(path) = std::env::var_os(TARGET) {
                let path = Path::new(&path);
                assert!(fs::read_dir(path.parent().unwrap()).is_err());
                put(path, b"new");
                put(path, b"newer");
                return;
            }
            let folder = Folder::new("write-only");
            fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o333)).unwrap();
            let path = folder.path("weights");
            let output = elsewhere("unix::a_folder_that_may_be_written_and_not_read", &path, |command| {
                // To the superuser the permissions mean nothing.
                if chown(&folder.0, Some(65534), Some(65534)).is_ok() {
                    command.uid(65534).gid(65534);
                }
            });
            fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o755)).unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
            assert_eq!(fs::read(&path).unwrap(), b"newer");
            assert_eq!(folder.count(), 1);
        }
    }
}
