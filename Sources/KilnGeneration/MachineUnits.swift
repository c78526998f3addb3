import KilnPlan
import KilnSpec
import KilnSystemd

/// What a machine runs for its app beside what the runtime's components run: units of systemd's.
struct MachineUnits {
  /// A unit file, and the units that are made of it.
  struct Unit {
    /// As in `kiln-care-queue.service`; with `@` for one of which there are several.
    let file: String
    /// What is enabled; nothing for what another unit starts.
    let instances: [String]
    let text: String
    /// Whether it keeps running, or waits for its time.
    let isLasting: Bool
  }

  private let app: AppPlan
  private let machine: MachinePlan
  private let header: [String]

  init(_ app: AppPlan, _ machine: MachinePlan, header: [String]) {
    self.app = app
    self.machine = machine
    self.header = header
  }

  /// Made while a bake asks a machine that has not all that its app needs: what needs it does not start.
  static let baking = "/run/kiln-baking"
  /// Runs a command unless it has run with success for this version of the app.
  static let once = "/usr/local/lib/kiln/once"
  /// The digest of the app that was unpacked last.
  static let version = "/var/lib/kiln/version"

  static func name(_ workload: String, of app: String) -> String {
    "kiln-\(EnvironmentPlan.workload(workload, of: app))"
  }

  var hasMigrations: Bool { !app.spec.migrations.isEmpty }

  /// Runs before a version serves, and before anything beside it.
  var migrations: [String] { app.spec.migrations.map { Self.name($0.name.value, of: app.name) + ".service" } }

  var all: [Unit] {
    let spec = app.spec
    var units = disks.map(disk) + spec.migrations.map(migration)
    if let command = spec.command {
      let name = "kiln-\(app.name).service"
      units.append(
        Unit(
          file: name, instances: [name],
          text: lasting("\(app.name)", command.value, spec.limits, port: spec.port?.value),
          isLasting: true))
    }
    for worker in spec.workers {
      let name = Self.name(worker.name.value, of: app.name)
      let isSeveral = worker.replicas > 1
      units.append(
        Unit(
          file: isSeveral ? "\(name)@.service" : "\(name).service",
          instances: isSeveral ? (1...worker.replicas).map { "\(name)@\($0).service" } : ["\(name).service"],
          text: lasting("\(app.name): worker \(worker.name.value)", worker.command.value, worker.limits),
          isLasting: true))
    }
    for (job, schedule) in app.schedules { units += scheduled(job, schedule) }
    return units
  }

  private func lasting(
    _ what: String, _ words: [String], _ limits: EnvironmentSpec.Limits?, port: Int? = nil
  ) -> String {
    var unit = SystemdUnit(header: header)
    unit.add("Unit", head(what, after: migrations))
    unit.add(
      "Service",
      service(words, limits, port: port) + [("Restart", "always"), ("RestartSec", "2")])
    unit.add("Install", [("WantedBy", "multi-user.target")])
    return unit.render()
  }

  private func migration(_ job: EnvironmentSpec.Job) -> Unit {
    let name = Self.name(job.name.value, of: app.name)
    var unit = SystemdUnit(header: header)
    let earlier = app.spec.migrations.prefix { $0.name != job.name }.map {
      Self.name($0.name.value, of: app.name) + ".service"
    }
    unit.add("Unit", head("\(app.name): job \(job.name.value), once for each version", after: earlier))
    unit.add(
      "Service",
      [("Type", "oneshot"), ("RemainAfterExit", "yes"), ("StateDirectory", .name("kiln/jobs/\(name)"))]
        + service([Self.once] + job.command.value, job.limits))
    unit.add("Install", [("WantedBy", "multi-user.target")])
    return Unit(file: "\(name).service", instances: ["\(name).service"], text: unit.render(), isLasting: true)
  }

  private func scheduled(_ job: EnvironmentSpec.Job, _ schedule: PlannedSchedule) -> [Unit] {
    let name = Self.name(job.name.value, of: app.name)
    var service = SystemdUnit(header: header)
    let what = "\(app.name): job \(job.name.value)"
    service.add("Unit", head(what, after: migrations))
    service.add("Service", [("Type", "oneshot")] + self.service(job.command.value, job.limits))
    var timer = SystemdUnit(header: header)
    timer.add("Unit", [("Description", .text("\(what), \(schedule.words)"))])
    timer.add(
      "Timer", schedule.calendarEvents.map { ("OnCalendar", .name($0)) } + [("AccuracySec", "1s")])
    timer.add("Install", [("WantedBy", "timers.target")])
    return [
      Unit(file: "\(name).service", instances: [], text: service.render(), isLasting: false),
      Unit(file: "\(name).timer", instances: ["\(name).timer"], text: timer.render(), isLasting: true),
    ]
  }

