import KilnConsole
import KilnContext
import KilnDiagnostics
import KilnGeneration
import KilnPlan
import KilnProcesses
import KilnSpec
import KilnWorkspace
import SystemPackage

/// Images that the workspace has put on an engine, that are of no present recipe, and that no container is made from.
struct ImageRemains: Sendable {
  struct Image: Sendable {
    let entry: ImageLedger.Entry
    /// By which it is removed: its name, or its id where another image has got the name.
    let name: String
    let bytes: Int
  }

  private let ledger: ImageLedger
  private let context: CommandContext
  /// With their tags.
  private let current: Set<String>

  init(_ loaded: LoadedWorkspace, _ context: CommandContext) {
    let root = loaded.workspace.root
    let layout = WorkspaceLayout(root)
    ledger = ImageLedger(root: root)
    let entries = ledger.entries
    self.context = context
    var current: Set<String> = []
    for plan in loaded.fleet {
      for image in plan.images + (plan.testing?.images ?? []) {
        if let reference = image.reference { current.insert(reference.description) }
        // What was built or packed last: the source is not read for it.
        guard let app = image.app else { continue }
        let folder = FilePath(GeneratedFolder.app(app.name, of: plan.customer))
        let newest = ContextStage(layout.contexts.pushing(folder), below: root).newestTag
        let own = image.repository.description + ":"
        let last = entries.last { $0.image.hasPrefix(own) }?.image
        if let image = newest.map({ own + $0 }) ?? last { current.insert(image) }
      }
      // The machine that was baked last is what `kiln verify --parity` compares.
      let machines = plan.machineImage(tag: "").description
      if plan.machine != nil, let image = entries.last(where: { $0.image.hasPrefix(machines) })?.image {
        current.insert(image)
      }
    }
    self.current = current
  }

  func images() async throws -> [Image] {
    var found: [Image] = []
    var gone: Set<ImageLedger.Entry> = []
    let entries = ledger.entries
    for kind in [ContainerEngine.Kind.docker, .podman] {
      let own = entries.filter { $0.engine == kind }
      guard !own.isEmpty else { continue }
      let engine = ContainerEngine(kind, context.processes)
      let state: EngineImages
      do { state = try await EngineImages(engine) } catch let error as EngineFailure {
        let why = error.commandError.diagnostics.map(\.message).joined()
        context.console.note(.init("prune.engine", "images are not looked at: \(why)", severity: .warning))
        continue
      }
      for entry in own {
        guard let image = state.images[entry.id] else {
          gone.insert(entry)
          continue
        }
        // Packer gives a machine no label.
        guard image.isKilns || entry.image.contains("/machine:"), !state.used.contains(entry.id) else { continue }
        if image.names.contains(entry.image) {
          if !current.contains(entry.image) { found.append(Image(entry: entry, name: entry.image, bytes: image.bytes)) }
        } else if image.names.isEmpty, !found.contains(where: { $0.name == entry.id }) {
          found.append(Image(entry: entry, name: entry.id, bytes: image.bytes))
        }
      }
    }
    if !gone.isEmpty { try ledger.forget(gone) }
    return found
  }

  func remove(_ image: Image) async throws {
    let engine = ContainerEngine(image.entry.engine, context.processes)
    // Somebody may have built it again, or started it, since.
    if image.name == image.entry.image, try await engine.id(of: image.name) != image.entry.id { return }
    let result = try await engine.tool.output(["image", "rm", image.name])
    guard result.isSuccess else {
      throw EngineFailure(engine: engine.kind, what: "remove \(image.name)", answer: result.error)
    }
    try ledger.forget([image.entry])
  }
}

/// What an engine says of its images and of the containers that are made from them.
struct EngineImages {
  struct Image {
    let names: Set<String>
    let bytes: Int
    /// Whether it has a label of Kiln's.
    let isKilns: Bool
  }

  private(set) var images: [String: Image] = [:]
  /// Ids of images that containers are made from, also of those that have stopped.
  private(set) var used: Set<String> = []

  init(_ engine: ContainerEngine) async throws {
    func ask(_ arguments: [String], _ what: String) async throws -> [[String]] {
      let result = try await engine.tool.output(arguments)
      guard result.isSuccess else { throw EngineFailure(engine: engine.kind, what: what, answer: result.error) }
      return result.output.split(separator: "\n").map {
        $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      }
    }
    let ids = Set(
      try await ask(["image", "ls", "--no-trunc", "--format", "{{.ID}}"], "list the images").compactMap(\.first)
    ).sorted()
    for start in stride(from: 0, to: ids.count, by: 100) {
      let labels = "{{range $name, $value := .Config.Labels}}{{$name}} {{end}}"
      let format = "{{.Id}}|{{.Size}}|{{range .RepoTags}}{{.}} {{end}}|\(labels)"
      let some = Array(ids[start..<min(start + 100, ids.count)])
      for row in try await ask(["image", "inspect", "--format", format] + some, "look at the images")
      where row.count == 4 {
        let id = row[0].hasPrefix("sha256:") ? row[0] : "sha256:\(row[0])"
        let labels = row[3].split(separator: " ")
        images[id] = Image(
          names: Set(row[2].split(separator: " ").map(Self.plain)), bytes: Int(row[1]) ?? 0,
          isKilns: labels.contains { $0.hasPrefix("io.kiln.") })
      }
    }
    let containers = try await ask(["ps", "--all", "--quiet", "--no-trunc"], "list the containers").compactMap(\.first)
    for start in stride(from: 0, to: containers.count, by: 100) {
      let some = Array(containers[start..<min(start + 100, containers.count)])
      for row in try await ask(["inspect", "--format", "{{.Image}}"] + some, "look at the containers") {
        used.insert(row[0].hasPrefix("sha256:") ? row[0] : "sha256:\(row[0])")
      }
    }
  }

  /// podman calls images of no registry by one that there is not.
  private static func plain(_ name: Substring) -> String {
    name.hasPrefix("localhost/") ? String(name.dropFirst("localhost/".count)) : String(name)
  }
}
