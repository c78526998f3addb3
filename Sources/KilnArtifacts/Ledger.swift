import Foundation

/// What Kiln wrote into a folder: `index.json`, by which it knows its own files.
///
/// `{"files": {"acme/app/Dockerfile": {"executable": false, "sha256": "…", "source": "environments/acme.yaml"}},
/// "generator": "kiln 0.1.0", "schemaVersion": 1}`, keys sorted.
public struct Ledger: Sendable, Equatable {
  public static let name = "index.json"

  public struct Entry: Sendable, Equatable, Codable {
    public let sha256: String
    public let source: String
    public let executable: Bool

    public init(_ artifact: Artifact) {
      sha256 = artifact.digest.hex
      source = artifact.source
      executable = artifact.isExecutable
    }
  }

  public let generator: String
  public let files: [String: Entry]

  public init(generator: String, files: [String: Entry]) {
    self.generator = generator
    self.files = files
  }

  private struct Document: Codable {
    let files: [String: Entry]
    let generator: String
    let schemaVersion: Int
  }

  /// Reads `index.json`.
  /// - Throws: A `LedgerError` saying what is wrong with it.
  public init(_ bytes: some Sequence<UInt8>) throws(LedgerError) {
    let document: Document
    do {
      document = try JSONDecoder().decode(Document.self, from: Data(bytes))
    } catch {
      throw LedgerError(reason: "it is not Kiln's index")
    }
    guard document.schemaVersion == 1 else {
      throw LedgerError(reason: "it has schema version \(document.schemaVersion), of another Kiln")
    }
    for path in document.files.keys where RelativePath(path) == nil {
      throw LedgerError(reason: "it names \"\(path)\"")
    }
    self.init(generator: document.generator, files: document.files)
  }

  /// The file's bytes: sorted keys, one line a file.
  public var bytes: [UInt8] {
    func quoted(_ text: String) -> String {
      let data = (try? JSONEncoder().encode(text)) ?? Data()
      return String(decoding: data, as: UTF8.self).replacing("\\/", with: "/")
    }
    let lines = files.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { path, entry in
      "    \(quoted(path)): {\"executable\": \(entry.executable), \"sha256\": \"\(entry.sha256)\", \"source\": \(quoted(entry.source))}"
    }
    let body = lines.isEmpty ? "{}" : "{\n" + lines.joined(separator: ",\n") + "\n  }"
    return Array("{\n  \"files\": \(body),\n  \"generator\": \(quoted(generator)),\n  \"schemaVersion\": 1\n}\n".utf8)
  }
}

/// An `index.json` that is not Kiln's.
public struct LedgerError: Error, Sendable, Equatable {
  public let reason: String
}
