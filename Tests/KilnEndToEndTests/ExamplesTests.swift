import Foundation
import Testing

/// The shipped examples, by the commands that their READMEs give.
@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped), .serialized)
struct ExamplesTests {
  private static let secrets = Dictionary(
    uniqueKeysWithValues: ["ACME", "GLOBEX", "INITECH"].flatMap { customer in
      ["DB", "ADMIN"].map { ("\(customer)_\($0)_PASSWORD", "\(customer.lowercased())-\($0) '$x\"") }
    } + [("SERVICE_ADMIN_PASSWORD", "long enough, and \"quoted\"")])

  /// A copy of an example, without what it left behind elsewhere.
  private func withExample(_ name: String, _ customers: [String], _ body: (URL) throws -> Void) throws {
    let folder = try TemporaryFolder()
    let example = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../examples/\(name)")
    let work = folder.url.appending(path: name)
    try FileManager.default.copyItem(at: example.standardizedFileURL, to: work)
    defer {
      for customer in customers {
        _ = try? sh(
          "kiln down \(customer) --volumes --yes; docker rmi -f $(docker images -q '\(customer)/*')",
          in: work, environment: Self.secrets, expecting: nil)
      }
      folder.remove()
    }
    try body(work)
  }

  private func run(_ script: String, in work: URL) throws -> String {
    try sh(script, in: work, environment: Self.secrets).output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func up(_ customer: String, in work: URL) throws -> String {
    try run(
      "kiln up \(customer) --project kiln-e2e-\(customer) 2> up.log || { tail -30 up.log >&2; exit 1; }", in: work)
  }

  @Test func wordPressForThreeCustomers() throws {
    let customers = ["acme", "globex", "initech"]
    try withExample("wordpress", customers) { work in
      _ = try run("kiln check && kiln generate -q", in: work)
      let titles = ["Acme", "Globex", "Initech &amp; Sons"]
      for (customer, title) in zip(customers, titles) {
        let url = try up(customer, in: work)
        let page = try run("curl -fsS \(url)", in: work)
        #expect(page.contains("<h1>A site of \(title)</h1>") && page.contains("Welcome to \(title)."), "\(page)")
        #expect(page.contains("Hello world!") && page.contains("Visit 1<"))
        #expect(try run("curl -fsS \(url)", in: work).contains("Visit 2<"))
        #expect(try run("curl -fsS \(url)wp-content/themes/house/style.css", in: work).contains("Theme Name: House"))
        // Who knows the secret signs in.
        let password = Self.secrets["\(customer.uppercased())_ADMIN_PASSWORD"] ?? ""
        let code = try sh(
          """
          curl -sS -o /dev/null -w '%{http_code} %{redirect_url}' --cookie 'wordpress_test_cookie=WP%20Cookie%20check' \
            --data-urlencode log=admin --data-urlencode "pwd=$PASSWORD" --data testcookie=1 \(url)wp-login.php
          """, environment: ["PASSWORD": password]
        ).output
        #expect(code.hasPrefix("302") && code.contains("wp-admin"), "\(customer): \(code)")
        let verified = try run("kiln verify \(customer)", in: work)
        #expect(!verified.contains("failed:"), "\(verified)")
      }
      try uploadsOutliveTheContainers(of: "acme", in: work)
      // One runtime for all, and in no image a secret.
      #expect(try run("ls generated/runtimes | wc -l", in: work) == "1")
      let inspected = try run(
        "for i in $(docker images -q 'acme/*'); do docker inspect $i; docker history --no-trunc $i; done", in: work)
      #expect(!inspected.contains("acme-DB") && !inspected.contains("acme-ADMIN"))

      // The same as a machine: baked, compared, and its image in the deployment's parameters.
      _ = try run("kiln bake acme > bake.log 2>&1 || { tail -40 bake.log >&2; exit 1; }", in: work)
      let parameters = try String(
        contentsOf: work.appending(path: "deploy/acme.parameters.json"), encoding: .utf8)
      #expect(parameters.contains(/"image": \{"value": "sha256:[0-9a-f]{64}"\}/), "\(parameters)")
      let parity = try run("kiln verify acme --parity", in: work)
      #expect(parity.contains("0 undeclared differences"), "\(parity)")
    }
  }

  /// What visitors upload, and what WordPress does by the clock.
  private func uploadsOutliveTheContainers(of customer: String, in work: URL) throws {
    let wordpress = "require \"/usr/share/wordpress/wp-load.php\"; "
    let file = try run(
      "kiln run \(customer) app -- php -r '\(wordpress)echo wp_upload_bits(\"note.txt\", null, \"kept\")[\"file\"];'",
      in: work)
    let path = try #require(file.split(separator: "/uploads/").last)
    _ = try run("kiln run \(customer) wp-cron", in: work)
    let cleaned = try run(
      "kiln run \(customer) app -- php -r '\(wordpress)echo get_option(\"house_cleaned\");'", in: work)
    #expect(cleaned.hasPrefix("20"), "\(cleaned)")
    _ = try run("kiln down \(customer)", in: work)
    let url = try up(customer, in: work)
    #expect(try run("curl -fsS \(url)wp-content/uploads/\(path)", in: work) == "kept")
  }

  @Test func aServiceOnAScaleSet() throws {
    try withExample("php-service", ["service"]) { work in
      _ = try run("kiln check && kiln generate -q", in: work)
      let url = try up("service", in: work)
      #expect(try run("curl -fsS \(url)", in: work).contains("<h1>The service</h1><p>production</p>"))
      #expect(try run("curl -fsS \(url)data.php", in: work) == #"{"values":[1,2,3],"sum":6}"#)
      let verified = try run("kiln verify service", in: work)
      #expect(!verified.contains("failed:"), "\(verified)")
      let committed = try run("sha256sum deploy/*", in: work)
      let baked = try sh("kiln bake service --only docker", in: work, environment: Self.secrets).error
      #expect(baked.contains("@@IMAGEURI@@ stays as it is: only azure-arm makes vhd"), "\(baked.suffix(2000))")
      let parity = try run("kiln verify service --parity", in: work)
      #expect(parity.contains("0 undeclared differences"), "\(parity)")
      // As a bake in Azure does it, from the log of one.
      try Self.log.write(to: work.appending(path: "packer.log"), atomically: true, encoding: .utf8)
      _ = try run(
        """
        cp deploy/azuredeploy.parameters.json patched.json
        kiln parameters patch patched.json --template deploy/azuredeploy.json --log packer.log \
          --token-artifact @@IMAGEURI@@=vhd --set-env adminPassword=SERVICE_ADMIN_PASSWORD
        """, in: work)
      let patched = try String(contentsOf: work.appending(path: "patched.json"), encoding: .utf8)
      #expect(patched.contains(#""value": "https://account.blob.core.windows.net/images/service.vhd""#), "\(patched)")
      #expect(patched.contains(#""value": "long enough, and \"quoted\"""#))
      try deployed(in: work)
      #expect(try run("sha256sum deploy/*", in: work) == committed)
    }
  }

  private static let log = """
    ==> Wait completed after 4 minutes 33 seconds

    ==> Builds finished. The artifacts of successful builds are:
    --> azure-arm: Azure.ResourceManagement.VMImage:

    OSType: Linux
    StorageAccountLocation: westeurope
    OSDiskUri: https://account.blob.core.windows.net/images/service.vhd
    OSDiskUriReadOnlySas: https://account.blob.core.windows.net/images/service.vhd?se=x&sig=y
    TemplateUri: https://account.blob.core.windows.net/images/service.json
    TemplateUriReadOnlySas: https://account.blob.core.windows.net/images/service.json?se=x&sig=y


    """

  /// Every tool of the image answers, and Kiln in there builds with the engine whose socket it is given.
  /// From the baked image through a stage and its load test to a slower version, which fails it. Azure is played by a program
  /// that runs the image as a container.
  private func deployed(in work: URL) throws {
    let programs = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../FakeAzure")
      .standardizedFileURL.path
    var environment = Self.secrets
    environment["FAKE_AZURE"] = work.appending(path: "azure").path
    environment["PATH"] = "\(programs):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
    environment["ARM_SUBSCRIPTION_ID"] = "11111111-2222-3333-4444-555555555555"
    func kiln(_ words: String, expecting code: Int32? = 0) throws -> (output: String, error: String) {
      let result = try sh("kiln \(words)", in: work, environment: environment, expecting: code)
      return (result.output, result.error)
    }
    try sh(
      #"""
      mkdir azure
      port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
      # This machine, as containers reach it.
      host=$(docker network inspect bridge --format '{{range .IPAM.Config}}{{.Gateway}}{{end}}')
      echo "http://$host:$port" > address
      sed -i "s|https://test.service.example|http://$host:$port|" environments/service.yaml
      kiln generate -q
      good=$(docker images --format '{{.Repository}}:{{.Tag}}' 'service/machine' | head -1)
      printf 'FROM %s\nRUN sed -i "1s/^<?php/<?php usleep(300000);/" /var/www/app/data.php\n' "$good"         | docker build -q -t kiln-e2e-slow -
      cat > azure/on-deploy <<END
      #!/bin/sh
      case \$1 in *slow*) image=kiln-e2e-slow ;; *) image=$good ;; esac
      docker rm -f kiln-e2e-azure > /dev/null 2>&1
      exec docker run -d --name kiln-e2e-azure -p $host:$port:80 --env APP_ENV=test \$image
      END
      chmod +x azure/on-deploy
      """#, in: work, environment: environment)
    defer { _ = try? sh("docker rm -f kiln-e2e-azure; docker rmi -f kiln-e2e-slow", in: work, expecting: nil) }
    let account = "https://account.blob.core.windows.net/images"
    _ = try kiln("deploy service --stage test --image \(account)/good.vhd")
    #expect(try run("docker inspect -f '{{.State.Running}}' kiln-e2e-azure", in: work) == "true")
    let asked = try run("cat azure/calls.log", in: work)
    #expect(asked.contains("what-if") && !asked.contains("long enough"), "\(asked)")
    // The page in a browser, as the deployed machine has it.
    let tested = try kiln("test service --url $(cat address) || { cat dist/service/tests/*/output.log; exit 1; }")
    #expect(tested.output.contains("front-page  passed"), "\(tested)")
    #expect(try run("head -c 8 dist/service/tests/front-page/front-page.png | tail -c 7", in: work).hasPrefix("PNG"))
    guard (try? sh("command -v jmeter")) != nil else { return }
    _ = try kiln("load service --stage test")
    _ = try kiln("deploy service --stage test --image \(account)/slow.vhd")
    let slower = try kiln("load service --stage test", expecting: 1)
    #expect(slower.output.contains("slower than in the last good result"), "\(slower)")
    let history = try kiln("history service --stage test").output
    #expect(history.contains("load test load: good") && history.contains("load test load: not good"), "\(history)")
    let promoted = try kiln("promote service --from test --to production", expecting: 1)
    #expect(promoted.error.contains("needs an approval"), "\(promoted.error)")
    // Nothing private is left, and the committed parameters keep their tokens.
    let left = try run("grep -rl 'long enough' . azure || true", in: work)
    #expect(left == "./patched.json", "\(left)")
  }

  @Test func anImageForJobs() throws {
    try withExample("ci", ["ci", "kilninside"]) { work in
      _ = try run(
        """
        cp "$(command -v kiln)" bin/kiln
        # 1.3 GB, and minutes for its bytecode.
        sed -i '/azure-cli:/d' environments/ci.yaml
        mkdir inside && echo inside > inside/index.html
        printf 'version: 1\\ncustomer: kilninside\\nruntime: {base: debian-12}\\napp: {source: ../inside}\\n' \
          > environments/kilninside.yaml
        kiln check && kiln generate -q
        """, in: work)
      let image = try run("kiln build ci -q | awk '/^ci\\/kiln:/ {print $1}'", in: work)
      let verified = try run("kiln verify ci", in: work)
      #expect(!verified.contains("failed:"), "\(verified)")
      let answers = try run(
        """
        socket=${DOCKER_HOST:-unix:///var/run/docker.sock}
        docker run --rm -v "${socket#unix://}:/var/run/docker.sock" -v "$PWD:$PWD" -w "$PWD" \(image) sh -euc '
          kiln --version; docker version; docker buildx version; docker compose version; packer version
          ansible --version; goss --help; kubectl version --client; git --version
          kiln check kilninside; kiln build kilninside -q'
        """, in: work)
      for answer in [
        "Server:", "github.com/docker/buildx", "Docker Compose version", "Packer v", "ansible [core ",
        "Validate system", "Client Version: v", "git version", "kilninside/app:",
      ] { #expect(answers.contains(answer), "\(answer) is not in \(answers)") }
      // As Jenkins starts it: as the account of its agent.
      #expect(try run("docker run --rm -u 1000:1000 \(image) sh -euc 'touch ~/x; whoami'", in: work) == "ci")
    }
  }

  /// Whoever writes the spec must not take this machine's memory.
  @Test func aCheckWithoutEndIsStopped() throws {
    let folder = try TemporaryFolder()
    let work = folder.url.appending(path: "W")
    defer {
      _ = try? sh("kiln down kilnendless; docker rmi -f $(docker images -q 'kilnendless/*')", in: work, expecting: nil)
      folder.remove()
    }
    try sh("kiln init W && rm W/environments/* && mkdir W/components", in: folder.url)
    for (path, text) in [
      "environments/kilnendless.yaml":
        "version: 1\ncustomer: kilnendless\nruntime: {base: debian-12, components: {endless: {}}}\napp: {source: ../apps/hello}\n",
      "components/endless.yaml": """
      summary: What never ends
      steps: [{service: {name: endless, command: [sleep, infinity]}, only: container}]
      verify: [{command: [cat, /dev/zero], stdout: [never]}]

      """,
    ] { try text.write(to: work.appending(path: path), atomically: true, encoding: .utf8) }
    try sh("kiln up kilnendless 2> up.log || { cat up.log >&2; exit 1; }", in: work)
    let result = try sh("kiln verify kilnendless", in: work, expecting: 1)
    #expect(result.error.contains("stopped at its limit of 2 GiB of memory [verify.memory]"), "\(result.error)")
  }
}
