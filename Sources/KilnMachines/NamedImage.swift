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
      : Self.isCanonical(reference)
    guard isWell else {
      let shown = reference.prefix { $0 != "?" && $0 != "#" }
      let more = shown.count < reference.count ? "…" : ""
      throw CommandError(
        "deploy.image", "--image \(shown)\(more) names no image",
        help: isID || !reference.lowercased().hasPrefix("http")
          ? "an image's id has the form /subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/images/NAME, or …/galleries/…/images/…/versions/…"
          : "a VHD's URI has the form https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME.vhd, without a port or a signature"
      )
    }
  }

  /// One way to write a VHD's address: what is compared with what runs has no second one.
  private static func isCanonical(_ uri: String) -> Bool {
    guard let match = uri.wholeMatch(of: /https:\/\/[a-z0-9]+\.[a-z0-9.-]+((?:\/[\w.$-]+){2,})/),
      uri.hasSuffix(".vhd")
    else { return false }
    return !match.1.split(separator: "/").contains { $0 == "." || $0 == ".." }
  }

  /// What is the same for all ways to write an image's name, some of which earlier releases may have: of a VHD the account,
  /// the container and the path, whatever its host is called besides. More may be the same than is.
  static func key(_ reference: String) -> String {
    let name = decoded(reference).lowercased()
    guard let scheme = name.firstRange(of: "://") else { return name }
    let parts = name[scheme.upperBound...].prefix { $0 != "?" && $0 != "#" }.split(separator: "/")
    var account = String(parts.first?.prefix { $0 != "." && $0 != ":" } ?? "")
    if account.hasSuffix("-secondary") { account.removeLast("-secondary".count) }
    var path: [Substring] = []
    for part in parts.dropFirst() where part != "." {
      if part == ".." { _ = path.popLast() } else { path.append(part) }
    }
    return "https://\(account)/\(path.joined(separator: "/"))"
  }

  /// `%70` is `p`.
  private static func decoded(_ reference: String) -> String {
    guard reference.utf8.contains(UInt8(ascii: "%")) else { return reference }
    return reference.replacing(/(%[0-9A-Fa-f]{2})+/) { match in
      String(decoding: match.0.split(separator: "%").compactMap { UInt8($0, radix: 16) }, as: UTF8.self)
    }
  }

  /// Stops where Azure says that it is gone. A VHD is asked for where the account may.
  func find(_ customer: String, _ az: AzureCLI) async throws {
    let isThere: Bool
    if kind == .vhd {
      let words = ["storage", "blob", "exists", "--blob-url", reference, "--auth-mode", "login"]
      let answer = try? await az.run("look for the VHD", words)
      isThere = answer?["exists"] != .bool(false)
    } else {
      isThere = try await found(az) != nil
    }
    guard isThere else { throw missing(customer) }
  }

  private func found(_ az: AzureCLI) async throws -> DocumentValue? {
    try await AzureCLI.optional { try await az.rest("look for the image", "get", AzureCLI.address(reference)) }
  }

  private func missing(_ customer: String) -> CommandError {
    CommandError(
      "deploy.image", "there is no image \(reference)",
      help: "`kiln images list \(customer)` shows those that there are")
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
    guard let found = try await found(az) else { throw missing(customer) }
    if let other = found.tag("kiln-customer"), other != customer { throw another(customer, other) }
  }

  private func another(_ customer: String, _ other: String) -> CommandError {
    CommandError(
      "deploy.image", "the image \(reference) was baked for \(other), not for \(customer)",
      help: "`kiln images list \(customer)` shows those of \(customer)")
  }
}
