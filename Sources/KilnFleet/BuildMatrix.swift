import KilnDocuments

/// The jobs of a pipeline for exactly what must be built.
public struct BuildMatrix: Sendable {
  public struct Job: Sendable, Hashable {
    /// Letters, digits, `_` and `-`.
    public let name: String
    public let kind: FleetChange.Kind
    /// Targets of `docker-bake.json`; customers for machines.
    public let targets: [String]
  }

  public let jobs: [Job]

  /// GitHub and Azure Pipelines take no more.
  public static let limit = 256

  /// - Parameters:
  ///   - target: The name of the image's target; its customer's for a machine.
  ///   - limit: With more images, several share a job.
  public init(
    _ images: [FleetChange.Image], limit: Int = Self.limit, target: (FleetChange.Image) -> String
  ) {
    var jobs: [Job] = []
    let kinds = FleetChange.Kind.allCases.map { kind in (kind, images.filter { $0.kind == kind }) }
      .filter { !$0.1.isEmpty }
    let size = max(1, (images.count + max(1, limit - kinds.count) - 1) / max(1, limit - kinds.count))
    for (kind, images) in kinds {
      for start in stride(from: 0, to: images.count, by: size) {
        let targets = images[start..<min(start + size, images.count)].map(target)
        let name = targets.count == 1 ? targets[0] : "\(kind.rawValue)s_\(start / size + 1)"
        jobs.append(
          Job(name: kind == .machine && targets.count == 1 ? "\(name)_machine" : name, kind: kind, targets: targets))
      }
    }
    self.jobs = jobs
  }

  /// One line for `strategy.matrix` by `fromJSON`.
  public var github: String {
    JSONRenderer(sortedKeys: true, indent: 0).render(["include": .list(jobs.map(Self.document))])
  }

  /// One line for `strategy.matrix`, whose keys are letters, digits and `_`.
  public var azure: String {
    var names: Set<String> = []
    let pairs = jobs.map { job -> (String, DocumentValue) in
      let plain = job.name.substituting("-", with: "_")
      var name = plain
      var number = 2
      while !names.insert(name).inserted {
        name = "\(plain)_\(number)"
        number += 1
      }
      return (name, Self.document(job))
    }
    return JSONRenderer(sortedKeys: true, indent: 0).render(.map(DocumentMap(pairs)))
  }

  /// A child pipeline: runtimes before what stands on them.
  ///
  /// - Parameter commands: What a job of the kind runs; `$KILN_TARGETS` are its targets.
  public func gitlab(_ commands: (FleetChange.Kind) -> [String]) -> String {
    var map: DocumentMap = ["stages": ["runtimes", "images"]]
    for job in jobs {
      map[job.name] = [
        "stage": .string(job.kind == .runtime ? "runtimes" : "images"),
        "variables": ["KILN_TARGETS": .string(job.targets.joined(separator: " "))],
        "script": .strings(commands(job.kind)),
      ]
    }
    // A pipeline without a job is refused.
    if jobs.isEmpty { map["nothing"] = ["stage": "images", "script": ["echo nothing is to be built"]] }
    return YAMLRenderer(documentStart: false).render(.map(map))
  }

  private static func document(_ job: Job) -> DocumentValue {
    [
      "name": .string(job.name), "kind": .string(job.kind.rawValue),
      "targets": .string(job.targets.joined(separator: " ")),
    ]
  }
}
