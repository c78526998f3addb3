import KilnDiagnostics
import KilnDocuments
import KilnPacker
import KilnProcesses

/// An image that somebody has named: a VHD's URI, or the id of an image or of a version in a gallery.
struct NamedImage: Sendable {
  let reference: String
  let kind: ArtifactKind

  /// - Throws: `deploy.image` for text that names none; what is behind a URI's `?` would be a signature, which is a secret.
  init(_ reference: String) throws {
    self.reference = reference
    kind = ArtifactKind.deployed(reference)
    let isID = reference.hasPrefix("/")
    let isWell =
      isID
      ? reference.wholeMatch(
        of:
          /(?i)\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[\w.()-]+\/providers\/Microsoft\.Compute\/(images\/[\w.-]+|galleries\/[\w.]+\/images\/[\w.-]+\/versions\/[\d.]+)/
      )
        != nil
      : reference.wholeMatch(of: /https:\/\/[A-Za-z0-9.-]+(:\d+)?\/[A-Za-z0-9$-]+\/[\w.\/$-]+\.vhd/) != nil
    guard isWell else {
      let shown = reference.prefix { $0 != "?" && $0 != "#" }
      let more = shown.count < reference.count ? "…" : ""
      throw CommandError(
        "deploy.image", "--image \(shown)\(more) names no image",
        help: isID || !reference.lowercased().hasPrefix("http")
          ? "an image's id has the form /subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/images/NAME, or …/galleries/…/images/…/versions/…"
          : "a VHD's URI has the form https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME.vhd, without a signature")
    }
  }

  /// Stops where Azure does not have it, or a bake has made it for somebody else.
  /// - Parameter customers: All of the workspace: a VHD says by its name alone whose it is.
  func check(_ customer: String, among customers: [String], _ az: AzureCLI) async throws {
    if kind == .vhd {
      let name = reference.split(separator: "/").last.map(String.init) ?? ""
      if let other = customers.first(where: { $0 != customer && MachineImages.isOwn(name, of: $0) }) {
        throw another(customer, other)
      }
      return
    }
    let found = try await AzureCLI.optional {
      try await az.rest("look for the image", "get", AzureCLI.address(reference))
    }
    guard let found else {
      throw CommandError(
        "deploy.image", "there is no image \(reference)",
        help: "`kiln images list \(customer)` shows those that there are")
    }
    if let other = found["tags"]?["kiln-customer"]?.textValue, other != customer { throw another(customer, other) }
  }

  private func another(_ customer: String, _ other: String) -> CommandError {
    CommandError(
      "deploy.image", "the image \(reference) was baked for \(other), not for \(customer)",
      help: "`kiln images list \(customer)` shows those of \(customer)")
  }
}
