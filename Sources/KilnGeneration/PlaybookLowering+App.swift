import KilnAnsible
import KilnPlan
import KilnSpec

extension PlaybookLowering {
  /// The file that says that an archive was unpacked and its install commands ran.
  private static let stamp: AnsibleTemplate = "/var/lib/kiln/app-{{ kiln_app_file.stat.checksum }}"

  /// Unpacks the app once per archive, then runs its install commands.
  mutating func add(_ app: EnvironmentSpec.App) {
    let values = app.environment.map { NamedValue($0.name, $0.value) }.sorted {
      $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
    variables += values
    tasks.append(
      .task(
        AnsibleTask(
          "App: look at the archive", "ansible.builtin.stat",
          ["path": "{{ kiln_app_archive }}", "checksum_algorithm": "sha256", "get_checksum": true], tags: ["app"],
          register: "kiln_app_file")))
    makeFolder("/var/lib/kiln", "app")
    makeFolder(app.workdir.value, "app")
    // `unarchive` has no way to leave the folder out that the files are in.
    let unpack =
      "tar --extract --no-same-owner --strip-components=1 --file=\"$1\" --directory=\"$2\" \(ImageLayout.appFolder)"
    task(
      "App: unpack the archive", "ansible.builtin.command",
      [
        "argv": ["/bin/sh", "-euc", .text(unpack), "sh", "{{ kiln_app_archive }}", .text(app.workdir.value)],
        "creates": .template(Self.stamp), "expand_argument_vars": false,
      ], owner: "app")
    if plan.secrets(of: .build).isEmpty {
      tasks += install(app, values).map { .task($0) }
    } else if !app.install.isEmpty {
      addInstallWithSecrets(app, values)
    }
    task(
      "App: remember the archive", "ansible.builtin.copy",
      ["content": "", "dest": .template(Self.stamp), "mode": "0644", "force": false], owner: "app",
      notify: unique(services).map(Self.restart))
  }

  private func install(_ app: EnvironmentSpec.App, _ values: [NamedValue]) -> [AnsibleTask] {
    let secrets = plan.secrets(of: .build)
    return app.install.enumerated().flatMap { index, command -> [AnsibleTask] in
      var task = AnsibleTask(
        "App: run install command \(index + 1)", "ansible.builtin.command",
        [
          "argv": ["/bin/sh", "-euc", .text(AppInstall.script(command.value, secrets: secrets))],
          "chdir": .text(app.workdir.value), "creates": .template(Self.stamp), "expand_argument_vars": false,
        ], environment: Self.variables(values))
      guard !secrets.isEmpty else {
        task.tags = [AnsibleName(tag: "app")]
        return [task]
      }
      // What the command prints may hold a secret; that it failed is reported by a task of its own.
      task.noLog = true
      task.register = "kiln_install"
      task.failedWhen = "false"
      let report = AnsibleTask(
        "App: stop if install command \(index + 1) failed", "ansible.builtin.fail",
        ["msg": "It ended with {{ kiln_install.rc }}. What it printed may hold a secret and is not shown."],
        when: ["kiln_install.rc != 0"])
      return [task, report]
    }
  }

  /// The secrets lie at `/run/secrets`, as they do while an image is built, while the commands run and no longer.
  ///
  /// They come from the environment of the Ansible that runs the playbook; `/dev/shm` keeps Ansible's own copies in memory.
  private mutating func addInstallWithSecrets(_ app: EnvironmentSpec.App, _ values: [NamedValue]) {
    tasks.append(
      .task(
        AnsibleTask(
          "App: look whether this archive is installed", "ansible.builtin.stat", ["path": .template(Self.stamp)],
          tags: ["app"], register: "kiln_app_stamp")))
    let secrets = plan.secrets(of: .build)
    let checks = secrets.map { secret in
      AnsibleTask(
        "App: stop if the secret \(secret.file) is not set", "ansible.builtin.fail",
        ["msg": .text("\(secret.variable) is not set in the environment that Ansible runs in, or is empty.")],
        when: ["lookup('ansible.builtin.env', kiln_variable) | length == 0"],
        vars: ["kiln_variable": .text(secret.variable)])
    }
    let folder = AnsibleTask(
      "App: make /run/secrets", "ansible.builtin.file",
      ["path": .text(SecretUse.folder), "state": "directory", "mode": "0700", "owner": "root", "group": "root"])
    let writes = secrets.map { secret in
      AnsibleTask(
        "App: write the secret \(secret.file)", "ansible.builtin.copy",
        [
          "content": "{{ lookup('ansible.builtin.env', kiln_variable) | string }}",
          "dest": .text(secret.path), "mode": "0600", "owner": "root", "group": "root",
        ],
        vars: ["kiln_variable": .text(secret.variable), "ansible_remote_tmp": "/dev/shm/kiln-ansible"], noLog: true)
    }
    let removals = secrets.map { secret in
      AnsibleTask(
        "App: remove the secret \(secret.file)", "ansible.builtin.file",
        ["path": .text(secret.path), "state": "absent"])
    }
    let cleanUp = AnsibleTask(
      "App: remove /run/secrets", "ansible.builtin.command",
      ["argv": ["rmdir", "--ignore-fail-on-non-empty", .text(SecretUse.folder)], "removes": .text(SecretUse.folder)])
    tasks.append(
      .block(
        AnsibleBlock(
          "App: install with secrets", checks + [folder] + writes + install(app, values),
          always: removals + [cleanUp], when: ["not kiln_app_stamp.stat.exists"], tags: ["app"])))
  }

  /// Variables for every service and every login.
  mutating func addEnvironment() {
    guard !variables.isEmpty else { return }
    var merged: [NamedValue] = []
    for variable in variables {
      merged.removeAll { $0.name == variable.name }
      merged.append(variable)
    }
    merged.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    let notify = unique(services).map(Self.restart)
    makeFolder("/etc/kiln", "environment")
    add(
      .init(path: "/etc/kiln/environment", content: Array(EnvironmentFile.systemd(merged).utf8)), "environment", notify)
    add(.init(path: "/etc/profile.d/kiln.sh", content: Array(EnvironmentFile.shell(merged).utf8)), "environment", [])
    for service in unique(services) {
      let folder = "/etc/systemd/system/\(service).service.d"
      makeFolder(folder, "environment")
      add(
        .init(path: "\(folder)/kiln.conf", content: Array("[Service]\nEnvironmentFile=/etc/kiln/environment\n".utf8)),
        "environment",
        [Self.restart(service)])
    }
  }

  /// Says on the machine what it was baked from.
  mutating func add(_ release: Release) {
    let text = """
      KILN_CUSTOMER=\(plan.customer)
      KILN_SPEC_DIGEST=\(release.spec)
      KILN_RUNTIME_DIGEST=\(release.runtime)

      """
    add(.init(path: "/etc/kiln-release", content: Array(text.utf8)), "release", [])
  }
}
