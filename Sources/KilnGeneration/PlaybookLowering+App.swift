import KilnAnsible
import KilnPlan
import KilnSpec

extension PlaybookLowering {
  /// The file that says that an archive was unpacked and its install commands ran.
  private static let stamp: AnsibleTemplate = "/var/lib/kiln/app-{{ kiln_app_file.stat.checksum }}"

  /// Unpacks the app once per archive, then runs its install commands.
  mutating func add(_ plan: AppPlan) {
    let app = plan.spec
    let secrets = self.plan.secrets(of: .build(plan.name))
    // Units remember its digest.
    let hasMigrations = MachineUnits(plan, machine, header: []).hasMigrations
    tasks.append(
      .task(
        AnsibleTask(
          "Look at the archive (app)", "ansible.builtin.stat",
          ["path": "{{ kiln_app_archive }}", "checksum_algorithm": "sha256", "get_checksum": true],
          tags: hasMigrations ? ["app", "units"] : ["app"],
          register: "kiln_app_file")))
    makeFolder("/var/lib/kiln", "app")
    makeFolder(app.workdir.value, "app")
    let tasks = unpackAndInstall(app, secrets)
    if secrets.isEmpty || app.install.isEmpty {
      self.tasks += tasks.map { .task($0) }
    } else {
      addInstallWithSecrets(tasks, secrets)
    }
    addVolumes(plan)
    task(
      "Remember the archive", "ansible.builtin.copy",
      ["content": "", "dest": .template(Self.stamp), "mode": "0644", "force": false], owner: "app",
      notify: unique(services + lastingUnits(plan)).map(Self.restart))
  }

  /// Units that run what the archive has.
  private func lastingUnits(_ app: AppPlan) -> [String] {
    MachineUnits(app, machine, header: []).all.filter(\.isLasting).flatMap(\.instances)
  }

  /// In the order of the image's layers: commands that need some files run before the others are there.
  private func unpackAndInstall(_ app: EnvironmentSpec.App, _ secrets: [SecretUse]) -> [AnsibleTask] {
    var tasks: [AnsibleTask] = []
    var isWhole = false
    for (index, command) in app.install.enumerated() {
      if !command.needs.isEmpty {
        tasks.append(unpack(app, command.needs.map(\.value), "Unpack what install command \(index + 1) needs (app)"))
      } else if !isWhole {
        tasks.append(unpack(app, [], "Unpack the archive (app)"))
        isWhole = true
      }
      tasks += install(command.command, index + 1, app, secrets)
    }
    return isWhole ? tasks : tasks + [unpack(app, [], "Unpack the archive (app)")]
  }

  /// - Parameter paths: In the source; all of it for none.
  private func unpack(_ app: EnvironmentSpec.App, _ paths: [String], _ name: String) -> AnsibleTask {
    // `unarchive` has no way to leave the folder out that the files are in.
    let script = """
      archive=$1 folder=$2; shift 2
      exec tar --extract --no-same-owner --strip-components=1 --file="$archive" --directory="$folder" -- "$@"
      """
    let members = paths.isEmpty ? [ImageLayout.appFolder] : paths.map { "\(ImageLayout.appFolder)/\($0)" }
    let words: [AnsibleValue] = [
      "/bin/sh", "-euc", .text(script), "sh", "{{ kiln_app_archive }}", .text(app.workdir.value),
    ]
    return AnsibleTask(
      name, "ansible.builtin.command",
      [
        "argv": .list(words + members.map { .text($0) }), "creates": .template(Self.stamp),
        "expand_argument_vars": false,
      ], tags: ["app"])
  }

  private func install(
    _ command: String, _ number: Int, _ app: EnvironmentSpec.App, _ secrets: [SecretUse]
  ) -> [AnsibleTask] {
    var task = AnsibleTask(
      "Run install command \(number) (app)", "ansible.builtin.command",
      [
        "argv": ["/bin/sh", "-euc", .text(AppInstall.script(command, secrets: secrets, app.buildEnvironment))],
        "chdir": .text(app.workdir.value), "creates": .template(Self.stamp), "expand_argument_vars": false,
      ], tags: ["app"])
    guard !secrets.isEmpty else { return [task] }
    // What the command prints may hold a secret; that it failed is reported by a task of its own.
    task.noLog = true
    task.register = "kiln_install"
    task.failedWhen = "false"
    let report = AnsibleTask(
      "Stop if install command \(number) failed (app)", "ansible.builtin.fail",
      ["msg": "It ended with {{ kiln_install.rc }}. What it printed may hold a secret and is not shown."],
      when: ["kiln_install.rc != 0"], tags: ["app"])
    return [task, report]
  }

