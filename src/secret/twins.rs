//! Pairs of files: one with a secret in it (made up), and nearly the same without one. A `~` in a value is taken out.

use super::*;
use crate::base::Severity;

/// Path, text with secrets, on which lines they stand, and the twin.
type Pair = (&'static str, &'static str, &'static [u32], &'static str);

const PAIRS: &[Pair] = &[
    (
        "src/Db.java",
        "c = DriverManager.getConnection(URL, \"shop\", \"roof~racks\");\nds.setPassword(\"3Jpcr~kHbTK\");\np = new PasswordAuthentication(\"ann@shop.test\", \"paint~brush\");\n",
        &[1, 2, 3],
        "c = DriverManager.getConnection(URL, USER, password);\nds.setPassword(password);\nds.getPassword(\"3JpcrkHbTK\");\nh = sign(key, secret.getBytes(\"UTF-8\"));\n",
    ),
    (
        "src/token.go",
        "store := cookie.NewStore([]byte(\"roof~racks\"))\n\treturn token.SignedString([]byte(\"paint~brush\"))\n",
        &[1, 2],
        "store := cookie.NewStore([]byte(key))\n\treturn token.SignedString(key)\n",
    ),
    (
        "src/Cipher.cs",
        "private static string key = \"KEYoN~LINEeDI501ISGER5161OK?91281\";\nvar c = Aes.Create();\n",
        &[1],
        "private static string key = \"displayName\";\nvar c = Aes.Create();\n",
    ),
    (
        "firmware/main.ino",
        "#define PASS \"q8Tz~L4mWp\"\nWiFi.begin(\"home\", \"roof~racks\");\nclient.connect(\"esp\", \"ann\", \"q8Tz~L4mWp7\");\n",
        &[1, 2, 3],
        "#define PASS 1\nWiFi.begin(ssid, password);\nclient.connect(\"esp\", user, password);\n",
    ),
    (
        "db/init.sql",
        "INSERT INTO users (name, password) VALUES ('ann', 'roof~racks');\nALTER ROLE app WITH PASSWORD 'q8Tz~L4mWp';\n",
        &[1, 2],
        "INSERT INTO users (name, password) VALUES ('ann', crypt('x', 'y'));\nALTER ROLE app WITH PASSWORD NULL;\n",
    ),
    ("notes/server.txt", "ssh ann@10.1.1.1 pw q8Tz~L4mWp\n", &[1], "the pw is kept in the vault, ask ann\n"),
    (
        "seed/UserSeeder.php",
        "'password' => Hash::make('adm~in123'),\n",
        &[1],
        "'password' => Hash::make($password),\n'hint' => Hash::name('password'),\n",
    ),
    (
        "config/setup.sh",
        "docker login -u ci -p q8Tz~L4mWp registry.shop.test\n",
        &[1],
        "docker run -p 8080:8080 login\nredis-cli -p 6379 ping\n",
    ),
    (
        "server/.env",
        "SECRET_JWT_TOKEN_KEY='@rowan~tree@417#$%'\nDB_PASSWORD='#rowan~Tree41!'\n",
        &[1, 2],
        "SECRET_JWT_TOKEN_KEY='@vault/jwt'\nDB_PASSWORD='#a1b2c3'\nSECRET_TOKEN_KEY='*'\n",
    ),
    (
        "app/.env",
        "CLIPDROP_API=178aec3d7e21eef72c2b~31033a374f3b9b2406fa9d\n",
        &[1],
        "USERS_API=https://users.registry.example/v1\nUSERS_API_VERSION=2024-11-05\nPAGES_API=user-pages-v2-internal-gateway-1\n",
    ),
    (
        "android/key.properties",
        "storePassword=roofrac~ks\nkeyPassword=paintb~rush\nkeyAlias=upload\n",
        &[1, 2],
        "storePassword=\nkeyPassword=<password>\nkeyAlias=upload\n",
    ),
    (
        "android/app/build.gradle",
        "storePassword \"3JpcrkH~bTKF1KpA\"\n",
        &[1],
        "keyAlias keystoreProperties['keyAlias']\nkeyPassword keystoreProperties['keyPassword']\nstorePassword keystoreProperties['storePassword']\n",
    ),
    (
        "config/config.go",
        "\tSecret: getEnv(\"JWT_SECRET\", \"your-jwt-secret\"),\n\tOther: getEnv(\"SESSION_SECRET\", \"your-other-secret\"),\n",
        &[1, 2],
        "\tSecret: getEnv(\"JWT_SECRET\", \"\"),\n\tOther: getEnv(\"SESSION_SECRET_NAME\", \"your-other-secret\"),\n",
    ),
    (
        "docs/setup.md",
        "```yaml\njwt:\n  secret-key: T3GMtWkp~WMgioX4nyY1tnU9feVpRElw1PA8DRNpEmng=\n```\n",
        &[3],
        "```yaml\njwt:\n  secret-key: ${JWT_SECRET}\n  key-id: T3GMtWkpWMgioX4nyY1tnU9feVpRElw1PA8DRNpEmng\n```\n",
    ),
    (
        "src/Repository.cs",
        "public const string SecretKey = \"q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8\";\n",
        &[1],
        "public Task Import(IEnumerable<Secret> secrets)\n{\n    const string DeviceAuthKey = \"pm-27581-device-auth-key\";\n    const string ClientB64HashedPassword = \"password_hash_b64\";\n",
    ),
    (
        "src/chat.ts",
        "const sessionKey = process.env.SESSION_KEY || \"my-secret-key\";\n",
        &[1],
        "const sessionKey = params.sessionKey || \"main\";\n",
    ),
    (
        "config/jwt.yaml",
        "JWT_SECRET: \"supersecret-jwt-key\"\n",
        &[1],
        "JWT_SECRET: \"change-this-to-a-secure-random-string-in-production\"\n",
    ),
    (
        "src/config.php",
        "$c = 'server=db.registry.example;uid=app;pwd=q8Tz~L4mWp2;database=shop;';\n",
        &[1],
        "$c = 'server=db.registry.example;uid=app;pwd=<password>;database=shop;';\n",
    ),
    (
        "stream/.env",
        "STREAM_API_KEY=bfd5kxsuhkb3\nSTREAM_API_SECRET=99fftzneat49bqgg2b~ng5cftwzf55j6r6b95z6ebcbjh68hq7c8\n",
        &[2],
        "STREAM_API_KEY=bfd5kxsuhkb3\nSTREAM_API_SECRET=\n",
    ),
    (
        "target/redis.go",
        "const (\n\tRedisAddress = \"db.registry.example\"\n\tRedisPassword = \"password\"\n)\n",
        &[3],
        "const (\n\tRedisAddress = \"address\"\n\tRedisPassword = \"password\"\n)\n",
    ),
    (
        "lib/endpoint.ex",
        "config :app, secret_key_base: \"kjoy3o1zeidquwy~1398juxzldjlksahdk3\"\n",
        &[1],
        "@moduledoc \"\"\"\n    config :app, secret_key_base: \"kjoy3o1zeidquwy~1398juxzldjlksahdk3\"\n\"\"\"\n",
    ),
    ("android/key.gradle.properties", "storePassword=3JpcrkH~bTKF1KpA\n", &[1], "storePassword=\nkeyPassword=\n"),
    (
        "config/prod.env",
        "DATABASE=mongodb+srv://svc:q8Tz~L4mWp2@cluster0.registry.example/app\n",
        &[1],
        "DATABASE=mongodb+srv://svc:<password>@cluster0.registry.example/app\n",
    ),
    (
        "server/config.go",
        "\tAdmin: envOr(\"ADMIN_PASSWORD\", \"RowanAdmin~2026!\"),\n\tKey: lookupEnvOrDefault(\"API_KEY\", \"q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8\"),\n",
        &[1, 2],
        "\tAdmin: envOr(\"ADMIN_PASSWORD\", \"\"),\n\tKey: label(\"API_KEY\", \"The key of the service\"),\n",
    ),
    (
        "src/main/resources/application-prod.yml",
        "jwt:\n  secret: ${JWT_SECRET:your_jwt_secret_key_here}\n  mail: ${MAIL_TO:your_mail_here}\n",
        &[2],
        "jwt:\n  secret: your_jwt_secret_key_here\n  mail: ${MAIL_PASSWORD:your_mail_here}\n",
    ),
    (
        "secrets.h",
        "const char* mqtt_password = \"smarthouse_keyes~tudio\";\n",
        &[1],
        "const char* wifi_password = \"WifiPassword\";\nstsLDAPPassword = \"LDAPPassword\";\nconst char* mqtt_password = \"YOUR_PASSWORD\";\n",
    ),
    (
        "credentials.xml",
        "<id>apify</id>\n<secret>{apify header q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8}</secret>\n",
        &[2],
        "<id>apify</id>\n<secret>{AQAAABAAAAAQq6VoRb2Mx9Le4Zs1Wh7Kc3Jd5Nm8=}</secret>\n",
    ),
    (
        "k8s/db.yaml",
        "apiVersion: v1\nkind: Secret\ndata:\n  user: YXBwdXNlcg==\n  password: elExIWJW~dDgja1czNA==\n",
        &[5],
        "apiVersion: v1\nkind: Secret\ndata:\n  user: YXBwdXNlcg==\n  password: PHBhc3N3b3JkPg==\n",
    ),
    (
        "k8s/key.yaml",
        "apiVersion: v1\nkind: Secret\ndata:\n  API_KEY: cTZWb1JiMk1~4TDlUZTRaczFXaDdLYzNKZDVObTg=\n",
        &[4],
        "apiVersion: v1\nkind: Secret\ndata:\n  API_KEY: eW91ci1hcGkta2V5\n",
    ),
    (
        "k8s/plain.yaml",
        "apiVersion: v1\nkind: Secret\nstringData:\n  password: zQ1!bV~t8#kW34\n",
        &[4],
        "apiVersion: v1\nkind: Secret\nstringData:\n  password: ${DB_PASSWORD}\n",
    ),
    (
        "k8s/outside.yaml",
        "apiVersion: v1\nkind: Secret\nstringData:\n  secretKey: q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8\n",
        &[4],
        "kind: ExternalSecret\nspec:\n  data:\n  - secretKey: VLLM_API_KEY\n    remoteRef:\n      key: app-vllm-api-key\n",
    ),
    (
        "appsettings.json",
        "{\"Jwt\": {\"Issuer\": \"a\", \"Key\": \"q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8\"}}",
        &[1],
        "{\"Jwt\": {\"Issuer\": \"a\", \"Key\": \"<set in user secrets>\"}, \"Row\": {\"Key\": \"q6VoRb2Mx9Le4Zs1Wh7Kc3Jd5Nm8\"}}",
    ),
    ("app.toml", "[smtp]\nhost = \"a\"\npass = \"zQ1!bV~t8#kW34\"\n", &[3], "[smtp]\nhost = \"a\"\npass = \"\"\n"),
    (
        "web.config",
        "<add key=\"ApiKey\" value=\"q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8\"/>\n",
        &[1],
        "<add key=\"ApiKey\" value=\"\"/>\n<add key=\"PageKey\" value=\"q6VoRb2Mx9Le4Zs1Wh7Kc3Jd5Nm8\"/>\n",
    ),
    (
        "res/values/keys.xml",
        "<string name=\"api_key\">q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8</string>\n",
        &[1],
        "<string name=\"api_key_hint\">Enter the key</string>\n",
    ),
    (
        "Info.plist",
        "<key>ApiKey</key>\n<string>q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8</string>\n",
        &[2],
        "<key>ApiKey</key>\n<string>$(API_KEY)</string>\n",
    ),
    (
        "main.tf",
        "variable \"db_password\" {\n  type = string\n  default = \"zQ1!bV~t8#kW34\"\n}\n",
        &[3],
        "variable \"db_password\" {\n  type = string\n}\nvariable \"size\" {\n  default = \"zQ1!bVt8#kW34\"\n}\n",
    ),
    (
        "terraform.tfstate",
        "{\"outputs\": {\"db_password\": {\n  \"value\": \"zQ1!bV~t8#kW34\"}}}",
        &[2],
        "{\"outputs\": {\"db_host\": {\n  \"value\": \"db.internal.example\"}}}",
    ),
    (
        "kube/config",
        "users:\n- name: a\n  user:\n    password: zQ1!bV~t8#kW34\n",
        &[4],
        "users:\n- name: a\n  user:\n    password: REDACTED\n",
    ),
    (
        "run.ipynb",
        "{\"source\": [\"api_key = \\\"q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8\\\"\\n\"],\n\"text\": [\"PASSWORD=zQ1!bV~t8#kW34\\n\"]}",
        &[1, 2],
        "{\"source\": [\"api_key = os.environ[\\\"KEY\\\"]\\n\"],\n\"text\": [\"PASSWORD=***\\n\"]}",
    ),
    (
        "values.yaml",
        "db:\n  password: >-\n    zQ1!bV~t8#kW34\n  port: 1\n",
        &[3],
        "db:\n  password: >-\n    {{ .Values.password }}\n  note: |\n    zQ1!bVt8#kW34\n",
    ),
    (
        "config.php",
        "<?php\n$dbPassword = 'zQ1!bV~t8#kW34';\n$stripe = 'sk_live_' . '4Nq8TzL4mW~p2RkVxY7bHc3Ds';\n",
        &[2, 3],
        "<?php\n$dbPassword = getenv('DB');\n$rules = ['password' => 'required|max:100|min:7|confirmed'];\n",
    ),
    (
        "split.py",
        "API_TOKEN = \"q6VoRb2Mx9Le\" + \\\n    \"4Zs1Wh7K~c3Jd5Nm8\"\nSTRIPE = (\"sk_live_\" \"4Nq8TzL4mW\"\n    \"p2RkVxY7b~Hc3Ds\")\n",
        &[1, 3],
        "API_TOKEN = \"Bearer \" + \\\n    token\nSTRIPE = (\"sk_live_\" + rest)\n",
    ),
    (
        "split.ts",
        "const apiKey = \"q6VoRb2Mx9Le\" +\n  \"4Zs1Wh7K~c3Jd5Nm8\";\n",
        &[1],
        "const apiKey = \"key-of-\" +\n  user.name;\n",
    ),
    (
        "mail.ts",
        "const t = createTransport({ auth: { user: 'a@b.example', pass: 'zQ1!bV~t8#kW34' } });\n",
        &[1],
        "const t = createTransport({ auth: { user: 'a@b.example', pass: process.env.PASS } });\nconst r = { pass: first };\n",
    ),
    (
        ".github/workflows/deploy.yml",
        "env:\n  API_TOKEN: q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8\n",
        &[2],
        "env:\n  API_TOKEN: ${{ secrets.API_TOKEN }}\n",
    ),
    (
        "config/services.php",
        "<?php return ['a' => ['secret' => 'q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8']];\n",
        &[1],
        "<?php return ['s3' => [\n  'key' => 'your-key',\n  'secret' => 'your-secret',\n]];\n",
    ),
    (
        "gen.sh",
        "declare -A M=([\"DB_PASSWORD\"]=\"zQ1!bV~t8#kW34\")\n",
        &[1],
        "declare -A M=([\"DB_PASSWORD\"]=\"password:32\")\n",
    ),
    (
        "terraform.tfstate",
        "{\"password\": \"zQ1!b\\u0026V~t8#kW34\"}",
        &[1],
        "{\"password\": \"\\u003cpassword\\u003e\"}",
    ),
    (
        "task.json",
        "{\"environment\": [\"DB_PASSWORD=zQ1!bV~t8#kW34\\nMODE=a\"]}",
        &[1],
        "{\"environment\": [\"DB_PASSWORD=${DB_PASSWORD}\", \"see DB_PASSWORD and zQ1!bVt8#kW34\"]}",
    ),
    (
        "App.java",
        "System.setProperty(\"MAIL_TOKEN\", \"q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8\");\n",
        &[1],
        "System.setProperty(\"MAIL_TOKEN\", token);\nshow(\"MAIL_TOKEN\", \"Token of the mail\");\n",
    ),
    (
        "app.xml",
        "<a>\n<apiToken>\n  q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8\n</apiToken></a>\n",
        &[3],
        "<a>\n<apiToken>\n  <ref>q6VoRb2Mx9Le4Zs1Wh7Kc3Jd5Nm8</ref>\n</apiToken></a>\n",
    ),
    (
        "db.js",
        "const c = connect({ host: 'db', user: 'root', password: 'rootpass~word', database: 'shop' });\n",
        &[1],
        "const c = connect({ user: 'root', password: 'rootpassword' });\n",
    ),
    (
        "keys.py",
        "api_key = \"sk-4Nq8TzL4mW~p2RkVxY7bHc3Ds\"\n",
        &[1],
        "api_key = \"sk-test123\"\napi_token = \"dev-key-123\"\n",
    ),
    (
        "playwright.ts",
        "const env = { AUTH_SECRET: process.env.AUTH_SECRET ?? \"some-sec~ret\" };\n",
        &[1],
        "const env = { AUTH_SECRET: process.env.AUTH_SECRET ?? secret };\n",
    ),
    (
        "keys.txt",
        "sumo_key = 3Kof2VffNQ0QgYIhXUPJosVlCaQKm2hf~pWE6F1fT9YGY74blQBIPsrkCcf1TwKE5\n",
        &[1],
        "sumOf = 3Kof2VffNQ0QgYIhXUPJosVlCaQKm2hfpWE6F1fT9YGY74blQBIPsrkCcf1TwKE5;\n",
    ),
    (
        "icons.txt",
        "ico-bbl2HK2Oqme9HU~dpjuLDmJt87bfzMwnl\n",
        &[1],
        "video-ico-7a388b69018576d24b59331fd60aab0c.png\nico-7a388b69018576d24b59331fd60aab0c.png\n",
    ),
    (
        "typed.txt",
        "tfp_q8TzL4mWp2RkVxY7bHc3Ds5JfG1aNe9U~o6iZwX0QtBv\n",
        &[1],
        "tfp_abcdefghijklmnopqrstuvwxyz1234567890abcdefghi\nrdme_1234567890123456789012345678901234567890\n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\n",
    ),
    (
        "app.yml",
        "a: 1\n#  password: zQ1!bV~t8#kW34\n# api_token: q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8\n",
        &[2, 3],
        "a: 1\n# password: changeme\n# the password: zQ1!bVt8#kW34\n#  password: Test-Pass-12!\n## password: hunter2\n",
    ),
    (
        "old.ts",
        "// const apiKey = \"q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8\";\nexport const x = 1;\n",
        &[1],
        "/**\n * const apiKey = \"q6VoRb2Mx9Le4Zs1Wh7Kc3Jd5Nm8\";\n */\n// an apiKey = \"q6VoRb2Mx9Le4Zs1Wh7Kc3Jd5Nm8\"\n",
    ),
    (
        "README.md",
        "```sh\nexport API_TOKEN=q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8\n```\n",
        &[2],
        "```sh\nexport API_TOKEN=your-token\nexport DB_PASSWORD=$PASSWORD\n```\nSet API_TOKEN=q6VoRb2Mx9Le4Zs1Wh7Kc3Jd5Nm8 or so.\n",
    ),
    (
        "app/build.gradle",
        "android {\n  buildConfigField \"String\", \"API_KEY\", \"\\\"q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8\\\"\"\n}\n",
        &[2],
        "android {\n  buildConfigField \"String\", \"API_KEY\", \"\\\"${apiKey}\\\"\"\n  show \"String\", \"API_KEY\", \"q6VoRb2Mx9Le4Zs1Wh7Kc3Jd5Nm8\"\n}\n",
    ),
    (
        "out.ipynb",
        "{\"text\": [\"token: q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8\\n\"]}",
        &[1],
        "{\"text\": [\"token: <hidden>\\n\", \"epoch: 12\\n\"]}",
    ),
    (
        "auth.yml",
        "realm:\n  secret: 5f2c81d9-7be4-4c60-a1d3-~9e0b64f7a258\n",
        &[2],
        "realm:\n  id: 5f2c81d9-7be4-4c60-a1d3-9e0b64f7a258\n",
    ),
    (
        "k8s/middleware.yaml",
        "session:\n  secret: shop-sec~ret\n",
        &[2],
        "apiVersion: traefik.io/v1alpha1\nspec:\n  basicAuth:\n    secret: shop-secret\n",
    ),
    (
        "jwt.yml",
        "jwt:\n  signing-key: acme~Shop\n",
        &[2],
        "jwt:\n  signing-key: you-signing-key\n  secret-key: yourSecretKey4Prod\nsigning_key: REPLACE_WITH_32+_CHARS\n",
    ),
    (
        "app.yml",
        "datasource:\n  password: \"0512~23\"\n",
        &[2],
        "datasource:\n  password: \"\"\n  max-password: 051223\n",
    ),
    (
        "keys.go",
        "const KeyVault = \"a\"\nvar jwtSecret = \"q6VoRb2Mx9Le~4Zs1Wh7Kc3Jd5Nm8\"\n",
        &[2],
        "const KeyJwtSecret = \"jwt_secret\"\nconst KeyPostgresPass = \"postgres_password\"\n",
    ),
    ("ci.env", "ENCRYPTION_KEY=7c1e4a90d83f52b6~9e0d17f4a2c58b36\n", &[1], "ENCRYPTION_KEY=${KEY}\n"),
    (
        "maps.json",
        "{\"key\": \"AIzaSyD4Nq8TzL4mW~p2RkVxY7bHc3DsJfG1aN9U\"}",
        &[1],
        "{\"note\": \"from google-services.json\", \"current_key\": \"AIzaSyD4Nq8TzL4mWp2RkVxY7bHc3DsJfG1aN9U\"}",
    ),
    (
        "api.yaml",
        "token: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ~hcHAtMTIiLCJuIjoicTZWb1JiIn0.q6VoRb2Mx9Le4Zs1Wh7Kc3Jd5Nm8q6VoRb2Mx9Le4Zs\n",
        &[1],
        "token:\n  example: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhcHAtMTIiLCJuIjoicTZWb1JiIn0.q6VoRb2Mx9Le4Zs1Wh7Kc3Jd5Nm8q6VoRb2Mx9Le4Zs\n",
    ),
    (
        "conf/app.ini",
        "[app]\nJWT_SECRET = 5581$0~30726\n[database]\nUSER = shop\nPASSWORD = hasel~nut\n[redis]\nPASSWORD = 74~1\n",
        &[2, 5, 7],
        "[app]\nJWT_SECRET = $JWT_SECRET\n[database]\nUSER = shop\nPASSWORD =\n[form]\nPASSWORD = required\n[redis]\nPASSWORD = ${REDIS}\n",
    ),
    (
        "pkg/setting/setting.go",
        "JwtSecret = sec.Key(\"JWT_SECRET\").MustString(\"!@)*#)!@U#@*!@~!)\")\nviper.SetDefault(\"session_secret\", \"dev-secret-of-shop\")\n",
        &[1, 2],
        "JwtSecret = sec.Key(\"JWT_SECRET\").MustString(\"\")\nviper.SetDefault(\"session_name\", \"dev-secret-of-shop\")\n",
    ),
    (
        "src/config.rs",
        "let secret = std::env::var(\"JWT_SECRET\").unwrap_or_else(|_| \"dev-secret-of-shop\".to_string());\n",
        &[1],
        "let secret = std::env::var(\"JWT_SECRET\").expect(\"JWT_SECRET is not set\");\n",
    ),
    (
        "src/main/java/shop/Tokens.java",
        "@Value(\"${jwt.secret:dev-secret-of-shop}\")\nprivate String secret;\n",
        &[1],
        "@Value(\"${jwt.secret}\")\nprivate String secret;\n",
    ),
    (
        "src/main/resources/application.properties",
        "#appsecret=af9e6c59f1~ae218b678cb8aa3fb6cfc4\nspring.datasource.password=88~1\n",
        &[1, 2],
        "#appid=af9e6c59f1ae218b678cb8aa3fb6cfc4\nspring.datasource.password=\nspring.datasource.port=881\n",
    ),
    (
        "server/auth.js",
        "const token = jwt.sign({ id: user.id }, 'shop-secret-2024');\napp.use(cookieParser('k7Rw2mXq~9TzB4vNcPdHs'));\n",
        &[1, 2],
        "const token = jwt.sign({ id: user.id }, process.env.JWT_SECRET);\nconst parts = label.sign(text, 'shop-secret-2024');\n",
    ),
    (
        "shop/wsgi.py",
        "owner = User.objects.get(pk=1)\nowner.set_password('Rowan~2026')\n",
        &[2],
        "owner = User.objects.get(pk=1)\nowner.set_password(form['password'])\n",
    ),
    (
        "src/main/resources/application.yml",
        "spring:\n  datasource:\n    username: pgsql\n    password: pgs~ql\n",
        &[4],
        "spring:\n  datasource:\n    username: pgsql\n    password: ${DB_PASSWORD}\n",
    ),
    (
        "docs/acceso.md",
        "### Administrador\n- Email: ana@shop.dev\n- Senha: row~an123\n",
        &[3],
        "### Administrador\n- Email: ana@shop.dev\n- Senha: a que foi enviada\n",
    ),
];

