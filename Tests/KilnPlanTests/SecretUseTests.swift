import KilnPlan
import KilnTesting
import Testing

/// Who reads which secret, resolved once.
struct SecretUseTests {
  private func plan(_ app: String) throws -> EnvironmentPlan {
    let sample = SampleWorkspace(
      """
      runtime: {base: debian-12}
      \(app)
      services:
        mysql: {database: shop, user: shop, password: DB_PASSWORD}
        redis: {}
      secrets:
        DB_PASSWORD: {env: ACME_DB_PASSWORD}
        NPM_TOKEN: {env: ACME_NPM_TOKEN}
        API_KEY: {keyVault: {id: /subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/acme-kv, secret: api}}

      """)
    #expect(sample.problems.isEmpty, "\(sample.problems)")
    return try #require(sample.plans.first)
  }

  private func shown(_ uses: [SecretUse]) -> [String] { uses.map { "\($0.path) \($0.variable)" } }

  @Test func eachReaderHasItsOwnFilesAndNoOthers() throws {
    let plan = try plan("app: {source: ../apps/shop, install: [make], buildSecrets: [NPM_TOKEN]}")
    #expect(shown(plan.secrets(of: .service("mysql"))) == ["/run/secrets/KILN_PASSWORD ACME_DB_PASSWORD"])
    #expect(plan.secrets(of: .service("redis")).isEmpty)
    #expect(
      shown(plan.secrets(of: .app("app"))) == [
        "/run/secrets/DB_PASSWORD ACME_DB_PASSWORD", "/run/secrets/API_KEY API_KEY",
      ])
    #expect(shown(plan.secrets(of: .build("app"))) == ["/run/secrets/NPM_TOKEN ACME_NPM_TOKEN"])
    #expect(plan.secretUses.count == 4)
  }

  @Test func withoutAnAppOnlyServicesReadSecrets() throws {
    #expect(shown(try plan("").secretUses) == ["/run/secrets/KILN_PASSWORD ACME_DB_PASSWORD"])
  }
}
