import ArgumentParser
import KilnConsole
import KilnEngine

struct CertificateCommand: KilnSubcommand {
  static let configuration = CommandConfiguration(
    commandName: "certificate", abstract: "Print the root certificate of the local HTTPS authority.",
    discussion: """
      Kiln makes nobody trust it. After `kiln certificate > kiln.crt`:
        curl         curl --cacert kiln.crt https://acme.localhost/
        Debian       sudo cp kiln.crt /usr/local/share/ca-certificates/
                     sudo update-ca-certificates
        macOS        security add-trusted-cert -k login.keychain kiln.crt
        Firefox      Settings, Privacy & Security, View Certificates, Import
        Chromium     Settings, Privacy and security, Manage certificates, Import
      The authority's key stays in the engine's volume kiln-proxy-authority. Who can
      use the engine can use it: trust it on this machine alone.
      """)

  func run(in context: CommandContext) async throws {
    context.console.output(try await LocalProxy(context).certificate())
  }
}
