import KilnContext
import Synchronization
import SystemPackage

/// Folders of apps that were looked at in one command, by their paths from the workspace's root: a fleet names the same ones
/// over and over.
package final class AppFolders: Sendable {
  typealias Rules = (rules: IgnoreRules, texts: [String: String])

  private let layers = Mutex<[FilePath: ContextSource.Layer]>([:])
  private let known = Mutex<[FilePath: Rules]>([:])
  /// Within another optional until it was asked for.
  private let first = Mutex<String??>(nil)

  package init() {}

  /// Two threads may look at the same time; both see the same.
  func layer(_ path: FilePath, _ look: () -> ContextSource.Layer) -> ContextSource.Layer {
    if let layer = layers.withLock({ $0[path] }) { return layer }
    let layer = look()
    layers.withLock { $0[path] = layer }
    return layer
  }

  /// The ignore rules of a source, and their text by the file's name.
  func rules(of folder: FilePath, _ read: () throws -> Rules) throws -> Rules {
    if let rules = known.withLock({ $0[folder] }) { return rules }
    let rules = try read()
    known.withLock { $0[folder] = rules }
    return rules
  }

  /// The first customer whose folders have something that is left out: the whole fleet is looked through for it, once.
  func firstLeavingOut(_ find: () -> String?) -> String? {
    if let first = first.withLock({ $0 }) { return first }
    let found = find()
    first.withLock { $0 = .some(found) }
    return found
  }
}
