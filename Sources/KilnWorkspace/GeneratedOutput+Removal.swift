package import KilnArtifacts
import KilnDiagnostics
import KilnDocuments
import KilnGeneration
import KilnPlan
import KilnSpec
import SystemPackage

extension GeneratedOutput {
  /// Stops where what every customer has would be removed, or a customer's files whose spec was only moved.
  ///
  /// A folder that was renamed or not checked out has no specs either: that is no reason to remove what they describe.
  package func refuseRemovals(_ delta: OutputFolder.Delta, isForced: Bool) throws {
    if loaded.workspace.environmentFiles.isEmpty { return try refuseWithoutSpecs(delta) }
    if isForced { return }
    var specs: [String: String] = [:]
    for change in delta.changes where change.isRemoval {
      let unit = OutputUnit.name(of: change.path)
      if Self.isCustomer(unit) { specs[unit] = change.source }
    }
    for plan in loaded.fleet { specs[plan.customer] = nil }
    if specs.isEmpty { return }
    let problems = loaded.movedSpecs(specs, id: "generate.moved-spec")
    if problems.isEmpty { return }
    throw CommandError(
      problems, kind: .problem, hints: ["nothing was written; `--force` removes what these customers have"])
  }

  private func refuseWithoutSpecs(_ delta: OutputFolder.Delta) throws {
    let customers = delta.knownUnits.filter(Self.isCustomer)
    guard !customers.isEmpty else { return }
    throw CommandError(
      "generate.no-specs",
      "there is no spec in \(loaded.workspace.root.appending("environments")), and \(folder.path) has the files of "
        + Phrase.count(customers.count, "customer"),
      help: "nothing was removed; bring the specs back, or remove \(folder.path) by hand where no customer is left")
  }

  private static func isCustomer(_ unit: String) -> Bool {
    ![OutputUnit.runtimes, GeneratedFolder.hosts].contains(unit.split(separator: "/").first.map(String.init) ?? "")
  }

  /// - Throws: `generate.edited`, with all files that were edited by hand.
  package func refuseEdited(_ delta: OutputFolder.Delta, isForced: Bool) throws {
    let edited = delta.changes.filter(\.needsForce)
    guard !isForced, !edited.isEmpty else { return }
    throw CommandError(
      edited.map { change in
        let what =
          change.kind == .overwrite
          ? "was edited by hand or made by somebody else" : "was edited by hand and is no longer generated"
        return Diagnostic("generate.edited", "\(folder.path.appending(change.path)) \(what)")
      }, kind: .problem,
      hints: ["nothing was written; `kiln generate --diff --check` shows the differences, `--force` overwrites"])
  }

  /// What the folder's own files, and those of others, make impossible, in words.
  package func withErrors(_ body: () throws -> Void) throws {
    do { try body() } catch let error as LedgerError {
      let help =
        error.file == Ledger.name
        ? "remove the folder, or restore the file, and generate again" : "remove the file and generate again"
      throw CommandError(
        "generate.ledger", "\(folder.path)/\(error.file) cannot be used: \(error.reason)", help: help)
    } catch let error as OutputObstacles {
      throw CommandError(error.all)
    } catch let error as OutputObstacle {
      throw CommandError([error])
    }
  }
}
