//! Does a name say that its value is a secret? Names are cut into words (`dbPassword`, `DB_PASSWORD`, `db-password` are
//! `db password`), and the last word that matters decides: `max_tokens`, `password_field`, `SECRET_NAME`, `public_key`
//! and `monkey` name no secret.

/// What sort of secret a name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What a person or service logs in with: short, maybe made of words.
    Password,
    /// A secret that this very program signs or encrypts with; any constant will do, so even words are one.
    Signing,
    /// A key that somebody issued.
    Key,
    /// A token that somebody issued.
    Token,
    /// A secret of another sort.
    Secret,
}

/// A name that names a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SecretName {
    /// Which sort.
    pub kind: Kind,
    /// The words of the whole name, lower case.
    pub words: Vec<String>,
}

/// Texts that every secret name holds one of: the prefilter's keywords.
pub(super) const KEYWORDS: &[&str] = &[
    "passw",
    "passphrase",
    "passcode",
    "pwd",
    "pswd",
    "pass",
    "secret",
    "token",
    "key",
    "credential",
    "_pw",
    "_api",
    "jwt",
    "createhmac",
    "cookieparser",
    "psk",
    "pw =",
    "pw=",
    "clave",
    "contrase",
    "senha",
    "motdepasse",
    "mot_de_passe",
    "kennwort",
    "wachtwoord",
    "parola",
    "sifre",
    "hasło",
];

const NEUTRAL: &[&str] = &[
    "aws",
    "azure",
    "b64",
    "backup",
    "base",
    "base64",
    "current",
    "default",
    "dev",
    "development",
    "fallback",
    "gcp",
    "hardcoded",
    "hex",
    "live",
    "local",
    "main",
    "new",
    "old",
    "plain",
    "primary",
    "prod",
    "production",
    "raw",
    "sandbox",
    "secondary",
    "staging",
    "str",
    "string",
    "test",
    "v1",
    "v2",
    "v3",
    "val",
    "value",
];

const NEVER: &[&str] = &[
    "anon",
    "bypass",
    "confirm",
    "csrf",
    "digest",
    "disable",
    "dummy",
    "empty",
    "enable",
    "encrypted",
    "error",
    "example",
    "fake",
    "forgot",
    "hash",
    "hashed",
    "has",
    "hide",
    "i18n",
    "invalid",
    "is",
    "label",
    "masked",
    "max",
    "min",
    "missing",
    "mock",
    "no",
    "placeholder",
    "pub",
    "public",
    "publishable",
    "redacted",
    "regex",
    "require",
    "required",
    "sample",
    "show",
    "toggle",
    "use",
    "validate",
    "without",
    "wrong",
    "xsrf",
];

const NO_TOKEN: &[&str] = &[
    "bos",
    "cancel",
    "cancellation",
    "client",
    "close",
    "cls",
    "comment",
    "continuation",
    "css",
    "delimiter",
    "design",
    "di",
    "end",
    "eos",
    "image",
    "injection",
    "keyword",
    "lex",
    "mask",
    "next",
    "open",
    "operator",
    "pad",
    "page",
    "parse",
    "prompt",
    "resume",
    "sep",
    "special",
    "start",
    "stop",
    "string",
    "sync",
    "syntax",
    "system",
    "think",
    "unk",
];

/// What goes over something else: `firstPass` of an encoder, `renderPass` of a shader.
const PASSES: &[&str] = &[
    "blur", "by", "color", "depth", "first", "forward", "last", "multi", "one", "post", "pre", "render", "second",
    "shader", "shadow", "single", "two",
];

const KEY_OF: &[&str] = &[
    "access",
    "account",
    "admin",
    "aes",
    "algolia",
    "anthropic",
    "api",
    "apikey",
    "auth",
    "cipher",
    "client",
    "cohere",
    "consumer",
    "crypto",
    "deploy",
    "encrypt",
    "encryption",
    "fernet",
    "gemini",
    "groq",
    "hmac",
    "jwt",
    "license",
    "master",
    "mistral",
    "openai",
    "pinecone",
    "private",
    "resend",
    "rest",
    "role",
    "secret",
    "security",
    "sendgrid",
    "server",
    "service",
    "session",
    "shared",
    "signing",
    "storage",
    "stripe",
    "subscription",
    "supabase",
    "webhook",
    "write",
];

