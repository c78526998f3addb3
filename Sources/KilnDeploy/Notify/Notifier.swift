package import KilnConsole
package import KilnDiagnostics
import KilnHTTP
package import KilnProcesses
import Synchronization

/// Sends notifications. What cannot be sent is a warning: it fails nothing.
package final class Notifier: Sendable {
  private let targets: [NotificationTarget]
  private let environment: [String: String]
  private let curl: Tool
  private let pause: @Sendable (Duration) async -> Void
  /// Ids of events.
  private let sent = Mutex<Set<String>>([])

  /// - Parameters:
  ///   - environment: Where the variables of the targets are looked up.
  ///   - pause: What is done before a second attempt.
  package init(
    _ targets: [NotificationTarget], environment: [String: String], curl: Tool,
    pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
  ) {
    self.targets = targets
    self.environment = environment
    self.curl = curl
    self.pause = pause
  }

  package convenience init(_ targets: [NotificationTarget], _ context: CommandContext) {
    self.init(targets, environment: context.environment, curl: context.tool("curl"))
  }

  /// Values that nobody may see, for a `SecretMask`.
  package var secrets: [String] { targets.compactMap { environment[$0.variable] } }

  /// What would keep a notification from being sent, known before anything happens.
  package var problems: [Diagnostic] {
    targets.compactMap { target in
      if case .failure(let unusable) = url(of: target) { unusable.problem } else { nil }
    }
  }

  /// Sends to every target, one after the other; an event that was sent before is not sent again.
  /// - Returns: A warning for each target that did not get it, without its address.
  package func send(_ notification: Notification) async -> [Diagnostic] {
    guard sent.withLock({ $0.insert(notification.id).inserted }) else { return [] }
    var warnings: [Diagnostic] = []
    for target in targets {
      switch url(of: target) {
      case .failure(let unusable): warnings.append(unusable.problem)
      case .success(let url):
        if let reason = await post(target.body(notification), to: url) {
          warnings.append(
            Diagnostic(
              "notify.failed",
              "\(Self.name(target)) did not get the message \"\(notification.event.rawValue)\": \(reason)",
              severity: .warning))
        }
      }
    }
    return warnings
  }

  /// - Returns: Why it was not taken; nil where it was.
  private func post(_ body: String, to url: WebhookURL) async -> String? {
    var config = CurlConfig(url: url.text, protocols: url.scheme, isDirect: url.isLoopback)
    config.add("header", "Content-Type: application/json; charset=utf-8")
    // Without it, curl waits for a word from the server before it sends a large body.
    config.add("header", "Expect:")
    config.add("data-raw", body)
    config.add("output", "/dev/null")
    config.add("write-out", "%{http_code}")
    for attempt in 1...2 {
      let outcome: Tool.Outcome
      do {
        outcome = try await curl.output(CurlConfig.arguments, input: config.bytes)
      } catch let missing as Tool.Missing {
        return "\(missing.name) is not on the PATH"
      } catch {
        return "curl could not be run"
      }
      let failure = CurlFailure(code: outcome.code)
      let status = outcome.isSuccess ? Int(outcome.output.suffix(3)) ?? 0 : 0
      if (200..<300).contains(status) { return nil }
      let mayHelp = outcome.isSuccess ? status >= 500 : failure.isBeforeSending
      if attempt == 1, mayHelp {
        await pause(.seconds(1))
        continue
      }
      return outcome.isSuccess ? Self.text(status: status) : failure.text
    }
    return nil
  }

  private static func text(status: Int) -> String {
    (300..<400).contains(status)
      ? "it answered with status \(status), and redirects are not followed" : "it answered with status \(status)"
  }

  private static func name(_ target: NotificationTarget) -> String {
    target.kind == .slack ? "Slack ($\(target.variable))" : "the webhook ($\(target.variable))"
  }

  private func url(of target: NotificationTarget) -> Result<WebhookURL, Unusable> {
    guard let value = environment[target.variable], !value.isEmpty else {
      return .failure(
        Unusable(
          Diagnostic(
            "notify.secret", "\(Self.name(target)) is not notified: the variable \(target.variable) is not set",
            severity: .warning)))
    }
    do {
      return .success(try WebhookURL(value))
    } catch {
      return .failure(
        Unusable(
          Diagnostic("notify.address", "\(Self.name(target)) is not notified: \(error.text)", severity: .warning)))
    }
  }

  private struct Unusable: Error {
    let problem: Diagnostic
    init(_ problem: Diagnostic) { self.problem = problem }
  }
}
