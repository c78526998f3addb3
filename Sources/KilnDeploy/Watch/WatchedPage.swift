import KilnDocuments
package import KilnHTTP

/// A page that is asked again and again: an app's `health`, or one of its `checks`.
package struct WatchedPage: Sendable {
  /// Which one it is.
  package struct ID: Sendable, Hashable, Codable {
    package let customer: String
    package let stage: String?
    package let app: String
    /// As in `/health`.
    package let path: String

    package init(customer: String, stage: String?, app: String, path: String) {
      self.customer = customer
      self.stage = stage
      self.app = app
      self.path = path
    }

    /// `acme qa: care /health`.
    package var text: String {
      ConsoleText.safe(line: "\(customer)\(stage.map { " \($0)" } ?? ""): \(app) \(path)")
    }
  }

  package let id: ID
  package let status: Int
  /// What is in the page.
  package let content: String?
  package let ask: @Sendable () async -> PageAnswer

  package init(_ id: ID, status: Int = 200, content: String? = nil, ask: @escaping @Sendable () async -> PageAnswer) {
    self.id = id
    self.status = status
    self.content = content
    self.ask = ask
  }

  /// What is wrong with an answer, in a few words; nil where it is as it has to be.
  package func trouble(_ answer: PageAnswer) -> String? {
    switch answer {
    case .none(let reason): return reason
    case .page(let status, let body):
      if status != self.status { return "status \(status) in place of \(self.status)" }
      guard let content, !body.contains(content) else { return nil }
      return "the page does not contain \"\(content)\""
    }
  }
}
