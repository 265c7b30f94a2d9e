import Alerting
import Collector
import ConfigurationFile
import Detection
import Exporters
import Identity
import KubernetesClient
import Ledger
import Logging

/// All that can be configured, each room's part in the room's own words; `init()` is every default. docs/configuration.md lists the keys.
package struct WeirConfiguration: Sendable, Equatable {
    /// Whether one packet that is seen several times counts once. Key: `deduplicate`.
    package enum Deduplication: String, Sendable, CaseIterable {
        case auto
        case disabled
    }

    /// What is kept over a restart. Key: `state`.
    package struct State: Sendable, Equatable {
        /// Where; nil: nothing is kept.
        package var directory: String?
    }

    /// The web server. Key: `web`.
    package struct Web: Sendable, Equatable {
        /// TCP address: `:PORT`, `IPv4:PORT` or `[IPv6]:PORT`; port 0 lets the kernel choose.
        package var listen = ":9478"
        /// TCP address of a second server, without TLS and users, that answers only `/-/healthy` and `/-/ready`; nil: none.
        package var probeListen: String?
        /// TLS, users and headers, in the format of Prometheus' exporters; nil: none of them.
        package var configFile: String?
        /// Where others reach it, without a slash at its end; nil: not known.
        package var externalURL: String?
        /// Whether anybody may reload.
        package var enableLifecycle = false
        /// What stands on top of the page at `/`; nil: nothing.
        package var notice: String?
    }

    /// Weir's own log. Key: `log`.
    package struct Log: Sendable, Equatable {
        /// How a line looks.
        package enum Format: String, Sendable, CaseIterable {
            case text
            case json
        }

        package var level = Logger.Level.info
        package var format = Format.text
    }

    package var collector = CollectorConfiguration()
    package var exporters = ExportersConfiguration()
    package var identity = IdentityConfiguration()
    package var kubernetes = KubernetesConfiguration()
    package var ledger = LedgerConfiguration()
    package var deduplicate = Deduplication.auto
    package var detection = DetectionConfiguration()
    package var alerting = AlertingConfiguration()
    package var state = State()
    package var web = Web()
    package var log = Log()

    /// Every default.
    package init() {}

    /// Reads the file at `path`. Throws everything that is wrong in it.
    package static func load(path: String) throws(ConfigurationError) -> WeirConfiguration {
        try read(ConfigurationFile(path: path))
    }

    /// Reads a file that has been opened. Throws everything that is wrong in it.
    package static func read(_ file: ConfigurationFile) throws(ConfigurationError) -> WeirConfiguration {
        try file.decode(WeirConfiguration.init(from:))
    }
}

extension WeirConfiguration {
    private init(from root: Section) {
        collector = CollectorConfiguration(from: root)
        exporters = ExportersConfiguration(from: root)
        identity = IdentityConfiguration(from: root)
        kubernetes = KubernetesConfiguration(from: root)
        if identity.file != nil, kubernetes.mode == .inCluster || kubernetes.mode == .kubeconfig {
            root.section("kubernetes").report("mode", "cannot be \(kubernetes.mode.rawValue) where identity.file names the pods")
        }
        ledger = LedgerConfiguration(from: root)
        root.read("deduplicate", as: .word, into: &deduplicate)
        detection = DetectionConfiguration(from: root)
        alerting = AlertingConfiguration(from: root)
        state.directory = root.section("state").path("directory")
        let web = root.section("web")
        web.read("listen", as: .listenAddress, into: &self.web.listen)
        web.read("probe_listen", as: .listenAddress, into: &self.web.probeListen)
        self.web.configFile = web.path("config_file")
        web.read("external_url", as: .url, into: &self.web.externalURL)
        web.read("enable_lifecycle", as: .flag, into: &self.web.enableLifecycle)
        web.read("notice", as: .text, into: &self.web.notice)
        let log = root.section("log")
        log.read("level", as: .word, into: &self.log.level)
        log.read("format", as: .word, into: &self.log.format)
    }

    /// The configuration as it holds, in YAML, with every default filled in and secrets as `<secret>`. Without secrets it can be read again.
    package func describe() -> String {
        var text = ConfigurationText()
        collector.describe(in: &text)
        exporters.describe(in: &text)
        identity.describe(in: &text)
        kubernetes.describe(in: &text)
        identity.labels.describe(in: &text)
        ledger.describe(in: &text)
        text.set("deduplicate", .text(deduplicate.rawValue))
        detection.describe(in: &text)
        alerting.describe(in: &text)
        text.set("directory", in: "state", .text(state.directory))
        text.set("listen", in: "web", .text(web.listen))
        text.set("probe_listen", in: "web", .text(web.probeListen))
        text.set("config_file", in: "web", .text(web.configFile))
        text.set("external_url", in: "web", .text(web.externalURL))
        text.set("enable_lifecycle", in: "web", .plain("\(web.enableLifecycle)"))
        text.set("notice", in: "web", .text(web.notice))
        text.set("level", in: "log", .text(log.level.rawValue))
        text.set("format", in: "log", .text(log.format.rawValue))
        return text.yaml
    }

    /// The keys that differ from `old` and hold only after a restart: sockets, threads, folders and the log's form are set up once.
    package func changesNeedingRestart(from old: WeirConfiguration) -> [String] {
        let checks: [(key: String, differs: Bool)] = [
            ("listen", collector.listen != old.collector.listen),
            ("listen_tcp", collector.listenTCP != old.collector.listenTCP),
            ("collector.threads", collector.threads != old.collector.threads),
            ("collector.receive_buffer", collector.receiveBuffer != old.collector.receiveBuffer),
            ("collector.scope", collector.scope != old.collector.scope),
            ("collector.node", collector.node != old.collector.node),
            ("kubernetes.mode", kubernetes.mode != old.kubernetes.mode),
            ("kubernetes.kubeconfig", kubernetes.kubeconfig != old.kubernetes.kubeconfig),
            ("kubernetes.namespaces", kubernetes.namespaces != old.kubernetes.namespaces),
            ("kubernetes.sync_timeout", kubernetes.syncTimeout != old.kubernetes.syncTimeout),
            ("metrics.labels", identity.labels.labels != old.identity.labels.labels),
            ("metrics.pod_labels", identity.labels.podLabels != old.identity.labels.podLabels),
            ("metrics.service_ports", identity.labels.servicePorts != old.identity.labels.servicePorts),
            ("metrics.namespaces.include", identity.labels.namespaces.include != old.identity.labels.namespaces.include),
            ("metrics.namespaces.exclude", identity.labels.namespaces.exclude != old.identity.labels.namespaces.exclude),
            ("metrics.families", ledger.families != old.ledger.families),
            ("detection.scope", detection.scope != old.detection.scope),
            ("detection.horizon", detection.horizon != old.detection.horizon),
            ("detection.max_series", detection.maxSeries != old.detection.maxSeries),
            ("state.directory", state.directory != old.state.directory),
            ("web.listen", web.listen != old.web.listen),
            ("web.probe_listen", web.probeListen != old.web.probeListen),
            ("web.config_file", web.configFile != old.web.configFile),
            ("log.format", log.format != old.log.format),
        ]
        return checks.filter(\.differs).map(\.key)
    }
}
