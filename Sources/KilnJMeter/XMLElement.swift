import KilnDocuments

/// An element with children, or with text.
struct XMLElement {
  let name: String
  let attributes: [(name: String, value: String)]
  private let text: String?
  private let children: [XMLElement]

  init(_ name: String, _ attributes: [(String, String)] = [], _ children: [XMLElement] = []) {
    self.name = name
    self.attributes = attributes
    self.children = children
    text = nil
  }

  init(_ name: String, _ attributes: [(String, String)], text: String) {
    self.name = name
    self.attributes = attributes
    self.text = text
    children = []
  }

  func add(to lines: inout [String], depth: Int) {
    let indent = String(repeating: "  ", count: depth)
    let start = indent + "<" + name + attributes.map { " \($0.name)=\"\(Markup.escaped($0.value))\"" }.joined()
    if let text, !text.isEmpty {
      lines.append("\(start)>\(Markup.escaped(text))</\(name)>")
    } else if children.isEmpty {
      lines.append(start + "/>")
    } else {
      lines.append(start + ">")
      for child in children { child.add(to: &lines, depth: depth + 1) }
      lines.append("\(indent)</\(name)>")
    }
  }

  /// A comment of one line; two hyphens would end it.
  static func comment(_ text: String) -> String {
    var out = ""
    for scalar in CommentText.line(text).unicodeScalars {
      if scalar == "-", out.unicodeScalars.last == "-" { out += " " }
      let isAllowed = scalar.value != 0xFFFE && scalar.value != 0xFFFF
      out.unicodeScalars.append(isAllowed ? scalar : "\u{FFFD}")
    }
    return "<!-- \(out) -->"
  }
}
