import KilnAnsible
import KilnArtifacts
import KilnConsole
import KilnDiagnostics
import KilnDocuments
import KilnEngine
import KilnGeneration
import KilnPlan
import KilnProcesses
import KilnSpec
import KilnWorkspace
import SystemPackage

/// Inventory, playbooks and roles as files that this run gives to Ansible.
///
/// They are those of `generated/hosts`, of the specs as they are now, in a folder whose name is the digest of all: one that is
/// there is not written again, and no run changes another's.
struct HostPlay: Sendable {
  let folder: FilePath

  init(_ hosts: [HostPlan], _ layout: WorkspaceLayout) throws {
    let relative = WorkspaceLayout.relative.hosts.appending("play")
    var tree = ArtifactTree()
    try HostsOutput(hosts, in: relative.appending("0")).add(to: &tree, at: "")
    var text = ""
    for path in tree.paths { text += "\(path.text) \(tree.files[path]?.digest.hex ?? "")\n" }
    let name = String(ContentDigest(of: text).hex.prefix(16))
    let place = layout.root.pushing(relative)
    folder = place.appending(name)
    if folder.isFolder { return }
    try place.makeFolders()
    let part = try FilePath.privateFolder(".\(name)", in: place)
    defer { part.removeAll() }
    for path in tree.paths {
      guard let artifact = tree.files[path] else { continue }
      let file = part.pushing(FilePath(path.text))
      try file.removingLastComponent().makeFolders()
      try FileReplacement.replace([.init(path: file, bytes: artifact.bytes)])
    }
    // Another run may have made it meanwhile.
    _ = part.withPlatformString { old in folder.withPlatformString { platformRename(old, $0) } }
    guard folder.isFolder else { throw FileSystemError("make the folder", folder, .current) }
  }
}

extension WorkspaceLayout {
  /// What runs of Ansible on hosts are given.
  var hosts: FilePath { dist.appending("hosts") }
}
