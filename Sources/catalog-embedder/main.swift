import Foundation

// usage: catalog-embedder PACKAGE_ROOT OUTPUT
// Writes a Swift source with every file under templates/ and playbooks/ as a raw string literal.
let arguments = CommandLine.arguments
guard arguments.count == 3 else {
  FileHandle.standardError.write(Data("usage: catalog-embedder PACKAGE_ROOT OUTPUT\n".utf8))
  exit(64)
}
let root = arguments[1].hasSuffix("/") ? arguments[1] : arguments[1] + "/"
var paths: [String] = []
for folder in ["templates", "playbooks"] {
  guard let entries = FileManager.default.enumerator(atPath: root + folder) else { continue }
  for case let entry as String in entries {
    let path = "\(folder)/\(entry)"
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: root + path, isDirectory: &isDirectory),
      !isDirectory.boolValue
    else { continue }
    paths.append(path)
  }
}
paths.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }

/// A raw multi-line literal whose delimiter does not occur in `text`.
func literal(_ text: String) -> String {
  var pounds = "####"
  while text.contains("\"\"\"\(pounds)") || text.contains("\\\(pounds)") { pounds += "#" }
  return "\(pounds)\"\"\"\n\(text)\n\"\"\"\(pounds)"
}

var source = "// Made by catalog-embedder from templates/ and playbooks/.\nenum EmbeddedCatalog {\n"
source += "  static let files: [(path: String, text: String)] = [\n"
for (index, path) in paths.enumerated() {
  source += "    (\(literal(path).replacing("\n", with: "\n")), file\(index)),\n"
}
source += "  ]\n"
for (index, path) in paths.enumerated() {
  let text: String
  do {
    text = try String(contentsOfFile: root + path, encoding: .utf8)
  } catch {
    FileHandle.standardError.write(Data("\(root)\(path):1: error: cannot be embedded: \(error)\n".utf8))
    exit(1)
  }
  if text.contains("\r") {
    FileHandle.standardError.write(Data("\(root)\(path):1: error: has a carriage return\n".utf8))
    exit(1)
  }
  source += "  private static let file\(index) = \(literal(text))\n"
}
source += "}\n"
do {
  try source.write(toFile: arguments[2], atomically: true, encoding: .utf8)
} catch {
  FileHandle.standardError.write(Data("\(arguments[2]): error: cannot be written: \(error)\n".utf8))
  exit(1)
}
