//! Against a stand-in for Google: metadata server, token endpoint and Secret Manager as they are documented, on loopback.

use super::checksum::crc32c;
use super::way::{LIMIT, PAUSE, TRIES};
use super::*;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::BoxFuture;
use hanse_kernel::Timers;
use hanse_kernel::effects::ManualClock;
use http::HeaderMap;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

const SECRET: &str = "projects/kontor/secrets/shop/versions/latest";
const DOCUMENT: &str = r#"{"order_access": "5ec2e75ec2e7"}"#;
const TOKEN: &str = "ya29.let-me-in";
const NOW: u64 = 1_795_428_000;
/// Of this test alone; it opens nothing.
const KEY: &str = include_str!("service-account.test.pem");

/// What Secret Manager says next, in turn; when there is nothing left, it answers well.
enum Says {
    Status(u16, &'static str, &'static str),
    Data(Vec<u8>, Value),
    Words(&'static str),
    Huge,
    Never,
}

#[derive(Default)]
struct Google {
    says: Mutex<VecDeque<Says>>,
    /// Addresses that were asked, in turn.
    asked: Mutex<Vec<String>>,
    /// The form of the last request for a token.
    form: Mutex<String>,
    metadata: Mutex<Option<Says>>,
    asked_in_vain: watch::Sender<u32>,
}

impl Google {
    fn says(&self, says: impl IntoIterator<Item = Says>) {
        self.says.lock().unwrap().extend(says);
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn data(data: &[u8], crc32c: impl Into<Value>) -> Response {
        let payload = json!({"data": STANDARD.encode(data), "dataCrc32c": crc32c.into()});
        Json(json!({"name": "projects/17/secrets/shop/versions/4", "payload": payload})).into_response()
    }

    async fn say(&self, says: Option<Says>) -> Response {
        match says {
            None => Self::data(DOCUMENT.as_bytes(), crc32c(DOCUMENT.as_bytes()).to_string()),
            Some(Says::Data(data, crc32c)) => Self::data(&data, crc32c),
            Some(Says::Words(words)) => words.into_response(),
            Some(Says::Huge) => Body::from(vec![b' '; LARGEST + 1]).into_response(),
            Some(Says::Status(status, code, reason)) => {
                let status = StatusCode::from_u16(status).unwrap();
                let details =
                    json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}]);
                let message = format!("never shown {DOCUMENT}");
                let error =
                    json!({"code": status.as_u16(), "message": message, "status": code, "details": details});
                (status, Json(json!({"error": error}))).into_response()
            }
            Some(Says::Never) => {
                self.asked_in_vain.send_modify(|times| *times += 1);
                std::future::pending().await
            }
        }
    }

    async fn answer(State(this): State<Arc<Self>>, request: Request) -> Response {
        let (head, body) = request.into_parts();
        let path = head.uri.path().to_string();
        this.asked.lock().unwrap().push(path.clone());
        match path.as_str() {
            "/computeMetadata/v1/instance/service-accounts/default/token" => {
                assert_eq!(head.headers["metadata-flavor"], "Google");
                if let Some(says) = this.metadata.lock().unwrap().take() {
                    let Says::Status(status, ..) = says else { panic!("not said by a metadata server") };
                    return StatusCode::from_u16(status).unwrap().into_response();
                }
                ([("Metadata-Flavor", "Google")], token()).into_response()
            }
            "/token" => {
                let form = axum::body::to_bytes(body, LARGEST).await.unwrap();
                *this.form.lock().unwrap() = String::from_utf8(form.to_vec()).unwrap();
                token().into_response()
            }
            "/v1/projects/kontor/secrets/shop/versions/latest:access" => {
                if !shown(&head.headers) {
                    return this.say(Some(Says::Status(401, "UNAUTHENTICATED", ""))).await;
                }
                let says = this.says.lock().unwrap().pop_front();
                this.say(says).await
            }
            other => panic!("nobody asks for {other}"),
        }
    }
}

fn token() -> Json<Value> {
    Json(json!({"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"}))
}

fn shown(headers: &HeaderMap) -> bool {
    headers.get("authorization").is_some_and(|shown| shown == &format!("Bearer {TOKEN}"))
}

/// Pauses are over at once; a request's limit only when Google has been asked in vain.
struct Patience {
    slept: Mutex<Vec<Duration>>,
    in_vain: watch::Receiver<u32>,
}

impl Timers for Patience {
    fn sleep(&self, for_: Duration) -> BoxFuture<'static, ()> {
        if for_ != LIMIT {
            self.slept.lock().unwrap().push(for_);
            return Box::pin(std::future::ready(()));
        }
        let mut in_vain = self.in_vain.clone();
        let before = *in_vain.borrow();
        Box::pin(async move {
            in_vain.wait_for(|times| *times > before).await.expect("Google is there as long as the test");
        })
    }
}

