import KilnDiagnostics
import KilnSpec

/// Rules for every field of a step, checked once its parameters are filled in: a definition's own shape cannot know what a
/// spec puts there. What a lowering writes without quoting (a package, an account, a checksum) is only what passed here.
enum StepRules {
  static func problems(_ kind: String, _ body: SpecNode, at location: SourceLocation) -> [Diagnostic] {
    var fields = StepFields(kind: kind, body: body, location: location)
    switch kind {
    case "packages": fields.packages()
    case "repository": fields.repository()
    case "download":
      fields.url("url")
      fields.sha256(body["sha256"])
      fields.path("to")
      fields.mode()
    case "file", "directory":
      fields.path("path")
      fields.mode()
      fields.account("owner")
      fields.account("group")
    case "user":
      fields.account("name")
      fields.path("home")
      fields.path("shell")
      for group in body["groups"]?.items ?? [] { fields.account("groups", group) }
    case "link":
      fields.path("path")
      fields.line("target", body["target"])
    case "run":
      fields.path("creates")
      fields.noNUL("the script", body["script"])
      for entry in body["environment"]?.entries ?? [] {
        fields.variable(entry)
        fields.noNUL(entry.key, entry.value)
      }
    case "environment":
      for entry in body.entries ?? [] {
        fields.variable(entry)
        if let problem = EnvironmentRules.problem(entry.value.scalar?.text ?? "") {
          fields.refuse("\(entry.key) \(problem)", "put such a value into a file")
        }
      }
    case "service":
      fields.unit()
      for word in body["command"]?.items ?? [] { fields.noNUL("command", word) }
    default: break
    }
    return fields.problems
  }
}

/// The fields of one step, each with the rule of its kind.
private struct StepFields {
  let kind: String
  let body: SpecNode
  let location: SourceLocation
  var problems: [Diagnostic] = []

  init(kind: String, body: SpecNode, location: SourceLocation) {
    self.kind = kind
    self.body = body
    self.location = location
  }

  mutating func refuse(_ what: String, _ rule: String) {
    problems.append(Diagnostic("spec.step-value", "\(kind): \(what)", at: location, suggestion: rule))
  }

  mutating func packages() {
    for item in body.items ?? [] {
      let name = item.scalar?.text ?? ""
      if let rule = PackageName.problem(name) { refuse("\"\(name)\" is no Debian package", rule) }
    }
  }

  mutating func repository() {
    let name = body.text("name")
    if !StepText.isName(name) {
      refuse("name cannot be \"\(name)\"", "lower-case letters, digits, - and . inside: it names files")
    }
    for key in ["uris", "suites", "components", "architectures"] {
      for text in body.texts(key) where text.isEmpty || !StepText.isWord(text) {
        refuse("\"\(text)\" in \(key) is not one word", "ASCII without blanks, one word each")
      }
    }
    for uri in body.texts("uris") where StepText.isWord(uri) && !StepText.isURL(uri) {
      refuse("\"\(uri)\" is no URL", "begin it with https://")
    }
    guard let key = body["signedBy"], key["url"] != nil else { return }
    url("url", in: key)
    sha256(key["sha256"])
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

/// What a variable's value may be, everywhere it has to arrive.
public enum EnvironmentRules {
  /// Why neither an image nor a systemd unit can carry `value`, or nil.
  public static func problem(_ value: String) -> String? {
    if value.unicodeScalars.contains(where: { $0 == "\n" || $0 == "\r" }) {
      return "has a line break, which an image's environment cannot carry"
    }
    if value.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }) {
      return "has a control character"
    }
    return nil
  }
}
