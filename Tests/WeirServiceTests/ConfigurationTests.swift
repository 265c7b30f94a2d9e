import Alerting
import Collector
import ConfigurationFile
import Detection
import Exporters
import FlowModel
import Foundation
import HTTPClient
import Identity
import Ledger
import Testing

import WeirService

@Suite("Weir's configuration")
struct ConfigurationTests {
    private func read(_ text: String) throws(ConfigurationError) -> WeirConfiguration {
        try WeirConfiguration.read(try ConfigurationFile(text: text, name: "weir.yaml"))
    }

    private func problems(_ text: String) -> [String] {
        do {
            _ = try read(text)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    /// Every key, none at its default.
    private static let everything = """
        listen: [":0", ":0", "[::1]:2055"]
        listen_tcp: [":0", "192.0.2.1:4739", ":0"]
        collector: { threads: 3, allow: [10.0.0.0/8, "2001:db8::/32"], receive_buffer: 64KB, scope: node, node: node-7, default_sampling_rate: 400, protocol_preference: [sflow5, netflow9] }
        exporters:
          - { address: 192.168.50.11, name: compute-0, node: node-0, profile: openvswitch, trust_drop_marks: true, preference: 3, sampling_rate: 64 }
          - address: 2001:db8::1
        identity: { file: pods.yaml, cluster_networks: [10.128.0.0/14], grace: 1h30m, wait: 2s }
        kubernetes: { mode: disabled, namespaces: [shop], sync_timeout: 5s }
        networks:
          - { name: corp, cidrs: [192.0.2.0/24, 2001:db8::/32] }
          - { name: vpn, cidrs: [192.0.2.128/25] }
        metrics:
          labels: [workload_kind, service_port]
          pod_labels: [team, app.kubernetes.io/part-of]
          service_ports: [53, 8000-8100]
          namespaces: { include: [shop, team-*], exclude: [team-?] }
          families: [bytes, tcp_syn_records]
          max_pairs: 7
          namespace_share: 2.5%
          birth_delay: 500ms
          created_samples: true
        deduplicate: disabled
        detection: { scope: part, interval: 30s, horizon: 5m, max_alerts: 7, max_series: 200, max_edges: 300 }
        rules:
          - { alert: Busy, kind: threshold, of: packets, above: 5 packets/s }
        disabled_rules: [NetworkScan]
        alerting:
          external_labels: { cluster: prod-1, region: "eu west" }
          alertmanagers:
            - http://10.0.0.1:9093/
            - { url: "https://am.example.org/a", bearer_token_file: token, ca_file: /ca.pem, cert_file: /cert.pem, key_file: /key.pem, server_name: am, timeout: 3s }
          webhooks: [{ url: "http://10.0.0.2", username: weir, password_file: /password, insecure_skip_verify: true }]
          kubernetes_events: enabled
          log: /var/log/alerts.jsonl
        state: { directory: /var/lib/weir }
        web: { listen: "127.0.0.1:0", probe_listen: ":0", config_file: web.yml, external_url: "https://weir.example.org/", enable_lifecycle: true, notice: trial }
        log: { level: warning, format: json }
        """

    @Test("A file without keys is every default")
    func defaults() throws {
        #expect(try read("") == WeirConfiguration())
        #expect(try read("collector:\nexporters: []\nmetrics: {}") == WeirConfiguration())
    }

    @Test("Every key lands where it belongs")
    func everyKey() throws {
        let configuration = try read(Self.everything)
        var expected = WeirConfiguration()
        expected.collector.listen = [":0", ":0", "[::1]:2055"]
        expected.collector.listenTCP = [":0", "192.0.2.1:4739", ":0"]
        expected.collector.threads = 3
        expected.collector.allow = .networks(["10.0.0.0/8", "2001:db8::/32"].compactMap { IPNetwork($0) })
        expected.collector.receiveBuffer = 64_000
        expected.collector.scope = .node
        expected.collector.node = "node-7"
        expected.exporters.defaultSamplingRate = 400
        expected.exporters.protocolPreference = [.sflow5, .netflow9, .ipfix, .netflow5]
        expected.kubernetes.mode = .disabled
        expected.kubernetes.namespaces = ["shop"]
        expected.kubernetes.syncTimeout = 5_000_000_000
        var exporter = ExportersConfiguration.Exporter(address: IPAddress(v4: 0xC0A8_320B))
        exporter.name = "compute-0"
        exporter.node = "node-0"
        exporter.profile = .openvswitch
        exporter.trustDropMarks = true
        exporter.preference = 3
        exporter.samplingRate = 64
        expected.exporters.exporters = [exporter, .init(address: try #require(IPAddress("2001:db8::1")))]
        expected.identity.file = "pods.yaml"
        expected.identity.clusterNetworks = ["10.128.0.0/14"].compactMap { IPNetwork($0) }
        expected.identity.grace = 5_400_000_000_000
        expected.identity.wait = 2_000_000_000
        expected.identity.networks = [
            .init(name: "corp", cidrs: ["192.0.2.0/24", "2001:db8::/32"].compactMap { IPNetwork($0) }),
            .init(name: "vpn", cidrs: ["192.0.2.128/25"].compactMap { IPNetwork($0) }),
        ]
        expected.identity.labels.labels = [.workloadKind, .servicePort]
        expected.identity.labels.podLabels = ["team", "app.kubernetes.io/part-of"]
        expected.identity.labels.servicePorts = [53...53, 8000...8100]
        expected.identity.labels.namespaces.include = ["shop", "team-*"]
        expected.identity.labels.namespaces.exclude = ["team-?"]
        expected.ledger.families = [.bytes, .tcpSYNRecords]
        expected.ledger.maxPairs = 7
        expected.ledger.namespaceShare = 0.025
        expected.ledger.birthDelay = 500_000_000
        expected.ledger.createdSamples = true
        expected.deduplicate = .disabled
        expected.detection.scope = .part
        expected.detection.interval = 30_000_000_000
        expected.detection.horizon = 300_000_000_000
        expected.detection.maxAlerts = 7
        expected.detection.maxSeries = 200
        expected.detection.maxEdges = 300
        var rule = Rule(name: "Busy", kind: .threshold)
        rule.quantity = .packets
        var settings = Rule.ThresholdSettings()
        settings.above = 5
        rule.settings = .threshold(settings)
        expected.detection.ownRules = [rule]
        expected.detection.disabledRules = ["NetworkScan"]
        expected.alerting.externalLabels = ["cluster": "prod-1", "region": "eu west"]
        var alertmanager = AlertingConfiguration.HTTPReceiver(url: "https://am.example.org/a")
        alertmanager.authentication = .bearer(.file("token"))
        alertmanager.tls.certificateAuthority = .certificates(.file("/ca.pem"))
        alertmanager.tls.clientCertificate = TLSOptions.ClientCertificate(certificate: .file("/cert.pem"), key: .file("/key.pem"))
        alertmanager.tls.serverName = "am"
        alertmanager.timeout = 3_000_000_000
        expected.alerting.alertmanagers = [.init(url: "http://10.0.0.1:9093"), alertmanager]
        var webhook = AlertingConfiguration.HTTPReceiver(url: "http://10.0.0.2")
        webhook.authentication = .basic(user: "weir", password: .file("/password"))
        webhook.tls.skipsVerification = true
        expected.alerting.webhooks = [webhook]
        expected.alerting.kubernetesEvents = .enabled
        expected.alerting.log = .file("/var/log/alerts.jsonl")
        expected.state.directory = "/var/lib/weir"
        expected.web.listen = "127.0.0.1:0"
        expected.web.probeListen = ":0"
        expected.web.configFile = "web.yml"
        expected.web.externalURL = "https://weir.example.org"
        expected.web.enableLifecycle = true
        expected.web.notice = "trial"
        expected.log.level = .warning
        expected.log.format = .json
        #expect(configuration == expected)
    }

    @Test(
        "The description of a configuration is that configuration",
        arguments: ["", everything, "collector: { allow: any }\nmetrics: { families: [] }"])
    func description(text: String) throws {
        let configuration = try read(text)
        #expect(try read(configuration.describe()) == configuration)
    }

    @Test(
        "What makes no sense is refused where it stands",
        arguments: [
            ("listen: []", "listen: is empty: it must hold at least 1"),
            ("listen: [':2055', ':2055']", #"listen[1]: ":2055" is listed twice, first as listen[0]"#),
            ("listen_tcp: [':4739', ':4739']", #"listen_tcp[1]: ":4739" is listed twice, first as listen_tcp[0]"#),
            ("listen: ':2055'", #"listen: expected a list ([":2055", "192.0.2.1:2055", "[2001:db8::1]:2055"]), found ":2055""#),
            ("collector: { allow: nobody }", #"collector.allow: "nobody" is not one of auto, any, a list of networks"#),
            ("collector: { allow: [] }", "collector.allow: is empty: it must hold at least 1"),
            ("collector: { threads: 0 }", #"collector.threads: "0" is less than 1"#),
            (
                "collector: { shards: 2 }",
                "collector.shards: there is no such key (the keys here are allow, default_sampling_rate, node, protocol_preference, receive_buffer, scope, threads)"
            ),
            ("collector: { scope: nodes }", #"collector.scope: "nodes" is not one of cluster, node (did you mean node?)"#),
            (
                "collector: { protocol_preference: [ipfix, ipfix] }",
                #"collector.protocol_preference[1]: "ipfix" is listed twice, first as collector.protocol_preference[0]"#
            ),
            (
                "collector: { protocol_preference: [netflow] }",
                #"collector.protocol_preference[0]: "netflow" is not one of netflow5, netflow9, ipfix, sflow5 (did you mean netflow5?)"#
            ),
            ("exporters: [{ address: 10.0.0.1, preference: 101 }]", #"exporters[0].preference: "101" is more than 100"#),
            ("collector: { default_sampling_rate: 0 }", #"collector.default_sampling_rate: "0" is less than 1"#),
            ("exporters: [{ name: a }]", "exporters[0].address: is missing: it must be an IP address"),
            (
                "exporters: [{ address: 10.0.0.1 }, { address: '::ffff:10.0.0.1' }]",
                #"exporters[1].address: "10.0.0.1" is there twice, first as exporters[0].address"#
            ),
            (
                "exporters: [{ address: 10.0.0.1, name: a }, { address: 10.0.0.2, name: a }]",
                #"exporters[1].name: "a" is there twice, first as exporters[0].name"#
            ),
            (
                "exporters: [{ address: 10.0.0.1, profile: openvswich }]",
                #"exporters[0].profile: "openvswich" is not one of standard, openvswitch, antrea, softflowd, pmacct (did you mean openvswitch?)"#
            ),
            ("networks: [{ cidrs: [10.0.0.0/8] }]", "networks[0].name: is missing: it must be a name"),
            ("networks: [{ name: a }]", "networks[0].cidrs: is missing: it must be a list of networks"),
            ("networks: [{ name: a, cidrs: [] }]", "networks[0].cidrs: is empty: it must hold at least 1"),
            ("networks: [{ name: 'a:b', cidrs: [10.0.0.0/8] }]", #"networks[0].name: "a:b" has a colon, which only Weir's own names have (try a-b)"#),
            (
                "networks: [{ name: a, cidrs: [10.0.0.0/8] }, { name: a, cidrs: [11.0.0.0/8] }]",
                #"networks[1].name: "a" is there twice, first as networks[0].name"#
            ),
            (
                "networks: [{ name: a, cidrs: [10.0.0.0/8] }, { name: b, cidrs: [10.1.1.1/8] }]",
                #"networks[1].cidrs: "10.0.0.0/8" is there twice, first as networks[0].cidrs"#
            ),
            (
                "metrics: { labels: [workload, pods] }",
                #"metrics.labels[1]: "pods" is not one of workload, workload_kind, node, zone, app, protocol, service_port"#
            ),
            (
                "metrics: { pod_labels: ['app kind'] }",
                #"metrics.pod_labels[0]: "app kind" is not the name of a Kubernetes label (try app.kubernetes.io/component, team)"#
            ),
            (
                "metrics: { pod_labels: [team.name, team-name] }",
                #"metrics.pod_labels[1]: "team-name" and "team.name" would both be exposed as source_label_team_name"#
            ),
            ("metrics: { service_ports: [0] }", #"metrics.service_ports[0]: "0" is not within 1 to 65535"#),
            ("metrics: { service_ports: [90-80] }", #"metrics.service_ports[0]: "90-80" ends before it begins"#),
            ("metrics: { service_ports: [https] }", #"metrics.service_ports[0]: "https" is not a port or a range of ports (try 443, 8000-8100)"#),
            (
                "metrics: { namespaces: { exclude: ['reserved:*'] } }",
                #"metrics.namespaces.exclude[0]: "reserved:*" has a colon, which only Weir's own names have: those are always taken"#
            ),
            (
                "metrics: { namespaces: { include: [Shop] } }",
                #"metrics.namespaces.include[0]: "Shop" is not a pattern for namespaces (try shop, team-*, ci-?)"#
            ),
            ("metrics: { namespaces: { only: [a] } }", "metrics.namespaces.only: there is no such key (the keys here are exclude, include)"),
            ("metrics: { max_pairs: 0 }", #"metrics.max_pairs: "0" is less than 1"#),
            (
                "metrics: { families: [bytes, flows] }",
                #"metrics.families[1]: "flows" is not one of \#(LedgerConfiguration.Family.allCases.map(\.rawValue).joined(separator: ", "))"#
            ),
            ("metrics: { families: [bytes, bytes] }", #"metrics.families[1]: "bytes" is listed twice, first as metrics.families[0]"#),
            ("deduplicate: off", #"deduplicate: "off" is not one of auto, disabled (write disabled)"#),
            (
                "log: { level: warn }",
                #"log.level: "warn" is not one of trace, debug, info, notice, warning, error, critical (did you mean warning?)"#
            ),
            (
                "{ identity: { file: pods.yaml }, kubernetes: { mode: in-cluster } }",
                "kubernetes.mode: cannot be in-cluster where identity.file names the pods"
            ),
            ("alerting: { external_labels: { severity: x } }", "alerting.external_labels.severity: is the rule's to say"),
            (
                "alerting: { external_labels: { 1a: x } }",
                "alerting.external_labels.1a: is not the name of a label: letters, digits and _, and no digit first"
            ),
            ("alerting: { alertmanagers: [{ timeout: 1s }] }", "alerting.alertmanagers[0].url: is missing: it must be a URL"),
            (
                "alerting: { alertmanagers: [localhost:9093] }",
                #"alerting.alertmanagers[0].url: "localhost:9093" is not a URL of http or https (try https://weir.example.org)"#
            ),
            (
                "alerting: { webhooks: ['http://a', { url: 'http://a/' }] }",
                #"alerting.webhooks[1].url: "http://a" is there twice, first as alerting.webhooks[0].url"#
            ),
            (
                "alerting: { webhooks: [{ url: 'http://a', password: a }] }", "alerting.webhooks[0].password: needs its username"
            ),
            (
                "alerting: { webhooks: [{ url: 'http://a', bearer_token: a, bearer_token_file: b }] }",
                "alerting.webhooks[0].bearer_token_file: does not go with bearer_token: one of them"
            ),
            ("alerting: { webhooks: [{ url: 'http://a', key_file: a }] }", "alerting.webhooks[0].key_file: needs its cert_file"),
            ("alerting: { kubernetes_events: off }", #"alerting.kubernetes_events: "off" is not one of enabled, disabled (write disabled)"#),
            ("alerting: { log: off }", "alerting.log: is none of stdout, disabled, and a path with a slash in it (./alerts.log)"),
            ("prometheus: { mode: auto }", "prometheus: there is no such key (the keys here are \(topLevel))"),
        ])
    func refused(text: String, message: String) {
        #expect(problems(text) == ["weir.yaml:1: " + message])
    }

    private static let topLevel =
        "alerting, collector, deduplicate, detection, disabled_rules, exporters, identity, kubernetes, listen, listen_tcp, log, metrics, networks, rules, rules_files, state, web"

    @Test("Secrets of receivers are never shown")
    func secrets() throws {
        let configuration = try read(
            "alerting: { alertmanagers: [{ url: 'http://a', bearer_token: s3cret }], webhooks: [{ url: 'http://b', username: u, password: s3cret }] }"
        )
        #expect(configuration.describe().contains("bearer_token: <secret>"))
        #expect(configuration.describe().contains("username: u, password: <secret>"))
        #expect(!configuration.describe().contains("s3cret"))
        #expect(!"\(configuration.alerting)".contains("s3cret"))
    }

    @Test("What changes only at a restart is named, and only that")
    func restart() throws {
        let everything = try read(Self.everything)
        #expect(everything.changesNeedingRestart(from: everything) == [])
        #expect(
            everything.changesNeedingRestart(from: WeirConfiguration()) == [
                "listen", "listen_tcp", "collector.threads", "collector.receive_buffer", "collector.scope", "collector.node", "kubernetes.mode",
                "kubernetes.namespaces", "kubernetes.sync_timeout", "metrics.labels", "metrics.pod_labels", "metrics.service_ports",
                "metrics.namespaces.include", "metrics.namespaces.exclude", "metrics.families", "detection.scope", "detection.horizon",
                "detection.max_series",
                "state.directory", "web.listen",
                "web.probe_listen",
                "web.config_file", "log.format",
            ])
        var other = WeirConfiguration()
        other.ledger.maxPairs = 1
        other.identity.grace = 0
        other.log.level = .debug
        #expect(other.changesNeedingRestart(from: WeirConfiguration()) == [])
    }

    @Test("A file is loaded by its path, and relative paths in it are taken from its folder")
    func load() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "weir-load-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "weir.yaml").path
        try Data("identity: { file: pods.yaml }\nstate: { directory: state }\n".utf8).write(to: URL(filePath: path))
        let configuration = try WeirConfiguration.load(path: path)
        #expect(configuration.identity.file == folder.path + "/pods.yaml")
        #expect(configuration.state.directory == folder.path + "/state")
        #expect(throws: ConfigurationError.self) { try WeirConfiguration.load(path: path + ".none") }
    }
}
