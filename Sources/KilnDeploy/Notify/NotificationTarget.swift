import KilnHTTP

/// Somebody who is notified: an entry of `notify` in `kiln.yaml`.
package struct NotificationTarget: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// An incoming webhook of Slack's, or of a program that takes the same.
    case slack
    /// JSON of Kiln's own: docs/deploy-watch.md.
    case webhook
  }

  package let kind: Kind
  /// The variable that holds the address where Kiln runs.
  package let variable: String

  package init(_ kind: Kind, variable: String) {
    self.kind = kind
    self.variable = variable
  }

  /// What is sent: one JSON text. Of more commits than curl takes in a line the last ones are left out.
  func body(_ notification: Notification) -> String {
    if kind == .slack { return JSONBody.text(SlackMessage(notification).document) }
    var count = notification.commits.count
    while true {
      let text = JSONBody.text(notification.document(commits: count))
      if count == 0 || CurlConfig.quoted(text).utf8.count < CurlConfig.lineLimit { return text }
      count /= 2
    }
  }
}
