import Foundation
import Testing

/// The whole chain for two customers: built, run, baked, and compared.
@Suite(.enabled(if: EndToEnd.isRequested, EndToEnd.skipped), .serialized)
struct ParityTests {
  struct Customer: Sendable, CustomTestStringConvertible {
    let name: String
    let spec: String
    let files: [String: String]
    /// What the page says.
    let page: String
    var testDescription: String { name }
  }

  static let customers = [
    Customer(
      name: "lampy",
      spec: """
        version: 1
        customer: lampy
        profile: lamp
        runtime: {components: {php: {extensions: [mysql, redis, imagick, mbstring]}}}
        app:
          source: ../apps/lampy
          overlays: [../overlays/lampy]
          port: 80
          health: /health.php
          environment: {APP_ENV: production, GREETING: 'it''s "quoted" & $HOME'}
          tokens: {files: [config.ini], values: {brand: 'L|M/P & "co" \\1'}}
          install: ["composer --version > composer.txt", "ffmpeg -version | head -1 > ffmpeg.txt"]
        services: {mariadb: null, redis: null}
        machine: {}
        images: {registry: "127.0.0.1:5000"}
        """,
      files: [
        "apps/lampy/index.php":
          #"<?php echo getenv("APP_ENV"), " ", getenv("GREETING"), " ", file_get_contents(__DIR__ . "/config.ini"), extension_loaded("imagick") ? " imagick" : "", extension_loaded("redis") ? " redis" : "";"#,
        "apps/lampy/health.php": "<?php echo 'ok';", "apps/lampy/config.ini": "brand=base",
        "apps/lampy/.dockerignore": "*.log\n",
        "apps/lampy/secret.log": "not for the image", "overlays/lampy/config.ini": "brand=__brand__",
      ], page: #"production it's "quoted" & $HOME brand=L|M/P & "co" \1 imagick redis"#),
    Customer(
      name: "webby",
      spec: """
        version: 1
        customer: webby
        profile: php-vm
        app:
          source: ../apps/webby
          port: 80
          environment: {NAME: webby}
        machine: {}
        """,
      files: [
        "apps/webby/index.php": "<?php echo 'php ', getenv('NAME');", "apps/webby/style.css": "body {}",
      ], page: "php webby"),
  ]

  private func workspace(_ folder: TemporaryFolder) throws -> URL {
    try sh("kiln init W && rm W/environments/*", in: folder.url)
    let root = folder.url.appending(path: "W")
    for customer in Self.customers {
      var files = customer.files
      files["environments/\(customer.name).yaml"] = customer.spec + "\n"
      for (path, text) in files {
        let file = root.appending(path: path)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
      }
    }
    return root
  }

  @Test(arguments: customers) func containerAndMachineAreTheSame(_ customer: Customer) throws {
    let folder = try TemporaryFolder()
    let container = "kiln-e2e-\(customer.name)"
    defer {
      _ = try? sh(
        "docker rm -f \(container); docker rmi -f $(docker images -q '*\(customer.name)/app') kiln-e2e-broken",
        expecting: nil)
      folder.remove()
    }
    let root = try workspace(folder)
    try sh("kiln check && kiln generate -q && kiln pack -q \(customer.name)", in: root)
    let built = try sh("kiln build \(customer.name) --image app --format json", in: root).output
    let image = try #require(built.firstMatch(of: /"image": "([^"]*\/app:[0-9a-f]+)"/)).output.1
    // The page, from outside.
    let page = try sh(
      """
      docker run -d --name \(container) -p 127.0.0.1::80 -e APP_ENV -e GREETING -e NAME \(image) >/dev/null
      port=$(docker port \(container) 80 | sed 's/.*://')
      for _ in $(seq 60); do curl -fs "http://127.0.0.1:$port/index.php" && break; sleep 0.25; done
      """, in: root,
      environment: ["APP_ENV": "production", "GREETING": #"it's "quoted" & $HOME"#, "NAME": "webby"]
    ).output
    #expect(page == customer.page)
    try sh("kiln verify \(customer.name)", in: root)
    try sh(
      "kiln bake \(customer.name) --only docker > bake.txt 2> bake.log || { tail -40 bake.log >&2; exit 1; }", in: root)
    let log = try String(contentsOf: root.appending(path: "dist/\(customer.name)/packer-build.log"), encoding: .utf8)
    #expect(log.contains("Failed: 0"))
    let parity = try sh("kiln verify \(customer.name) --parity", in: root, expecting: nil)
    #expect(parity.status == 0, "\(parity.output.suffix(4000)) \(parity.error.suffix(1000))")
    #expect(parity.output.contains(" 0 undeclared differences"))
    #expect(parity.output.contains("needed by Ansible"))

    // What is broken on purpose is found: a package gone, a mode and a file changed.
    let broken = try sh(
      """
      machine=$(sed -n 's/.*"artifact_id": "\\(.*\\)",/\\1/p' dist/\(customer.name)/packer-manifest.json | tail -1)
      printf 'FROM %s\\nRUN dpkg --force-all -P curl >/dev/null 2>&1; chmod 600 /var/www/app/index.php; echo x >> /etc/group\\n' "$machine" > Dockerfile.broken
      docker tag "$machine" kiln-e2e-baked; sed -i 's/^FROM .*/FROM kiln-e2e-baked/' Dockerfile.broken
      docker build -q -t kiln-e2e-broken -f Dockerfile.broken . >/dev/null; docker rmi kiln-e2e-baked >/dev/null
      kiln verify \(customer.name) --parity --machine kiln-e2e-broken
      """, in: root, expecting: nil)
    #expect(broken.status == 1)
    let rows = broken.output.split(separator: "\n").filter { $0.contains("NOTHING") }
    #expect(
      rows.contains { $0.hasPrefix("file") && $0.contains("/var/www/app/index.php") }, "\(broken.output.suffix(2000))")
  }

  /// Packages and files are all there; only asking shows that the application is not.
  @Test func aMachineThatAnswers404IsNotBaked() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let root = try workspace(folder)
    try sh(
      "sed -i 's|port: 80|port: 80\\n  health: /missing.php|' environments/webby.yaml && kiln generate -q", in: root)
    let bake = try sh("kiln bake webby --only docker", in: root, expecting: nil)
    defer {
      _ = try? sh(
        "docker rmi -f $(sed -n 's/.*\"artifact_id\": \"\\(.*\\)\",/\\1/p' dist/webby/packer-manifest.json)", in: root,
        expecting: nil)
    }
    #expect(bake.status == 1 && bake.error.contains("[bake.answers]"), "\(bake.error.suffix(3000))")
    #expect(bake.error.contains("http://127.0.0.1:80/missing.php: status"))
  }

