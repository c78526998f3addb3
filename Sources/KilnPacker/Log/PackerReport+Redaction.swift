extension PackerReport {
  /// The same report with shared access signatures as asterisks.
  public var withoutSignatures: PackerReport {
    func clean(_ text: String?) -> String? { text.map(SASRedaction.redacted) }
    var report = self
    for index in report.builds.indices {
      report.builds[index].error = clean(report.builds[index].error)
      report.builds[index].artifacts = report.builds[index].artifacts.map { artifact in
        switch artifact {
        case .vhd(var vhd):
          vhd.osDiskUri = SASRedaction.redacted(vhd.osDiskUri)
          vhd.osDiskUriReadOnlySas = clean(vhd.osDiskUriReadOnlySas)
          vhd.templateUri = clean(vhd.templateUri)
          vhd.templateUriReadOnlySas = clean(vhd.templateUriReadOnlySas)
          vhd.additionalDisks = vhd.additionalDisks.map { .init(name: $0.name, uri: SASRedaction.redacted($0.uri)) }
          return .vhd(vhd)
        case .disk(let uri): return .disk(osDiskUri: SASRedaction.redacted(uri))
        case .other(let text): return .other(text: SASRedaction.redacted(text))
        case .managedImage, .galleryImage, .dockerImage, .ami: return artifact
        }
      }
    }
    return report
  }
}
