//! What a name or a value gives away when it is public.

use crate::base::base64;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::sensitive::is_placeholder;

/// What somebody gets who reads a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// Nothing that matters: an address, a flag, an identifier.
    None,
    /// A key that is made for browsers: anon, publishable, site key, DSN.
    Publishable,
    /// A key of some service, of which it is not known whether it may be public.
    ApiKey,
    /// A key of a provider of language or other models: calls are paid by its owner.
    ModelKey,
    /// A key that passes over the access rules of a hosted database.
    ServiceRole,
    /// A key of a payment provider.
    Payment,
    /// An address of a database with credentials.
    Database,
    /// A key that sessions or tokens are signed or encrypted with.
    SigningKey,
    /// A password.
    Password,
    /// Another secret by its name or form.
    Secret,
}

/// Prefixes of variables that bundlers put into the bundle.
const PREFIXES: &[&str] = &[
    "NEXT_PUBLIC_",
    "VITE_",
    "REACT_APP_",
    "EXPO_PUBLIC_",
    "GATSBY_",
    "NUXT_PUBLIC_",
    "VUE_APP_",
    "NG_APP_",
    "SNOWPACK_PUBLIC_",
    "PUBLIC_",
    "STORYBOOK_",
];

/// The part of a variable's name behind a prefix that makes it public.
#[must_use]
pub fn public_name(name: &str) -> Option<&str> {
    PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).filter(|rest| !rest.is_empty())
}

/// Words of services whose keys are paid for by use.
const MODELS: &[&str] = &[
    "OPENAI",
    "ANTHROPIC",
    "CLAUDE",
    "GEMINI",
    "GENAI",
    "GROQ",
    "MISTRAL",
    "COHERE",
    "DEEPSEEK",
    "OPENROUTER",
    "PERPLEXITY",
    "HUGGINGFACE",
    "HF",
    "REPLICATE",
    "ELEVENLABS",
    "TOGETHER",
    "XAI",
    "GROK",
    "STABILITY",
    "DEEPGRAM",
    "ASSEMBLYAI",
    "PINECONE",
    "TAVILY",
    "SERPAPI",
    "CEREBRAS",
    "FIREWORKS",
    "DASHSCOPE",
    "QWEN",
    "MOONSHOT",
    "FAL",
    "LLM",
    "AI",
    "GPT",
];

/// Words that say that a key is made for browsers, or is of a service whose browser keys are public.
const PUBLIC: &[&str] = &[
    "ANON",
    "PUBLISHABLE",
    "PUBLIC",
    "SITE",
    "SITEKEY",
    "MAPS",
    "MAP",
    "MAPBOX",
    "MAPTILER",
    "GMAPS",
    "FIREBASE",
    "SENTRY",
    "DSN",
    "POSTHOG",
    "MIXPANEL",
    "ANALYTICS",
    "AMPLITUDE",
    "SEGMENT",
    "GA",
    "GTM",
    "GTAG",
    "RECAPTCHA",
    "CAPTCHA",
    "HCAPTCHA",
    "TURNSTILE",
    "SEARCH",
    "VAPID",
    "PUSHER",
    "MEASUREMENT",
    "TRACKING",
    "INTERCOM",
    "CRISP",
    "HOTJAR",
    "CLARITY",
    "LOGROCKET",
    "DATADOG",
    "BUGSNAG",
    "ROLLBAR",
    "KNOCK",
    "NOVU",
    "ABLY",
    "LIVEBLOCKS",
    "WALLETCONNECT",
    "REOWN",
    "PRIVY",
    "REVENUECAT",
    "STATSIG",
    "LAUNCHDARKLY",
    "GROWTHBOOK",
    "PADDLE",
    "TINYMCE",
    "EMAILJS",
    "WEB3FORMS",
    "GIPHY",
    "PLAUSIBLE",
    "UMAMI",
    "ONESIGNAL",
    "BRANCH",
    "APPSFLYER",
    "ADMOB",
    "SENDBIRD",
    "STREAM",
    "CESIUM",
    "DISQUS",
];

/// Last words of names that hold no credential, whatever stands before them: `TOKEN_URL`, `SECRET_NAME`.
const HARMLESS: &[&str] = &[
    "URL", "URI", "HOST", "ID", "NAME", "PATH", "ENABLED", "ENDPOINT", "DOMAIN", "MODE", "VERSION", "LENGTH", "TTL",
    "EXPIRY", "LIFETIME", "HEADER", "PREFIX", "REGION", "MODEL", "PORT", "EMAIL", "TYPE", "FIELD", "PROVIDER",
    "ISSUER", "AUDIENCE", "SCOPE", "SCOPES", "PARAM", "POLICY", "ADDRESS", "COUNT", "LIMIT", "MIN", "MAX", "RULES",
    "STRENGTH", "RESET",
];