  @Test func onlyWhatChangedIsBuilt() throws {
    let folder = try TemporaryFolder()
    defer {
      _ = try? sh("docker rmi -f $(docker images -q '127.0.0.1:5000/lampy/app')", expecting: nil)
      folder.remove()
    }
    let root = try workspace(folder)
    func actions(_ arguments: String) throws -> [String] {
      try sh("kiln build lampy --image app --format json -q \(arguments)", in: root).output.matches(
        of: /"(?:action|digest)": ("[a-z0-9:]+"|null)/
      ).map { String($0.output.1) }
    }
    _ = try actions("")
    // The runtime is asked for only where the app has to be built.
    #expect(try actions("") == ["\"kept\"", "null"])
    try sh("echo '// \(UUID())' >> apps/lampy/index.php", in: root)
    #expect(try actions("") == ["\"kept\"", "null", "\"built\"", "null"])
    // The registry gets what it lacks, and gives what the machine lacks.
    let pushed = try actions("--push")
    #expect(pushed.last?.hasPrefix("\"sha256:") == true, "\(pushed)")
    try sh("docker rmi -f $(docker images -q '127.0.0.1:5000/lampy/app') >/dev/null", in: root)
    #expect(try actions("--push") == pushed)
    // Another runtime, and what stands on it.
    try sh("sed -i 's/^runtime: {/&environment: {ROUND: \(UUID())}, /' environments/lampy.yaml", in: root)
    #expect(try actions("").filter { $0 != "null" } == ["\"built\"", "\"built\""])
  }

  /// Two folders, two packs, no cache: one image. This engine sets the times of folders to those of the build, whatever
  /// SOURCE_DATE_EPOCH says; everything else is the same: names, modes, owners, contents, times of files, configuration.
  @Test func twoBuildsGiveTheSameImage() throws {
    var images: Set<String> = []
    // A layer that another account's build left has that one's times.
    try sh("docker images -q webby/app | sort -u | xargs -r docker rmi -f; docker builder prune -af")
    for round in 0..<2 {
      let folder = try TemporaryFolder()
      defer { folder.remove() }
      let root = try workspace(folder)
      if round == 1 { try sh("find apps -exec touch -d @1000000000 {} +; chmod -R go-r apps", in: root) }
      let image = try #require(
        try sh("kiln build webby --image app -q", in: root).output.firstMatch(of: /webby\/app:[0-9a-f]+/)
      ).output
      let own = try sh(
        #"""
        docker save \#(image) -o image.tar
        python3 - <<'E'
        import hashlib, json, tarfile
        archive = tarfile.open("image.tar")
        manifest = json.load(archive.extractfile("manifest.json"))[0]
        config = json.load(archive.extractfile(manifest["Config"]))
        # The runtime's own layers are the same image's.
        own = [h for h in config["history"] if not h.get("empty_layer")]
        count = sum(1 for h in own if h.get("created_by", "").startswith(("COPY app/", "COPY [app/", "WORKDIR")))
        assert count == 2, count
        print(json.dumps([config["config"], config["created"], config["history"]], sort_keys=True))
        for layer in manifest["Layers"][-count:]:
            contents = tarfile.open(fileobj=archive.extractfile(layer))
            for member in contents:
                if member.isfile(): print(hashlib.sha256(contents.extractfile(member).read()).hexdigest())
                print(member.name, oct(member.mode), member.uid, member.gid, member.type, member.mtime if not member.isdir() else "")
        E
        """#, in: root
      ).output
      images.insert(own)
      try sh("docker rmi -f \(image) >/dev/null; docker builder prune -af >/dev/null", in: root)
    }
    #expect(images.count == 1 && images.first?.contains("var/www/app/index.php") == true, "\(images)")
  }
}
