//! Keys that an SSH agent keeps: asked over the socket that `SSH_AUTH_SOCK` names.
//! See <https://datatracker.ietf.org/doc/draft-ietf-sshm-ssh-agent/>.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use strata_engine::{PublicKey, Signer};

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES: u8 = 12;
const SIGN: u8 = 13;
const SIGNATURE: u8 = 14;
/// No answer is longer.
const LONGEST: usize = 256 * 1024;
/// Who has to touch a key needs a while.
const PATIENCE: Duration = Duration::from_secs(60);

/// One of the agent's keys.
pub(crate) struct AgentKey {
    socket: Mutex<UnixStream>,
    public: PublicKey,
    /// The public key as it is sent.
    blob: Vec<u8>,
}

/// The first key of the agent that is wanted.
pub(crate) fn key(socket: &Path, wanted: impl Fn(&PublicKey) -> bool) -> Result<Option<AgentKey>> {
    let mut socket = UnixStream::connect(socket)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let answer = ask(&mut socket, &[REQUEST_IDENTITIES], IDENTITIES)?;
    let mut rest = &answer[..];
    for _ in 0..number(&mut rest)? {
        let blob = string(&mut rest)?.to_vec();
        string(&mut rest)?;
        if let Some(public) = PublicKey::from_ssh_wire(&blob).filter(&wanted) {
            return Ok(Some(AgentKey { socket: Mutex::new(socket), public, blob }));
        }
    }
    Ok(None)
}

impl Signer for AgentKey {
    fn public(&self) -> PublicKey {
        self.public.clone()
    }

    fn sign(&self, bytes: &[u8]) -> std::result::Result<Vec<u8>, String> {
        let mut socket = self.socket.lock().map_err(|_| "the agent is in use".to_owned())?;
        let mut request = vec![SIGN];
        put(&mut request, &self.blob);
        put(&mut request, bytes);
        request.extend_from_slice(&0_u32.to_be_bytes());
        let signature = ask(&mut socket, &request, SIGNATURE).and_then(|answer| {
            let mut rest = &answer[..];
            let mut inside = string(&mut rest)?;
            // What kind of signature it is.
            string(&mut inside)?;
            string(&mut inside).map(<[u8]>::to_vec)
        });
        signature.map_err(|error| format!("the SSH agent gave no signature: {error}"))
    }
}

fn ask(socket: &mut UnixStream, request: &[u8], wanted: u8) -> Result<Vec<u8>> {
    let mut message = Vec::new();
    put(&mut message, request);
    socket.write_all(&message)?;
    let mut length = [0; 4];
    socket.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length == 0 || length > LONGEST {
        return Err(broken());
    }
    let mut answer = vec![0; length];
    socket.read_exact(&mut answer)?;
    if answer.remove(0) == wanted { Ok(answer) } else { Err(Error::other("it refused")) }
}

fn number(rest: &mut &[u8]) -> Result<u32> {
    let (number, behind) = rest.split_first_chunk::<4>().ok_or_else(broken)?;
    *rest = behind;
    Ok(u32::from_be_bytes(*number))
}

fn string<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let length = usize::try_from(number(rest)?).unwrap_or(usize::MAX);
    let (string, behind) = rest.split_at_checked(length).ok_or_else(broken)?;
    *rest = behind;
    Ok(string)
}

fn put(bytes: &mut Vec<u8>, string: &[u8]) {
    bytes.extend_from_slice(&u32::try_from(string.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(string);
}

fn broken() -> Error {
    Error::new(ErrorKind::InvalidData, "its answer is not understood")
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use strata_engine::SigningKey;
    use strata_model::digest::hex;

    use super::*;

    /// An agent with one key, which it keeps in a line as SSH writes them.
    fn agent(socket: &Path, key: SigningKey, line: String) -> std::thread::JoinHandle<()> {
        let listener = UnixListener::bind(socket).unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            loop {
                let mut length = [0; 4];
                if stream.read_exact(&mut length).is_err() {
                    return;
                }
                let mut request = vec![0; u32::from_be_bytes(length) as usize];
                stream.read_exact(&mut request).unwrap();
                let mut answer = Vec::new();
                if request[0] == REQUEST_IDENTITIES {
                    answer.extend([IDENTITIES, 0, 0, 0, 1]);
                    put(&mut answer, &line.parse::<PublicKey>().unwrap().to_ssh_wire());
                    put(&mut answer, b"comment");
                } else {
                    let mut rest = &request[1..];
                    string(&mut rest).unwrap();
                    let signature = key.sign(string(&mut rest).unwrap()).unwrap();
                    let mut inside = Vec::new();
                    put(&mut inside, b"ssh-ed25519");
                    put(&mut inside, &signature);
                    answer.push(SIGNATURE);
                    put(&mut answer, &inside);
                }
                let mut message = Vec::new();
                put(&mut message, &answer);
                stream.write_all(&message).unwrap();
            }
        })
    }

    #[test]
    fn an_agent_signs_with_the_key_that_is_wanted() {
        const BODY: &str = include_str!("../../../engine/src/keys/tests/id_ed25519.body");
        const PUBLIC: &str = include_str!("../../../engine/src/keys/tests/id_ed25519.pub");
        let [begin, end] = ["BEGIN", "END"].map(|word| format!("-----{word} OPENSSH PRIVATE KEY-----"));
        let read = || SigningKey::read(&format!("{begin}\n{BODY}{end}")).ok().unwrap();
        let public: PublicKey = PUBLIC.parse().unwrap();
        for wanted in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let socket = folder.path().join("agent");
            let answering = agent(&socket, read(), PUBLIC.to_owned());
            let found = key(&socket, |known| wanted && *known == public).unwrap();
            assert_eq!(found.is_some(), wanted);
            if let Some(key) = found {
                assert_eq!(key.public(), public);
                let signature = key.sign(&public.signed_bytes("text")).unwrap();
                assert!(public.verifies("text", &hex(&signature)));
            }
            answering.join().unwrap();
        }
        assert!(key(Path::new("/nowhere"), |_| true).is_err());
    }
}
