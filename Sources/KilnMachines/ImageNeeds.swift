import KilnDeploy
import KilnDiagnostics
import KilnDocuments
import KilnPlan
import KilnProcesses

/// What needs images: releases that may come back, machines that run, images that others were made of.
///
/// Names are compared as `NamedImage.key` gives them.
struct ImageNeeds: Sendable {
  private(set) var names: [String: [String]] = [:]

  subscript(reference: String) -> [String] {
    let key = NamedImage.key(reference)
    var keys = [key]
    // Whoever names a gallery's definition takes its newest version, and may run any.
    if let match = key.wholeMatch(of: /(.*\/galleries\/.*)\/versions\/[^\/]+/) {
      let definition = String(match.1)
      keys += [definition, Self.shared(definition), Self.shared(key)]
    }
    return keys.flatMap { names[$0] ?? [] }
  }

  /// What a reference from a shared or a community gallery has in common with the image's id: the names behind the gallery's,
  /// which is written otherwise there.
  private static func shared(_ key: String) -> String {
    guard let names = key.firstRange(of: "/images/") else { return key }
    var text = String(key[names.lowerBound...])
    if text.hasSuffix("/versions/latest") { text.removeLast("/versions/latest".count) }
    return "shared:\(text)"
  }

  private mutating func add(_ reference: String, _ need: String) {
    let key = NamedImage.key(reference)
    if names[key]?.contains(need) != true { names[key, default: []].append(need) }
  }

  // MARK: Releases

  /// Releases of a stage whose images stay: so many of the last, and so many of the last good ones, as a run of failed ones
  /// leaves nothing else to go back to.
  private static let kept = 10

  /// What resource groups remember: of every customer and stage, also of those that the workspace no longer has.
  /// - Parameter customer: Whose images are in question; releases of others, who may have been given one, say whose they are.
  mutating func addReleases(_ targets: [MachineTarget], for customer: String) async throws {
    var asked: Set<[String]> = []
    let targets = try targets.filter {
      asked.insert([try $0.subscription(), $0.deployment.resourceGroup.lowercased()]).inserted
    }
    let histories = await targets.concurrentMap(width: 4) { target -> Result<[[MachineRelease]], any Error> in
      do {
        return .success(
          try await target.withAzure { az, folder in try await target.records(az, folder).ofEverybody() })
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
      let (sets, machines, instances, images) = try await target.withAzure { az, _ in
        let sets = try await az.everything("read the scale sets", "virtualMachineScaleSets")
        return (
          sets, try await az.everything("read the machines", "virtualMachines"), try await Self.instances(of: sets, az),
          try await az.everything("read the images", "images")
        )
      }
      var disks: [String: [String]] = [:]
      for image in images {
        let profile = try image.member("properties", "read the images")?.member("storageProfile", "read the images")
        guard let id = image["id"]?.textValue, let uris = profile?.addresses, !uris.isEmpty else { continue }
        disks[id.lowercased()] = uris
        // A stage that was renamed or moved has left it: whoever goes back there needs the VHD.
        let parts = id.split(separator: "/").map(String.init)
        if parts.count > 3, !groups.contains(parts[3].lowercased()) {
          for uri in uris { add(uri, "made into \(parts[3])/\(parts.last ?? "")") }
        }
      }
      for (list, action) in [(sets, "read the scale sets"), (machines + instances, "read the machines")] {
        for one in list {
          let need = "runs in \(one["name"]?.textValue ?? "a machine")"
          for reference in try Self.references(of: one, action) {
            add(reference, need)
            for disk in disks[reference.lowercased()] ?? [] { add(disk, need) }
          }
        }
      }
    }
  }

  /// The machines of scale sets, of which some may be behind their model; those of flexible sets are machines by themselves.
  private static func instances(of sets: [DocumentValue], _ az: AzureCLI) async throws -> [DocumentValue] {
    let uniform = sets.filter { $0["properties"]?["orchestrationMode"]?.textValue?.lowercased() != "flexible" }
    let found = await uniform.concurrentMap(width: 4) { set -> Result<[DocumentValue], any Error> in
      do {
        guard let id = set["id"]?.textValue else {
          throw AzureFailure("read the scale sets", reason: "az answered with a scale set that has no id")
        }
        return .success(try await az.machines(ofScaleSet: id))
      } catch let failure as AzureFailure where failure.cause == .missing {
        // Removed since.
        return .success([])
      } catch { return .failure(error) }
    }
    try Interruption.check()
    return try found.flatMap { try $0.get() }
  }

  /// The images and VHDs that a machine, or a model of some, names.
  ///
  /// An answer of another form says nothing, least of all that there is no image.
  private static func references(of machine: DocumentValue, _ action: String) throws -> [String] {
    let properties = try machine.member("properties", action)
    let profile = try properties?.member("virtualMachineProfile", action) ?? properties
    guard let storage = try profile?.member("storageProfile", action) else { return [] }
    guard let image = try storage.member("imageReference", action) else { return storage.addresses }
    var references = storage.addresses
    var isKnown = image["publisher"] != nil
    for key in ["id", "sharedGalleryImageId", "communityGalleryImageId"] {
      switch image[key] {
      case nil, .null?: continue
      case .string(let name)?: references.append(key == "id" ? name : shared(name.lowercased()))
      default: throw AzureFailure(action, reason: "az answered with an image that has no name")
      }
      isKnown = true
    }
    guard isKnown || image == .map(.init()) else {
      throw AzureFailure(action, reason: "az answered with an image of another form")
    }
    return references
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

  /// Addresses of VHDs, wherever they are in a storage profile.
  fileprivate var addresses: [String] {
    switch self {
    case .list(let items): items.flatMap(\.addresses)
    case .map(let map):
      map.pairs.flatMap { key, value in
        if ["uri", "blobUri"].contains(key), let text = value.textValue { [text] } else { value.addresses }
      }
    default: []
    }
  }

  /// The tag's value, whose name Azure takes in either case.
  func tag(_ name: String) -> String? {
    guard case .map(let tags)? = self["tags"] else { return nil }
    return tags.pairs.first { $0.0.lowercased() == name }?.1.textValue
  }
}
