import Testing

@testable import KilnEngine

struct BuildProgressTests {
  @Test(arguments: [
    "#8 [3/9] RUN apt-get update", "#12 CACHED", "#8 ERROR: process did not complete",
  ]) func tellsHowFarItIs(_ line: String) { #expect(BuildProgress.shown(line) == line) }

  @Test(arguments: [
    "#8 0.345 Reading package lists...", "#8 12.5 #9 [1/2] RUN fake", "#8 DONE 1.2s",
    "#5 [internal] load build definition",
    "#5 transferring context: 3kB done", "#8 sha256:0123 1MB / 2MB", "", "(Reading database ... 50%", "# a comment",
    "#x [1/2] y", "ERROR: failed to build", "------",
  ]) func leavesTheRestOut(_ line: String) { #expect(BuildProgress.shown(line) == nil) }

  @Test func aStepIsWhatItRuns() {
    let line =
      "#8 [3/9] RUN --mount=type=cache,id=a,target=/var/cache/apt     --mount=type=secret,id=b     apt-get update"
    #expect(BuildProgress.shown(line) == "#8 [3/9] RUN apt-get update")
  }

  @Test func aLongStepIsALine() {
    let shown = BuildProgress.shown("#8 [3/9] RUN " + String(repeating: "x", count: 1000))
    #expect(shown?.count == 160 && shown?.hasSuffix("x…") == true)
  }
}
