package import KilnArtifacts
import KilnDocuments

extension OutputFolder.Change.Kind {
  /// As in `created PATH`.
  package var past: String {
    switch self {
    case .create: "created"
    case .update, .overwrite: "updated"
    case .remove, .discard: "removed"
    }
  }
}

extension OutputFolder.Change {
  /// Why a file would change, on one line.
  package var text: String {
    switch kind {
    case .create: "\(path): is not there yet (\(source))"
    case .update: "\(path): its spec, a profile or a definition changed (\(source))"
    case .overwrite: "\(path): was edited by hand or made by somebody else (\(source))"
    case .remove: "\(path): is no longer generated (\(source))"
    case .discard: "\(path): was edited by hand and is no longer generated (\(source))"
    }
  }
}

extension OutputFolder.Delta {
  /// What would change, a line for each file, and how many they are.
  package var text: String {
    var lines = changes.map(\.text)
    if wasInterrupted {
      lines.append("a run that was killed left traces in the folder")
    } else if changes.isEmpty {
      lines.append("\(Ledger.name): another Kiln wrote it, or it is not there")
    }
    let what = changes.isEmpty ? "the index" : Phrase.count(changes.count, "file")
    lines.append("\(what) would change; `kiln generate` writes \(changes.count == 1 ? "it" : "them")")
    return lines.map { "\($0)\n" }.joined()
  }
}
