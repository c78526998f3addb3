package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the system gave this process.
package enum ProcessEnvironment {
  /// Environment variables; bytes that are not UTF-8 are replaced by U+FFFD.
  package static var variables: [String: String] { ProcessInfo.processInfo.environment }

  /// The current folder.
  package static var folder: FilePath {
    guard let path = getcwd(nil, 0) else { return "." }
    defer { free(path) }
    return FilePath(platformString: path)
  }

  /// Where programs put what they need for a moment: `TMPDIR`, else `/tmp`.
  package static var temporaryFolder: FilePath {
    guard let value = getenv("TMPDIR").map({ FilePath(platformString: $0) }), value.isAbsolute else { return "/tmp" }
    return value
  }

  /// What this account keeps outside of workspaces, whose files come from others: `$XDG_STATE_HOME/kiln` or
  /// `~/.local/state/kiln`; nil where the account has no home.
  package static var stateFolder: FilePath? {
    for (variable, rest) in [("XDG_STATE_HOME", "kiln"), ("HOME", ".local/state/kiln")] {
      if let value = getenv(variable).map({ FilePath(platformString: $0) }), value.isAbsolute {
        return value.pushing(FilePath(rest))
      }
    }
    return nil
  }

  /// The account's name, else its number.
  package static var user: String {
    if let account = getpwuid(getuid()) { return String(cString: account.pointee.pw_name) }
    return String(getuid())
  }

  /// What this machine is called.
  package static var host: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// The processors that this process may use.
  package static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// The file of this very program; nil where the system does not say.
  package static var program: String? {
    #if canImport(Darwin)
      var count: UInt32 = 4096
      var path = [CChar](repeating: 0, count: Int(count))
      return _NSGetExecutablePath(&path, &count) == 0 ? String(cString: path) : nil
    #else
      return "/proc/self/exe"
    #endif
  }
}
