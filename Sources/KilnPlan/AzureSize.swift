/// The size of a virtual machine in Azure, as far as its name says which generations of images it runs.
///
/// Source: Microsoft's "Support for generation 2 VMs on Azure": before version 4 a series without premium storage (no `s` in
/// its name) runs generation 1 alone.
struct AzureSize {
  let generations: ClosedRange<Int>

  init(_ name: String) {
    let parts = name.split(separator: "_").map(String.init)
    let own = parts.count > 1 ? parts[1] : ""
    let family = String(own.prefix { $0.isUppercase })
    let features = own.drop { $0.isUppercase }
    let version = parts.dropFirst(2).compactMap { $0.hasPrefix("v") ? Int($0.dropFirst()) : nil }.last ?? 1
    let isPremium = features.contains("s") || family.count > 1 && family.hasSuffix("S")
    switch family {
    case _ where parts.first == "Basic": generations = 1...1
    case "A": generations = 1...1
    case "DS" where version == 1: generations = 1...1
    // Confidential machines, and the largest, have no BIOS.
    case "DC", "EC": generations = 2...2
    case "M" where version > 1: generations = 2...2
    case _ where version > 5: generations = 2...2
    case "B": generations = 1...2
    case _ where version > 3 || isPremium: generations = 1...2
    default: generations = 1...1
    }
  }
}
