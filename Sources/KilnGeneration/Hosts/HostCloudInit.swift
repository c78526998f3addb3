import KilnDocuments
public import KilnPlan
public import SystemPackage

/// User data with which a new machine provisions itself at its first boot, by `ansible-pull`.
///
/// Roles that need a password or a secret are left to the first `kiln hosts apply`: user data is no place for them.
/// Source: cloud-init's documentation, modules `apt`, `write_files` and `runcmd`.
public struct HostCloudInit: Sendable {
  let host: HostPlan
  let repository: String
  let commit: String
  let folder: FilePath

  /// - Parameters:
  ///   - repository: Of the workspace, as the machine reaches it: printable ASCII without `'`.
  ///   - commit: Its whole id.
  ///   - folder: The generated files of hosts, from the repository's root.
  public init(host: HostPlan, repository: String, commit: String, folder: FilePath) {
    (self.host, self.repository, self.commit, self.folder) = (host, repository, commit, folder)
  }

  /// Of those that the host has.
  private static let withoutSecrets = ["basics", "docker", "firewall", "metrics"]

  public var text: String {
    let own = HostLowering(plan: host, root: "").roles
    let tags = Self.withoutSecrets.filter(own.contains).joined(separator: ",")
    let script = """
      #!/bin/sh
      # What this machine is, from its repository; running it again changes nothing.
      set -eu
      export ANSIBLE_CONFIG=/opt/kiln/workspace/'\(folder)'/ansible.cfg
      exec ansible-pull --url '\(repository)' --checkout \(commit) --directory /opt/kiln/workspace \\
        --inventory '\(folder)/inventory.yaml' --limit \(host.name) --connection local --tags \(tags) \\
        '\(folder)/\(HostsOutput.playbook(of: host.group))'

      """
    let document: DocumentValue = [
      "package_update": true, "packages": ["ansible", "git", "ca-certificates"],
      "write_files": [
        [
          "path": "/usr/local/sbin/kiln-provision", "permissions": "0755", "owner": "root:root",
          "content": .string(script),
        ]
      ],
      "runcmd": [["/usr/local/sbin/kiln-provision"]],
    ]
    return "#cloud-config\n"
      + YAMLRenderer(header: ["\(host.name), by `kiln hosts cloud-init`."], documentStart: false).render(document)
  }
}
