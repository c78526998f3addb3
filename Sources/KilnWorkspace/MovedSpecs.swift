import KilnArtifacts
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
      return parts.first.map { names.contains($0) } ?? false || describes(path, customer)
    }
  }

  /// What is called YAML, in whatever case and with whatever behind it, in any folder below.
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
        } else if Self.parts(path).dropFirst().contains(where: { ["yaml", "yml"].contains($0) }), !read.contains(path) {
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

  /// Whether a line says that the file is the customer's.
  private func describes(_ path: String, _ customer: String) -> Bool {
    let file = root.pushing(FilePath(path))
    guard let bytes = try? RegularFile.read(file, limit: Self.sizeLimit, following: .refused) else { return false }
    return bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).contains { line in
      guard line.starts(with: "customer:".utf8) else { return false }
      let value = String(decoding: line.dropFirst("customer:".utf8.count), as: UTF8.self)
      return value.prefix { $0 != "#" }.filter { !" \t\"'".contains($0) } == customer
    }
  }
}
