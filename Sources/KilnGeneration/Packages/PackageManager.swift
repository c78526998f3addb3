package import KilnAnsible
package import KilnSpec

/// How packages of a distribution are installed, found and cleaned up after. A base's `family` chooses it.
package protocol PackageManager: Sendable {
  /// Commands that install packages in an image, and leave no logs.
  func install(_ names: [String]) -> [String]
  /// Folders of lists and downloads, which are kept between builds and not in the image.
  var caches: [String] { get }

  /// Where the keys of repositories are.
  var keyFolder: String { get }
  func keyPath(of repository: Step.Repository) -> String
  /// The file that adds a repository.
  func source(of repository: Step.Repository) -> Step.File

  /// Ansible's module.
  var module: StaticString { get }
  /// Its arguments that read the lists of packages, unless that was done within the hour.
  var readingLists: AnsibleMap { get }
  /// Its arguments that upgrade all packages, once whatever else upgrades them has ended.
  var upgrading: AnsibleMap { get }
  /// Its arguments that install packages.
  /// - Parameter isReadingLists: Because a repository was added.
  func installing(_ names: [String], isReadingLists: Bool) -> AnsibleMap

  /// Shell commands that make a machine ready for Ansible, as root where `$SUDO` makes it so.
  /// - Parameters:
  ///   - folder: A folder for files of theirs.
  ///   - list: Where they write the names of the packages that were added, a line each.
  func bootstrap(in folder: String, list: String) -> [String]

  /// Shell commands that print tab-separated facts: `package`, name, version; `depends`, name, what it depends on;
  /// `maker`, an account's name, the package that makes it.
  var facts: String { get }
}

extension PackageFamily {
  package var packageManager: any PackageManager {
    switch self {
    case .debian, .ubuntu: Apt()
    }
  }
}
