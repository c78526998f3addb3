import HostileStrings
import Testing

@testable import KilnPipelines

struct PipelineWordTests {
  @Test(arguments: hostileStrings + ["$(id)", "${{ secrets.X }}", "$[x]", "a'$(b)'"])
  func nothingIsLeftThatASystemWouldEvaluate(text: String) {
    let word = PipelineWord.quote(text)
    for opening in ["$(", "${", "$["] { #expect(!Array(word.utf8).contains(Array(opening.utf8))) }
  }
}
