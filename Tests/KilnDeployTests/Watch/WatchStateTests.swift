import Foundation
import KilnDiagnostics
import KilnSpec
import KilnTesting
import SystemPackage
import Testing

@testable import KilnDeploy

struct WatchStateTests {
  private func trouble(_ customer: String, _ path: String) -> WatchTrouble {
    WatchTrouble(
      page: .init(customer: customer, stage: "qa", app: "care", path: path), reason: "status 500", since: 7)
  }

  /// What one run has reported, the next one knows; pages that it was not asked about stay as they are.
  @Test func goesFromRunToRun() throws {
    try withFolder { folder in
      let layout = WorkspaceLayout(FilePath(folder.path))
      let (acme, globex) = (trouble("acme", "/"), trouble("globex", "/"))
      #expect(WatchState(layout, stage: "qa").open == [])
      try WatchState(layout, stage: "qa").write([acme, globex], of: [acme.page, globex.page])
      #expect(WatchState(layout, stage: "production").open == [])
      try WatchState(layout, stage: "qa").write([], of: [acme.page])
      #expect(WatchState(layout, stage: "qa").open == [globex])
    }
  }

  /// What a checkout brings would hide a trouble, and a link would lead elsewhere.
  @Test func nobodyElsesCounts() throws {
    try withFolder { folder in
      let layout = WorkspaceLayout(FilePath(folder.path))
      let file = layout.watch("qa")
      let acme = trouble("acme", "/")
      try WatchState(layout, stage: "qa").write([acme], of: [])
      let text = try String(contentsOfFile: file.string, encoding: .utf8)
      try text.replacingOccurrences(of: "500", with: "404").write(
        toFile: file.string, atomically: true, encoding: .utf8)
      #expect(WatchState(layout, stage: "qa").open == [])
      // Of another folder.
      let other = WorkspaceLayout(FilePath(folder.path).appending("other"))
      try FileManager.default.createDirectory(
        atPath: other.watch("qa").removingLastComponent().string, withIntermediateDirectories: true)
      try text.write(toFile: other.watch("qa").string, atomically: true, encoding: .utf8)
      #expect(WatchState(other, stage: "qa").open == [])

      let linked = WorkspaceLayout(FilePath(folder.path).appending("linked"))
      try FileManager.default.createDirectory(
        atPath: linked.watch("qa").removingLastComponent().removingLastComponent().string,
        withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: linked.watch("qa").removingLastComponent().string, withDestinationPath: folder.path)
      #expect(throws: CommandError.self) { try WatchState(linked, stage: "qa").write([acme], of: []) }
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/.watch-qa"))
    }
  }
}
