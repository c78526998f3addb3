extension OutputUnit {
  /// The folder whose folders are units of their own.
  public static let runtimes = "runtimes"
  /// Where files are made before they get their names.
  static let workshop = ".kiln-new"
  /// What a run that has not ended wrote.
  static let journal = ".kiln-journal"

  /// The unit that a file belongs to.
  public static func name(of path: String) -> String {
    let slash = UInt8(ascii: "/")
    guard let first = path.utf8.firstIndex(of: slash) else { return path }
    guard path.utf8[..<first].elementsEqual(runtimes.utf8),
      let second = path.utf8[path.utf8.index(after: first)...].firstIndex(of: slash)
    else { return String(path[..<first]) }
    return String(path[..<second])
  }

  /// Names at the top of the output folder that no generated file has: Kiln's own, and Git's.
  static func isReserved(_ name: String) -> Bool {
    [Ledger.name, journal, workshop].contains(name) || name.lowercased() == ".git"
  }
}
