import KilnArtifacts
package import KilnConsole
import KilnDiagnostics
import KilnGeneration
package import KilnPlan
import KilnProcesses
import KilnSpec
package import KilnWorkspace
import SystemPackage

/// `ssh` to a host, as Ansible reaches it.
package struct HostShell: Sendable {
  let host: HostPlan
  let loaded: LoadedWorkspace
  let context: CommandContext

  package init(_ host: HostPlan, _ loaded: LoadedWorkspace, _ context: CommandContext) {
    (self.host, self.loaded, self.context) = (host, loaded, context)
  }

  /// - Parameters:
  ///   - user: In place of Ansible's account.
  ///   - command: For a shell there; none for one that is talked to.
  /// - Returns: Its exit code.
  package func run(as user: String?, _ command: [String]) async throws -> Int32 {
    let reach = host.spec.reach
    var temporary: FilePath?
    defer { temporary?.removeAll() }
    var arguments = ["-p", String(reach.port)]
    if let key = reach.key?.value {
      arguments += ["-i", key.string.hasPrefix("~/") ? key.string : loaded.workspace.root.pushing(key).string]
    }
    if let jump = reach.jump { arguments += ["-J", jump] }
    if let key = reach.hostKey {
      let folder = try FilePath.privateFolder("kiln-ssh")
      temporary = folder
      let known = folder.appending("known_hosts")
      try FileReplacement.replace([.init(path: known, bytes: Array("kiln-\(host.name) \(key)\n".utf8))])
      arguments += [
        "-o", "HostKeyAlias=kiln-\(host.name)", "-o", "StrictHostKeyChecking=yes", "-o",
        "UserKnownHostsFile=\"\(known.string)\"",
      ]
    }
    arguments += ["\(user ?? reach.user)@\(host.spec.address.value)", "--"] + command
    return try await context.processes.attached(Invocation("ssh", arguments))
  }
}