pub(super) fn lines(path: &str, text: &str) -> Vec<u32> {
    let file = SourceFile::new(path, text.replace('~', ""));
    let found = search(&file, CodeContext::Production, 1 << 20).findings;
    let grave = found.into_iter().filter(|finding| finding.severity >= Severity::Medium);
    let mut lines: Vec<u32> = grave.map(|finding| finding.location.line).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

#[test]
fn secrets_are_told_from_their_twins() {
    let mut wrong = Vec::new();
    for (path, bad, wanted, good) in PAIRS {
        for (text, wanted) in [(bad, *wanted), (good, &[][..])] {
            let found = lines(path, text);
            if found != wanted {
                wrong.push(format!("{path}: {found:?} instead of {wanted:?} in\n{text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_typed_weighs_as_a_word() {
    let text = "ENCRYPTION_KEY: 0123456789abcdef0123456789abcdef\n";
    let severity = |path: &str| {
        let found = search(&SourceFile::new(path, text), CodeContext::Production, 1 << 20).findings;
        found.first().map(|finding| finding.severity)
    };
    assert_eq!(severity("deploy/app.yml"), Some(Severity::Medium));
    assert_eq!(severity(".github/workflows/ci.yml"), Some(Severity::Low));
    assert_eq!(severity("app.example.yml"), None);
}

#[test]
fn a_plain_word_has_no_places_beside_its_names() {
    let text = "url: postgres://shopp~ers:shopper~swd@db.registry.example/a\nsee: shopper~swd\n".replace('~', "");
    let found = search(&SourceFile::new("a.yaml", text), CodeContext::Production, 1 << 20).findings;
    assert_eq!((found.len(), found[0].related.len()), (1, 0));
}

#[test]
fn a_word_inside_a_longer_name_is_no_place_of_it() {
    let text = "password: redis-pa~ss-9Q\nother: app-redis-pa~ss-9Q-name\nagain: redis-pa~ss-9Q\n".replace('~', "");
    let found = search(&SourceFile::new("a.yaml", text), CodeContext::Production, 1 << 20).findings;
    let places: Vec<u32> = found[0].related.iter().map(|place| place.location.line).collect();
    assert_eq!((found.len(), places), (1, vec![3]));
}

#[test]
fn what_tests_are_run_with_is_of_little_harm() {
    let text = "const env = { AUTH_SECRET: process.env.AUTH_SECRET ?? \"some-secret\" };\n";
    assert_eq!(lines("web/playwright.config.mjs", text), Vec::<u32>::new());
    assert_eq!(lines("web/src/test-utils/env.ts", text), Vec::<u32>::new());
    assert_eq!(lines("web/src/env.ts", text), [1]);
}

#[test]
fn a_fallback_that_is_found_again_is_a_place_of_it() {
    let text = "a: ${REDIS_PASSWORD:-37zq~sara}\nb: [\"${REDIS_PASSWORD:-37zq~sara}\"]\n".replace('~', "");
    let found = search(&SourceFile::new("compose.yml", text), CodeContext::Production, 1 << 20).findings;
    let places: Vec<u32> = found[0].related.iter().map(|place| place.location.line).collect();
    assert_eq!((found.len(), places), (1, vec![2]));
}

#[test]
fn keys_of_tests_and_of_browsers_do_little_harm() {
    let severity = |path: &str, text: &str| {
        let file = SourceFile::new(path, text.replace('~', ""));
        search(&file, CodeContext::Production, 1 << 20).findings.first().map(|finding| finding.severity)
    };
    let key = "AIz~aH4nMwi1yXnoKwFT1k6Ig3TtWzK7BCCTmfYw";
    assert_eq!(severity("a.rb", &format!("GOOGLE_BROWSER_API_KEY = '{key}'\n")), Some(Severity::Low));
    assert_eq!(severity("a.rb", &format!("GOOGLE_SERVER_API_KEY = '{key}'\n")), Some(Severity::High));
    let string = "c: \"server=localhost;uid=root;pwd=mariadb~-password;database=shop;\"\n";
    assert_eq!(severity(".github/workflows/test.yml", string), Some(Severity::Low));
    assert_eq!(severity("deploy/app.yml", string), Some(Severity::Medium));
}

#[test]
fn documentation_of_a_compiler_holds_examples() {
    let password = "<member><code>\"password\": \"zQ1!bV~t8#kW34\"</code></member>\n".replace('~', "");
    let made = format!("<?xml version=\"1.0\"?>\n<doc>\n<assembly><name>Shop</name></assembly>\n{password}</doc>\n");
    assert_eq!(lines("bin/Shop.xml", &made), Vec::<u32>::new());
    assert_eq!(lines("bin/Shop.xml", &password), [1]);
}

#[test]
fn settings_of_a_run_of_tests_do_little_harm() {
    let text = "spring.datasource.password=rowan41\n";
    assert_eq!(lines("src/main/resources/application-integrationtest.properties", text), Vec::<u32>::new());
    assert_eq!(lines("src/main/resources/application-latest.properties", text), [1]);
    let words = "```\nSECRET_KEY=django-insecure-development-key-change-in-production\n```\n";
    assert_eq!(lines("docs/setup.md", words), Vec::<u32>::new());
}