const SIGNING_OF: &[&str] = &[
    "app",
    "auth",
    "bcrypt",
    "better",
    "cookie",
    "encryption",
    "express",
    "flask",
    "django",
    "hmac",
    "jwt",
    "link",
    "nextauth",
    "payload",
    "quote",
    "refresh",
    "reset",
    "session",
    "sign",
    "signature",
    "signing",
    "state",
    "unsubscribe",
    "token",
    "access",
];

/// Tells what a name names, if it is a secret at all.
pub(super) fn classify(name: &str) -> Option<SecretName> {
    // `en_PW` is English of Palau.
    let region =
        name.strip_suffix("_PW").is_some_and(|head| head.len() < 4 && head.bytes().all(|b| b.is_ascii_lowercase()));
    if name.len() > 100 || region {
        return None;
    }
    // `passWord` is one word.
    let name = if name.contains("assWord") { &name.replace("assWord", "assword") } else { name };
    let words = words(name);
    let mut rest: &[String] = &words;
    while let Some((last, before)) = rest.split_last() {
        let digits = last.bytes().all(|byte| byte.is_ascii_digit());
        if before.is_empty() || !(digits || NEUTRAL.contains(&last.as_str())) {
            break;
        }
        rest = before;
    }
    let (last, before) = rest.split_last()?;
    if says_no(&words) {
        return None;
    }
    let previous = before.last().map_or("", String::as_str);
    let signs = last == "key" && previous == "token" && words.iter().any(|word| word == "secret");
    let kind = if signs { Kind::Signing } else { kind(last, previous)? };
    // `GOOGLE_BROWSER_API_KEY`: what everybody gets.
    let shared = kind == Kind::Key && words.iter().any(|word| word == "browser");
    (!shared).then_some(SecretName { kind, words })
}

fn kind(last: &str, previous: &str) -> Option<Kind> {
    match last {
        "password" | "passwd" | "passphrase" | "pwd" | "passcode" | "passwort" | "senha" | "contrasena"
        | "contraseña" | "kennwort" | "wachtwoord" | "parola" | "motdepasse" | "sifre" | "psk" => {
            return Some(Kind::Password);
        }
        "pass" if PASSES.contains(&previous) => return None,
        "pass" | "pw" if !previous.is_empty() => return Some(Kind::Password),
        // Spanish; `llave` and `clave` are keys of other sorts too, so alone it must look like a password.
        "clave" => return Some(Kind::Password),
        "passe" if previous == "de" => return Some(Kind::Password),
        "token" if NO_TOKEN.contains(&previous) => return None,
        "token" => return Some(Kind::Token),
        "secret" | "secrets" if previous.is_empty() || SIGNING_OF.contains(&previous) => return Some(Kind::Signing),
        "secret" | "credential" | "credentials" => return Some(Kind::Secret),
        "key" if matches!(previous, "secret" | "signing" | "jwt" | "session" | "encryption" | "hmac" | "fernet") => {
            return Some(Kind::Signing);
        }
        "key" if KEY_OF.contains(&previous) => return Some(Kind::Key),
        // `CLIPDROP_API`: an address more often than a key, so the value must look issued.
        "api" if !previous.is_empty() => return Some(Kind::Key),
        "apikey" | "accesskey" | "privatekey" | "authkey" => return Some(Kind::Key),
        "secretkey" | "signingkey" | "encryptionkey" | "jwtsecret" | "sessionsecret" | "jwtkey" => {
            return Some(Kind::Signing);
        }
        _ => {}
    }
    let ends = |tails: &[&str]| tails.iter().any(|tail| last.ends_with(tail));
    // `wstoken`, `mytoken`: in one word.
    if let Some(head) = last.strip_suffix("token").filter(|head| head.len() >= 2) {
        return (!NO_TOKEN.contains(&head) && !NEVER.contains(&head)).then_some(Kind::Token);
    }
    if ends(&["password", "passwd", "passphrase", "pswd", "pwd", "psk"])
        || matches!(
            last,
            "dbpass" | "userpass" | "mysqlpass" | "smtppass" | "mailpass" | "wifipass" | "ftppass" | "adminpass"
        )
    {
        Some(Kind::Password)
    } else if ends(&["apikey", "accesskey", "secretkey", "privatekey"]) {
        Some(Kind::Key)
    } else if ends(&["accesstoken", "authtoken", "bottoken", "apitoken", "refreshtoken"]) {
        Some(Kind::Token)
    } else if ends(&["clientsecret", "appsecret", "apisecret", "authsecret"]) {
        Some(Kind::Secret)
    } else {
        None
    }
}

