//! What stands near a name in a form that no reader knows, and what is weighed: good and bad of each sort, all made up.

use super::twins::lines;
use super::*;

#[test]
fn the_form_between_name_and_value_does_not_matter() {
    for (path, bad, good) in [
        (
            "a/key.py",
            "SECRET_KEY = 'f3Kq9ZxT0bWm7LpR2v'.ljust(32, 'x').encode()\n",
            "SECRET_KEY = name.ljust(32, 'x').encode()\n",
        ),
        (
            "Program.cs",
            "var jwtKey = builder.Configuration[\"JWT:Key\"] ?? \"SuperSecretRoof123!\";\n",
            "var jwtKey = builder.Configuration[\"JWT:Key\"] ?? throw new Exception(\"no key\");\n",
        ),
        (
            "src/auth.cxx",
            "static constexpr char secretKeySession[] = \"f3Kq9ZxT0bWm7LpR2vHs8d\";\n",
            "static constexpr char secretKeyField[] = \"f3Kq9ZxT0bWm7LpR2vHs8d\";\n",
        ),
        (
            "api/user.js",
            "return jwt.sign({_id}, \"roofracks\", { expiresIn: '3d' })\n",
            "return jwt.sign({_id}, secret, { expiresIn: '3d' })\n",
        ),
        (
            "Client.cs",
            "request.Headers.Add(\"ClientSecret\", \"43D6BFA7-DA58-4C00-919E-AEDEAEEFEE0E\");\n",
            "request.Headers.Add(\"ClientSecretName\", \"43D6BFA7-DA58-4C00-919E-AEDEAEEFEE0E\");\n",
        ),
        (
            "main.go",
            "var secretKey string = \"f3Kq9ZxT0bWm7LpR2vHs\"\n",
            "var secretName string = \"f3Kq9ZxT0bWm7LpR2vHs\"\n",
        ),
    ] {
        assert_eq!(lines(path, bad), [1], "{path}");
        assert_eq!(lines(path, good), Vec::<u32>::new(), "{path}");
    }
}

#[test]
fn what_only_looks_like_it_is_too_light() {
    for (path, text) in [
        ("a.py", "fields = ('email', 'first_name', 'password1', 'password2')\n"),
        ("a.py", "user = User(name=name, password=password, type='admin', hidden=True)\n"),
        ("a.py", "Inclusive(Secret(CONF_PASSWORD), 'authentication'): str,\n"),
        ("a.js", "password = crypto.createHash('sha512').update(password).digest('hex');\n"),
        ("a.js", "if (name === 'password' || name === 'passwd') {\n"),
        ("a.go", "password := config.Section(\"mysql\").Key(\"password\").String()\n"),
        ("a.ts", "const token = generateToken(user.id, user.role || 'CUSTOMER');\n"),
        ("a.ts", "data: { email, password: await bcrypt.hash(password, 10), role: role ?? 'MEMBER22' },\n"),
        ("a.vue", "<label for=\"rabbitmqPassword\" class=\"form-label\">\n"),
        ("a.php", "<input type=\"hidden\" name=\"_token\" value=\"7OQGhMSuh1zvv8wSr4e6lBEf\">\n"),
        ("a.scala", "val SmtpPassword = \"smtp.password\"\nval SmtpSsl = \"smtp.ssl\"\n"),
        ("a.py", "invite_key = os.getenv('INVITE_KEY')\n"),
        ("compose.yml", "MYSQL_RANDOM_ROOT_PASSWORD: \"yes\"\nMYSQL_ALLOW_EMPTY_PASSWORD: \"1234\"\n"),
        ("package.json", "\"jsonwebtoken\": \"^9.0.0\",\n"),
        ("db/factories/UserFactory.php", "'password' => static::$password ??= Hash::make('password'),\n"),
        ("Makefile", "printf \"COOKIE_SECRET=`pwgen -1s 32`\\n\" >> .env\n"),
        ("readme.md", "{\n  \"id\": 1,\n  \"password\": \"Wonder!22\"\n}\n"),
        (
            "src/start.ts",
            "const SECRET_KEY = process.env.SECRET_KEY || 'dev-key';\nif (production && SECRET_KEY === 'dev-key') {\n  throw new Error('no');\n}\n",
        ),
        (
            "app/portal.py",
            "PORTAL_ACCOUNT_SESSION_KEY = \"portal_account_id\"\nTECHNICAL_ADMIN_SESSION_KEY = \"technical_admin_user_id\"\nTOKEN_KEYS = {'token_key': 'last_seen_by'}\n",
        ),
        ("src/names.rs", "let names = [(\"secret_key\", \"secret\"), (\"https_only\", \"https_only\")];\n"),
        ("config/app.ini", "; mail.password = \"secret\"\n"),
    ] {
        assert_eq!(lines(path, text), Vec::<u32>::new(), "{path}: {text}");
    }
}

#[test]
fn easy_passwords_weigh_by_what_stands_round_them() {
    let found = [
        ("database/seeders/UserSeeder.php", "'email' => 'ann@shop.test',\n'password' => Hash::make('11111'),\n"),
        (
            "config/db.js",
            "const c = mysql.createConnection({ host: 'localhost', user: 'root', password: 'groupe' });\n",
        ),
        ("firmware/main.ino", "const char* ssid = \"home\"; const char *password = \"spiderman\";\n"),
        ("src/Seed.cs", "new User { Name = \"Ann\", Email = \"ann@shop.test\", Password = \"123456\" },\n"),
        ("app/database.py", "URI = 'mysql://root:root@localhost:3306/shop'\n"),
        ("ops/update.sh", "sshpass -p roofrack scp a.json ann@10.1.1.9:/home\n"),
    ];
    for (path, text) in found {
        assert_eq!(lines(path, text).len(), 1, "{path}: {text}");
    }
    let text = "const user = { password: 'groupe', label: 'Password' };\n";
    assert_eq!(lines("src/components/Form.tsx", text), Vec::<u32>::new());
    assert_eq!(lines("app/database.py", "URI = 'amqp://guest:guest@localhost:5672/'\n"), Vec::<u32>::new());
}

#[test]
fn a_weighed_finding_says_what_speaks_for_it() {
    let text = "const char* ssid = \"home\"; const char *password = \"spiderman\";\n";
    let scan = search(&SourceFile::new("firmware/main.ino", text), CodeContext::Production, 1 << 20);
    let message = &scan.findings[0].message;
    assert!(message.contains("for it speak: ") && !message.contains("spiderman"), "{message}");
}

#[test]
fn environments_under_other_names_are_read() {
    for path in ["server/env_copy", "prod.env.bak", "env-backup.txt", ".env.old"] {
        assert_eq!(lines(path, "MAIL_PASSWORD=\"XJ93woDd0wrh\"\n"), [1], "{path}");
    }
    for path in ["env_reader", "environment.txt", ".default.env"] {
        assert_eq!(lines(path, "JWT_SECRET=mySecretPass\n"), Vec::<u32>::new(), "{path}");
    }
}

#[test]
fn what_somebody_tries_a_service_with_counts() {
    let text = "DATABASE_PASSWORD=B0HB7SafiRQqSCQP\n";
    let of = |path: &str, context| {
        let found = search(&SourceFile::new(path, text), context, 1 << 20).findings;
        found.first().map(|finding| finding.severity)
    };
    assert_eq!(of("test.env", CodeContext::Test), Some(Severity::Medium));
    assert_eq!(of("tests/fixtures/a.env", CodeContext::Test), Some(Severity::Low));
}
