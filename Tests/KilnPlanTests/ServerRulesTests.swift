import KilnDiagnostics
import KilnSpec
import KilnTesting
import Testing

@testable import KilnPlan

/// A web server listens on the app's port and serves its folder.
struct ServerRulesTests {
  private func sample(_ server: String, _ app: String) -> SampleWorkspace {
    SampleWorkspace("runtime: {base: debian-12, components: {\(server)}}\napp: {source: ../app\(app)}\n")
  }

  private func value(_ sample: SampleWorkspace, _ name: String) -> String? {
    sample.plans.first?.runtime.components.flatMap(\.parameters).first { $0.name == name }?.value.scalar?.text
  }

  @Test(arguments: [
    ("apache: {}", "documentRoot", "", "80", "/var/www/app"), ("nginx: {}", "root", "", "80", "/var/www/app"),
    ("apache: {}", "documentRoot", ", port: 8080, workdir: /srv/shop", "8080", "/srv/shop"),
    ("nginx: {}", "root", ", port: 8080, workdir: /srv/shop", "8080", "/srv/shop"),
    // One that comes with another component.
    ("php: {}", "documentRoot", ", port: 8080, workdir: /srv/shop", "8080", "/srv/shop"),
    (
      "apache: {documentRoot: /srv/shop/public}", "documentRoot", ", port: 81, workdir: /srv/shop", "81",
      "/srv/shop/public"
    ),
  ]) func follows(_ server: String, _ root: String, _ app: String, _ port: String, _ folder: String) {
    let sample = sample(server, app)
    #expect(sample.problems == [])
    #expect(value(sample, "port") == port && value(sample, root) == folder)
  }

  @Test func customersWithOtherPortsShareNothingWrong() {
    func environment(_ customer: String, _ port: Int) -> String {
      "version: 1\ncustomer: \(customer)\nprofile: site\napp: {source: ../app, port: \(port)}\n"
    }
    let sample = SampleWorkspace([
      "profiles/site.yaml": "version: 1\nruntime: {base: debian-12, components: {apache: {}}}\n",
      "environments/a.yaml": environment("a", 8080), "environments/b.yaml": environment("b", 80),
      "environments/c.yaml": environment("c", 8080),
    ])
    let ids = sample.plans.map(\.runtime.id)
    #expect(ids.count == 3 && ids[0] == ids[2] && ids[0] != ids[1])
  }

  @Test(arguments: [
    ("nginx: {port: 80}", ", port: 8080", "app.port is 8080, but nginx listens on 80"),
    ("apache: {documentRoot: /srv}", "", "app.workdir is /var/www/app, but apache serves /srv"),
    ("apache: {documentRoot: /var/www/app2}", "", "app.workdir is /var/www/app, but apache serves /var/www/app2"),
  ]) func saysWhatIsApart(_ server: String, _ app: String, _ message: String) {
    let problems = sample(server, app).problems
    #expect(problems.map(\.message) == [message] && !problems.hasErrors)
  }

  @Test(arguments: [
    ("nginx: {port: 80}", ""), ("nginx: {port: 8080}", ", port: 8080"), ("apache: {documentRoot: /var/www}", ""),
  ]) func takes(_ server: String, _ app: String) { #expect(sample(server, app).problems == []) }

  @Test func whatTheServerCannotServeIsSaidOfTheApp() {
    let problems = sample("apache: {}", ", workdir: /srv/the app").problems
    #expect(problems.map(\.id) == ["spec.parameter-value"] && problems.hasErrors)
    #expect(problems.first?.location?.file == "environments/acme.yaml")
  }

  @Test(arguments: [
    "{type: string, follows: app.port}", "{type: integer, follows: app.workdir}",
    "{type: string, follows: app.domains}",
  ])
  func aParameterOfAnotherTypeCannotFollow(_ parameter: String) {
    let component = "summary: X\nparameters: {port: \(parameter)}\nsteps: [{directory: {path: /srv}}]\n"
    let problems = SampleWorkspace("runtime: {base: debian-12}\n", components: ["x": component]).problems
    #expect(problems.map(\.id) == ["spec.conflict"])
  }
}
