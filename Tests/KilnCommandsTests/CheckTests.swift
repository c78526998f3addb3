import ArgumentParser
import KilnTesting
import Testing

@testable import KilnCommands

struct CheckTests {
  private func check(_ files: [String: String]) throws -> TestContext {
    var all = [
      "kiln.yaml": "version: 1\n",
      "profiles/site.yaml": """
      version: 1
      runtime: {base: debian-12}
      app: {source: ../apps/shop, tokens: {files: [config/site.ini], values: {brand: "{{customer}}", host: db}}}
      """,
    ]
    for name in ["acme", "globex"] {
      all["environments/\(name).yaml"] = "version: 1\ncustomer: \(name)\nprofile: site\n"
    }
    let context = try withFolder { folder in
      try write(all.merging(files) { _, own in own }, in: folder)
      let context = TestContext(folder)
      do { try CheckCommand.parse([]).run(in: context) } catch is ExitCode {}
      return context
    }
    return context
  }

  @Test func tokensWithAValueAreNoProblem() throws {
    let context = try check(["apps/shop/config/site.ini": "name=__brand__\nhost=__host__\n"])
    #expect(context.error == "2 environments checked, no errors\n")
  }

  @Test func anAppThatNothingServesIsReported() throws {
    let context = try check([
      "apps/shop/index.html": "x", "profiles/site.yaml": "version: 1\nruntime: {base: debian-12}\n",
      "environments/acme.yaml":
        "version: 1\ncustomer: acme\nprofile: site\napp: {source: ../apps/shop, port: 80}\n",
      "environments/globex.yaml":
        "version: 1\ncustomer: globex\nprofile: site\napp: {source: ../apps/shop, port: 80, command: [python3, x.py]}\n",
    ])
    #expect(
      context.error.hasPrefix(
        "environments/acme.yaml:4:35: warning: app has a port, and nothing that listens on it [app.idle]\n"),
      "\(context.error)")
    #expect(!context.error.contains("globex"))
  }

  /// Every one, where it is, and whose it is.
  @Test func tokensWithoutAValueAreReported() throws {
    let context = try check([
      "apps/shop/config/site.ini": "name=__brand__\nhost=__hots__\nuser=__user__ __host__\n",
      "environments/initech.yaml":
        "version: 1\ncustomer: initech\nprofile: site\napp: {tokens: {values: {hots: a, user: b}}}\n",
    ])
    #expect(
      context.error == """
        apps/shop/config/site.ini:2:6: error: acme, globex: nothing replaces the token "__hots__" [context.token-left]
          = help: did you mean "__host__"?
        apps/shop/config/site.ini:3:6: error: acme, globex: nothing replaces the token "__user__" [context.token-left]
          = help: give it a value in tokens, or remove it
        2 errors

        """)
  }

  @Test func aMisspeltFileIsOneError() throws {
    let context = try check(["apps/shop/config/site.ini.dist": "", "apps/shop/config/sites.ini": "__brand__ __x__"])
    #expect(
      context.error == """
        profiles/site.yaml:3:46: error: acme, globex: the file with tokens "config/site.ini" is not in the app's context [context.token-file]
          3 | app: {source: ../apps/shop, tokens: {files: [config/site.ini], values: {brand: "{{customer}}", host: db}}}
            |                                              ^~~~~~~~~~~~~~~ did you mean "config/sites.ini"?
        1 error

        """)
  }

  @Test func aValueWithoutATokenIsReported() throws {
    let context = try check(["apps/shop/config/site.ini": "name=__brand__\n"])
    #expect(context.error.contains(#"error: acme, globex: the token "__host__" was not found in the listed files"#))
    #expect(context.error.hasSuffix("1 error\n"))
  }
}
