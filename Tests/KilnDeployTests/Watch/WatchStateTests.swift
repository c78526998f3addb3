import Foundation
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
}
