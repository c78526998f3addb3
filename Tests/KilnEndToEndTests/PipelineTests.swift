import Foundation
import Testing

/// Generated pipelines, executed as their systems would do it: a sample workspace in Git, the real engine and a real cluster.
@Suite(.enabled(if: EndToEnd.isRequested && EndToEnd.cluster != nil, "no cluster: KUBECONFIG is not set"), .serialized)
struct PipelineTests {
  private static let customer = "kilnpipe"

  /// A repository with a workspace in `deploy` and its application beside it; two commits.
  private func repository(_ body: (URL, WebhookLog) throws -> Void) throws {
    let folder = try TemporaryFolder()
    let hook = try WebhookLog(in: folder.url)
    let root = folder.url.appending(path: "repo")
    try sh(
      """
      kubectl delete namespace kilnpipe-qa kilnpipe-production --ignore-not-found --wait=true
      mkdir -p repo/deploy/environments repo/shop && cd repo && git init -q -b main .
      """, in: folder.url)
    defer {
      hook.stop()
      _ = try? sh(
        """
        kubectl delete namespace kilnpipe-qa kilnpipe-production --ignore-not-found --wait=true
        docker rmi -f $(docker images -q '127.0.0.1:5000/kilnpipe/*')
        """, in: root, expecting: nil)
      folder.remove()
    }
    try """
    version: 1
    registry: 127.0.0.1:5000
    clusters: {test: {context: \(EndToEnd.cluster ?? "")}}
    notify: [{webhook: {env: HOOK}}]
    pipeline:
      kubeconfig: {env: KUBECONFIG_DATA}
      registries: [{registry: 127.0.0.1:5000, username: ci, password: {env: REGISTRY_PASSWORD}}]
      timeout: 25

    """.write(to: root.appending(path: "deploy/kiln.yaml"), atomically: true, encoding: .utf8)
    try """
    version: 1
    customer: \(Self.customer)
    runtime: {base: debian-12, components: {apache: {}, php: {}}}
    app: {source: ../../shop, port: 80, health: /health.php, checks: [{path: /, content: shop}]}
    secrets: {TOKEN: {env: KILNPIPE_TOKEN}}
    deploy: {kubernetes: {}}
    stages:
      qa: {}
      production: {after: qa, approval: true}

    """.write(to: root.appending(path: "deploy/environments/kilnpipe.yaml"), atomically: true, encoding: .utf8)
    try sh(
      #"""
      printf '/dist/\n' > deploy/.gitignore
      echo '<?php echo "ok";' > shop/health.php
      echo '<?php echo "shop 1";' > shop/index.php
      cd deploy && kiln check -q && kiln generate -q
      for system in github gitlab jenkins azure-pipelines; do kiln pipeline $system -q; done
      kiln generate --check -q
      """#, in: root)
    try commit("Kim", "The first version", in: root)
    try body(root, hook)
  }

  private func commit(_ author: String, _ subject: String, in root: URL) throws {
    try sh("git add -A; git -c user.name=\(author) -c user.email=a@example.com commit -qm '\(subject)'", in: root)
  }

  private func page(_ stage: String, in root: URL) throws -> String {
    try sh(
      "curl -fsS http://$(kubectl -n kilnpipe-\(stage) get service app -o jsonpath='{.spec.clusterIP}')/", in: root
    ).output
  }

  private func workflow(_ root: URL, _ hook: WebhookLog) throws -> WorkflowRun {
    let before = try sh("git rev-parse -q --verify HEAD~1 || printf %040d 0", in: root).output
    let kubeconfig = try String(
      contentsOfFile: ProcessInfo.processInfo.environment["KUBECONFIG"] ?? "", encoding: .utf8)
    return try WorkflowRun(
      root.appending(path: ".github/workflows/kiln.yml"), in: root,
      secrets: [
        "KUBECONFIG_DATA": kubeconfig, "REGISTRY_PASSWORD": "registry-canary", "KILNPIPE_TOKEN": "token-canary",
        "HOOK": hook.url, "GITHUB_TOKEN": "github-canary",
      ],
      context: [
        "github.event_name": "push", "github.ref": "refs/heads/main", "github.event.before": before.trimmed,
        "github.base_ref": "", "github.server_url": "https://github.example", "github.repository": "kim/shop",
        "github.run_id": "7", "github.actor": "kim", "inputs.rollback": "", "inputs.release": "",
      ])
  }

  @Test func aChangeIsDeployedAndABadOneGoesBack() throws {
    try repository { root, hook in
      let first = try workflow(root, hook)
      try first.run()
      #expect(
        first.results == [
          "check": "success", "plan": "success", "build_kilnpipe": "success", "deploy_kilnpipe__qa": "success",
          "deploy_kilnpipe__production": "success", "rollback": "skipped",
        ], "\(first.log.suffix(6000))")
      #expect(try page("qa", in: root) == "shop 1" && page("production", in: root) == "shop 1")
      let history = try sh("cd deploy && kiln history kilnpipe --stage production", in: root).output
      #expect(history.contains("approved by") && history.contains("actions/runs/7"), "\(history)")

      // A commit that concerns nobody deploys nothing.
      try sh("echo notes > NOTES", in: root)
      try commit("Kim", "Notes", in: root)
      let idle = try workflow(root, hook)
      try idle.run()
      #expect(idle.results["plan"] == "success" && idle.results["build_kilnpipe"] == "skipped", "\(idle.results)")

      try sh("echo '<?php http_response_code(500);' > shop/health.php", in: root)
      try commit("Ann", "Break it", in: root)
      let bad = try workflow(root, hook)
      try bad.run()
      #expect(bad.results["build_kilnpipe"] == "success" && bad.results["deploy_kilnpipe__production"] == "skipped")
      #expect(bad.results["deploy_kilnpipe__qa"] == "failure" && bad.failed?.status == 1, "\(bad.log.suffix(6000))")
      #expect(bad.log.contains("release 1 is back and runs") && bad.log.contains("Ann: Break it"))
      #expect(try page("qa", in: root) == "shop 1")
      // The deployment has reported itself; the pipeline does not do it once more.
      #expect(hook.events == ["deployment-failed"], "\(hook.events)")

      try sh("echo '<?php echo \"ok\";' > shop/health.php; echo '<?php echo \"shop 2\";' > shop/index.php", in: root)
      try commit("Ann", "Mend it", in: root)
      try gitLab(in: root, hook)
      #expect(try page("qa", in: root) == "shop 2" && page("production", in: root) == "shop 1")

      let back = try workflow(root, hook)
      back.context["github.event_name"] = "workflow_dispatch"
      back.context["inputs.rollback"] = "kilnpipe/qa"
      back.context["inputs.release"] = "0"
      try back.run()
      #expect(back.results["rollback"] == "success" && back.results["check"] == "skipped", "\(back.log.suffix(3000))")
      #expect(try page("qa", in: root) == "shop 1")

      // What fails before anything is deployed is reported by the pipeline.
      try sh("sed -i 's/port: 80/port: 81/' deploy/environments/kilnpipe.yaml", in: root)
      try commit("Ann", "Forget to generate", in: root)
      let stale = try workflow(root, hook)
      try stale.run()
      #expect(stale.results["check"] == "failure" && stale.results["plan"] == "skipped")
      #expect(stale.log.contains("::error file=deploy/generated/kilnpipe/"))
      #expect(hook.events.suffix(1) == ["pipeline-failed"] && hook.last.contains("Ann"), "\(hook.events)")
      for log in [first, bad, back, stale].map(\.log) + [hook.last] { #expect(!log.contains("-canary")) }
      #expect(try sh("grep -rl canary deploy/dist || true", in: root).output == "")
    }
  }

  /// The jobs of a push, up to the first that somebody has to start, each in one shell as GitLab's runners do it.
  private func gitLab(in root: URL, _ hook: WebhookLog) throws {
    let file = try GitLabRun(root.appending(path: ".gitlab-ci.yml"))
    let before = try sh("git rev-parse HEAD~1", in: root).output.trimmed
    let kubeconfig = try String(
      contentsOfFile: ProcessInfo.processInfo.environment["KUBECONFIG"] ?? "", encoding: .utf8)
    let variables = [
      "CI_COMMIT_BRANCH": "main", "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BEFORE_SHA": before, "KILN_SINCE": before,
      "KILN_PUBLISH": "yes", "KILN_ROLLBACK": "nothing", "KILN_RELEASE": "", "CI_JOB_URL": "https://gitlab.example/7",
      "GITLAB_USER_LOGIN": "kim", "KUBECONFIG_DATA": kubeconfig, "REGISTRY_PASSWORD": "registry-canary",
      "KILNPIPE_TOKEN": "token-canary", "HOOK": hook.url,
    ]
    for name in ["check", "plan", "build_kilnpipe", "deploy_kilnpipe__qa"] {
      try sh(try file.script(of: name), in: root, environment: variables)
    }
    #expect(try file.isManual("deploy_kilnpipe__production"))
  }

  @Test(
    .enabled(
      if: EndToEnd.has("check-jsonschema", "groovy", "shellcheck"), "check-jsonschema, groovy or shellcheck is not here"
    ))
  func theirOwnToolsTakeThem() throws {
    try repository { root, _ in
      try sh(
        #"""
        check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/kiln.yml
        check-jsonschema --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci .gitlab-ci.yml
        check-jsonschema --regex-variant nonunicode --builtin-schema vendor.azure-pipelines azure-pipelines.yml
        groovy -e 'def unit = new org.codehaus.groovy.control.CompilationUnit()
          unit.addSource(new File(args[0]))
          unit.compile(org.codehaus.groovy.control.Phases.CONVERSION)' Jenkinsfile
        cd deploy && kiln doctor --install-script | shellcheck -s sh -
        """#, in: root)
    }
  }

  /// One comment, which the next commit rewrites.
  @Test func aRequestGetsThePlanAsAComment() throws {
    try repository { root, hook in
      try sh("git switch -qc change && git update-ref refs/remotes/origin/main main", in: root)
      try sh("echo '<?php echo \"shop 3\";' > shop/index.php", in: root)
      try commit("Ann", "Three", in: root)
      let run = try workflow(root, hook)
      run.context.merge([
        "github.event_name": "pull_request", "github.ref": "refs/pull/3/merge", "github.base_ref": "main",
        "github.event.pull_request.number": "3", "github.event.pull_request.head.repo.full_name": "kim/shop",
      ]) { $1 }
      run.environment["GITHUB_API_URL"] = hook.url + "/api"
      run.environment["GITHUB_REPOSITORY"] = "kim/shop"
      for _ in 1...2 { try run.run(only: ["check", "plan"]) }
      #expect(run.results == ["check": "success", "plan": "success"], "\(run.log.suffix(3000))")
      #expect(
        hook.requests.filter { $0.contains("/api/") } == [
          "GET /api/repos/kim/shop/issues/3/comments?per_page=100", "POST /api/repos/kim/shop/issues/3/comments",
          "GET /api/repos/kim/shop/issues/3/comments?per_page=100", "PATCH /api/repos/kim/shop/issues/comments/41",
        ], "\(hook.requests)")
      #expect(hook.last.contains("<!-- kiln plan -->") && hook.last.contains("shop: index.php changed"), "\(hook.last)")
      #expect(!run.log.contains("-canary"))
    }
  }
}

extension String {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
