import KilnArtifacts
import KilnConsole
import KilnDiagnostics
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension CommandContext {
  /// The program that is copied into machines and containers, and checks them there.
  package func goss() throws -> String {
    let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init) + ["/usr/local/bin"]
    guard let found = folders.map({ $0 + "/goss" }).first(where: { access($0, X_OK) == 0 }) else {
      throw CommandError(
        "tool.missing", "goss is not on the PATH; it is copied into images and checks them",
        help: "https://github.com/goss-org/goss/releases")
    }
    // A link's name may mean nothing where it is copied from.
    return Containment.real(FilePath(found))?.string ?? found
  }
}
