import KilnDiagnostics

/// The fields of one step, each with the rule of its kind.
struct StepFields {
  let kind: String
  let body: SpecNode
  let location: SourceLocation
  let family: PackageFamily
  private(set) var problems: [Diagnostic] = []

  init(kind: String, body: SpecNode, location: SourceLocation, family: PackageFamily) {
    self.kind = kind
    self.family = family
    self.body = body
    self.location = location
  }

  mutating func refuse(_ what: String, _ rule: String) {
    problems.append(Diagnostic("spec.step-value", "\(kind): \(what)", at: location, suggestion: rule))
  }

  mutating func path(_ key: String) {
    guard let text = body[key]?.scalar?.text else { return }
    if let problem = PathRules.problem(text) {
      refuse("\(key) \"\(text)\" \(problem)", text.hasPrefix("/") ? "write the path out" : "begin it with /")
    }
    line(key, body[key])
  }

  mutating func line(_ key: String, _ node: SpecNode?) {
    guard let text = node?.scalar?.text else { return }
    if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
      refuse("\(key) has a control character", "take it out")
    }
  }

  mutating func noNUL(_ what: String, _ node: SpecNode?) {
    if node?.scalar?.text.utf8.contains(0) ?? false { refuse("\(what) has a NUL byte", "take it out") }
  }

  mutating func url(_ key: String, in node: SpecNode? = nil) {
    let url = (node ?? body).text(key)
    if !StepText.isURL(url) { refuse("\"\(url)\" is no URL", "begin it with https://; ASCII without blanks") }
  }

  mutating func sha256(_ node: SpecNode?) {
    let text = node?.scalar?.text ?? ""
    let isDigest =
      text.utf8.count == 64
      && text.utf8.allSatisfy { StepText.isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
    if !isDigest { refuse("sha256 \"\(text)\" is no SHA-256", "64 hexadecimal digits in lower case") }
  }

  mutating func mode() {
    guard let text = body["mode"]?.scalar?.text else { return }
    let isMode = (3...4).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x37).contains($0) }
    if !isMode { refuse("mode cannot be \"\(text)\"", "three or four octal digits, as in \"0644\"") }
  }

  mutating func account(_ key: String, _ node: SpecNode? = nil) {
    guard let text = (node ?? body[key])?.scalar?.text else { return }
    if !StepText.isAccount(text) {
      refuse("\(key) cannot be \"\(text)\"", "an account's name: lower case, digits, _ and -, at most 32 characters")
    }
  }

  mutating func variable(_ entry: SpecNode.Entry) {
    let isName =
      !(entry.key.utf8.first.map(StepText.isDigit) ?? true)
      && entry.key.utf8.allSatisfy { StepText.isLetter($0) || StepText.isDigit($0) || $0 == UInt8(ascii: "_") }
    if !isName {
      refuse("\"\(entry.key)\" is no variable's name", "letters, digits and underscores, no digit first")
    }
  }

  mutating func unit() {
    let name = body.text("name")
    let isUnit =
      (name.utf8.first.map { StepText.isLetter($0) || StepText.isDigit($0) } ?? false) && name.utf8.count <= 200
      && name.utf8.allSatisfy { StepText.isLetter($0) || StepText.isDigit($0) || ":_.@-".utf8.contains($0) }
    if !isUnit {
      refuse(
        "name cannot be \"\(name)\"", "a systemd unit's name without .service: letters, digits and : _ . @ - inside")
    }
  }
}
