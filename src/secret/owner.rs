//! Whose a named secret is, as the words of its name say: somebody else's, this program's, that of a service.

use super::assign::{Assignment, Way};
use super::name::SecretName;
use super::place::Place;

/// Whether the name says that somebody else issued the secret, so that a word is no value of it but stands for one.
pub(super) fn names_issuer(secret: &SecretName) -> bool {
    // A last word says where it is kept: `TokenSigningKeyAzure`.
    let issuers = secret.words.split_last().map_or([].as_slice(), |(_, before)| before);
    issuers.iter().any(|word| {
        matches!(
            word.as_str(),
            "stripe"
                | "paypal"
                | "aws"
                | "google"
                | "github"
                | "gitlab"
                | "facebook"
                | "twitter"
                | "linkedin"
                | "discord"
                | "slack"
                | "twilio"
                | "cloudinary"
                | "razorpay"
                | "paystack"
                | "plaid"
                | "webhook"
                | "azure"
                | "spotify"
                | "twitch"
                | "recaptcha"
                | "hcaptcha"
                | "turnstile"
                | "s3"
                | "r2"
                | "minio"
                | "clerk"
                | "supabase"
                | "pusher"
        )
    })
}

/// Whether the name says whose password it is, so that the value is meant to be one.
pub(super) fn is_owned(secret: &SecretName) -> bool {
    secret.words.iter().any(|word| {
        matches!(
            word.as_str(),
            "admin"
                | "root"
                | "db"
                | "database"
                | "postgres"
                | "pg"
                | "pgpassword"
                | "mysql"
                | "redis"
                | "mongo"
                | "mongodb"
                | "rabbitmq"
                | "smtp"
                | "superuser"
                | "default"
                | "master"
                | "user"
                | "minio"
                | "neo4j"
                | "datasource"
                | "mail"
                | "email"
                | "mariadb"
                | "initdb"
                | "jdbc"
                | "hibernate"
                | "conexion"
        )
    })
}

/// Whether the name says what is logged in to or opened: there any word is a password.
pub(super) fn is_of_service(assignment: &Assignment<'_>, place: Place) -> bool {
    let set = matches!(place, Place::Config | Place::Dotenv) && assignment.way == Way::Bare;
    let lower = |text: &str| text.to_ascii_lowercase();
    // `stsLdapPassword = "LDAPPassword"`: the name of a field.
    let field = place == Place::Source && lower(assignment.name).ends_with(&lower(assignment.value));
    let plain = matches!(assignment.way, Way::Assigned | Way::Bare) && !field;
    assignment.secret.words.iter().any(|word| match word.as_str() {
        "mqtt" | "ftp" | "sftp" | "ssh" | "ldap" | "amqp" | "imap" | "wifi" => plain,
        "sql" => plain && place != Place::Source,
        "store" | "keystore" | "truststore" | "key" => set,
        _ => false,
    })
}
