package import KilnConsole
import KilnDiagnostics
package import KilnHTTP
package import KilnPlan
import KilnProcesses
import KilnSpec

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Checks a deployment from outside, at an address: TLS, and the pages of an app.
package struct AddressVerification: Sendable {
  /// Seconds that a certificate must last at least, or a tenth of its life where that is less: there is time left to
  /// renew it, and those that are made for days or hours are renewed by a program.
  private static let reserve = 14 * 86_400

  private let plan: EnvironmentPlan
  private let app: AppPlan
  private let address: HTTPAddress
  private let curl: Tool
  /// Seconds since 1970.
  private let now: Int

  /// - Parameter name: The app's; nil for the only one.
  /// - Throws: `verify.app`, `verify.pages`.
  package init(
    plan: EnvironmentPlan, app name: String?, address: HTTPAddress, _ context: CommandContext,
    now: Int = Int(Date().timeIntervalSince1970)
  ) throws {
    let names = plan.apps.map(\.name)
    guard let app = name.map({ plan.app(named: $0) }) ?? (plan.apps.count == 1 ? plan.apps[0] : nil) else {
      throw CommandError(
        "verify.app",
        name.map { "\(plan.customer) has no app \"\($0)\"" }
          ?? "\(plan.customer) has several apps: say whose address it is",
        help: names.isEmpty ? nil : "--app \(names.joined(separator: "|"))")
    }
    self.plan = plan
    self.app = app
    self.address = address
    self.now = now
    curl = context.tool("curl")
    guard app.spec.health != nil || !app.spec.checks.isEmpty else {
      throw CommandError(
        "verify.pages", "\(app.name) of \(plan.customer) has no page to ask", help: "say its `health` or `checks`")
    }
  }

  package func report() async -> VerificationReport {
    let encryption = address.scheme == "https" ? await [certificate(), redirect()] : []
    var checks = encryption
    for page in pages { checks += await self.checks(of: page) }
    return VerificationReport(customer: plan.customer, isRunning: true, checks: checks)
  }

  private typealias Check = VerificationReport.Check

  private func check(_ name: String, _ outcome: Check.Outcome, _ message: String = "") -> Check {
    Check(container: app.name, name: name, outcome: outcome, message: message)
  }

  // MARK: TLS

  private func certificate() async -> Check {
    let name = "TLS: certificate"
    switch await PageRequest(address.text, curl: curl).certificates() {
    case .failure(let failure): return check(name, .failed, failure.text)
    case .success(let text):
      guard let begin = CertificateDate.first("Start date:", in: text),
        let end = CertificateDate.first("Expire date:", in: text)
      else { return check(name, .skipped, "curl does not say when it ends: 7.88 or newer does") }
      let left = end - now
      guard left < min(Self.reserve, (end - begin) / 10) else { return check(name, .passed) }
      return check(name, .failed, "it ends in \(left < 172_800 ? "\(left / 3600) hours" : "\(left / 86_400) days")")
    }
  }

  /// Whoever types the name alone comes by HTTP.
  private func redirect() async -> Check {
    let name = "HTTP: redirects to HTTPS"
    guard !address.hasPort else { return check(name, .skipped, "the address names a port") }
    switch await PageRequest("http://\(address.authority)/", curl: curl).redirect() {
    case .failure(let failure): return check(name, .skipped, failure.text)
    case .success(nil): return check(name, .failed, "http://\(address.authority)/ gives a page without encryption")
    case .success(let found?):
      return found.location.hasPrefix("https://")
        ? check(name, .passed) : check(name, .failed, "it leads to \(found.location)")
    }
  }

  // MARK: Pages

  private struct Page {
    let path: String
    let status: Int
    let content: String?
  }

  private var pages: [Page] {
    (app.spec.health.map { [Page(path: $0.value, status: 200, content: nil)] } ?? [])
      + app.spec.checks.map { Page(path: $0.path, status: $0.status, content: $0.content) }
  }

  private func checks(of page: Page) async -> [Check] {
    var base = address.text
    while base.hasSuffix("/") { base.removeLast() }
    let name = "HTTP: \(page.path)"
    switch await PageRequest(base + page.path, curl: curl).answer() {
    case .none(let reason): return [check("\(name): status", .failed, reason)]
    case .page(let status, let body):
      guard status == page.status else {
        return [check("\(name): status", .failed, "is \(status), expected \(page.status)")]
      }
      guard let content = page.content else { return [check("\(name): status", .passed)] }
      let isThere = body.contains(content)
      return [
        check("\(name): status", .passed),
        check("\(name): body", isThere ? .passed : .failed, isThere ? "" : "it lacks \"\(content)\""),
      ]
    }
  }
}

/// When a certificate begins and ends, as curl writes it.
///
/// Source: curl's `lib/vtls`, `Expire date:Feb 24 12:34:56 2027 GMT`; OpenSSL's ASN1_TIME_print.
enum CertificateDate {
  /// Of the first of several certificates, in seconds since 1970.
  static func first(_ key: String, in text: String) -> Int? {
    text.split(separator: "\n").first { $0.hasPrefix(key) }.flatMap { seconds(String($0.dropFirst(key.count))) }
  }

  private static func seconds(_ text: String) -> Int? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let words = text.split(separator: " ").map(String.init)
    guard words.count == 5, words[4] == "GMT", let month = months.firstIndex(of: words[0]), let day = Int(words[1]),
      let year = Int(words[3]), (1970...9999).contains(year), (1...31).contains(day)
    else { return nil }
    let clock = words[2].split(separator: ":").compactMap { Int($0) }
    guard clock.count == 3 else { return nil }
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
    let shifted = month < 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * ((month + 10) % 12) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return (era * 146_097 + dayOfEra - 719_468) * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
  }
}
