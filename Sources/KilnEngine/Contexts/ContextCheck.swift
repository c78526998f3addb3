import KilnArtifacts
import KilnContext
package import KilnDiagnostics
import KilnDocuments
import KilnPlan
package import KilnProcesses
import KilnSpec
package import KilnWorkspace
import SystemPackage

/// What packing would refuse of the apps' tokens and of what install commands need, before anything is packed: with the
/// customer, once for all who have it.
package struct ContextCheck {
  let loaded: LoadedWorkspace
  private let known = AppFolders()

  package init(_ loaded: LoadedWorkspace) { self.loaded = loaded }

  private struct Finding: Hashable {
    let id: String
    /// What follows the customers' names.
    let message: String
    let location: SourceLocation
    let suggestion: String
  }

  package func problems(_ workers: Workers) throws -> [Diagnostic] {
    let plans = loaded.plans.filter { plan in
      plan.apps.contains { app in
        app.spec.tokens != nil || !app.volumes.isEmpty || app.spec.install.contains { !$0.needs.isEmpty }
      }
    }
    let found = try workers.map(plans) { plan in
      (customer: plan.customer, findings: plan.apps.flatMap { findings($0, plan) })
    }
    var customers: [Finding: [String]] = [:]
    for (customer, findings) in found {
      for finding in findings { customers[finding, default: []].append(customer) }
    }
    return customers.map { finding, customers in
      Diagnostic(
        finding.id, "\(Phrase.some(customers, limit: 5)): \(finding.message)", at: finding.location,
        suggestion: finding.suggestion)
    }.inCanonicalOrder()
  }

  private func findings(_ plan: AppPlan, _ environment: EnvironmentPlan) -> [Finding] {
    let app = plan.spec
    // An ignore file that cannot be used is reported when the context is packed.
    guard let source = try? loaded.appContext(of: plan, in: environment, known: known).source else { return [] }
    let needs = loaded.missingNeeds(of: app, in: source).map { problem in
      Finding(
        id: problem.id, message: problem.message, location: problem.location ?? app.location,
        suggestion: problem.suggestion ?? "")
    }
    return needs + hidden(by: app, in: source) + (app.tokens.map { findings($0, source, environment) } ?? [])
  }

  /// Files of the source where a volume is: a new one has them, and no later version's reach it.
  private func hidden(by app: EnvironmentSpec.App, in source: ContextSource) -> [Finding] {
    app.volumes.compactMap { volume -> Finding? in
      let parts = volume.path.value.split(separator: "/")
      let folder = app.workdir.value.split(separator: "/")
      guard parts.starts(with: folder), parts.count > folder.count else { return nil }
      let path = parts.dropFirst(folder.count).joined(separator: "/")
      for layer in source.layers {
        // What a link leads to may be anywhere, and is not packed.
        let place = layer.folder.pushing(FilePath(path))
        guard LoadedWorkspace.has(path, layer.folder), !place.isLink else { continue }
        let names = (try? place.names()) ?? []
        let file = names.sorted().first { name in
          !Self.placeholders.contains(name)
            && (try? source.ignore.verdict(on: Array("\(path)/\(name)".utf8)).isExcluded) != true
        }
        guard let file else { continue }
        return Finding(
          id: "context.volume",
          message: "the app's source has \"\(path)/\(file)\" where the volume \"\(volume.name.value)\" is",
          location: volume.path.location,
          suggestion:
            "move it, or leave it out by the ignore file: a volume keeps what it has, whatever a new version brings")
      }
      return nil
    }
  }

  /// Files that only keep a folder in a repository.
  private static let placeholders: Set<String> = [".gitignore", ".gitkeep", ".keep"]

  private func findings(
    _ tokens: EnvironmentSpec.Tokens, _ source: ContextSource, _ plan: EnvironmentPlan
  ) -> [Finding] {
    let survey = TokenSurvey(source)
    let names = tokens.values.map { "__\($0.name)__" }.sorted()
    let missing = survey.missing.map { missing in
      Finding(
        id: "context.token-file", message: "the file with tokens \"\(missing.file)\" is not in the app's context",
        location: tokens.files.first { $0.value == missing.file }?.location ?? SourceLocation(file: plan.spec.file),
        suggestion: missing.isLeftOut
          ? "a rule of the ignore file leaves it out"
          : missing.near.map { "did you mean \"\($0)\"?" } ?? "a regular file, relative to the app's source")
    }
    let left = survey.leftovers.map { leftover in
      Finding(
        id: "context.token-left", message: "nothing replaces the token \"\(leftover.token)\"",
        location: leftover.location,
        suggestion: nearest(to: leftover.token, among: names).map { "did you mean \"\($0)\"?" }
          ?? "give it a value in tokens, or remove it")
    }
    let unused = survey.unused.compactMap { name in
      tokens.values.first { $0.name == name }.map { value in
        Finding(
          id: "context.token-unused", message: "the token \"__\(name)__\" was not found in the listed files",
          location: value.location, suggestion: "files: \(tokens.files.map(\.value).joined(separator: ", "))")
      }
    }
    let large = survey.tooLarge.map { file in
      Finding(
        id: "context.token-file", message: "the file with tokens \"\(file)\" becomes larger than 64 MiB",
        location: tokens.files.first { $0.value == file }?.location ?? SourceLocation(file: plan.spec.file),
        suggestion: "shorten the values, or replace fewer tokens")
    }
    let together =
      survey.isTooLargeTogether
      ? [
        Finding(
          id: "context.token-file", message: "the files with tokens become larger than 256 MiB together",
          location: tokens.files.first?.location ?? SourceLocation(file: plan.spec.file),
          suggestion: "shorten the values, or replace fewer tokens")
      ] : []
    return missing + large + together + left + unused
  }
}