  private func head(_ what: String, after units: [String]) -> [(StaticString, SystemdUnit.Value)] {
    var settings: [(StaticString, SystemdUnit.Value)] = [("Description", .text(what))]
    settings += order(after: units)
    settings.append(("ConditionPathExists", "!/run/kiln-baking"))
    return settings
  }

  /// Volumes that are on disks of their own.
  private var disks: [AppPlan.Volume] { app.volumes.filter { machine.hasDisk(for: $0.name) } }

  /// Names of workers and jobs have no `@` there.
  private static func name(ofDisk volume: String) -> String { "kiln-volume@\(volume).service" }

  /// Done once the disk is mounted, and fails where it is not: then nothing is written to the folder below it.
  ///
  /// Nothing requires the mount itself, which systemd would wait for while a machine bakes that has no disks.
  private func disk(_ volume: AppPlan.Volume) -> Unit {
    var unit = SystemdUnit(header: header)
    unit.add(
      "Unit",
      [
        ("Description", .text("\(app.name): the disk of the volume \(volume.name)")),
        ("After", .name(SystemdUnit.escaped(path: volume.path) + ".mount")),
        ("ConditionPathExists", "!/run/kiln-baking"),
      ])
    let mount = #"mountpoint --quiet "$1" || exec mount "$1""#
    unit.add(
      "Service",
      [
        ("Type", "oneshot"), ("RemainAfterExit", "yes"),
        ("ExecStart", .command(["/bin/sh", "-c", mount, "sh", volume.path])),
        // A file system that is new belongs to root.
        ("ExecStart", .command(["chown", "\(volume.owner):\(volume.owner)", volume.path])),
        ("ExecStart", .command(["chmod", "0755", volume.path])),
      ])
    return Unit(file: Self.name(ofDisk: volume.name), instances: [], text: unit.render(), isLasting: false)
  }

  /// What comes first: the network, values that a first boot writes, disks, and other units.
  private func order(after others: [String]) -> [(StaticString, SystemdUnit.Value)] {
    let units = disks.map { Self.name(ofDisk: $0.name) } + others
    let services = machine.services.flatMap { service -> [String] in
      guard case .packages(let steps, _) = service.source else { return [] }
      return MachineAnswers.units(of: steps).map { "\($0).service" }
    }
    var settings: [(StaticString, SystemdUnit.Value)] = [
      ("Wants", "network-online.target"),
      (
        "After",
        .name((["network-online.target", "cloud-init.service"] + services + units).joined(separator: " "))
      ),
    ]
    if !units.isEmpty { settings.append(("Requires", .name(units.joined(separator: " ")))) }
    return settings
  }

  /// How every program of the app's runs: as its account, with its values, and with nothing more than it needs.
  private func service(
    _ words: [String], _ limits: EnvironmentSpec.Limits?, port: Int? = nil
  ) -> [(StaticString, SystemdUnit.Value)] {
    var settings: [(StaticString, SystemdUnit.Value)] = [
      ("User", .name(app.spec.user.value)), ("WorkingDirectory", .path(app.spec.workdir.value)),
      ("ExecStart", .command(words)),
    ]
    settings += MachineFiles.environments(of: machine).map { ("EnvironmentFile", .path($0)) }
    settings += [
      ("NoNewPrivileges", "yes"), ("ProtectSystem", "full"), ("ProtectHome", "yes"), ("PrivateTmp", "yes"),
      ("PrivateDevices", "yes"), ("ProtectKernelTunables", "yes"), ("ProtectKernelModules", "yes"),
      ("ProtectControlGroups", "yes"), ("RestrictSUIDSGID", "yes"),
    ]
    // A container's engine lets every account have these ports.
    settings +=
      (port ?? 1024) < 1024
      ? [("CapabilityBoundingSet", "CAP_NET_BIND_SERVICE"), ("AmbientCapabilities", "CAP_NET_BIND_SERVICE")]
      : [("CapabilityBoundingSet", "")]
    if let memory = limits?.memory?.value { settings.append(("MemoryMax", .name(String(memory)))) }
    if let cpus = limits?.cpus { settings.append(("CPUQuota", .name("\(Int((cpus * 100).rounded()))%"))) }
    return settings
  }

  /// What a unit of a component's, as a web server's, has besides its own: it serves the app, after what comes first.
  var dropIn: [(StaticString, SystemdUnit.Value)] {
    let isWaiting = hasMigrations || !app.values.isEmpty || !machine.spec.disks.isEmpty
    return app.spec.command == nil && isWaiting ? order(after: migrations) : []
  }
}
