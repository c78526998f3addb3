import KilnCatalog
import KilnDiagnostics
import KilnDocuments
import Testing

@testable import KilnSpec

struct LiteralSecretTests {
  @Test(arguments: [
    "PASSWORD", "DB_PASSWORD", "db_password", "DB_PASS", "DB_PWD", "dbPassword", "DbPassword", "ACCESSTOKEN",
    "accessToken",
    "API_KEY", "apiKey", "APIKEY", "API-KEY", "PRIVATE_KEY", "privateKey", "SECRET", "CLIENTSECRET",
    "MYSQLROOTPASSWORD",
    "GITHUB_PAT", "githubPat", "AZURE_DEVOPS_EXT_PAT",
    "AUTH", "KEY", "AWS_SECRET_ACCESS_KEY", "SMTP_CREDENTIALS", "PASSPHRASE", "redis.password",
  ]) func namesASecret(_ name: String) { #expect(SecretName.match(name)) }

  @Test(arguments: [
    "", "DB_HOST", "APP_ENV", "PUBLIC_KEY", "PASSWORD_FILE", "TOKEN_VERSION", "BYPASS", "COMPASS", "KEYBOARD", "MONKEY",
    "PAT", "COMPAT", "PATTERN", "DB_COMPAT", "PAT_HOST", "REPAT",
    "AUTHOR", "passenger", "tokenizer", "CACHE_TTL", "PATH", "keyLength", "OAUTH_URL", "passwordPolicy",
  ]) func namesNone(_ name: String) { #expect(!SecretName.match(name)) }

  /// Parameters and settings that have `key` or `auth` in their names mean something else as often as not.
  @Test(arguments: [
    "key", "auth", "key_buffer_size", "authMethod", "default_password_lifetime", "validate_password.policy",
  ])
  func isNoOptionOfASecret(_ name: String) { #expect(!SecretName.matchOption(name)) }

  @Test(arguments: [
    ("mysql://u:hunter2@db/x", "a password in a URL"), ("see amqp://a:b@c and more", "a password in a URL"),
    ("https://example.com", nil), ("https://u@example.com", nil), ("https://u:@example.com", nil),
    ("mysql://u:$PASS@db", nil), ("mysql://u:${PASS}@db", nil), ("mysql://u:{{password}}@db", nil),
    ("https://example.com/a:b@c", nil), ("a:b@c", nil), ("me@example.com", nil),
    ("-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n", "a private key"), ("-----BEGIN PUBLIC KEY-----", nil),
    ("ghp_0123456789abcdefghij0123456789abcdefghij", "an access token"), ("ghp_short", nil),
    ("AKIAIOSFODNN7EXAMPLE", "an access token"),
    ("Authorization: Bearer abcdef0123456789", "an Authorization header (Bearer)"),
    ("authorization: basic dXNlcjpodW50ZXIy", "an Authorization header (Basic)"),
    ("Authorization: Bearer ${TOKEN}", nil), ("Authorization: Bearer", nil),
    ("ghp_short or ghp_\(String(repeating: "a", count: 36))", "an access token"),
    ("Server=db;User Id=sa;Password=hunter2;", "a password in a connection string"),
    ("Server=db;Uid=sa;Pwd=hunter2", "a password in a connection string"),
    ("Password = hunter2;Server=db", nil), ("password=hunter2;host=db", "a password in a connection string"),
    (
      "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=\(String(repeating: "aB3/", count: 21))==",
      "a password in a connection string"
    ),
    ("Endpoint=sb://x/;SharedAccessKey=\(String(repeating: "aB3+", count: 10))=", "a password in a connection string"),
    ("Server=db;Password=;", nil), ("Server=db;Password=$PASSWORD;", nil), ("Server=db;Password={0};", nil),
    ("Server=db;Password=__DB_PASSWORD__;", nil), ("Server=db;Password=<password>;", nil),
    ("Server=db;Password=@@PW@@;", nil), ("Server=db;Integrated Security=true;", nil), ("Password=hunter2", nil),
    ("AccountKey=short", nil), ("AccountName=a;AccountKey=$KEY_OF_THE_ACCOUNT;", nil), ("a=b;c=password;", nil),
    ("if [ -z \"$PASSWORD\" ]; then exit 1; fi", nil), ("PasswordPolicy=strict-and-long;x=y", nil),
    (
      "https://a.blob.core.windows.net/c/x?sv=2020&se=2030&sr=b&sig=\(String(repeating: "a", count: 43))%3D",
      "a signed URL"
    ),
    ("sv=2020&sig=\(String(repeating: "a", count: 43))%3D", "a signed URL"),
    ("https://a.blob.core.windows.net/c/x?sv=2020&se=2030&sig=$SIGNATURE_OF_THE_BLOB", nil),
    ("https://a.example/x?sig=\(String(repeating: "a", count: 43))", nil), ("https://a.example/?sv=1&sig=no", nil),
    ("https://a.example/?design=aaaaaaaaaaaaaaaaaaaaaaaa&sv=1", nil),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P", "an access token"),
    ("x: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P", "an access token"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0", nil), ("eyJ.eyJ.eyJ", nil), ("keyJohn.smith.example", nil),
    ("eyJhbGciOiJIUzI1NiJ9.example.com", nil),
  ]) func holdsASecret(_ text: String, _ expected: String?) { #expect(SecretValue.match(text) == expected) }

  @Test(arguments: [
    ("PASSWORD=hunter2 make", "PASSWORD"), ("export TOKEN=\"hunter2\"", "TOKEN"),
    ("fetch --password hunter2", "--password"),
    ("fetch --api-token=hunter2", "api-token"), ("curl -u me:hunter2 https://x", "-u"),
    ("curl -H 'Authorization: Bearer abcdefghijklmnopqrst' x", "Bearer"),
    ("type=s3,secret_access_key=hunter2", "secret_access_key"),
    ("mysql -u root -phunter2 app < a.sql", "-p"), ("cd x && /usr/bin/mysqldump -uroot '-phunter2' app", "-p"),
    ("mysql -u root \\\n  -phunter2", "-p"), ("mysql -p", nil), ("mysql -u root -p app", nil), ("mysql -P3306", nil),
    ("mysql -p$PASSWORD", nil), ("mysql -p\"${PASSWORD}\"", nil), ("mysql --protocol=tcp", nil),
    ("mysql -e x && mkdir -pv y", nil), ("mysql -e x; cp -pr a b", nil), ("apt-get install mysql-client -pv", nil),
    ("mkdir -parents mysql", nil), ("mysql -p$(cat /run/secrets/PASSWORD)", nil),
    ("curl -H 'Authorization: Bearer hunter2' x", "Bearer"), ("http x Authorization:Bearer_hunter2", "Bearer"),
    ("http x 'authorization:basic aHVudGVyMg=='", "Basic"), ("curl -H \"Authorization: Bearer $TOKEN\" x", nil),
    ("curl -H \"Authorization: Bearer ${TOKEN}\" x", nil), ("curl -H 'Authorization: Bearer '\"$TOKEN\" x", nil),
    ("curl -H \"Authorization: Bearer $(cat /run/secrets/T)\" x", nil), ("echo 'Authorization: needed'", nil),
    ("sed -i s/Bearer/x/ Authorization", nil), ("curl -H 'Authorization: Bearer __TOKEN__' x", nil),
    ("TOKEN=$TOKEN make", nil), ("TOKEN=\"${TOKEN}\" make", nil), ("TOKEN=$(cat /run/secrets/TOKEN) make", nil),
    ("fetch --password $PASSWORD", nil), ("fetch --password --quiet", nil), ("npm ci --no-audit", nil),
    ("composer install --no-dev --no-interaction", nil), ("sort --key=2", nil), ("PASSWORD= make", nil),
    ("chown -u root:root x", nil), ("docker run -u 1000:1000 x", nil), ("fetch --password-file x", nil),
  ]) func givesASecret(_ command: String, _ expected: String?) {
    #expect(SecretValue.assignment(in: command) == expected)
  }

  /// Kiln's own definitions are not looked at when a workspace is read.
  @Test func theCatalogHasNone() throws {
    for folder in ["bases", "components", "services"] {
      for file in Catalog.embedded.files(in: "templates/\(folder)") {
        let root = try #require(YAMLReader(file: file.path).read(file.text).root)
        #expect(LiteralSecrets.inDefinition(root).problems == [], "\(file.path)")
      }
    }
    for file in Catalog.embedded.files(in: "templates/profiles") {
      let root = try #require(YAMLReader(file: file.path).read(file.text).root)
      #expect(LiteralSecrets.inEnvironment(root).problems == [], "\(file.path)")
    }
  }

  private func masked(_ text: String) throws -> String {
    let root = try #require(YAMLReader(file: "a.yaml").read(text).root)
    return SourceMask.masked(text, LiteralSecrets.inEnvironment(root).hidden)
  }

  @Test(arguments: [
    "secrets:\n  A: hunter2\n", "secrets: hunter2\n", "secrets: [hunter2]\n",
    "secrets: {A: {env: \"hunter-2 hunter2\"}}\n",
    "secrets: {A: {value: hunter2}}\n", "secrets: {A: {keyVault: hunter2}}\n",
    "secrets: {A: {keyVault: {x: hunter2}}}\n",
    "secrets:\n  A: |\n    hunter2\n    hunter2\nb: 1\n", "secrets:\n  A: 'it''s\n    hunter2'\nb: 1\n",
    "secrets:\n  A: some words\n    hunter2\nb: 1\n", "services: {mysql: {password: hunter2}}\n",
    "app: {buildSecrets: [hunter2]}\n", "app: {environment: {DB_PASS: hunter2}}\n",
    "runtime: {environment: {TOKEN: \"x\\thunter2\"}}\n", "app: {install: [\"TOKEN=hunter2 x\"]}\n",
    "runtime: {components: {php: {ini: {mysqli.default_pw: hunter2}}}}\n",
    "app: {environment: {U: \"a://b:hunter2@c\"}}\n",
  ]) func noExcerptShowsOne(_ text: String) throws {
    let shown = try masked(text)
    #expect(!shown.contains("hunter"), "\(shown)")
    #expect(shown.split(separator: "\n").map(\.count) == text.split(separator: "\n").map(\.count))
    if text.hasSuffix("b: 1\n") { #expect(shown.hasSuffix("b: 1\n")) }
  }

  @Test(arguments: [
    "secrets: {A: {env: ACME_A}}\n", "secrets: {A: {keyVault: {id: /x, secret: y, version: z}}}\n",
    "services: {mysql: {password: DB_PASSWORD}}\n", "app: {environment: {APP_ENV: production, DEBUG_TOKEN: false}}\n",
  ]) func whatIsAReferenceIsShown(_ text: String) throws { #expect(try masked(text) == text) }

  /// A file that is not YAML has no tree to say where its secrets are.
  @Test(arguments: [
    "secrets:\n  A: hunter2\n\tb: 1\n", "a: [\nsecrets:\n  A: hunter2: x\n",
    "environment:\n  DB_PASSWORD: hunter2: x\n",
    "  - TOKEN: \"hunter2\n",
  ]) func noExcerptOfABrokenFileShowsOne(_ text: String) {
    #expect(!SourceMask.maskedByLine(text).contains("hunter"), "\(SourceMask.maskedByLine(text))")
  }
}
