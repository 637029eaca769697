//! A real sshd on loopback, with a key of its own that lets one person in.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// An sshd that ends with the test.
pub struct Sshd {
    process: Child,
    pub port: u16,
    /// What git runs to reach it.
    pub command: String,
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Starts it, with its files in `directory`. Here a server that can't start is a failure, never a reason to skip.
pub fn start(directory: &Path) -> Sshd {
    std::fs::create_dir_all(directory).unwrap();
    for name in ["host", "key"] {
        let file = directory.join(name);
        let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(file).status().unwrap();
        assert!(made.success());
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let at = |name: &str| directory.join(name).display().to_string();
    let config = format!(
        "ListenAddress 127.0.0.1\nPort {port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\nUsePAM no\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nAcceptEnv GIT_PROTOCOL\n",
        at("host"),
        at("key.pub"),
    );
    std::fs::write(directory.join("config"), config).unwrap();
    let program =
        ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"].into_iter().find(|path| Path::new(path).exists());
    let log = std::fs::File::create(directory.join("log")).unwrap();
    // sshd wants to be started by its full path.
    let process = Command::new(program.expect("no sshd here: .ci/run installs it"))
        .args(["-D", "-e", "-f", &at("config")])
        .stdin(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let log = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
        assert!(start.elapsed() < Duration::from_secs(10), "sshd does not start: {log}");
        std::thread::sleep(Duration::from_millis(20));
    }
    let command = format!(
        "ssh -F /dev/null -i {} -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile={} -o LogLevel=ERROR",
        at("key"),
        at("known_hosts")
    );
    Sshd { process, port, command }
}
