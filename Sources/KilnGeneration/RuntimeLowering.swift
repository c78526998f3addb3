import KilnArtifacts
import KilnDiagnostics
import KilnDocker
import KilnDocuments
import KilnPlan
import KilnSpec

/// Steps as Dockerfile instructions, with the files that they copy from the context.
struct ContainerSteps {
  /// What the spec names, and the step that it brings.
  struct Origin {
    let location: SourceLocation
    var step: SourceLocation?
  }

  private let packages: any PackageManager
  private(set) var instructions: [DockerfileInstruction] = [] {
    didSet { while origins.count < instructions.count { origins.append(origin) } }
  }
  /// Where each instruction comes from.
  private(set) var origins: [Origin?] = []
  /// Where what is added now comes from.
  var origin: Origin?
  /// Path in the context, bytes.
  private(set) var files: [(path: String, bytes: [UInt8])] = []

  /// Over what decides where packages come from, and how many instructions and files are part of it.
  private var packageSources = PlanDigest("packages").digest
  private var lowered = (instructions: 0, files: 0)

  init(_ family: PackageFamily) { packages = family.packageManager }

  mutating func add(_ instruction: DockerfileInstruction) { instructions.append(instruction) }

  mutating func add(_ steps: some Sequence<PlannedStep>) {
    for step in steps where step.isFor(.container) {
      origin?.step = step.origin
      add(step.step)
    }
    origin?.step = nil
  }

  /// Steps that are commands of Kiln's own join the run before them, so that a component has few layers.
  mutating func add(_ step: Step) {
    switch step {
    case .packages(let names): run(packages.install(names), caches: packageCaches())
    case .repository(let repository):
      switch repository.key {
      case .content(let text): file(.init(path: packages.keyPath(of: repository), content: Array(text.utf8)))
      case .download(let url, let sha256):
        instructions.append(.add(.init(url: url, sha256: sha256, to: packages.keyPath(of: repository), mode: "0644")))
      }
      file(packages.source(of: repository))
    case .download(let download):
      guard download.unpack else {
        instructions.append(
          .add(.init(url: download.url, sha256: download.sha256, to: download.to, mode: download.mode)))
        return
      }
      let archive = DownloadCache.path(download)
      instructions.append(.add(.init(url: download.url, sha256: download.sha256, to: archive, mode: "0644")))
      run([
        "mkdir -p \(ShellWord.quote(download.to))",
        "tar --no-same-owner -xf \(ShellWord.quote(archive)) -C \(ShellWord.quote(download.to))",
      ])
    case .file(let file): self.file(file)
    case .directory(let directory):
      run([
        "install -d -m \(directory.mode) -o \(directory.owner) -g \(directory.group) \(ShellWord.quote(directory.path))"
      ])
    case .user(let user):
      let groups = user.groups.isEmpty ? "" : " --groups \(user.groups.joined(separator: ","))"
      run([
        "useradd\(user.isSystem ? " --system" : "") --user-group --no-create-home --home-dir \(ShellWord.quote(user.home)) --shell \(ShellWord.quote(user.shell))\(groups) \(user.name)"
      ])
    case .link(let path, let target): run(["ln -sfn -- \(ShellWord.quote(target)) \(ShellWord.quote(path))"])
    case .run(let run):
      let words = ["/bin/sh", "-euc", run.script]
      let assignments = run.environment.map { "\($0.name)=\($0.value)" }
      instructions.append(
        .run(.init(assignments.isEmpty ? .script(run.script) : .exec(["/usr/bin/env"] + assignments + words))))
    case .environment(let variables):
      if !variables.isEmpty { instructions.append(.env(variables.map { .init($0.name, $0.value) })) }
    case .service: break
    }
  }

  private mutating func run(_ commands: [String], caches: [DockerfileRun.Cache] = []) {
    if case .run(let last) = instructions.last, case .chain(let before) = last.command, last.secrets.isEmpty,
      last.caches == caches
    {
      instructions[instructions.count - 1] = .run(.init(.chain(before + commands), caches: caches))
    } else {
      instructions.append(.run(.init(.chain(commands), caches: caches)))
    }
  }

  /// The folders of the package manager that the engine keeps.
  ///
  /// Scripts of packages run as root with the caches at hand, and package lists are not checked again once they are there.
  /// So a cache belongs to what decides where packages come from: the base, and whatever is done before them but
  /// installing packages from the same sources. Who adds a source of packages gets a cache that nobody else reads.
  private mutating func packageCaches() -> [DockerfileRun.Cache] {
    let added = instructions[lowered.instructions...].filter { instruction in
      guard case .run(let run) = instruction else { return !instruction.isDescription }
      return run.caches.isEmpty
    }
    if !added.isEmpty {
      var digest = PlanDigest("packages")
      digest.add("before", packageSources.hex)
      for instruction in added { digest.add("instruction", (try? Dockerfile.line(instruction)) ?? "") }
      for file in files[lowered.files...] { digest.add(file.path, file.bytes) }
      packageSources = digest.digest
    }
    lowered = (instructions.count, files.count)
    let id = "kiln-\(packageSources.hex.prefix(16))"
    return packages.caches.map { .init(id: id + $0.replacing("/", with: "-"), target: $0) }
  }

  mutating func file(_ file: Step.File) {
    let path = ContextPath.unique(for: file.path, among: files.map(\.path))
    files.append((path, file.content))
    let owner = file.owner == "root" && file.group == "root" ? nil : "\(file.owner):\(file.group)"
    instructions.append(.copy(.init([path], to: file.path, mode: file.mode, owner: owner)))
  }

  /// Ends the layer of a component: what follows starts a layer of its own.
  mutating func comment(_ text: String) { instructions.append(.comment(text)) }
}

/// Where generated copies of files stand in a context or beside a playbook.
enum ContextPath {
  static func unique(for path: String, among taken: [String]) -> String {
    let safe = path.utf8.map { byte -> UInt8 in
      let isSafe =
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "._-/".utf8.contains(byte)
      return isSafe ? byte : UInt8(ascii: "_")
    }
    let components = String(decoding: safe, as: UTF8.self).split(separator: "/").map {
      $0 == "." || $0 == ".." ? "_" : $0
    }
    let name = "files/" + components.joined(separator: "/")
    if !taken.contains(name) { return name }
    var number = 2
    while taken.contains("\(name).\(number)") { number += 1 }
    return "\(name).\(number)"
  }
}

/// Where archives that are unpacked are kept, in container and machine.
enum DownloadCache {
  static func path(_ download: Step.Download) -> String { "/var/cache/kiln/\(download.sha256.prefix(16))" }
}
