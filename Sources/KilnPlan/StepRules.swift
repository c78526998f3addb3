import KilnDiagnostics
import KilnSpec

/// Rules that hold for a step once its parameters are filled in; a parameter's value can break them.
enum StepRules {
  static func problems(_ kind: String, _ body: SpecNode, at location: SourceLocation) -> [Diagnostic] {
    var found: [Diagnostic] = []
    func refuse(_ what: String, _ rule: String) {
      found.append(Diagnostic("spec.step-value", "\(kind): \(what)", at: location, suggestion: rule))
    }
    func path(_ key: String) {
      guard let text = body[key]?.scalar?.text else { return }
      if !text.hasPrefix("/") { refuse("\(key) \"\(text)\" is not absolute", "begin it with /") }
      if text.split(separator: "/").contains("..") { refuse("\(key) \"\(text)\" has ..", "write the path out") }
      if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
        refuse("\(key) has a control character", "take it out")
      }
    }
    switch kind {
    case "packages":
      for item in body.items ?? [] {
        let name = item.scalar?.text ?? ""
        let allowed = name.utf8.allSatisfy {
          (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "+-.:=~^".utf8.contains($0)
            || (0x41...0x5A).contains($0)
        }
        if !allowed || name.isEmpty
          || !(name.utf8.first.map { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) } ?? false)
        {
          refuse(
            "\"\(name)\" is no Debian package", "lower-case letters, digits and + - . inside, NAME or NAME=VERSION")
        }
      }
    case "repository":
      for text in body.texts("uris") + body.texts("suites") + body.texts("components") + body.texts("architectures")
      where text.isEmpty || text.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F }) {
        refuse("\"\(text)\" has a blank or is empty", "one word each")
      }
    case "download":
      path("to")
      let url = body.text("url")
      if !(url.hasPrefix("https://") || url.hasPrefix("http://"))
        || url.unicodeScalars.contains(where: { $0.value <= 0x20 })
      {
        refuse("\"\(url)\" is no URL", "begin it with https://")
      }
    case "file", "directory", "link": path("path")
    case "run":
      path("creates")
      if body.text("script").utf8.contains(0) { refuse("the script has a NUL byte", "take it out") }
    case "environment":
      for entry in body.entries ?? [] {
        if let problem = EnvironmentRules.problem(entry.value.scalar?.text ?? "") {
          refuse("\(entry.key) \(problem)", "put such a value into a file")
        }
      }
    default: break
    }
    return found
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
