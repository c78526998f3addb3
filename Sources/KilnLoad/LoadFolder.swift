import KilnArtifacts
import KilnDeploy
import KilnSpec
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where the results of one load test at one target are: `dist/CUSTOMER/load/TARGET/TEST`.
package struct LoadFolder: Sendable {
  package let path: FilePath
  private let root: FilePath

  init(_ root: FilePath, customer: String, target: LoadTarget, test: String) {
    self.root = root
    path = WorkspaceLayout(root).load(of: customer).appending(target.folder).appending(test)
  }

  /// The last result, good or not.
  package var result: FilePath { path.appending("result.json") }
  /// The last good one.
  var good: FilePath { path.appending("good.json") }
  package var report: FilePath { path.appending("report.html") }
  /// All results, newest last.
  var history: FilePath { path.appending("history.json") }
  /// Every answer of the last run.
  package var samples: FilePath { path.appending("results.jtl") }
  package var log: FilePath { path.appending("jmeter.log") }
  var plan: FilePath { path.appending("plan.jmx") }
  /// While it runs.
  var running: (samples: FilePath, log: FilePath) {
    (path.appending("running.jtl"), path.appending("running.log"))
  }
  var lock: FilePath { path.appending("lock") }

  func make() throws { try UnlinkedFolder.make(path, below: root) }

  /// Removes what a run has left that did not come to its end.
  func clear() {
    for file in [running.samples, running.log] { _ = file.withPlatformString { unlink($0) } }
  }

  /// Gives the files of a run that has come to its end their names.
  func keep() throws {
    for (file, name) in [(running.samples, samples), (running.log, log)] {
      let code = file.withPlatformString { old in name.withPlatformString { rename(old, $0) } }
      guard code == 0 || errno == ENOENT else { throw FileSystemError("write", name, Errno(rawValue: errno)) }
    }
  }

  /// A result of the same load; nil where there is none, or it was another load.
  func lastGood(of load: String) -> LoadMark? {
    read(good).flatMap { $0.load == load ? $0.mark : nil }
  }

  func read(_ file: FilePath) -> LoadResult? {
    (try? RegularFile.read(file, limit: 1 << 24, following: .refused)).flatMap(LoadResult.init(json:))
  }

  func write(_ result: LoadResult) throws {
    var items = [(self.result, result.text)]
    if result.isGood { items.append((good, result.text)) }
    let history = LoadHistory(readingFrom: self.history).adding(result)
    items += [(self.history, history.json), (report, LoadReportPage(result, history).html)]
    try FileReplacement.replace(items.map { .init(path: $0.0, bytes: Array($0.1.utf8)) })
  }
}