/// What a variable's name says, its public prefix removed.
#[must_use]
pub fn by_name(name: &str) -> Credential {
    let upper = name.to_ascii_uppercase();
    let words: Vec<&str> = upper.split(['_', '-', '.']).filter(|word| !word.is_empty()).collect();
    let Some(last) = words.iter().rev().find(|word| !word.chars().all(|letter| letter.is_ascii_digit())) else {
        return Credential::None;
    };
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let pair = |first: &str, second: &str| words.windows(2).any(|two| two == [first, second]);
    let address = matches!(*last, "URL" | "URI" | "DSN" | "STRING");
    let store = ["DATABASE", "POSTGRES", "POSTGRESQL", "MONGO", "MONGODB", "MYSQL", "REDIS", "DB", "PG"];
    if address && has(&store) && !has(&["API", "FIREBASE", "REALTIME", "SUPABASE", "REST", "RTDB", "TURSO", "CONVEX"]) {
        return Credential::Database;
    }
    if HARMLESS.contains(last) {
        return Credential::None;
    }
    if pair("SERVICE", "ROLE") || (has(&["SUPABASE"]) && has(&["SERVICE", "SECRET", "ADMIN"])) {
        return Credential::ServiceRole;
    }
    let secret = has(&["SECRET", "SECRETS", "PRIVATE"]);
    if has(&["STRIPE", "PAYPAL", "RAZORPAY", "SQUARE", "BRAINTREE", "MOLLIE", "PAYSTACK", "FLUTTERWAVE"]) && secret {
        return Credential::Payment;
    }
    if secret && has(&["JWT", "SESSION", "COOKIE", "TOKEN", "SIGNING", "NEXTAUTH", "ENCRYPTION"])
        || upper == "SECRET_KEY"
    {
        return Credential::SigningKey;
    }
    if has(&["ENCRYPTION", "SIGNING"]) && *last == "KEY" {
        return Credential::SigningKey;
    }
    if matches!(*last, "PASSWORD" | "PASSWD" | "PASSPHRASE" | "PASSCODE" | "PWD" | "PASS" | "PIN") {
        return Credential::Password;
    }
    let keyed = matches!(*last, "KEY" | "KEYS" | "TOKEN" | "APIKEY" | "SECRET" | "PAT") || pair("API", "KEY");
    if !keyed && !secret {
        return Credential::None;
    }
    if has(MODELS) && !pair("PUBLIC", "KEY") {
        return Credential::ModelKey;
    }
    if secret {
        return Credential::Secret;
    }
    if has(PUBLIC) || matches!(words.as_slice(), ["STRIPE" | "SUPABASE" | "CLERK" | "ALGOLIA", ..]) {
        return Credential::Publishable;
    }
    if has(&[
        "SENDGRID",
        "RESEND",
        "TWILIO",
        "MAILGUN",
        "POSTMARK",
        "GITHUB",
        "GITLAB",
        "SLACK",
        "AWS",
        "CLOUDFLARE",
        "VERCEL",
        "NOTION",
        "AIRTABLE",
        "HUBSPOT",
        "SHOPIFY",
        "ADMIN",
        "MASTER",
        "BOT",
        "TELEGRAM",
        "BREVO",
        "ROOT",
    ]) {
        return Credential::Secret;
    }
    Credential::ApiKey
}

/// What a value's form says; `None` where it says nothing.
#[must_use]
pub fn by_value(value: &str) -> Option<Credential> {
    let value = value.trim().trim_matches(['"', '\'', '`']);
    if value.is_empty() || is_placeholder(value) {
        return None;
    }
    let long = value.len() >= 20;
    if value.starts_with("eyJ") && value.matches('.').count() == 2 {
        return match role(value)?.as_str() {
            "service_role" => Some(Credential::ServiceRole),
            "anon" => Some(Credential::Publishable),
            _ => None,
        };
    }
    let starts = |starts: &[&str]| starts.iter().any(|start| value.starts_with(start));
    if starts(&["pk_live_", "pk_test_", "sb_publishable_", "phc_", "6L", "G-", "UA-", "GTM-", "pk."]) {
        return Some(Credential::Publishable);
    }
    if starts(&["sb_secret_"]) && long {
        return Some(Credential::ServiceRole);
    }
    if starts(&["sk_live_", "rk_live_", "sk_test_"]) && long {
        return Some(Credential::Payment);
    }
    if (starts(&["sk-", "gsk_", "hf_", "r8_", "xai-", "pplx-"])) && long {
        return Some(Credential::ModelKey);
    }
    if starts(&["ghp_", "github_pat_", "xoxb-", "SG.", "glpat-", "AKIA", "-----BEGIN"]) && long {
        return Some(Credential::Secret);
    }
    let (scheme, rest) = value.split_once("://")?;
    let stores = ["postgres", "postgresql", "mysql", "mongodb", "mongodb+srv", "redis", "rediss", "mssql"];
    let user = rest.split('/').next()?.rsplit_once('@')?.0;
    (stores.contains(&scheme) && user.contains(':')).then_some(Credential::Database)
}

/// The `role` claim of a token.
fn role(token: &str) -> Option<String> {
    /// How long claims may be.
    const LONGEST: usize = 8_192;
    let claims = token.split('.').nth(1).filter(|claims| claims.len() <= LONGEST)?;
    let claims = base64::decode(&claims.replace('=', ""))?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    claims.get("role")?.as_str().map(str::to_owned)
}
