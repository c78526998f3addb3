import KilnArtifacts
import KilnDiagnostics
import KilnDocuments
import KilnSpec
import SystemPackage

/// Rules over applications that no single key shows.
struct AppRules {
  private let spec: EnvironmentSpec

  init(_ spec: EnvironmentSpec) { self.spec = spec }

  func problems() -> [Diagnostic] {
    formProblems() + spec.apps.flatMap { problems($0) + pathProblems($0) + volumeProblems($0) + runProblems($0) }
  }

  /// `app` beside `apps`.
  private func formProblems() -> [Diagnostic] {
    guard let only = spec.apps.first(where: { $0.path == SpecPath(keys: "app") }),
      let other = spec.apps.first(where: { $0.path != only.path })
    else { return [] }
    return [
      Diagnostic(
        "spec.conflict", "the environment has `app` and `apps`", at: only.location,
        suggestion: "describe it under `apps`, as in `apps: {care: …}`; a profile's `app` is left out by `app: null`",
        notes: [.init("`apps` are here", at: other.name.location)])
    ]
  }

  private func installOrderProblems(_ app: EnvironmentSpec.App) -> [Diagnostic] {
    guard let first = app.install.first(where: { $0.needs.isEmpty }) else { return [] }
    return app.install.drop { !$0.needs.isEmpty }.filter { !$0.needs.isEmpty }.map { command in
      Diagnostic(
        "spec.install-order", "a command with `needs` comes after one that needs the whole source",
        at: command.location,
        suggestion: "put it first, as it runs before the source is there; `add` appends, so write the whole list",
        notes: [.init("this one needs the whole source", at: first.location)])
    }
  }

  private func problems(_ app: EnvironmentSpec.App) -> [Diagnostic] {
    var found: [Diagnostic] = []
    if let health = app.health, app.port == nil {
      found.append(
        Diagnostic(
          "spec.missing-key", "\(app.path) has a health path and no port to ask", at: health.location,
          suggestion: "say the port, as in `port: 80`"))
    }
    if let check = app.checks.first, app.port == nil {
      found.append(
        Diagnostic(
          "spec.missing-key", "\(app.path) has checks and no port to ask", at: check.location,
          suggestion: "say the port, as in `port: 80`"))
    }
    found += domainProblems(app)
    var statuses = app.health.map { [$0.value: 200] } ?? [:]
    for check in app.checks {
      if let status = statuses[check.path], status != check.status {
        found.append(
          Diagnostic(
            "spec.conflict", "\(check.path) cannot answer both \(status) and \(check.status)", at: check.location,
            suggestion: "one status for each path; `health` answers 200"))
      }
      statuses[check.path] = check.status
    }
    // systemd's files join a line that ends in a backslash to the next, and take blanks at its end away.
    if app.workdir.value == "/" || PathRules.problem(app.workdir.value) != nil
      || ["/", "\\", " "].contains(where: { app.workdir.value.hasSuffix($0) })
    {
      found.append(
        Diagnostic(
          "spec.invalid-value", "workdir cannot be \"\(app.workdir.value)\"", at: app.workdir.location,
          suggestion: "a folder of its own, as in /var/www/app"))
    } else if let folder = PathRules.mounted(app.workdir.value) {
      found.append(
        Diagnostic(
          "spec.invalid-value", "workdir cannot be in \(folder), which the kernel or the engine makes",
          at: app.workdir.location, suggestion: "a folder of its own, as in /var/www/app"))
    }
    for command in app.install where command.command.unicodeScalars.contains(where: { $0.value == 0 || $0 == "\r" }) {
      found.append(Diagnostic("spec.unrepresentable", "the command has a control character", at: command.location))
    }
    found += installOrderProblems(app)
    for path in app.install.flatMap(\.needs) {
      let parts = path.value.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.contains(where: { ["", ".", ".git"].contains($0) }), !path.value.hasPrefix("/") else { continue }
      found.append(
        Diagnostic(
          "spec.invalid-value", "an install command cannot need \"\(path.value)\"", at: path.location,
          suggestion: "a file or folder of the source, as in composer.json; nothing of .git is packed"))
    }
    for file in (app.tokens?.files ?? []) + app.install.flatMap(\.needs)
    where file.value.hasPrefix("/") || file.value.split(separator: "/").contains("..") {
      found.append(
        Diagnostic(
          "spec.path-outside", "\"\(file.value)\" leaves the app's source", at: file.location,
          suggestion: "a path inside the source"))
    }
    for file in app.tokens?.files ?? []
    where file.value.split(separator: "/").contains(where: { $0.lowercased() == ".git" }) {
      found.append(.owned("the file \"\(file.value)\"", by: .git, at: file.location))
    }
    return found
  }

  /// Domains that reach nothing. Two apps with one domain are found where the whole fleet is.
  private func domainProblems(_ app: EnvironmentSpec.App) -> [Diagnostic] {
    var found = app.domains.filter { LocalName.isLocal($0.value) }.map { domain in
      Diagnostic(
        "spec.invalid-value", "no other machine reaches \"\(domain.value)\"", at: domain.location,
        suggestion: "a domain of the customer's; names below localhost come by themselves")
    }
    if let domain = app.domains.first, app.port == nil {
      found.append(
        Diagnostic(
          "spec.missing-key", "\(app.path) has domains and no port that answers", at: domain.location,
          suggestion: "say the port, as in `port: 80`"))
    }
    return found
  }

