import CExtendedAttributes
import KilnArtifacts
package import KilnConsole
import KilnDiagnostics
package import KilnGeneration
package import KilnPlan
import KilnProcesses
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Secrets as files in memory, in a folder that only this account can enter; containers get each file read-only.
///
/// A file belongs to this account, which need not be root and cannot give it away: an access list names the accounts of
/// the container that read it, and nobody else. Nothing of a secret is in a container's own layer, in a volume, in an
/// argument or in a Compose file, and what restarts by itself still has its secrets.
package struct SecretFiles: Sendable {
  /// A secret's value for one service.
  package struct Value: Sendable {
    package let secret: LocalSecret
    package let bytes: [UInt8]
  }

  package let folder: FilePath

  /// - Parameters:
  ///   - name: The folder's name at the last start, where there was one.
  ///   - mark: How names of the environment's folders begin, 8 hexadecimal digits; see `removeAll(marked:)`.
  /// - Throws: `FileSystemError`.
  package init(named name: String?, mark: String) throws {
    if let name, Self.isName(name), try Self.make(Self.place.appending(name)) {
      folder = Self.place.appending(name)
      return
    }
    while true {
      let path = Self.place.appending("kiln-\(mark)\(LocalState.random().prefix(24))")
      if try Self.make(path) {
        folder = path
        return
      }
    }
  }

  package var name: String { folder.lastComponent?.string ?? "" }

  /// In memory where the system has such a place.
  package static var place: FilePath {
    let memory: FilePath = "/dev/shm"
    return memory.isFolder ? memory : ProcessEnvironment.temporaryFolder
  }

  @Sendable private static func isName(_ name: String) -> Bool {
    name.hasPrefix("kiln-") && name.utf8.count == 37 && name.dropFirst(5).allSatisfy { $0.isASCII && $0.isHexDigit }
  }

  /// Makes a folder for this account alone.
  /// - Returns: Whether it is such a folder; something else may stand there.
  private static func make(_ path: FilePath) throws -> Bool {
    if path.withPlatformString({ mkdir($0, 0o700) }) == 0 { return true }
    guard errno == EEXIST else { throw FileSystemError("make the folder", path, Errno(rawValue: errno)) }
    var status = stat()
    return path.withPlatformString({ lstat($0, &status) }) == 0 && status.st_mode & S_IFMT == S_IFDIR
      && status.st_uid == geteuid() && status.st_mode & 0o077 == 0
  }

  /// - Parameter readers: The numbers of the accounts that read the secrets of a service; nil where the engine gives
  ///   numbers of its own to accounts: then every account of that container reads them.
  package func write(_ values: [Value], readers: (String) -> [UInt32]?) throws {
    for value in values {
      let part = folder.appending(value.secret.service)
      guard try Self.make(part) else { throw FileSystemError("use as a private folder", part, .fileExists) }
      let path = part.appending(value.secret.use.file)
      let file = try AtomicFile.create(at: path)
      try value.bytes.withUnsafeBytes { try file.write($0) }
      let isListed = readers(value.secret.service).map { AccessList($0).apply(to: file.descriptor.rawValue) } ?? false
      // Without a list, the folder alone keeps others of this machine out.
      try file.commit(mode: FilePermissions(rawValue: isListed ? 0o440 : 0o444))
    }
  }

  /// The values; all that are missing are reported.
  package static func values(
    of secrets: [LocalSecret], in plan: EnvironmentPlan, _ context: CommandContext
  ) throws -> [Value] {
    var missing: [String] = []
    var problems: [String] = []
    let values = secrets.compactMap { secret -> Value? in
      let variable = secret.use.variable
      if let problem = plan.problem(ofVariable: variable, in: context.environment) {
        if !problems.contains(problem) {
          missing.append(variable)
          problems.append(problem)
        }
        return nil
      }
      return Value(secret: secret, bytes: Array((context.environment[variable] ?? "").utf8))
    }
    guard let first = missing.first else { return values }
    throw CommandError(
      problems.map { Diagnostic("up.secret", $0) }, kind: .problem,
      hints: ["values of secrets come from variables: `export \(first)=…`"])
  }

  /// The name of the folder that a file for a container is in; nil where it is no secret's.
  package static func folderName(ofFile path: String) -> String? {
    let parts = path.split(separator: "/").map(String.init)
    guard let at = parts.firstIndex(where: isName), FilePath("/" + parts[..<at].joined(separator: "/")) == place else {
      return nil
    }
    return parts[at]
  }

  /// Removes what `init` made for an environment, also by runs that were killed before they could note it.
  package static func removeAll(marked mark: String) {
    for name in (try? place.names()) ?? []
    where name.hasPrefix("kiln-\(mark)") { remove(named: name) }
  }

  /// Removes a folder that `init` made.
  package static func remove(named name: String?) {
    guard let name, isName(name) else { return }
    place.appending(name).removeAll()
  }

  /// What stands for the values without saying them.
  package static func digest(of values: [Value], key: String) -> String {
    var bytes: [UInt8] = []
    for value in values.sorted(by: { $0.secret.use.file < $1.secret.use.file }) {
      bytes += Array("\(value.secret.use.file)\0\(value.bytes.count)\0".utf8) + value.bytes
    }
    return "\(keyName(key)).\(KeyedDigest.hex(of: bytes, key: key).prefix(32))"
  }

  /// By which a digest's key is known again: another key's digests cannot be compared.
  private static func keyName(_ key: String) -> String {
    String(KeyedDigest.hex(of: Array("name of the key".utf8), key: key).prefix(8))
  }

  /// Whether `digest` is of other values; false where that cannot be known.
  package static func isOther(_ digest: String, than current: String) -> Bool {
    digest != current && !digest.isEmpty && digest.split(separator: ".").first == current.split(separator: ".").first
  }
}

/// A POSIX access list by which some accounts may read a file.
package struct AccessList: Sendable, Equatable {
  package let readers: [UInt32]

  package init(_ readers: [UInt32]) { self.readers = Set(readers).sorted() }

  /// As the kernel takes it: version 2, then tag, permissions and number of each entry (linux/posix_acl_xattr.h).
  package var bytes: [UInt8] {
    let nobody = UInt32.max
    let read: UInt16 = 4
    let entries: [(tag: UInt16, permissions: UInt16, id: UInt32)] =
      [(0x01, read, nobody)] + readers.map { (0x02, read, $0) }
      + [(0x04, 0, nobody), (0x10, read, nobody), (0x20, 0, nobody)]
    func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
      withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
    return little(UInt32(2)) + entries.flatMap { little($0.tag) + little($0.permissions) + little($0.id) }
  }

  /// - Returns: Whether the file system took it.
  package func apply(to descriptor: Int32) -> Bool {
    #if os(Linux)
      let bytes = bytes
      return bytes.withUnsafeBytes { fsetxattr(descriptor, "system.posix_acl_access", $0.baseAddress, $0.count, 0) }
        == 0
    #else
      return false
    #endif
  }
}
