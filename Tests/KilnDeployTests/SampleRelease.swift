import KilnDocuments
import KilnKubernetes

@testable import KilnDeploy

/// A customer's stage that a test writes down: a store with a claim, an app with a page, a migration, a schedule.
struct SampleRelease {
  var namespace = "acme-qa"
  var context = "test"
  var version = "1"
  /// What the app's page answers.
  var status = 200
  var image = "debian:bookworm-slim"
  var replicas = 2
  var migration = "true"
  var hasSchedule = true
  var store = "1"
  var extra: [KubernetesObject] = []

  /// Answers each request with VERSION and the secret's length, and the status in STATUS.
  private static let server = """
    $| = 1; $SIG{TERM} = sub { exit 0 }; my $d = $ENV{DIE}; if ($d) { print "it says $ENV{TOKEN}\\n"; exit $d }
    my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 50, ReuseAddr => 1) or die $!;
    while (my $c = $s->accept) { while (<$c>) { last if /^\\r?\\n$/ } my $b = "version $ENV{VERSION} " . length $ENV{TOKEN};
    print $c "HTTP/1.1 $ENV{STATUS} X\\r\\nContent-Length: " . length($b) . "\\r\\nConnection: close\\r\\n\\r\\n$b"; close $c }
    """

  var plan: ReleasePlan {
    ReleasePlan(
      customer: "acme", stage: "qa", cluster: "test", context: context, namespace: namespace, objects: objects,
      jobs: migration.isEmpty ? [] : [job],
      secrets: [.init(name: "care-secrets", entries: [.init(key: "token", variable: "TOKEN")])],
      images: ["care": image], pages: [.init(app: "care", port: 80, path: "/", status: 200, content: "version")],
      specDigest: "sha256:\(version)", commit: "c\(version)", author: "Kim",
      settings: ["apps.care.version = \(version)", "runtime.base = debian-12"])
  }

  private var objects: [KubernetesObject] {
    let selector: DocumentMap = ["app": "care"]
    var objects = [
      KubernetesObject(
        "v1", "ConfigMap", "care-config-\(version)", namespace: namespace, ["data": ["VERSION": .string(version)]]),
      KubernetesObject(
        "v1", "Service", "store", namespace: namespace,
        ["spec": ["clusterIP": "None", "selector": ["app": "store"], "ports": [["port": 8080, "protocol": "TCP"]]]]),
      KubernetesObject(
        "v1", "Service", "care", namespace: namespace,
        ["spec": ["selector": .map(selector), "ports": [["port": 80, "targetPort": 8080, "protocol": "TCP"]]]]),
      KubernetesObject(
        "apps/v1", "StatefulSet", "store", namespace: namespace,
        [
          "spec": [
            "serviceName": "store", "replicas": 1, "selector": ["matchLabels": ["app": "store"]],
            "template": pod("store", ["STATUS": "200", "VERSION": .string(store)], mounts: ["data": "/data"]),
            "volumeClaimTemplates": [
              [
                "metadata": ["name": "data"],
                "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1024Mi"]]],
              ]
            ],
          ]
        ]),
      KubernetesObject(
        "apps/v1", "Deployment", "care", namespace: namespace,
        [
          "spec": [
            "replicas": .integer(replicas), "selector": ["matchLabels": .map(selector)],
            "strategy": ["rollingUpdate": ["maxUnavailable": 0, "maxSurge": 1]],
            "template": pod("care", ["STATUS": .string(String(status)), "EMPTY": ""], mounts: [:]),
          ]
        ]),
      KubernetesObject(
        "policy/v1", "PodDisruptionBudget", "care", namespace: namespace,
        ["spec": ["minAvailable": 1, "selector": ["matchLabels": .map(selector)]]]),
    ]
    if hasSchedule {
      objects.append(
        KubernetesObject(
          "batch/v1", "CronJob", "care-nightly", namespace: namespace,
          [
            "spec": [
              "schedule": "0 3 * * *", "timeZone": "Europe/Vienna",
              "jobTemplate": ["spec": ["template": ["spec": jobSpec("true")]]],
            ]
          ]))
    }
    return objects + extra
  }

  private var job: KubernetesObject {
    KubernetesObject(
      "batch/v1", "Job", "care-migrate", namespace: namespace,
      ["spec": ["backoffLimit": 0, "template": ["spec": jobSpec(migration)]]])
  }

  private func jobSpec(_ command: String) -> DocumentValue {
    [
      "restartPolicy": "Never", "automountServiceAccountToken": false,
      "containers": [
        [
          "name": "job", "image": "debian:bookworm-slim", "imagePullPolicy": "IfNotPresent",
          "command": ["sh", "-c", .string(command)],
          "envFrom": [["secretRef": ["name": "care-secrets"]]],
        ]
      ],
    ]
  }

  private func pod(_ name: String, _ variables: DocumentMap, mounts: [String: String]) -> DocumentValue {
    var environment: [DocumentValue] = variables.pairs.map { ["name": .string($0.0), "value": $0.1] }
    if name == "care" {
      environment.append(
        ["name": "TOKEN", "valueFrom": ["secretKeyRef": ["name": "care-secrets", "key": "token"]]])
    }
    var container: DocumentMap = [
      "name": .string(name), "image": .string(name == "care" ? image : "debian:bookworm-slim"),
      "imagePullPolicy": "IfNotPresent", "command": ["perl", "-MIO::Socket::INET", "-e", .string(Self.server)],
      "env": .list(environment), "ports": [["containerPort": 8080, "protocol": "TCP"]],
      "resources": ["requests": ["cpu": "10m", "memory": "16Mi"], "limits": ["cpu": "1000m", "memory": "64Mi"]],
      "readinessProbe": ["httpGet": ["path": "/", "port": 8080], "periodSeconds": 1],
    ]
    if name == "care" { container["envFrom"] = [["configMapRef": ["name": .string("care-config-\(version)")]]] }
    container["volumeMounts"] = .list(
      mounts.keys.sorted().map { ["name": .string($0), "mountPath": .string(mounts[$0] ?? "")] })
    return [
      "metadata": ["labels": ["app": .string(name)]],
      "spec": [
        "automountServiceAccountToken": false, "terminationGracePeriodSeconds": 2, "containers": [.map(container)],
      ],
    ]
  }
}
