//! A web server for one request at a time: it hands each to `git http-backend`, as a real one would.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Serves the repositories below `root` until the process ends; the URL to reach them by.
pub fn serve(root: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let root = root.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let root = root.clone();
            // A client that went away is no concern of the server.
            std::thread::spawn(move || answer(&stream.unwrap(), root));
        }
    });
    url
}

fn answer(stream: &TcpStream, root: PathBuf) -> Option<()> {
    let mut input = BufReader::new(stream.try_clone().ok()?);
    let request = line(&mut input)?;
    let mut words = request.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let header = line(&mut input)?;
        let Some((name, value)) = header.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let header = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    if header("expect").is_some() {
        (&mut &*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let body = match (header("content-length"), header("transfer-encoding")) {
        (Some(length), _) => {
            let mut body = vec![0; length.parse().ok()?];
            input.read_exact(&mut body).ok()?;
            body
        }
        (None, Some(_)) => chunks(&mut input)?,
        (None, None) => Vec::new(),
    };
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut git = Command::new("git");
    git.arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("REQUEST_METHOD", method)
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        // Whoever is named here may push.
        .env("REMOTE_USER", "somebody")
        .env("REMOTE_ADDR", "127.0.0.1")
        .env("CONTENT_LENGTH", body.len().to_string());
    for (name, variable) in [
        ("content-type", "CONTENT_TYPE"),
        ("content-encoding", "HTTP_CONTENT_ENCODING"),
        ("git-protocol", "GIT_PROTOCOL"),
    ] {
        git.envs(header(name).map(|value| (variable, value.to_owned())));
    }
    let mut git = git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let mut stdin = git.stdin.take()?;
    std::thread::spawn(move || stdin.write_all(&body));
    let output = git.wait_with_output().ok()?.stdout;
    // What it writes begins with headers, of which `Status` is for the server.
    let end = output.windows(4).position(|four| four == b"\r\n\r\n")?;
    let told = String::from_utf8_lossy(&output[..end]).into_owned();
    let status = told.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    let others: String =
        told.lines().filter(|line| !line.starts_with("Status: ")).map(|line| format!("{line}\r\n")).collect();
    let body = &output[end + 4..];
    let length = body.len();
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {status}\r\n{others}Content-Length: {length}\r\nConnection: close\r\n\r\n").ok()?;
    stream.write_all(body).ok()
}

fn line(input: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    input.read_line(&mut line).ok()?;
    Some(line.trim_end().to_owned())
}

fn chunks(input: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = usize::from_str_radix(line(input)?.split(';').next()?, 16).ok()?;
        let mut chunk = vec![0; size];
        input.read_exact(&mut chunk).ok()?;
        line(input)?;
        if size == 0 {
            return Some(body);
        }
        body.extend(chunk);
    }
}
