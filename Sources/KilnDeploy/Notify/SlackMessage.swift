import KilnDocuments

/// A notification as Slack's incoming webhooks take it.
///
/// Sources: api.slack.com, "Formatting text for app surfaces" (`&`, `<` and `>` are escaped, and whatever mentions somebody
/// or links begins with `<`; `verbatim` leaves names in plain text alone) and "Reference: Layout blocks" (a section has at
/// most 3,000 characters).
struct SlackMessage {
  /// Characters of a piece of text, of each of which escaping may make five.
  private static let limit = 560
  private static let sectionLimit = 3000

  let notification: Notification

  init(_ notification: Notification) { self.notification = notification }

  var document: DocumentValue {
    [
      // Shown where blocks are not, as in a desktop's notifications.
      "text": .string(Self.escaped(Self.cut("\(notification.place): \(notification.headline)"))),
      "blocks": .list(sections.map(Self.section)), "link_names": false, "parse": "none", "unfurl_links": false,
      "unfurl_media": false,
    ]
  }

  private var sections: [String] {
    let notification = notification
    let sign = notification.isWell ? ":white_check_mark:" : ":x:"
    var sections = ["\(sign) *\(Self.plain("\(notification.place): \(notification.headline)"))*"]
    if let cause = notification.cause { sections.append(Self.code(cause)) }
    var lines = notification.commits.prefix(Notification.shownCommits).map(Self.line)
    if notification.hidden > 0 { lines.append("and \(notification.hidden) more") }
    if notification.implicated != nil, !notification.isWell {
      sections += Self.joined(["*\(Self.plain(notification.blame))*"] + lines.prefix(1))
      lines.removeFirst()
    }
    if let title = notification.listTitle { sections += Self.joined(["*\(Self.plain(title))*"] + lines) }
    return sections
  }

  /// Lines in as few sections as may hold them.
  private static func joined(_ lines: [String]) -> [String] {
    var sections: [String] = []
    for line in lines {
      if let last = sections.last, last.unicodeScalars.count + line.unicodeScalars.count < sectionLimit {
        sections[sections.count - 1] = "\(last)\n\(line)"
      } else {
        sections.append(line)
      }
    }
    return sections
  }

  private static func section(_ text: String) -> DocumentValue {
    ["type": "section", "text": ["type": "mrkdwn", "text": .string(text), "verbatim": true]]
  }

  private static func line(_ commit: ReleaseCommit) -> String {
    "\(code(commit.shortHash)) \(plain("\(commit.author): \(commit.subject)"))"
  }

  /// Text between backquotes: nothing in it is formatting.
  private static func code(_ text: String) -> String {
    let inner = cut(text).replacing("`", with: "'")
    return inner.isEmpty ? "" : "`\(escaped(inner))`"
  }

  private static func plain(_ text: String) -> String { escaped(cut(Notification.line(text))) }

  private static func cut(_ text: String) -> String { Notification.cut(text, to: limit) }

  /// Scalar by scalar: with a combining sign behind it, `<` is another character to Swift, and the same one to Slack.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