/// Which argument of a call is a key that it signs with: the second of `jwt.sign` and `createHmac`.
pub(super) fn signing_argument(of: &str, called: &str) -> Option<usize> {
    match called {
        "cookieParser" => Some(0),
        "createHmac" => Some(1),
        "sign" | "verify" | "encode" | "decode" if matches!(of, "jwt" | "JWT" | "jsonwebtoken") => Some(1),
        _ => None,
    }
}

/// Whether a word of a name says that it is none of a secret: `csrf`, `hashed`, `dummy`.
pub(super) fn says_no(words: &[String]) -> bool {
    words.iter().any(|word| NEVER.contains(&word.as_str()))
}

/// The words of a name in lower case; runs of digits are words.
pub(super) fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at)).copied().unwrap_or(' ');
        let after = chars.get(at + 1).copied().unwrap_or(' ');
        let next_word = before.is_lowercase() || (before.is_ascii_digit() && after.is_lowercase());
        let hump = c.is_uppercase() && (next_word || (before.is_uppercase() && after.is_lowercase()));
        let digits = c.is_ascii_digit() != before.is_ascii_digit() && before.is_alphanumeric();
        // `v2`, `b64`, `base64`, `oauth2` and the like stay whole.
        let number =
            digits && c.is_ascii_digit() && word.len() < 6 && matches!(word.as_str(), "v" | "b" | "base" | "i");
        let tail = digits && !c.is_ascii_digit();
        let ends = !c.is_alphanumeric() || hump || (digits && !number && !tail);
        if ends && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "password",
            "DB_PASSWORD",
            "dbPassword",
            "api_key",
            "apiKey",
            "APIKey",
            "OPENAI_API_KEY",
            "SECRET_KEY",
            "client_secret",
            "JWT_SECRET",
            "auth_token",
            "access-token",
            "smtp_pass",
            "SECRET_KEY_BASE",
            "password2",
            "db.password",
            "privateKey",
            "AWS_SECRET_ACCESS_KEY",
            "openaiApiKey",
            "dbpassword",
            "PGPASSWORD",
            "ADMIN_PASSWORD_DEFAULT",
            "encryption_key_v2",
        ] {
            assert!(classify(name).is_some(), "{name}");
        }
    }

    #[test]
    fn names_of_other_things() {
        for name in [
            "monkey",
            "keyword",
            "tokenizer",
            "max_tokens",
            "password_field",
            "SECRET_NAME",
            "public_key",
            "keyboard",
            "key",
            "cache_key",
            "csrf_token",
            "password_hash",
            "token_url",
            "secret_id",
            "pass",
            "compass",
            "access_key_id",
            "hwScaleFilterFirstPass",
            "en_PW",
            "primary_key",
            "foreignKey",
            "token_type",
            "supabaseAnonKey",
            "STRIPE_PUBLISHABLE_KEY",
            "eos_token",
            "forgot_password",
            "passwordLabel",
        ] {
            assert!(classify(name).is_none(), "{name}");
        }
    }

    #[test]
    fn words_of_names() {
        assert_eq!(words("dbPassword2"), ["db", "password", "2"]);
        assert_eq!(words("AWSSecretKey_v2"), ["aws", "secret", "key", "v2"]);
        assert_eq!(words("x-api-key"), ["x", "api", "key"]);
    }
}
