import KilnAnsible
import KilnDiagnostics
package import KilnDocuments
import KilnGeneration
import KilnPlan
import KilnSpec
package import KilnWorkspace
import SystemPackage

extension LoadedWorkspace {
  /// What an inventory script prints for `--list`; paths are from the folder of generated files.
  package func inventory() throws -> DocumentValue {
    _ = try hosts(named: [])
    return HostsOutput(hosts, in: workspace.output.appending(GeneratedFolder.hosts)).inventory.list
  }

  /// User data for the first boot of a host.
  /// - Throws: `CommandError` for a repository or a commit that is none.
  package func cloudInit(host name: String, repository: String, commit: String) throws -> String {
    let found = try hosts(named: [name])
    guard found.count == 1, let host = found.first else {
      throw CommandError("hosts.several", "\(name) is a group of \(found.count)", help: "name one host")
    }
    guard commit.utf8.count == 40, commit.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else {
      throw CommandError(
        "hosts.commit", "--commit takes a commit's whole id, 40 hexadecimal digits",
        help: "`git rev-parse HEAD` prints it")
    }
    let isAddress = repository.utf8.allSatisfy { (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: "'") }
    guard isAddress, repository.hasPrefix("https://") || repository.hasPrefix("ssh://") || repository.contains("@"),
      !repository.hasPrefix("-")
    else {
      throw CommandError(
        "hosts.repository", "--repository takes an https or ssh address", help: "as in https://git.example.com/ops.git")
    }
    return HostCloudInit(
      host: host, repository: repository, commit: commit, folder: workspace.output.appending(GeneratedFolder.hosts)
    ).text
  }
}