struct Stand {
    google: Arc<Google>,
    patience: Arc<Patience>,
    effects: Effects,
    at: String,
    _open: JoinSet<()>,
}

impl Stand {
    async fn open() -> Self {
        let google = Arc::new(Google::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let at = listener.local_addr().expect("an address").to_string();
        let app = Router::new().fallback(Google::answer).with_state(google.clone());
        let open = JoinSet::from_iter([async move {
            axum::serve(listener, app).await.expect("it listens");
        }]);
        let patience =
            Arc::new(Patience { slept: Mutex::default(), in_vain: google.asked_in_vain.subscribe() });
        let effects = hanse_kernel::system::effects(patience.clone(), hanse_runtime::Tasks::new());
        let noon = hanse_kernel::Timestamp::from_micros(NOW as i64 * 1_000_000);
        let effects = Effects { clock: ManualClock::at(noon), ..effects };
        Self { google, patience, effects, at, _open: open }
    }

    /// On one of Google's machines.
    fn machine(&self) -> Surroundings {
        Surroundings { credentials: None, metadata_host: Some(self.at.clone()) }
    }

    async fn fetch_as(&self, around: &Surroundings) -> Result<Zeroizing<String>> {
        Gcp::new(SECRET, &format!("http://{}", self.at), around, self.effects.clone())?.fetch().await
    }

    /// What is told when it does not come: everything that could reach a log.
    async fn told(&self) -> String {
        let error = self.fetch_as(&self.machine()).await.expect_err("it does not come");
        let told = format!("{error:#} {error:?}");
        assert!(told.contains("keys.gcp"), "{told}");
        for secret in ["5ec2e7", TOKEN, "never shown"] {
            assert!(!told.contains(secret), "{told}");
        }
        told
    }
}

#[tokio::test]
async fn a_machine_of_googles_reads_the_keys_as_itself() {
    let stand = Stand::open().await;
    assert_eq!(*stand.fetch_as(&stand.machine()).await.expect("it comes"), DOCUMENT);
    let asked = stand.google.asked();
    assert!(
        asked.len() == 2 && asked[0].ends_with("/default/token") && asked[1].ends_with(":access"),
        "{asked:?}"
    );
    // A number in the place of a text, as the field's type has it.
    stand.google.says([Says::Data(DOCUMENT.into(), crc32c(DOCUMENT.as_bytes()).into())]);
    assert_eq!(*stand.fetch_as(&stand.machine()).await.expect("it comes"), DOCUMENT);
}

#[tokio::test]
async fn elsewhere_a_service_accounts_key_signs_for_a_token() {
    let stand = Stand::open().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("account.json");
    let write = |kind: &str, key: &str, token_uri: &str| {
        let account = json!({"type": kind, "client_email": "shop@kontor.iam.gserviceaccount.com", "private_key_id": "k1",
            "private_key": key, "token_uri": token_uri});
        std::fs::write(&file, account.to_string()).expect("written");
    };
    let around = Surroundings {
        credentials: Some(file.display().to_string()),
        metadata_host: Some("nowhere.invalid".into()),
    };
    let at = format!("http://{}/token", stand.at);
    write("service_account", KEY, &at);
    assert_eq!(*stand.fetch_as(&around).await.expect("it comes"), DOCUMENT);

    let form = std::mem::take(&mut *stand.google.form.lock().unwrap());
    let form: Vec<(String, String)> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    assert_eq!(form[0], ("grant_type".into(), "urn:ietf:params:oauth:grant-type:jwt-bearer".into()));
    let (message, signature) = form[1].1.rsplit_once('.').expect("it is signed");
    let der = PrivatePkcs8KeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let key = ring::signature::RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public().as_ref())
        .verify(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap())
        .expect("by that key");
    let part = |i: usize| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(message.split('.').nth(i).unwrap()).unwrap()).unwrap()
    };
    assert_eq!(part(0), json!({"alg": "RS256", "typ": "JWT", "kid": "k1"}));
    assert_eq!(
        part(1),
        json!({"iss": "shop@kontor.iam.gserviceaccount.com", "aud": at, "iat": NOW, "exp": NOW + 600,
            "scope": "https://www.googleapis.com/auth/cloud-platform"})
    );

    let refused = async |what: &str| {
        let told = format!("{:#}", stand.fetch_as(&around).await.expect_err(what));
        assert!(told.contains("GOOGLE_APPLICATION_CREDENTIALS") && !told.contains("PRIVATE KEY"), "{told}");
        told
    };
    write("authorized_user", KEY, &at);
    assert!(refused("somebody's own login").await.contains("service account"));
    write("service_account", &KEY.replace("MII", "MIX"), &at);
    assert!(refused("a damaged key").await.contains("private key"));
    write("service_account", KEY, "http://example.org/token");
    assert!(refused("in the clear to elsewhere").await.contains("token_uri"));
    std::fs::write(&file, KEY).expect("written");
    refused("no JSON").await;
    std::fs::remove_file(&file).expect("it was there");
    refused("no file").await;
}

