import KilnConsole
package import KilnDiagnostics
import KilnPlan
import KilnProcesses
import KilnSpec
import KilnWorkspace

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How browsers of this machine reach the apps of an environment: by HTTPS under names, where it has that.
struct LocalAddresses: Sendable {
  let plan: EnvironmentPlan
  let environment: LocalEnvironment

  private var context: CommandContext { environment.context }
  private var proxy: LocalProxy { LocalProxy(context) }
  private var isWanted: Bool {
    environment.state.isProxied != false && !proxy.isOff && plan.apps.contains { $0.spec.port != nil }
  }

  /// Before anything is built.
  func check() async throws { if isWanted { try await proxy.check() } }

  /// Brings the proxy in front of the apps, or takes it away. An environment that is well is up without it, too.
  /// - Parameter image: Gives the proxy's image.
  func names(image: () async throws -> String) async throws -> LocalProxy.Addresses {
    do {
      if isWanted { return try await proxy.join(environment.project.name, image: image) }
      if environment.state.isProxied == false, !proxy.isOff { try await proxy.leave(environment.project.name) }
    } catch let error as any CommandErrorConvertible {
      try Interruption.check()
      context.console.note(error.commandError.asWarning("\(plan.customer) has no HTTPS"))
    }
    return .init()
  }

  /// - Parameter isOpening: Whether the result is the address for browsers.
  func say(
    _ addresses: LocalProxy.Addresses, of apps: [EnvironmentStart.App], isOneOfSeveral: Bool, isOpening: Bool,
    isQuiet: Bool
  ) async {
    for app in apps {
      guard let port = app.port else { continue }
      let names = (isOneOfSeveral ? [plan.customer] : []) + (plan.apps.count > 1 ? [app.name] : [])
      let label = names.isEmpty ? "" : names.joined(separator: "/") + ": "
      let plain = "http://127.0.0.1:\(port)/"
      let urls = addresses.urls[app.name] ?? []
      context.console.output("\(label)\(isOpening ? urls.first ?? plain : plain)\n")
      // The result is for scripts, which want one address.
      let rest = isOpening ? Array(urls.dropFirst()) : urls
      if !isQuiet { for url in rest { context.console.error("\(label)\(url)\n") } }
      if isOpening { await open(urls.first ?? plain) }
    }
    if addresses.isNew, !isQuiet {
      context.console.error(
        "note: browsers trust these addresses once they trust Kiln's local authority: `kiln certificate`\n")
    }
  }

  /// In the desktop's browser, where somebody sits in front of one.
  private func open(_ url: String) async {
    #if os(macOS)
      let program = "open"
      let isDesktop = true
    #else
      let program = "xdg-open"
      let isDesktop = ["DISPLAY", "WAYLAND_DISPLAY"].contains { !(context.environment[$0] ?? "").isEmpty }
    #endif
    guard context.console.isTerminal, isDesktop else { return }
    // The address has been said in any case.
    _ = try? await context.tool(program).output([url])
  }
}

extension CommandError {
  /// As a remark on something that goes on without it.
  package func asWarning(_ what: String) -> Diagnostic {
    let first = diagnostics.first
    return Diagnostic(
      first?.id ?? "proxy.failed", "\(what): \(first?.message ?? "")", severity: .warning,
      details: first?.details ?? [], suggestion: first?.suggestion ?? hints.first)
  }
}