  /// What its commands, workers and jobs contradict.
  private func runProblems(_ app: EnvironmentSpec.App) -> [Diagnostic] {
    var found: [Diagnostic] = []
    var names: [String: SourceLocation] = [:]
    for name in app.workers.map(\.name) + app.jobs.map(\.name) {
      guard let first = names.updateValue(name.location, forKey: name.value) else { continue }
      found.append(
        Diagnostic(
          "spec.conflict", "\(app.path) has a worker and a job \"\(name.value)\"", at: name.location,
          suggestion: "rename one", notes: [.init("the other", at: first)]))
    }
    let commands =
      [app.command].compactMap { $0 } + app.workers.map(\.command) + app.workers.compactMap(\.health)
      + app.jobs.map(\.command)
    for command in commands where command.value.contains(where: { $0.utf8.contains(0) }) {
      found.append(Diagnostic("spec.unrepresentable", "the command has a NUL byte", at: command.location))
    }
    for command in commands {
      // Others mean something to systemd.
      let first = command.value.first?.unicodeScalars.first
      guard first.map({ $0.properties.isAlphabetic || "/._0123456789".unicodeScalars.contains($0) }) != true else {
        continue
      }
      found.append(
        Diagnostic(
          "spec.invalid-value",
          first == nil ? "the command has no program" : "no program begins like \"\(command.value[0].prefix(20))\"",
          at: command.location, suggestion: "as in [php, bin/worker.php]"))
    }
    if app.user.value == "root", app.command != nil || !app.workers.isEmpty || !app.jobs.isEmpty {
      found.append(
        Diagnostic(
          "spec.invalid-value", "\(app.path).user cannot be root", at: app.user.location,
          suggestion: "an account of the runtime's, as in www-data; a component's step `user` makes one"))
    }
    for job in app.jobs {
      if let place = job.idleTimeZone {
        found.append(
          Diagnostic(
            "spec.conflict", "the job \"\(job.name.value)\" has a time zone and no schedule", at: place,
            suggestion: "remove it: the job runs with a deployment"))
      }
      found += job.schedule.map(ScheduleRules.problems) ?? []
    }
    return found
  }

  private func volumeProblems(_ app: EnvironmentSpec.App) -> [Diagnostic] {
    var found: [Diagnostic] = []
    var folders = FolderTree()
    for (index, volume) in app.volumes.enumerated() {
      let path = volume.path.value
      let earlier = folders.insert(path, index)
      func refuse(_ message: String, _ suggestion: String, notes: [Diagnostic.Note] = []) {
        found.append(
          Diagnostic("spec.volume-path", message, at: volume.path.location, suggestion: suggestion, notes: notes))
      }
      if path == "/" || path.hasSuffix("/") || PathRules.problem(path) != nil {
        refuse("a volume cannot be at \"\(path)\"", "a folder of its own, as in \(app.workdir.value)/uploads")
      } else if let folder = PathRules.mounted(path) {
        refuse(
          "a volume cannot be in \(folder), which the kernel or the engine makes",
          "a folder of its own, as in \(app.workdir.value)/uploads")
      } else if Self.isIn(app.workdir.value, path) {
        refuse(
          "a volume at \"\(path)\" hides the app itself, and would keep its first version",
          "a folder below it, as in \(app.workdir.value)/uploads")
      } else if let other = earlier.map({ app.volumes[$0] }) {
        refuse(
          "the volumes \"\(other.name.value)\" and \"\(volume.name.value)\" are one in the other",
          "give them separate folders",
          notes: [.init("the other", at: other.path.location)])
      }
    }
    return found
  }

  /// Whether one folder is the other, or is in it.
  private static func isIn(_ path: String, _ folder: String) -> Bool {
    path.split(separator: "/").starts(with: folder.split(separator: "/"))
  }

  /// How far a relative path may reach is known only where the files are.
  private func pathProblems(_ app: EnvironmentSpec.App) -> [Diagnostic] {
    ([app.source] + app.overlays).filter(\.value.isAbsolute).map { path in
      Diagnostic(
        "spec.path-outside", "\"\(path.value)\" is an absolute path, which no other machine has", at: path.location,
        suggestion: "a path relative to this file")
    }
  }
}

extension EnvironmentSpec.App {
  /// Of its container, and of those that run beside it.
  var allLimits: [EnvironmentSpec.Limits?] { [limits] + workers.map(\.limits) + jobs.map(\.limits) }
}

/// Folders by their parts: which of them are one, or one in the other, without comparing each with each.
private struct FolderTree {
  private var children: [[Substring: Int]] = [[:]]
  /// The first folder that ends at a node, and the first that ends there or below.
  private var ends: [Int?] = [nil]
  private var below: [Int?] = [nil]

  /// - Returns: The first folder before it that is the same, holds it, or is in it.
  mutating func insert(_ path: String, _ number: Int) -> Int? {
    var node = 0
    var nodes: [Int] = []
    var first = ends[node]
    for part in path.split(separator: "/") {
      nodes.append(node)
      if let next = children[node][part] {
        node = next
      } else {
        children[node][part] = children.count
        node = children.count
        children.append([:])
        ends.append(nil)
        below.append(nil)
      }
      first = [first, ends[node]].compactMap { $0 }.min()
    }
    first = [first, below[node]].compactMap { $0 }.min()
    for node in nodes + [node] where below[node] == nil { below[node] = number }
    if ends[node] == nil { ends[node] = number }
    return first
  }
}
