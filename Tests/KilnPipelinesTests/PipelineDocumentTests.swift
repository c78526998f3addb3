import HostileStrings
import KilnTesting
import Testing
import Yams

@testable import KilnPipelines

private let hostile =
  hostileStrings + [
    "${{ secrets.TOKEN }}", "$(TOKEN)", "$[ variables.TOKEN ]", "' || true || '", "''); evil('", "}} ${{ x", "$TOKEN",
  ]

/// Names that nobody should have chosen, in every place of every document.
struct PipelineDocumentTests {
  private func scalars(_ node: Node) -> [String] {
    switch node {
    case .scalar(let scalar): [scalar.string]
    case .sequence(let items): items.flatMap(scalars)
    case .mapping(let pairs): pairs.flatMap { scalars($0.key) + scalars($0.value) }
    case .alias: []
    }
  }

  private func read(_ text: String) throws -> Node { try #require(try Yams.compose(yaml: text)) }

  @Test(arguments: hostile) func gitHubEvaluatesNothing(text: String) throws {
    var job = GitHubWorkflow.Job(id: "a", name: .text(text))
    job.condition = .all([.equals("github.ref", text), .contains("needs.plan.outputs.customers", text)])
    job.labels = [.text(text)]
    job.environment = .text(text)
    job.group = .text(text)
    job.steps = [.init(.text(text), environment: [("X", .text(text)), ("Y", .secret(text))], .run(text))]
    var workflow = GitHubWorkflow(header: [text])
    workflow.branch = text
    workflow.folders = [text]
    workflow.folder = text
    workflow.jobs = [job]
    let root = try read(workflow.render())
    let own = try #require(root["jobs"]?["a"])
    for value in [own["name"], own["environment"]?["name"], own["steps"]?[0]?["run"], own["steps"]?[0]?["env"]?["X"]] {
      let found = try #require(value?.string)
      #expect(found.replacing("${{ '${{' }}", with: "${{") == text)
      #expect(!found.replacing("${{ '${{' }}", with: "").contains("${{"))
    }
    let condition = try #require(own["if"]?.string)
    #expect(!condition.contains("${{") && !condition.contains("}}"))
    #expect(try Self.literal(in: condition, after: "github.ref == ") == text)
    let secret = try #require(own["steps"]?[0]?["env"]?["Y"]?.string)
    #expect(secret.isEmpty || secret.wholeMatch(of: /\$\{\{ secrets\.[A-Za-z0-9_]+ \}\}/) != nil)
  }

  /// The literal behind `prefix`, as GitHub reads it.
  private static func literal(in condition: String, after prefix: String) throws -> String {
    var rest = Array(condition.unicodeScalars)[...].dropFirst(prefix.unicodeScalars.count)
    let isJSON = rest.starts(with: "fromJSON(".unicodeScalars)
    if isJSON { rest = rest.dropFirst("fromJSON(".count) }
    #expect(rest.first == "'")
    rest = rest.dropFirst()
    var out = String.UnicodeScalarView()
    while let scalar = rest.popFirst() {
      if scalar == "'" {
        guard rest.first == "'" else { break }
        rest.removeFirst()
      }
      out.append(scalar)
    }
    #expect(rest.starts(with: (isJSON ? ") && " : " && ").unicodeScalars))
    guard isJSON else { return String(out) }
    return try #require(try Yams.load(yaml: String(out)) as? String)
  }

  @Test(arguments: hostile) func azureEvaluatesNothing(text: String) throws {
    var stage = AzurePipeline.Stage(id: "a", name: .text(text))
    stage.condition = .all([.equals("variables['x']", text), .contains("variables['y']", text)])
    stage.environment = .text(text)
    stage.steps = [
      .init(.text(text), environment: [("X", .text(text))], .script("echo \(PipelineWord.quote(text))\n")),
      .init(.text(text), .tests(pattern: text, title: text)),
    ]
    var pipeline = AzurePipeline(header: [text])
    pipeline.branch = text
    pipeline.folders = [text]
    pipeline.pool = text
    pipeline.stages = [stage]
    for scalar in scalars(try read(pipeline.render())) {
      let rest = scalar.replacing("${{ '${{' }}", with: "")
      #expect(!rest.contains("${{") && !rest.contains("$(") && !rest.contains("$["))
    }
  }

  @Test(arguments: hostile) func gitLabExpandsNothing(text: String) throws {
    var job = GitLabPipeline.Job("a", stage: "s")
    job.rules = [.init(.equals("$CI_COMMIT_BRANCH", text))]
    job.environment = .text(text)
    job.group = .text(text)
    job.variables = [("X", .text(text))]
    job.scripts = ["echo \(PipelineWord.quote(text))"]
    var pipeline = GitLabPipeline(header: [text])
    pipeline.image = text
    pipeline.tags = [text]
    pipeline.folders = [text]
    pipeline.rules = job.rules
    pipeline.jobs = [job]
    let root = try read(pipeline.render())
    let own = try #require(root["a"])
    for value in [own["environment"]?["name"], own["resource_group"], own["variables"]?["X"]] {
      let doubled = text.utf8.flatMap { $0 == UInt8(ascii: "$") ? [$0, $0] : [$0] }
      #expect(Array(try #require(value?.string).utf8) == doubled)
    }
    #expect(own["script"]?[0]?.string == "echo \(PipelineWord.quote(text))")
  }

  @Test(arguments: hostile.filter { !$0.isEmpty }) func jenkinsInterpolatesNothing(text: String) throws {
    var stage = Jenkinsfile.Stage(text)
    stage.condition = .equals("env.BRANCH_NAME", text)
    stage.question = (text, text)
    stage.environment = [("X", .secret(text))]
    stage.steps = [.init(text, .script("echo \(PipelineWord.quote(text))\n"))]
    stage.onFailure = "echo\n"
    stage.failureSecrets = [text]
    stage.artifacts = [text]
    stage.junit = [text]
    var file = Jenkinsfile(header: [text])
    file.label = text
    file.image = text
    file.folder = text
    file.stages = [stage]
    try JenkinsfileParser.check(file.render())
  }
}
