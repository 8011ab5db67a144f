//! What a column holds, told from its name.

/// Kinds of columns with the words that say so. A name is split at `_` and at capitals; the first row wins.
const KINDS: &[(&str, &[&str])] = &[
    (
        "password-hash",
        &["password_hash", "hashed_password", "password_digest", "passwd_hash", "pass_hash", "encrypted_password"],
    ),
    ("password", &["password", "passwd", "pwd", "plain_password", "password_plain", "passcode"]),
    (
        "secret",
        &[
            "secret",
            "api_key",
            "apikey",
            "access_token",
            "refresh_token",
            "auth_token",
            "private_key",
            "client_secret",
            "api_secret",
            "webhook_secret",
            "token",
            "otp",
            "otp_code",
            "session_token",
            "reset_token",
            "recovery_code",
            "bot_token",
            "service_key",
            "verification_code",
            "credentials",
            "pin_code",
            "mfa_secret",
            "totp_secret",
        ],
    ),
    (
        "identity",
        &[
            "ssn",
            "social_security_number",
            "tax_id",
            "cpf",
            "cnpj",
            "passport_number",
            "passport",
            "national_id",
            "id_number",
            "aadhaar",
            "pan_number",
            "drivers_license",
            "license_number",
            "nif",
            "dni",
            "bvn",
            "nin",
        ],
    ),
    (
        "contact",
        &[
            "email",
            "email_address",
            "user_email",
            "customer_email",
            "contact_email",
            "phone",
            "phone_number",
            "mobile",
            "telephone",
            "whatsapp",
            "customer_phone",
            "contact_phone",
            "telefone",
            "celular",
            "guest_email",
            "client_email",
            "guest_phone",
            "client_phone",
            "applicant_email",
            "parent_email",
            "correo",
            "telefono",
        ],
    ),
    (
        "address",
        &[
            "address",
            "street",
            "street_address",
            "home_address",
            "address_line1",
            "postal_code",
            "zip_code",
            "endereco",
            "billing_address",
            "shipping_address",
            "ip_address",
        ],
    ),
    ("birth", &["date_of_birth", "dob", "birth_date", "birthdate", "birthday", "data_nascimento"]),
    (
        "health",
        &[
            "diagnosis",
            "medical_history",
            "medications",
            "allergies",
            "symptoms",
            "blood_type",
            "prescription",
            "health_notes",
            "medical_notes",
        ],
    ),
    (
        "payment",
        &[
            "card_number",
            "cvv",
            "iban",
            "bank_account",
            "account_number",
            "routing_number",
            "stripe_customer_id",
            "salary",
            "balance",
            "wallet_balance",
            "stripe_subscription_id",
            "payment_method",
            "payment_intent_id",
            "bank_name",
            "stripe_payment_intent_id",
            "pix_key",
        ],
    ),
];

/// Columns that say what a user may do or owns in value.
const PRIVILEGES: &[&str] = &[
    "role",
    "roles",
    "user_role",
    "is_admin",
    "isadmin",
    "admin",
    "is_superuser",
    "is_staff",
    "is_super_admin",
    "permissions",
    "account_type",
    "user_type",
    "is_moderator",
    "plan",
    "subscription_tier",
    "subscription_status",
    "subscription_plan",
    "tier",
    "credits",
    "balance",
    "wallet_balance",
    "is_premium",
    "is_pro",
    "coins",
    "tokens_remaining",
    "is_verified",
    "app_role",
    "credits_remaining",
    "credit_balance",
    "plan_type",
    "is_subscribed",
    "access_level",
    "tenant_id",
    "organization_id",
    "org_id",
    "company_id",
    "firm_id",
    "agency_id",
    "clinic_id",
    "school_id",
    "workspace_id",
    "team_id",
    "practice_id",
];

/// Columns that name the user a row belongs to.
const OWNERS: &[&str] = &[
    "user_id",
    "owner_id",
    "owner",
    "created_by",
    "author_id",
    "profile_id",
    "customer_id",
    "creator_id",
    "userid",
    "uid",
    "sender_id",
    "host_id",
    "seller_id",
    "buyer_id",
    "student_id",
    "employee_id",
    "patient_id",
    "client_id",
    "member_id",
    "account_id",
    "uploaded_by",
    "auth_user_id",
    "auth_id",
    "organizer_id",
    "teacher_id",
    "driver_id",
    "vendor_id",
];

/// The kind of personal or secret data that a column of this name holds.
pub(super) fn kind(name: &str) -> Option<&'static str> {
    let snake = snake(name);
    KINDS.iter().find(|(_, names)| names.contains(&snake.as_str())).map(|(kind, _)| *kind)
}

/// Whether it says what its user may do.
pub(super) fn is_privilege(name: &str) -> bool {
    PRIVILEGES.contains(&snake(name).as_str())
}

/// Whether it names a tenant rather than a right.
pub(super) fn is_tenant(name: &str) -> bool {
    let snake = snake(name);
    snake.ends_with("_id") || matches!(snake.as_str(), "user_type" | "account_type")
}

/// Whether it names the user that the row belongs to.
pub(super) fn is_owner(name: &str) -> bool {
    OWNERS.contains(&snake(name).as_str())
}

/// `userEmail` → `user_email`.
fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut lower_before = false;
    for character in name.chars().take(80) {
        if character.is_ascii_uppercase() && lower_before {
            snake.push('_');
        }
        lower_before = character.is_ascii_lowercase() || character.is_ascii_digit();
        snake.push(if character == '-' { '_' } else { character.to_ascii_lowercase() });
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_hold() {
        assert_eq!(kind("userEmail"), Some("contact"));
        assert_eq!(kind("password_hash"), Some("password-hash"));
        assert_eq!(kind("Password"), Some("password"));
        assert_eq!(kind("title"), None);
        assert!(is_privilege("isAdmin") && !is_privilege("description"));
        assert!(is_owner("userId") && !is_owner("id"));
    }
}
