import Foundation
import PackagePlugin

/// Turns every file under `templates/` and `playbooks/` into raw string literals in one Swift
/// source, so that the catalog is part of the binary and of nothing else on the machine.
@main
struct EmbedCatalog: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let root = context.package.directoryURL
    let folders = ["templates", "playbooks"].map { root.appending(path: $0) }
    let files = folders.flatMap(Self.files)
    let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedCatalog.swift")
    return [
      .buildCommand(
        displayName: "Embedding the catalog",
        executable: try context.tool(named: "catalog-embedder").url,
        arguments: [root.path(percentEncoded: false), output.path(percentEncoded: false)],
        inputFiles: files,
        outputFiles: [output])
    ]
  }

  private static func files(below folder: URL) -> [URL] {
    guard let entries = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])
    else { return [] }
    return entries.compactMap { $0 as? URL }
      .filter { (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true }
      .sorted { $0.path < $1.path }
  }
}
