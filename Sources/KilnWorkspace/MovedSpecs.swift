import KilnArtifacts
package import KilnDiagnostics
import KilnDocuments
import KilnSpec
import SystemPackage

/// Files that look like a customer's spec and are read as nobody's: its files are not removed while one lies there.
struct MovedSpecs {
  /// With the folder `environments`.
  let root: FilePath
  /// Specs that are read.
  let read: Set<String>

  private static let sizeLimit = 1 << 20

  /// - Parameter spec: What the customer was described in, as in `environments/acme.yaml`.
  func files(of customer: String, _ spec: String) -> [String] {
    let stem = FilePath(spec).stem ?? customer
    let names = Set([customer.lowercased(), stem.lowercased()])
    return candidates().filter { path in
      let parts = Self.parts(path)
      let isNamed = parts.first.map { names.contains($0) } ?? false
      return isNamed && parts.dropFirst().contains { ["yaml", "yml"].contains($0) } || describes(path, customer)
    }
  }

  /// Files of any name, in any folder below: an editor's copy and a renamed one have all kinds of endings.
  private func candidates() -> [String] {
    var found: [String] = []
    var folders = ["environments"]
    while let folder = folders.popLast() {
      for name in (try? root.pushing(FilePath(folder)).names()) ?? [] where name.lowercased() != ".git" {
        let path = "\(folder)/\(name)"
        let place = root.pushing(FilePath(path))
        // A link to a folder may have no end.
        if place.isFolder {
          if !place.isLink { folders.append(path) }
        } else if !read.contains(path) {
          found.append(path)
        }
      }
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// `.Acme.YAML.bak` is acme, yaml and bak.
  private static func parts(_ path: String) -> [String] {
    (path.split(separator: "/").last ?? "").lowercased().split(separator: ".").map(String.init)
  }

  /// Whether the file says that it is the customer's, in whatever form of YAML: `"customer": &a !!str acme`.
  private func describes(_ path: String, _ customer: String) -> Bool {
    let file = root.pushing(FilePath(path))
    guard let bytes = try? RegularFile.read(file, limit: Self.sizeLimit, following: .refused) else { return false }
    let words = bytes.split { byte in
      !((0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D)
    }
    return words.indices.contains { index in
      words[index].elementsEqual("customer".utf8)
        && words[index...].dropFirst().prefix(3).contains { $0.elementsEqual(customer.utf8) }
    }
  }
}

extension LoadedWorkspace {
  /// A problem for each customer whose spec is not read and lies under another name: what it has is not left over.
  /// - Parameter specs: What each was described in, by customer.
  package func movedSpecs(_ specs: [String: String], id: String) -> [Diagnostic] {
    let moved = MovedSpecs(root: workspace.root, read: workspace.environmentFiles)
    return specs.sorted { $0.key < $1.key }.compactMap { customer, spec -> Diagnostic? in
      let files = moved.files(of: customer, spec)
      guard !files.isEmpty else { return nil }
      let looks = files.count == 1 ? "looks like it" : "look like it"
      return Diagnostic(
        id, "\(spec) is gone, and \(Phrase.some(files, limit: 5)) \(looks): the files of \(customer) would be removed",
        suggestion: "name it \(spec) again, or remove it where the customer is gone")
    }
  }
}
