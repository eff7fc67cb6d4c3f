//! One keep-alive HTTP/1.1 connection, as cheap as it can be: what the generator spends here, it cannot load with.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(30);

pub struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
    request: Vec<u8>,
    buffer: Vec<u8>,
}

pub struct Answer {
    pub status: u16,
    /// When to come again, if it tells that.
    pub retry_after: Option<Duration>,
    /// What it sets, as it is sent back.
    pub cookies: Vec<String>,
    pub body: Vec<u8>,
}

/// An answer with another status than was expected.
#[derive(Debug)]
pub struct Refused {
    pub status: u16,
    told: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.told)
    }
}

impl std::error::Error for Refused {}

impl Answer {
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("no JSON: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body[..self.body.len().min(600)]).into_owned()
    }

    /// The body when the status is one of these, else an error that shows the answer.
    pub fn expect(self, statuses: &[u16], what: &str) -> Result<Value> {
        if !statuses.contains(&self.status) {
            let told = format!("{what} answered {}: {}", self.status, self.text());
            return Err(Refused { status: self.status, told }.into());
        }
        if self.body.is_empty() { Ok(Value::Null) } else { self.json() }
    }
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, request: Vec::new(), buffer: Vec::with_capacity(64 * 1024) }
    }

    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        self.send("GET", path, &[], b"").await
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> Result<Answer> {
        self.json("POST", path, &[], body).await
    }

    pub async fn json(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answer> {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.send(method, path, &all, &serde_json::to_vec(body)?).await
    }

    /// A request on the kept connection. One that the server has closed meanwhile is opened anew, once, and only when
    /// nothing of an answer has come: then the server has not taken the request.
    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer> {
        self.compose(method, path, headers, body);
        let reused = self.stream.is_some();
        let first = tokio::time::timeout(PATIENCE, self.exchange()).await;
        match first {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) if reused && self.buffer.is_empty() => {
                self.stream = None;
                tokio::time::timeout(PATIENCE, self.exchange())
                    .await?
                    .with_context(|| format!("{method} {path}"))
            }
            Ok(Err(error)) => {
                self.stream = None;
                Err(error.context(format!("{method} {path}")))
            }
            Err(_) => {
                self.stream = None;
                bail!("{method} {path}: no answer within {} s", PATIENCE.as_secs())
            }
        }
    }

    fn compose(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
        self.request.clear();
        let mut put = |text: &str| self.request.extend_from_slice(text.as_bytes());
        put(method);
        put(" ");
        put(path);
        put(" HTTP/1.1\r\nhost: ");
        put(&self.address.to_string());
        put("\r\n");
        for (name, value) in headers {
            put(name);
            put(": ");
            put(value);
            put("\r\n");
        }
        if method != "GET" {
            put(&format!("content-length: {}\r\n", body.len()));
        }
        put("\r\n");
        self.request.extend_from_slice(body);
    }

    async fn exchange(&mut self) -> Result<Answer> {
        self.buffer.clear();
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.address).await.context("cannot connect")?;
            stream.set_nodelay(true)?;
            self.stream = Some(stream);
        }
        let stream = self.stream.as_mut().context("not connected")?;
        stream.write_all(&self.request).await?;
        let head = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break Head::parse(&self.buffer[..end], end + 4)?;
            }
            read_more(stream, &mut self.buffer).await?;
        };
        let body = match head.length {
            Some(length) => {
                while self.buffer.len() < head.end + length {
                    read_more(stream, &mut self.buffer).await?;
                }
                self.buffer[head.end..head.end + length].to_vec()
            }
            None => chunks(stream, &mut self.buffer, head.end).await?,
        };
        if head.close {
            self.stream = None;
        }
        Ok(Answer { status: head.status, retry_after: head.retry_after, cookies: head.cookies, body })
    }
}

struct Head {
    status: u16,
    /// `None`: the body comes in chunks.
    length: Option<usize>,
    close: bool,
    retry_after: Option<Duration>,
    cookies: Vec<String>,
    /// Where the body begins.
    end: usize,
}

impl Head {
    fn parse(bytes: &[u8], end: usize) -> Result<Self> {
        let text = std::str::from_utf8(bytes).context("the head is not text")?;
        let mut lines = text.split("\r\n");
        let status =
            lines.next().and_then(|line| line.split(' ').nth(1)).context("no status line")?.parse()?;
        let mut head = Self { status, length: None, close: false, retry_after: None, cookies: vec![], end };
        let mut chunked = false;
        for line in lines {
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                head.length = Some(value.parse()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                chunked = value.eq_ignore_ascii_case("chunked");
            } else if name.eq_ignore_ascii_case("connection") {
                head.close = value.eq_ignore_ascii_case("close");
            } else if name.eq_ignore_ascii_case("retry-after") {
                head.retry_after = Some(Duration::from_secs(value.parse()?));
            } else if name.eq_ignore_ascii_case("set-cookie") {
                head.cookies.extend(value.split(';').next().map(str::to_string));
            }
        }
        if head.length.is_none() && !chunked {
            // 204 and 304 have no body; anything else without a length would end with the connection.
            head.length = Some(0);
        }
        Ok(head)
    }
}

async fn chunks(stream: &mut TcpStream, buffer: &mut Vec<u8>, mut at: usize) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = loop {
            if let Some(end) = find(&buffer[at..], b"\r\n") {
                break at + end;
            }
            read_more(stream, buffer).await?;
        };
        let size = std::str::from_utf8(&buffer[at..line])?.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).context("not a chunk's size")?;
        at = line + 2;
        while buffer.len() < at + size + 2 {
            read_more(stream, buffer).await?;
        }
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&buffer[at..at + size]);
        at += size + 2;
    }
}

async fn read_more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<()> {
    if stream.read_buf(buffer).await? == 0 {
        bail!("the server closed the connection");
    }
    Ok(())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answer_with(parts: &'static [&'static str]) -> Result<Vec<(u16, String)>> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let serving = async move {
            let (mut stream, _) = listener.accept().await?;
            let mut request = [0; 1024];
            for part in parts {
                let _ = stream.read(&mut request).await?;
                stream.write_all(part.as_bytes()).await?;
            }
            anyhow::Ok(())
        };
        let asking = async move {
            let mut client = Client::new(address);
            let mut answers = Vec::new();
            for _ in parts {
                let answer = client.get("/").await?;
                answers.push((answer.status, String::from_utf8(answer.body)?));
            }
            anyhow::Ok(answers)
        };
        let (served, answers) = tokio::join!(serving, asking);
        served?;
        answers
    }

    #[tokio::test]
    async fn reads_lengths_chunks_and_no_body_on_one_connection() -> Result<()> {
        let answers = answer_with(&[
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n",
            "HTTP/1.1 204 No Content\r\n\r\n",
        ])
        .await?;
        assert_eq!(answers, [(200, "hello".into()), (201, "abcde".into()), (204, String::new())]);
        Ok(())
    }
}
