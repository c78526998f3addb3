import KilnDeploy
import KilnDiagnostics
import KilnDocuments
import KilnProcesses

/// What needs images: releases that may come back, machines that run, images that others were made of.
///
/// Names are compared as `NamedImage.key` gives them.
struct ImageNeeds: Sendable {
  private(set) var names: [String: [String]] = [:]

  subscript(reference: String) -> [String] { names[NamedImage.key(reference)] ?? [] }

  private mutating func add(_ reference: String, _ need: String) {
    let key = NamedImage.key(reference)
    if names[key]?.contains(need) != true { names[key, default: []].append(need) }
  }

  // MARK: Releases

  /// Releases of a stage whose images stay: so many of the last, and so many of the last good ones, as a run of failed ones
  /// leaves nothing else to go back to.
  private static let kept = 10

  /// What resource groups remember: of every stage of a customer, also of those that the spec no longer has.
  /// - Parameter customer: Whose images are in question; releases of others say whose they are.
  mutating func addReleases(_ targets: [MachineTarget], for customer: String) async throws {
    // Another deployment of the same subscription may have been given one of this customer's.
    let histories = await targets.concurrentMap(width: 4) { target -> Result<[[MachineRelease]], any Error> in
      do {
        return .success(
          try await target.withAzure { az, folder in try await target.records(az, folder).ofEveryStage() })
      } catch let failure as AzureFailure where failure.cause == .missingGroup {
        // A stage that nobody has deployed yet.
        return .success([])
      } catch { return .failure(error) }
    }
    try Interruption.check()
    for history in histories {
      for releases in try history.get() {
        let good = releases.filter { $0.record.outcome == .deployed }
        // What failed ran as well, and may be looked at; what is being deployed is needed most.
        for release in releases.suffix(Self.kept) + good.suffix(Self.kept) {
          let record = release.record
          let whose = record.customer == customer ? "" : "\(record.customer) "
          add(release.image, "\(whose)\(record.stage.map { "\($0) " } ?? "")\(record.number)")
        }
      }
    }
  }

  // MARK: Machines

  /// What machines run, whoever's they are and whatever is remembered of releases.
  /// - Parameter groups: In lower case: images there are in question themselves; elsewhere each stands for its VHD.
  mutating func addMachines(_ targets: [MachineTarget], apartFrom groups: Set<String>) async throws {
    var asked: Set<String> = []
    for target in targets where asked.insert(try target.subscription()).inserted {
      let (sets, machines, images) = try await target.withAzure { az, _ in
        (
          try await az.everything("read the scale sets", "virtualMachineScaleSets"),
          try await az.everything("read the machines", "virtualMachines"),
          try await az.everything("read the images", "images")
        )
      }
      var disks: [String: String] = [:]
      for image in images {
        let action = "read the images"
        let disk = try image.member("properties", action)?.member("storageProfile", action)?.member("osDisk", action)
        guard let id = image["id"]?.textValue, let uri = disk?["blobUri"]?.textValue else { continue }
        disks[id.lowercased()] = uri
        // A stage that was renamed or moved has left it: whoever goes back there needs the VHD.
        let parts = id.split(separator: "/").map(String.init)
        if parts.count > 3, !groups.contains(parts[3].lowercased()) {
          add(uri, "made into \(parts[3])/\(parts.last ?? "")")
        }
      }
      for (list, action) in [(sets, "read the scale sets"), (machines, "read the machines")] {
        for one in list {
          guard let image = try Self.image(of: one, action) else { continue }
          let need = "runs in \(one["name"]?.textValue ?? "a machine")"
          add(image, need)
          if let disk = disks[image.lowercased()] { add(disk, need) }
        }
      }
    }
  }

  /// An answer of another form says nothing, least of all that there is no image.
  private static func image(of machine: DocumentValue, _ action: String) throws -> String? {
    let properties = try machine.member("properties", action)
    let profile = try properties?.member("virtualMachineProfile", action) ?? properties
    let reference = try profile?.member("storageProfile", action)?.member("imageReference", action)
    switch reference?["id"] {
    case nil, .null?: return nil
    case .string(let id)?: return id
    default: throw AzureFailure(action, reason: "az answered with an image that has no name")
    }
  }
}

extension DocumentValue {
  /// A map's member that is a map as well; nil where there is none.
  fileprivate func member(_ key: String, _ action: String) throws -> DocumentValue? {
    switch self[key] {
    case nil, .null?: return nil
    case .map?: return self[key]
    default: throw AzureFailure(action, reason: "az answered with `\(key)` in another form")
    }
  }

  /// The tag's value, whose name Azure takes in either case.
  func tag(_ name: String) -> String? {
    guard case .map(let tags)? = self["tags"] else { return nil }
    return tags.pairs.first { $0.0.lowercased() == name }?.1.textValue
  }
}
