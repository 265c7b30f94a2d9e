import Collector
import ConfigurationFile
import FlowModel
import Foundation
import HTTPServer
import Identity
import KubernetesClient
import Logging
import Synchronization
import Windows

/// `weir serve`: the sockets, threads, files and clocks around the pipeline.
package final class Service: Sendable {
    /// Runs until SIGTERM or SIGINT. SIGHUP re-reads the configuration.
    ///
    /// - Parameters:
    ///   - path: where the configuration was read from, to be read again; nil: from nowhere.
    ///   - webConfigFile: goes before `web.config_file`.
    ///   - started: is called when it serves, with the ports that it has; what it throws ends it.
    /// - Throws: what keeps it from starting.
    package static func run(
        configuration: WeirConfiguration, path: String?, webConfigFile: String? = nil, started: (_ ports: Ports) throws -> Void = { _ in }
    ) throws {
        ProcessMemory.giveBack()
        let signals = SignalWaiter([SIGTERM, SIGINT, SIGHUP])
        let service = try Service(configuration: configuration, path: path, webConfigFile: webConfigFile)
        try service.start()
        do {
            try started(service.ports)
        } catch {
            service.stop()
            throw error
        }
        while true {
            let signal = signals.wait()
            guard signal == SIGHUP else {
                service.logger.info("stopping", metadata: ["signal": signal == SIGINT ? "SIGINT" : "SIGTERM"])
                break
            }
            service.watch?.alerts.reopenLog()
            _ = service.reload()
        }
        service.stop()
    }

    /// Where a running service can be reached.
    package struct Ports: Sendable {
        /// UDP ports of its listeners, in the order of `listen`.
        package var flows: [UInt16]
        /// TCP ports of its web servers, the one for probes first.
        package var web: [UInt16]
    }

    let logger: Logger
    let pipeline: Pipeline
    let collector: Collector
    let own = OwnMetrics()
    let startedAt = WallClock.now
    private let path: String?
    private let logLevel: LogLevel
    private let state: StateStore?
    /// What is kept over a restart; held while it is written, never by a scrape or the owner of the totals.
    private let kept: Mutex<KeptSessions>
    private let servers = Mutex<[HTTPServer]>([])
    private let webFile: WebFile?
    private let webConfigFile: String?
    private let owner: BeatThread
    /// Judges what is counted, and tells of it; nil where there is no rule.
    let watch: WatchService?
    /// Nil where a file names the pods, or nobody does.
    let cluster: ClusterIdentity?
    let live: Mutex<Live>
    /// One reload at a time: held while files are read, never by a scrape or the owner of the totals.
    private let loading: Mutex<IdentityLoader>

    /// What changes while it runs.
    struct Live: Sendable {
        var configuration: WeirConfiguration
        /// Tables that were replaced, until the grace period has passed: flows and pairs of their endpoints may still be about.
        var retiring: [(snapshot: IdentitySnapshot, until: Int64)] = []
        var allowed = AllowedSources()
        var refused = RefusedSourceLog()
        var wasSynced = false
        var hasMissedOwnNode = false
    }

    private init(configuration: WeirConfiguration, path: String?, webConfigFile: String?) throws {
        var configuration = configuration
        if let webConfigFile { configuration.web.configFile = webConfigFile }
        try configuration.takeOwnNode(of: ProcessInfo.processInfo.environment)
        let logLevel = LogLevel(configuration.log.level)
        self.logLevel = logLevel
        let handler = LineLogHandler(logLevel, format: configuration.log.format)
        logger = Logger(label: "weir") { _ in handler }
        self.path = path
        let registry = EndpointRegistry()
        let credentials = try ClusterIdentity.credentials(configuration)
        let (identity, loader) = try IdentityLoader.load(configuration.identity, registry: registry)
        var saved: [SavedSessionState] = []
        if let directory = configuration.state.directory {
            let store = try StateStore(path: directory)
            let (sessions, message) = store.load()
            if let message { logger.warning("state could not be used", metadata: ["problem": "\(message)"]) }
            saved = sessions
            state = store
        } else {
            state = nil
            logger.notice("no state.directory is configured: templates and sampling rates are not kept over a restart")
        }
        let threads = configuration.collector.threads ?? Collector.defaultThreads
        // TCP connections have a shard of their own: what they bring takes no room from exporters over UDP.
        let shards = threads + (configuration.collector.listenTCP.isEmpty ? 0 : 1)
        let pipeline = Pipeline(
            configuration: configuration, identity: identity, registry: registry, threads: shards, saved: saved, start: WallClock.now,
            watching: configuration.detection.rules.isEmpty ? nil : (Windows.Limits(configuration.detection), nil))
        self.pipeline = pipeline
        owner = BeatThread(name: "weir-owner", pipeline.totals.demand)
        var collecting = configuration.collector
        collecting.threads = threads
        var streamLimits = StreamLimits()
        streamLimits.connections = Self.allowDescriptors(configuration, logger)
        collector = try Collector(configuration: collecting, streamLimits: streamLimits) { pipeline.totals.shards[$0] }
        self.webConfigFile = webConfigFile
        webFile = try configuration.web.configFile.map { path throws(ConfigurationError) in try WebFile(path: path) }
        live = Mutex(Live(configuration: configuration))
        kept = Mutex(KeptSessions(saved))
        loading = Mutex(loader)
        watch = WatchService(pipeline, configuration, directory: state?.directory, credentials: credentials, logger: logger)
        guard let credentials else {
            cluster = nil
            reviewSources()
            return
        }
        cluster = ClusterIdentity(
            LiveIdentity(configuration.identity, registry: registry), withOwners: configuration.identity.labels.wantsOwners,
            credentials: credentials, configuration: configuration.kubernetes, logger: logger
        ) { snapshot in
            _ = pipeline.shared.publish(snapshot)
        } known: { until in
            pipeline.shared.ownersKnownUntil = until
        } retire: { endpoints in
            pipeline.retire(endpoints)
        }
    }

    /// Lets the process open as many descriptors as its bounds come to; how many TCP connections that leaves room for.
    private static func allowDescriptors(_ configuration: WeirConfiguration, _ logger: Logger) -> Int {
        let wanted = configuration.collector.listenTCP.isEmpty ? 0 : StreamLimits().connections
        let servers = [HTTPServerConfiguration(serving: configuration.web), HTTPServerConfiguration(probesOf: configuration.web)]
        let budget = DescriptorBudget(streamConnections: wanted, otherConnections: servers.reduce(0) { $0 + ($1?.maxConnections ?? 0) })
        if !budget.isEnough {
            logger.warning(
                "the process may not open as many files as its connections may need",
                metadata: [
                    "granted": "\(budget.granted)", "wanted": "\(budget.wanted)", "tcp_connections": "\(budget.streamConnections)",
                    "hint": "raise the hard limit of open files (ulimit -Hn, LimitNOFILE)",
                ])
        }
        return budget.streamConnections
    }

    /// The configuration in force.
    var configuration: WeirConfiguration { live.withLock { $0.configuration } }

    /// What keeps it from being ready, in words; nil when it is.
    var unreadiness: String? {
        guard collector.isListening else { return "a listener is down" }
        return cluster?.isStillListing == true ? "the cluster's pods have not all been listed yet" : nil
    }

    private var ports: Ports {
        Ports(flows: collector.listeners.map(\.address.port), web: servers.withLock { $0.map { UInt16(clamping: $0.port) } })
    }

    // MARK: Life

    private func start() throws {
        let configuration = self.configuration
        logger.info("weir starts", metadata: ["version": "\(BuildInfo.current.version)", "configuration": "\(path ?? "defaults")"])
        try collector.start()
        for listener in collector.listeners {
            var fields: Logger.Metadata = ["address": "\(listener.address)", "receive_buffer": "\(listener.receiveBuffer)"]
            if listener.receiveBuffer < configuration.collector.receiveBuffer {
                fields["hint"] = "less than collector.receive_buffer: raise net.core.rmem_max"
            }
            logger.info("listening for flow records", metadata: fields)
        }
        for address in collector.streamListeners { logger.info("listening for IPFIX over TCP", metadata: ["address": "\(address)"]) }
        do {
            try serve(configuration.web)
        } catch {
            let started = servers.withLock { $0 }
            Blocking.run { [collector] in
                for server in started { await server.stop(within: .zero) }
                await collector.stop()
            }
            throw error
        }
        owner.start { [unowned self] in
            pipeline.takeOver(now: WallClock.now, monotonic: WallClock.monotonic)
        } everySecond: { [unowned self] beat in
            everySecond(beat)
        }
        watch?.start()
    }

    /// Starts the web server and, where it is wanted, the one for probes.
    private func serve(_ web: WeirConfiguration.Web) throws(HTTPServerError) {
        let api = WebAPI(self)
        if let configuration = HTTPServerConfiguration(probesOf: web) {
            let router = api.probeRouter
            let server = try HTTPServer(configuration: configuration, refusals: own.refusals) { router.respond(to: $0) }
            note(server, listen: configuration.listen, "serving probes")
        }
        let router = api.router
        let server = try HTTPServer(
            configuration: HTTPServerConfiguration(serving: web), webFile: webFile, refusals: own.refusals,
            webFileChanged: { [logger, path = webFile?.path ?? ""] change in
                switch change {
                case .takenUp: logger.info("web configuration read", metadata: ["file": "\(path)"])
                case .refused(let problem): logger.error("web configuration not read; the one of before goes on", metadata: ["problem": "\(problem)"])
                }
            }
        ) { router.respond(to: $0) }
        note(server, listen: web.listen, webFile?.hasTLS == true ? "serving HTTPS" : "serving HTTP")
    }

    private func note(_ server: HTTPServer, listen: String, _ message: Logger.Message) {
        let host = listen[..<(listen.lastIndex(of: ":") ?? listen.endIndex)]
        logger.info(message, metadata: ["address": "\(host):\(server.port)"])
        servers.withLock { $0.append(server) }
    }

    private func stop() {
        watch?.stop()
        owner.stop()
        cluster?.stop()
        let servers = servers.withLock { $0 }
        Blocking.run { [collector] in
            await collector.stop()
            for server in servers { await server.stop() }
        }
        let now = WallClock.now
        pipeline.totals.drain(at: now)
        pipeline.takeOver(now: now, monotonic: WallClock.monotonic)
        kept.withLock { saveState(&$0) }
        logger.info("stopped")
    }

    private func everySecond(_ beat: Int) {
        let now = WallClock.now
        let monotonic = WallClock.monotonic
        pipeline.tick(now: now, monotonic: monotonic)
        cluster?.review()
        guard beat % 2 == 0 else { return }
        pipeline.review(now: now, receiveDrops: collector.statistics.reduce(0) { $0 &+ $1.receiveDrops })
        reviewSources()
        retireEndpoints(monotonic)
        // A large file takes seconds: it is read on a thread of its own.
        if loading.withLockIfAvailable({ $0.isDue() }) == true {
            Thread.detachNewThread { [self] in reloadIdentity() }
        }
        // Nor does the owner wait for a disk.
        if beat % 10 == 0, state != nil {
            Thread.detachNewThread { [self] in kept.withLockIfAvailable { saveState(&$0) } }
        }
    }

    // MARK: State

    private func saveState(_ kept: inout KeptSessions) {
        guard let state else { return }
        kept.take(pipeline.totals.takeChangedSessions(), at: WallClock.now)
        guard kept.isChanged else { return }
        do {
            try state.save(kept.sorted)
            kept.isChanged = false
        } catch {
            logger.error("state could not be saved", metadata: ["problem": "\(error)"])
        }
    }

    // MARK: Reload

    /// Reads the configuration again and takes up what can change without a restart; what is wrong, or what needs one, in words.
    func reload() -> (isDone: Bool, messages: [String]) {
        guard let path else {
            reloadIdentity()
            return (true, ["there is no configuration file to read again"])
        }
        do {
            let restart = try loading.withLock { loader throws in try reload(path, &loader) }
            own.noteReload(isDone: true)
            logger.info("configuration reloaded", metadata: ["file": "\(path)"])
            let messages = restart.map { "\($0) changed: it takes effect after a restart" }
            for message in messages { logger.warning("\(message)") }
            return (true, messages)
        } catch {
            own.noteReload(isDone: false)
            logger.error("configuration not reloaded", metadata: ["problem": "\(error)"])
            return (false, ["\(error)"])
        }
    }

    /// Takes up a configuration file; the keys that need a restart.
    private func reload(_ path: String, _ loader: inout IdentityLoader) throws -> [String] {
        let old = self.configuration
        var new = try WeirConfiguration.load(path: path)
        if let webConfigFile { new.web.configFile = webConfigFile }
        // Which node it is, is asked at the next start; until then the node of before is.
        if new.collector.node == nil, new.collector.scope == old.collector.scope { new.collector.node = old.collector.node }
        var restart = new.changesNeedingRestart(from: old)
        new.identity.labels = old.identity.labels
        if cluster != nil, new.identity != old.identity { restart.append("identity, networks") }
        // What needs a restart stays as it is, also in what /api/v1/status/config says.
        new.collector.listen = old.collector.listen
        new.collector.listenTCP = old.collector.listenTCP
        new.collector.threads = old.collector.threads
        new.collector.receiveBuffer = old.collector.receiveBuffer
        new.collector.scope = old.collector.scope
        new.collector.node = old.collector.node
        new.web.listen = old.web.listen
        new.web.probeListen = old.web.probeListen
        new.web.configFile = old.web.configFile
        new.state = old.state
        new.log.format = old.log.format
        new.ledger.families = old.ledger.families
        new.detection.scope = old.detection.scope
        new.detection.horizon = old.detection.horizon
        new.detection.maxSeries = old.detection.maxSeries
        if watch == nil, !new.detection.rules.isEmpty { restart.append("disabled_rules") }
        new.kubernetes = old.kubernetes
        if cluster != nil { new.identity = old.identity }
        let configuration = new
        if cluster == nil {
            publish(try loader.reload(configuration.identity, registry: pipeline.registry, after: pipeline.shared.current().view.identity))
        }
        live.withLock { $0.configuration = configuration }
        reviewSources()
        pipeline.totals.reconfigure(configuration.ledger)
        pipeline.shared.prefer(VantagePreference(configuration.exporters))
        logLevel.value = configuration.log.level
        watch?.reconfigure(configuration)
        for shard in pipeline.totals.shards { shard.state.withLock { $0.reconfigure(ShardConfiguration(configuration)) } }
        return restart
    }

    private func reloadIdentity() {
        guard cluster == nil else { return }
        do {
            let snapshot = try loading.withLock { loader throws in
                let snapshot = try loader.reload(configuration.identity, registry: pipeline.registry, after: pipeline.shared.current().view.identity)
                publish(snapshot)
                return snapshot
            }
            logger.info("identity file read", metadata: ["endpoints": "\(snapshot.endpointCount)"])
        } catch {
            logger.error("identity file not read; the names of before go on", metadata: ["problem": "\(error)"])
        }
    }

    /// Replaced tables live on for so many nanoseconds at least: until what was counted by their numbers has been taken over.
    private static let minimumGrace: Int64 = 10_000_000_000

    private func publish(_ snapshot: IdentitySnapshot) {
        let old = pipeline.shared.publish(snapshot)
        live.withLock { live in
            live.retiring.append((old, WallClock.monotonic + max(live.configuration.identity.grace, Self.minimumGrace)))
        }
    }

    /// Takes the pairs out whose endpoint has been gone for the grace period.
    private func retireEndpoints(_ now: Int64) {
        let due = live.withLock { live in
            let due = live.retiring.filter { $0.until <= now }.map(\.snapshot)
            live.retiring.removeAll { $0.until <= now }
            return due
        }
        guard !due.isEmpty else { return }
        var kept = pipeline.shared.current().view.identity.numbers
        for waiting in live.withLock({ $0.retiring.map(\.snapshot) }) { kept.formUnion(waiting.numbers) }
        let gone = due.reduce(into: Set<EndpointNumber>()) { $0.formUnion($1.numbers) }.subtracting(kept)
        if !gone.isEmpty { pipeline.retire(gone) }
    }
}