  /// The secrets lie at `/run/secrets`, as they do while an image is built, while the commands run and no longer.
  ///
  /// They come from the environment of the Ansible that runs the playbook; `/dev/shm` keeps Ansible's own copies in memory.
  private mutating func addInstallWithSecrets(_ install: [AnsibleTask], _ secrets: [SecretUse]) {
    tasks.append(
      .task(
        AnsibleTask(
          "Look whether this archive is installed (app)", "ansible.builtin.stat", ["path": .template(Self.stamp)],
          tags: ["app"], register: "kiln_app_stamp")))
    let checks = secrets.map { secret in
      AnsibleTask(
        "Stop if the secret \(secret.file) is not set (app)", "ansible.builtin.fail",
        ["msg": .text("\(secret.variable) is not set in the environment that Ansible runs in, or is empty.")],
        when: ["lookup('ansible.builtin.env', kiln_variable) | length == 0"],
        vars: ["kiln_variable": .text(secret.variable)])
    }
    let folder = AnsibleTask(
      "Make /run/secrets (app)", "ansible.builtin.file",
      ["path": .text(SecretUse.folder), "state": "directory", "mode": "0700", "owner": "root", "group": "root"])
    let writes = secrets.map { secret in
      AnsibleTask(
        "Write the secret \(secret.file) (app)", "ansible.builtin.copy",
        [
          "content": "{{ lookup('ansible.builtin.env', kiln_variable) | string }}",
          "dest": .text(secret.path), "mode": "0600", "owner": "root", "group": "root",
        ],
        vars: ["kiln_variable": .text(secret.variable), "ansible_remote_tmp": "/dev/shm/kiln-ansible"], noLog: true)
    }
    let removals = secrets.map { secret in
      AnsibleTask(
        "Remove the secret \(secret.file) (app)", "ansible.builtin.file",
        ["path": .text(secret.path), "state": "absent"])
    }
    let cleanUp = AnsibleTask(
      "Remove /run/secrets (app)", "ansible.builtin.command",
      ["argv": ["rmdir", "--ignore-fail-on-non-empty", .text(SecretUse.folder)], "removes": .text(SecretUse.folder)])
    tasks.append(
      .block(
        AnsibleBlock(
          "Install with secrets (app)", checks + [folder] + writes + install,
          always: removals + [cleanUp], when: ["not kiln_app_stamp.stat.exists"], tags: ["app"])))
  }

  /// The runtime's variables for every service and every login, and the app's values for the services.
  ///
  /// Values are no part of the machine's image: a bake has them while it asks the machine, and a machine that starts is
  /// told its own.
  mutating func addEnvironment(isWithValues: Bool) {
    var merged: [NamedValue] = []
    for variable in variables {
      merged.removeAll { $0.name == variable.name }
      merged.append(variable)
    }
    merged.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    let values = machine.app?.values ?? []
    let files = MachineFiles.environments(of: machine)
    guard !files.isEmpty else { return }
    let notify = unique(services).map(Self.restart)
    makeFolder("/etc/kiln", "environment")
    if !merged.isEmpty {
      let text = EnvironmentFile.systemd(merged)
      add(.init(path: MachineFiles.runtimeEnvironment, content: Array(text.utf8)), "environment", notify)
      add(.init(path: MachineFiles.profile, content: Array(EnvironmentFile.shell(merged).utf8)), "environment", [])
    }
    if !values.isEmpty, isWithValues {
      add(
        .init(path: MachineFiles.environment, content: Array(EnvironmentFile.systemd(values).utf8)), "values",
        notify + (machine.app.map(lastingUnits) ?? []).map(Self.restart))
    }
    let lines = files.map { "EnvironmentFile=\($0)\n" }.joined()
    for service in unique(services) {
      let folder = "/etc/systemd/system/\(service).service.d"
      makeFolder(folder, "environment")
      add(
        .init(path: "\(folder)/kiln.conf", content: Array("[Service]\n\(lines)".utf8)), "environment",
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
    add(.init(path: MachineFiles.release, content: Array(text.utf8)), "release", [])
  }
}