#[tokio::test]
async fn what_google_refuses_is_told_with_what_to_do() {
    let stand = Stand::open().await;
    for (status, code, reason, remedy) in [
        (403, "PERMISSION_DENIED", "IAM_PERMISSION_DENIED", "roles/secretmanager.secretAccessor"),
        (
            403,
            "PERMISSION_DENIED",
            "SERVICE_DISABLED",
            "gcloud services enable secretmanager.googleapis.com --project=kontor",
        ),
        (403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "cloud-platform"),
        (404, "NOT_FOUND", "", "hanse keys --file - | gcloud secrets create shop --project=kontor"),
        (401, "UNAUTHENTICATED", "", "account"),
        (400, "FAILED_PRECONDITION", "", "gcloud secrets versions list shop"),
        (418, "<script>", "", "418"),
    ] {
        stand.google.says([Says::Status(status, code, reason)]);
        let told = stand.told().await;
        assert!(told.contains(remedy) && told.contains(&status.to_string()), "{told}");
        assert!(!told.contains("<script>"), "{told}");
        assert_eq!(stand.google.asked().len(), 2, "asking again would not help");
    }
    let stand = Stand::open().await;
    for (status, remedy) in
        [(404, "service account"), (403, "no metadata server"), (200, "no metadata server")]
    {
        *stand.google.metadata.lock().unwrap() = Some(Says::Status(status, "", ""));
        assert!(stand.told().await.contains(remedy));
    }
}

#[tokio::test]
async fn what_comes_damaged_is_not_taken() {
    let stand = Stand::open().await;
    let right = Value::from(crc32c(DOCUMENT.as_bytes()).to_string());
    let of = |bytes: &[u8]| Value::from(crc32c(bytes).to_string());
    for (says, what) in [
        (Says::Data(DOCUMENT.replace('5', "6").into(), right.clone()), "checksum"),
        (Says::Data(DOCUMENT.into(), Value::Null), "no checksum"),
        (Says::Data(DOCUMENT.into(), "-1".into()), "no checksum"),
        (Says::Data(vec![0xff, 0xfe], of(&[0xff, 0xfe])), "not text"),
        (Says::Words("<html>5ec2e7 log in to the hotel's network"), "not what Secret Manager answers"),
        (Says::Words(r#"{"payload": {"data": "5ec2e7!"}}"#), "not base64"),
        (Says::Huge, "bytes"),
    ] {
        stand.google.says([says]);
        let told = stand.told().await;
        assert!(told.contains(what), "{what}: {told}");
    }
}

#[tokio::test]
async fn google_is_asked_again_for_a_while_when_it_is_busy() {
    let stand = Stand::open().await;
    stand.google.says([
        Says::Status(503, "UNAVAILABLE", ""),
        Says::Status(429, "RESOURCE_EXHAUSTED", ""),
        Says::Status(500, "INTERNAL", ""),
        Says::Never,
    ]);
    assert_eq!(*stand.fetch_as(&stand.machine()).await.expect("it comes in the end"), DOCUMENT);
    let slept = std::mem::take(&mut *stand.patience.slept.lock().unwrap());
    let longer = |(i, slept): (usize, &Duration)| (PAUSE * (1 << i)..=PAUSE * (2 << i)).contains(slept);
    assert!(slept.len() == 4 && slept.iter().enumerate().all(longer), "{slept:?}");

    let stand = Stand::open().await;
    stand.google.says((0..TRIES).map(|_| Says::Status(503, "UNAVAILABLE", "")));
    let told = stand.told().await;
    assert!(told.contains("5 times") && told.contains("503"), "{told}");
    assert_eq!(stand.google.asked().len(), 1 + TRIES as usize);

    stand.google.says((0..TRIES).map(|_| Says::Never));
    assert!(stand.told().await.contains("no answer within 5 s"));

    // Who starts with these keys goes on asking; what is refused is for a person.
    for (says, away) in [((503, "UNAVAILABLE"), true), ((403, "PERMISSION_DENIED"), false)] {
        stand.google.says((0..if away { TRIES } else { 1 }).map(|_| Says::Status(says.0, says.1, "")));
        let error = stand.fetch_as(&stand.machine()).await.expect_err("no keys");
        assert_eq!(error.chain().any(|cause| cause.is::<Away>()), away, "{error:#}");
    }
}

#[tokio::test]
async fn who_is_no_google_is_shown_nothing() {
    let stand = Stand::open().await;
    // It listens, and speaks no TLS: the token is not sent to it.
    let at = format!("https://localhost:{}", stand.at.rsplit(':').next().unwrap());
    let gcp = Gcp::new(SECRET, &at, &stand.machine(), stand.effects.clone()).expect("an endpoint");
    assert!(gcp.fetch().await.is_err());
    assert_eq!(stand.google.asked().len(), 1, "the metadata server alone");
}
