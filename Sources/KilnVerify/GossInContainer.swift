import KilnArtifacts
import KilnContext
import KilnDiagnostics
import KilnEngine
import KilnGeneration
package import KilnProcesses
package import SystemPackage

/// Runs goss as root in a container whose other accounts are not trusted.
///
/// One command receives the program and its files on its standard input, unpacks them into a new folder that only root can
/// enter, in a place where only root can make names, runs goss there and removes the folder, however it ends. Nobody can
/// wait at a known path, and nothing can be exchanged between copying and running.
package struct GossInContainer: Sendable {
  package let docker: Tool
  /// The program on this machine.
  package let program: FilePath
  /// The folder with the goss files.
  package let folder: FilePath

  package static let script = #"""
    set -eu
    umask 077
    dir=
    trap '[ -z "$dir" ] || rm -rf -- "$dir"' EXIT
    trap 'exit 1' HUP INT TERM
    for place in /root /run /; do
      case "$(stat -L -c '%u %A' "$place" 2>/dev/null)" in
        '0 d'????-??-?) dir=$(mktemp -d "$place/kiln-verify.XXXXXXXXXX") && break ;;
      esac
    done
    [ -n "$dir" ] || { echo 'no folder of the container is for root alone: /root, /run and / can be written by others' >&2; exit 1; }
    tar --extract --no-same-owner --file=- --directory="$dir"
    chmod 0700 "$dir/goss"
    # Settings of goss's own, which the image may have.
    for name in $(env | sed -n 's/^\(GOSS_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
    file=$1; shift
    # A page or a command that never ends must not take the memory of the machine: goss keeps what it reads.
    ulimit -d \#(GossFiles.memoryLimit)
    "$dir/goss" --gossfile "$dir/$file" validate --no-color --format json "$@"
    """#

  /// - Parameters:
  ///   - file: The goss file of the folder.
  ///   - options: More of goss's own.
  package func run(_ file: String, in container: String, _ options: [String] = []) async throws -> Tool.Outcome {
    let result = try await docker.output(
      ["exec", "--interactive"] + ContainerPrograms.settings
        + ["--user", "0", container, "/bin/sh", "-c", Self.script, "verify", file] + options,
      input: try archive())
    if !result.isSuccess, result.error.contains("out of memory") || result.error.contains("cannot allocate memory") {
      throw CommandError(
        "verify.memory",
        "goss, which checks a container, stopped at its limit of \(GossFiles.memoryLimit >> 20) GiB of memory",
        help: "`health`, one of the `checks` or a command of a component's `verify` answers without end")
    }
    return result
  }

  private func archive() throws -> [UInt8] {
    let goss = try RegularFile.read(program, limit: 1 << 28)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(goss.count + 1 << 20)
    let source = ContextSource(layers: [.init(folder)], files: ["goss": goss])
    _ = try ContextPacker().pack(source) { bytes += $0 }
    return bytes
  }
}
