package import KilnConsole
import KilnDeploy
import KilnDiagnostics
import KilnDocuments
import KilnPlan
import KilnProcesses
import KilnSpec
package import KilnWorkspace

/// The images that bakes of a customer have left in Azure, and which releases need them.
package struct MachineImages: Sendable {
  /// One image, or a VHD.
  package struct Image: Sendable, Hashable {
    /// As releases name it: a VHD's URI, or an id.
    package let reference: String
    /// As in `image-version`.
    package let kind: String
    /// RFC 3339, in UTC; empty where Azure does not say.
    package let created: String
    /// Which releases have it, as in `qa 12`; only those that may come back.
    package let releases: [String]
    /// How it is removed: the words of `az`, without the subscription.
    fileprivate let removal: [String]

    package var isNeeded: Bool { !releases.isEmpty }
  }

  private let targets: [MachineTarget]
  /// Of everybody: what runs somewhere is needed, whoever's it is.
  private let allTargets: [MachineTarget]
  private let plan: EnvironmentPlan
  /// Whether the machines of every spec are known.
  private let isWhole: Bool
  private let azure: EnvironmentSpec.Azure
  private let context: CommandContext

  /// - Throws: `deploy.target` where the customer's machine is not deployed.
  package init(_ loaded: LoadedWorkspace, _ customer: String, _ context: CommandContext) throws {
    plan = try loaded.plan(of: customer)
    isWhole = loaded.isFleetWhole
    self.context = context
    // One alone says what is missing where it is not deployed.
    targets =
      plan.spec.azureDeployment == nil
      ? [try MachineTarget(loaded, plan, stage: nil, context)] : try MachineTarget.all(loaded, plan, context)
    let others = loaded.fleet.filter { $0.customer != customer }
    allTargets = try targets + others.flatMap { try MachineTarget.all(loaded, $0, context) }
    guard let azure = plan.spec.machine?.azure else {
      throw CommandError(
        "deploy.target", "\(customer) has no machine in Azure", help: "describe it: machine: {azure: {…}}")
    }
    self.azure = azure
    let problems = plan.azureProblems(in: context.environment)
    if !problems.isEmpty { throw CommandError(problems.map { Diagnostic("bake.variable", $0) }, kind: .problem) }
  }

  /// Newest first.
  package func all() async throws -> [Image] {
    var needs = ImageNeeds()
    try await needs.addReleases(allTargets, for: plan.customer)
    let places = try places()
    try await needs.addMachines(allTargets, apartFrom: Set(places.map { $0.group.lowercased() }))
    let uses = needs
    let images = try await targets[0].withAzure { az, _ in
      var images: [Image] = []
      for (group, list) in places { images += try await list(az.at(group), uses) }
      return images
    }
    return images.sorted { ($0.created, $0.reference) > ($1.created, $1.reference) }
  }

  /// Those that no release needs and that are older.
  /// - Parameter days: How old they are at least.
  package func removable(_ images: [Image], days: Int, now: Int = DeployClock.system.seconds) -> [Image] {
    let limit = UTCTime.stamp(now - days * 86_400).prefix(19)
    return images.filter { !$0.isNeeded && !$0.created.isEmpty && $0.created.prefix(19) < limit }
  }

  // MARK: Where they are

  private typealias Listing = @Sendable (AzureCLI, ImageNeeds) async throws -> [Image]

  /// Resource groups, and what is listed there.
  private func places() throws -> [(group: String, list: Listing)] {
    let customer = plan.customer
    func value(_ name: EnvironmentSpec.AzureName) -> String {
      switch name {
      case .text(let text): text.value
      case .variable(let variable): context.environment[variable.value] ?? ""
      }
    }
    switch azure.capture {
    case .vhd(let group, let account, let container):
      let (account, container) = (value(account), value(container))
      var places: [(group: String, list: Listing)] = [
        (value(group), { az, needs in try await Self.disks(az, needs, customer, account, container) })
      ]
      // The generated template makes an image of each VHD, in the stage's own group.
      let own = targets.filter { $0.deployment.scaleSet != nil }.map(\.deployment.resourceGroup)
      places += own.map { group in (group, { az, needs in try await Self.images(az, needs, customer) }) }
      return places
    case .managedImage(let group, _):
      return [(value(group), { az, needs in try await Self.images(az, needs, customer) })]
    case .gallery(let group, let gallery, let image, _, _):
      let (gallery, definition) = (gallery.value, image.value)
      return [(value(group), { az, needs in try await Self.versions(az, needs, customer, gallery, definition) })]
    }
  }

  /// Packer gives a VHD the customer's name and a random one behind it. Another customer's name may begin alike.
  static func isOwn(_ name: String, of customer: String) -> Bool {
    guard name.hasPrefix("\(customer)pkros"), name.hasSuffix(".vhd") else { return false }
    let random = name.dropFirst(customer.count + 5).dropLast(4)
    return !random.isEmpty && random.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
  }

  private static func disks(
    _ az: AzureCLI, _ needs: ImageNeeds, _ customer: String, _ account: String, _ container: String
  ) async throws -> [Image] {
    let found = try await az.group(
      "read the storage account \(account)", ["storage", "account", "show", "--name", account])
    let endpoint = found["primaryEndpoints"]?["blob"]?.textValue ?? "https://\(account).blob.core.windows.net/"
    let words = ["--account-name", account, "--container-name", container, "--auth-mode", "login"]
    let blobs = try await az.run(
      "list the VHDs in \(account)", ["storage", "blob", "list", "--prefix", customer, "--num-results", "*"] + words)
    return try AzureCLI.items(blobs, "list the VHDs in \(account)").compactMap { blob in
      guard let name = blob["name"]?.textValue, isOwn(name, of: customer) else { return nil }
      let reference = "\(endpoint)\(endpoint.hasSuffix("/") ? "" : "/")\(container)/\(name)"
      return Image(
        reference: reference, kind: "vhd", created: blob["properties"]?["creationTime"]?.textValue ?? "",
        releases: needs[reference],
        removal: ["storage", "blob", "delete", "--name", name, "--delete-snapshots", "include"] + words)
    }
  }

  private static func images(
    _ az: AzureCLI, _ needs: ImageNeeds, _ customer: String
  ) async throws -> [Image] {
    let created = try await az.created("Microsoft.Compute/images")
    return try await az.list("list the images in \(az.resourceGroup)", "images").compactMap { image in
      guard image.tag("kiln-customer") == customer, let id = image["id"]?.textValue
      else { return nil }
      // One of a VHD is needed as long as that is.
      let disk = image["properties"]?["storageProfile"]?["osDisk"]?["blobUri"]?.textValue
      return Image(
        reference: id, kind: "image",
        created: created[id.lowercased()] ?? "",
        releases: (disk.map { needs[$0] } ?? []) + needs[id],
        removal: Self.removal(of: id))
    }
  }

  private static func versions(
    _ az: AzureCLI, _ needs: ImageNeeds, _ customer: String, _ gallery: String, _ definition: String
  ) async throws -> [Image] {
    return try await az.list(
      "list the versions of \(definition)", "galleries/\(gallery)/images/\(definition)/versions"
    )
    .compactMap { version in
      // A definition may be shared.
      guard version.tag("kiln-customer") == customer, let id = version["id"]?.textValue
      else { return nil }
      return Image(
        reference: id, kind: "image-version",
        created: version["properties"]?["publishingProfile"]?["publishedDate"]?.textValue ?? "",
        releases: needs[id],
        removal: Self.removal(of: id))
    }
  }

  private static func removal(of id: String) -> [String] {
    ["rest", "--method", "delete", "--url", AzureCLI.address(id)]
  }

  // MARK: Telling

  package func show(asJSON isJSON: Bool) async throws {
    let images = try await all()
    isJSON ? context.console.output(json: Self.document(images)) : context.console.output(Self.text(images))
  }

  /// Removes those that are still needed by nothing: a release may have begun since they were listed.
  func remove(_ images: [Image]) async throws {
    let needed = Dictionary(try await all().map { ($0.reference, $0.releases) }) { one, _ in one }
    for image in images {
      var needs = ImageNeeds()
      // Nobody but the customer's own stages takes one of them by its name.
      try await needs.addReleases(targets, for: plan.customer)
      let users = (needed[image.reference] ?? []) + needs[image.reference]
      guard users.isEmpty else {
        context.console.error(
          Relayed.safe("kept \(image.reference), which is needed now: \(Phrase.some(users, limit: 4))") + "\n")
        continue
      }
      try await targets[0].withAzure { az, _ in _ = try await az.run("remove \(image.reference)", image.removal) }
      context.console.error("removed \(image.reference)\n")
    }
  }

  /// Says what nobody needs, and removes it.
  package func prune(days: Int, isRemoving: Bool) async throws {
    let images = removable(try await all(), days: days)
    if images.isEmpty {
      return context.console.error("nothing to remove: every image is needed, or younger than \(days) days\n")
    }
    context.console.output(Self.text(images))
    guard isWhole else {
      throw CommandError(
        "images.specs", "some specs of the workspace have errors: which images their machines need is not known",
        help: "`kiln check` shows them")
    }
    guard isRemoving else {
      return context.console.error("\(Phrase.count(images.count, "image")) would be removed: --yes removes them\n")
    }
    try await remove(images)
  }

  /// A table of images, with what needs them.
  static func text(_ images: [Image]) -> String {
    if images.isEmpty { return "there are no images\n" }
    return images.map { image in
      let need = image.isNeeded ? Phrase.some(image.releases, limit: 4) : "nothing needs it"
      let date = image.created.isEmpty ? "" : "  \(image.created.prefix(10))"
      return Relayed.safe("\(image.kind)\(date)  \(image.reference)  (\(need))") + "\n"
    }.joined()
  }

  static func document(_ images: [Image]) -> DocumentValue {
    [
      "schemaVersion": 1,
      "images": .list(
        images.map { image in
          [
            "kind": .string(image.kind), "reference": .string(image.reference), "created": .string(image.created),
            "releases": .strings(image.releases),
          ]
        }),
    ]
  }
}
