//! Tokens that somebody who means harm would try, each by its name. All that need it are signed with the key that is
//! believed, so that each is refused for what it is called after and for nothing else.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as B64};
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// What a good token is made of here.
pub struct Forge {
    pub header: Value,
    pub claims: Value,
    /// The key that is believed, or the forger's own where that one cannot be had.
    pub key: SigningKey,
    /// Seconds since 1970.
    pub now: i64,
}

pub type Named = (&'static str, String);

impl Forge {
    pub fn good(&self) -> String {
        self.signed(&self.header.to_string(), &self.claims.to_string())
    }

    fn signed(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", B64.encode(header), B64.encode(claims));
        let signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", B64.encode(signature.to_bytes()))
    }

    fn head(&self, name: &str, value: Value) -> String {
        let mut header = self.header.clone();
        header[name] = value;
        self.signed(&header.to_string(), &self.claims.to_string())
    }

    fn claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[name] = value;
        self.signed(&self.header.to_string(), &claims.to_string())
    }

    fn without(&self, name: &str) -> String {
        let (mut header, mut claims) = (self.header.clone(), self.claims.clone());
        for part in [&mut header, &mut claims] {
            part.as_object_mut().map(|fields| fields.remove(name));
        }
        self.signed(&header.to_string(), &claims.to_string())
    }

    /// The name is there twice, and what is read last would pass.
    fn twice(&self, name: &str, first: &str) -> String {
        let doubled = |part: &Value| {
            let text = part.to_string();
            if part.get(name).is_some() {
                text.replacen('{', &format!("{{\"{name}\":{first},"), 1)
            } else {
                text
            }
        };
        self.signed(&doubled(&self.header), &doubled(&self.claims))
    }

    /// All of them.
    pub fn tokens(&self) -> Vec<Named> {
        [self.of_algorithms(), self.of_keys(), self.of_claims(), self.of_shapes()].concat()
    }

    fn of_algorithms(&self) -> Vec<Named> {
        let mut none = self.header.clone();
        none["alg"] = json!("none");
        let unsigned = format!("{}.{}.", B64.encode(none.to_string()), B64.encode(self.claims.to_string()));
        let public = self.key.verifying_key().to_bytes();
        vec![
            ("alg none, unsigned", unsigned),
            ("alg none, signed", self.head("alg", json!("none"))),
            ("alg None", self.head("alg", json!("None"))),
            ("alg nOnE", self.head("alg", json!("nOnE"))),
            ("alg empty", self.head("alg", json!(""))),
            ("alg a list", self.head("alg", json!(["EdDSA"]))),
            ("alg missing", self.without("alg")),
            ("alg HS256 with the public key", self.symmetric(&public)),
            ("alg HS256 with the public key as text", self.symmetric(B64.encode(public).as_bytes())),
            ("alg HS256 with an empty key", self.symmetric(b"")),
            ("alg RS256", self.head("alg", json!("RS256"))),
            ("alg ES256", self.head("alg", json!("ES256"))),
            ("alg in capitals", self.head("alg", json!("EDDSA"))),
            ("typ of a plain JWT", self.head("typ", json!("JWT"))),
            ("typ of an identity token", self.head("typ", json!("id+jwt"))),
            ("typ missing", self.without("typ")),
            ("crit unknown", self.head("crit", json!(["exp"]))),
            ("crit b64", self.head("crit", json!(["b64"]))),
        ]
    }

    fn symmetric(&self, secret: &[u8]) -> String {
        let mut header = self.header.clone();
        header["alg"] = json!("HS256");
        let message = format!("{}.{}", B64.encode(header.to_string()), B64.encode(self.claims.to_string()));
        let mac = Hmac::<Sha256>::new_from_slice(secret).map(|mac| mac.chain_update(message.as_bytes()));
        format!("{message}.{}", mac.map(|mac| B64.encode(mac.finalize().into_bytes())).unwrap_or_default())
    }

    fn of_keys(&self) -> Vec<Named> {
        let evil = SigningKey::from_bytes(&[8; 32]);
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": B64.encode(evil.verifying_key().to_bytes())});
        let brought = |name: &str, value: Value| {
            let mut header = self.header.clone();
            header[name] = value;
            let forger = Self { header, claims: self.claims.clone(), key: evil.clone(), now: self.now };
            forger.good()
        };
        vec![
            ("kid unknown", self.head("kid", json!("another"))),
            ("kid empty", self.head("kid", json!(""))),
            ("kid missing", self.without("kid")),
            ("kid a number", self.head("kid", json!(1))),
            ("kid huge", self.head("kid", json!("k".repeat(2_000)))),
            ("kid a path", self.head("kid", json!("../../../../dev/null"))),
            ("kid an address", self.head("kid", json!("https://evil.example/jwks.json"))),
            ("kid an SQL clause", self.head("kid", json!("x' union select 'secret' --"))),
            ("kid with a NUL", self.head("kid", json!("k1\u{0}"))),
            ("a key of one's own", brought("typ", json!("at+jwt"))),
            ("a key of one's own as jwk", brought("jwk", jwk)),
            ("a key of one's own by jku", brought("jku", json!("https://evil.example/jwks.json"))),
            ("a key of one's own by x5u", brought("x5u", json!("https://evil.example/cert.pem"))),
            ("the key of another kid", brought("kid", json!("retired"))),
        ]
    }

    fn of_claims(&self) -> Vec<Named> {
        vec![
            ("iss of another", self.claim("iss", json!("https://evil.example"))),
            ("iss missing", self.without("iss")),
            ("aud of another", self.claim("aud", json!("another"))),
            ("aud a list of many", self.claim("aud", json!([self.claims["aud"], "another"]))),
            ("aud missing", self.without("aud")),
            ("sub missing", self.without("sub")),
            ("sub no user", self.claim("sub", json!("ord_01920000000070008000000000000000"))),
            ("exp past", self.claim("exp", json!(self.now - 60))),
            ("exp a text", self.claim("exp", json!("never"))),
            ("exp missing", self.without("exp")),
            ("exp beyond numbers", self.signed(&self.header.to_string(), &self.endless())),
            ("iat to come", self.claim("iat", json!(self.now + 600))),
            ("iat missing", self.without("iat")),
            ("nbf to come", self.claim("nbf", json!(self.now + 600))),
            ("kind unknown", self.claim("kind", json!("root"))),
            ("kind twice", self.twice("kind", "\"staff\"")),
            ("sub twice", self.twice("sub", "\"user_01920000000070008000000000000001\"")),
            ("alg twice", self.twice("alg", "\"none\"")),
        ]
    }

    fn endless(&self) -> String {
        let exp = format!("\"exp\":{}", self.claims["exp"]);
        self.claims.to_string().replace(&exp, "\"exp\":1e400")
    }

    fn of_shapes(&self) -> Vec<Named> {
        let good = self.good();
        let (message, signature) = good.rsplit_once('.').unwrap_or_default();
        let (header, claims) = message.split_once('.').unwrap_or_default();
        let mut other = self.claims.clone();
        other["kind"] = json!("staff");
        other["perms"] = json!(["staff:write"]);
        let raw = B64.decode(signature).unwrap_or_default();
        vec![
            ("no signature", format!("{message}.")),
            ("two parts", message.to_string()),
            ("four parts", format!("{good}.x")),
            ("five parts, as if encrypted", format!("{good}.x.y")),
            ("half a signature", format!("{message}.{}", B64.encode(&raw[..32]))),
            ("a signature and more", format!("{message}.{}", B64.encode([&raw[..], b"x"].concat()))),
            ("a signature of zeros", format!("{message}.{}", B64.encode([0; 64]))),
            (
                "a signature of something else",
                format!("{header}.{}.{signature}", B64.encode(other.to_string())),
            ),
            ("a signature in standard base64", format!("{message}.{}==", STANDARD.encode([251; 64]))),
            ("padding", format!("{message}.{signature}==")),
            ("claims that are no base64", format!("{header}.!{}.{signature}", &claims[1..])),
            ("claims that are no JSON", self.signed(&self.header.to_string(), "kind=staff")),
            (
                "claims that are a list",
                self.signed(&self.header.to_string(), &json!([self.claims]).to_string()),
            ),
            ("a token within a token", self.signed(&self.header.to_string(), &json!(good).to_string())),
            ("a header that is no JSON", self.signed("alg=EdDSA", &self.claims.to_string())),
            ("more than fits", self.claim("sid", json!("x".repeat(5_000)))),
        ]
    }
}
