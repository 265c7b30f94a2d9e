import ConfigurationFile
import Foundation
import HTTPClient
import KubernetesClient
import Support
import Synchronization
import Testing

@Suite("Listing and watching over HTTP", .serialized) struct KubernetesWatchTests {
    /// A watch on a transport of its own, and all that comes of it.
    private final class Watching: Sendable {
        let store = Store()
        let transport: HTTPTransport
        let watch: KubernetesWatch
        private let box: Box

        init(
            _ credentials: ClusterCredentials, resources: [Resource] = [.pods], namespaces: [String] = [],
            change: (inout ListWatch.Settings) -> Void = { _ in }
        ) {
            var settings = ListWatch.Settings()
            settings.firstWait = .milliseconds(20)
            settings.longestWait = .milliseconds(100)
            settings.refusedWait = .milliseconds(100)
            change(&settings)
            var configuration = KubernetesConfiguration()
            configuration.namespaces = namespaces
            transport = HTTPTransport(threadName: "weir-kube")
            let box = Box()
            self.box = box
            watch = KubernetesWatch(
                configuration: configuration, credentials: credentials, transport: transport, resources: resources, settings: settings, sink: store
            ) { box.add($0) }
            watch.start()
        }

        private final class Box: Sendable {
            private let lines = Mutex<[WatchReport]>([])
            func add(_ line: WatchReport) { lines.withLock { $0.append(line) } }
            var all: [WatchReport] { lines.withLock { $0 } }
        }

        deinit {
            watch.stop()
            transport.stop()
        }

        var reports: [String] { box.all.map(\.message) }

        func synced() async throws {
            try await waitUntil("synced: \(reports)") { self.watch.status.isSynced }
        }

        func pods(_ names: String...) async throws {
            try await waitUntil("pods \(names)") { self.store.pods.keys.sorted() == names }
        }

        func restarts(_ reason: ListWatch.Reason, of resource: Resource = .pods) -> UInt64 {
            watch.status.restarts(of: resource)[reason] ?? 0
        }
    }

    private func credentials(_ server: FakeAPIServer, _ authentication: ClusterCredentials.Authentication = .none) -> ClusterCredentials {
        ClusterCredentials(server: server.url, tls: TLSOptions(), authentication: authentication, source: "a test", warnings: [])
    }

    @Test("All resources are listed, and what changes afterwards arrives")
    func listAndWatch() async throws {
        let cluster = FakeCluster(pods: ["a", "b"])
        let server = try cluster.serve()
        let watching = Watching(credentials(server), resources: Resource.allCases)
        try await watching.synced()
        try await waitUntil("current") { watching.watch.status.isCurrent }
        #expect(watching.store.pods.keys.sorted() == ["a", "b"])
        #expect(watching.watch.status.resources == Resource.allCases)
        #expect(watching.watch.status.objects(of: .pods) == 2 && watching.watch.status.objects(of: .jobs) == 0)
        cluster.put("c", address: "10.0.0.3")
        cluster.put("a", address: "10.0.0.1")
        cluster.delete("b")
        try await watching.pods("a", "c")
        #expect(watching.store.log == ["= a b", "+ c 10.0.0.3", "+ a 10.0.0.1", "- shop/b uid-b"])
        #expect(watching.watch.status.lastEvent(of: .pods) > .unknown)
        let list = try #require(server.requests.first { $0.resource == "jobs" })
        #expect(list.path == "/apis/batch/v1/jobs" && list.headers["accept"]?.contains("PartialObjectMetadataList") == true)
        #expect(Set(server.requests.map(\.resource)).count == 6)
    }

    @Test("A list of many pages is put together of them, and replaces at once")
    func pages() async throws {
        let cluster = FakeCluster(pods: (0..<25).map { String(format: "p%02d", $0) })
        let server = try cluster.serve()
        let watching = Watching(credentials(server)) { $0.pageSize = 10 }
        try await watching.synced()
        #expect(watching.store.log.count == 1 && watching.store.pods.count == 25)
        #expect(server.requests.filter { !$0.isWatch }.map { $0.query["continue"] } == [nil, "10", "20"])
    }

    @Test("Namespaces that are named are asked for one by one, and a list of one leaves the others alone")
    func namespaces() async throws {
        let server = try FakeAPIServer { request, answer in
            guard !request.isWatch else {
                answer.begin()
                _ = answer.wait { false }
                return answer.cut()
            }
            let namespace = request.path.contains("/namespaces/one/") ? "one" : "two"
            answer.send(Sample.list(request.resource == "pods" ? [Sample.pod("p-\(namespace)", namespace: namespace)] : [], version: 5))
        }
        let watching = Watching(credentials(server), resources: [.pods, .nodes], namespaces: ["one", "two"])
        try await watching.synced()
        #expect(watching.store.pods.keys.sorted() == ["p-one", "p-two"])
        #expect(watching.watch.status.objects(of: .pods) == 2)
        let paths = Set(server.requests.map(\.path))
        #expect(paths == ["/api/v1/namespaces/one/pods", "/api/v1/namespaces/two/pods", "/api/v1/nodes"])
    }

    @Test("410 in a watch: a list follows, pods that have vanished are gone, and not for a moment all of them")
    func expiredWatch() async throws {
        let cluster = FakeCluster(pods: ["a", "b"])
        let server = try cluster.serve()
        cluster.once(.pods, watch: true) { _, answer in
            cluster.delete("b")
            cluster.put("c")
            cluster.compact()
            answer.send(Sample.status(410, reason: "Expired"), status: 410)
        }
        let watching = Watching(credentials(server))
        try await watching.pods("a", "c")
        #expect(watching.store.log == ["= a b", "= a c"])
        #expect(watching.restarts(.expired) == 1)
        cluster.put("d")
        try await watching.pods("a", "c", "d")
    }

    @Test("410 in a list: a consistent read follows")
    func expiredList() async throws {
        let cluster = FakeCluster(pods: ["a"])
        let server = try cluster.serve()
        cluster.once(.pods, watch: false) { _, answer in answer.send(Sample.status(410, reason: "Expired"), status: 410) }
        let watching = Watching(credentials(server))
        try await watching.pods("a")
        #expect(server.requests.prefix(2).map { $0.query["resourceVersion"] } == ["0", nil])
    }

    @Test("An expired continue, with a fresh token and without", arguments: ["3", nil])
    func expiredContinue(token: String?) async throws {
        let cluster = FakeCluster(pods: ["a", "b", "c", "d"])
        let server = try cluster.serve()
        cluster.once(.pods, watch: false) { request, answer in cluster.list(request, answer) }
        cluster.once(.pods, watch: false) { _, answer in answer.send(Sample.status(410, reason: "Expired", continue: token), status: 410) }
        let watching = Watching(credentials(server)) { $0.pageSize = 3 }
        try await waitUntil("watched") { watching.watch.status.isCurrent }
        #expect(watching.store.pods.keys.sorted() == ["a", "b", "c", "d"])
        #expect(watching.store.log == (token == nil ? ["= a b c d"] : ["= a b c d", "= a b c d"]))
    }

    @Test("Half an event, then a cut connection: the event comes again, once")
    func halfAnEvent() async throws {
        let cluster = FakeCluster(pods: ["a"])
        let server = try cluster.serve()
        cluster.once(.pods, watch: true) { _, answer in
            answer.begin()
            cluster.put("b")
            cluster.put("c")
            answer.chunk(Sample.event("ADDED", Sample.pod("b", version: cluster.version - 1)))
            answer.chunk(String(Sample.event("ADDED", Sample.pod("c", version: cluster.version)).prefix(150)))
            answer.cut()
        }
        let watching = Watching(credentials(server))
        try await watching.pods("a", "b", "c")
        #expect(watching.store.log == ["= a", "+ b 10.128.2.9", "+ c 10.128.2.9"])
        #expect(watching.restarts(.cut) == 1)
    }

    @Test("A watch and a list that fall silent are begun again")
    func stall() async throws {
        let cluster = FakeCluster(pods: ["a"])
        let server = try cluster.serve()
        let silence: FakeCluster.Fault = { _, answer in
            answer.begin()
            answer.chunk(#"{"kind":"#)
            _ = answer.wait { false }
            answer.cut()
        }
        cluster.once(.pods, watch: false, silence)
        cluster.once(.pods, watch: true) { _, answer in
            answer.begin()
            _ = answer.wait { false }
            answer.cut()
        }
        let watching = Watching(credentials(server)) {
            $0.listStall = .milliseconds(300)
            $0.watchStall = .milliseconds(300)
        }
        try await waitUntil("two stalls") { watching.restarts(.stalled) >= 2 }
        cluster.put("b")
        try await watching.pods("a", "b")
        #expect(watching.store.log.filter { $0.hasPrefix("=") }.count == 1)
    }

    @Test("429 with Retry-After is obeyed")
    func throttled() async throws {
        let cluster = FakeCluster(pods: ["a"])
        let server = try cluster.serve()
        let told = Mutex<ContinuousClock.Instant?>(nil)
        cluster.once(.pods, watch: false) { _, answer in
            told.withLock { $0 = .now }
            answer.send(Sample.status(429, reason: "TooManyRequests"), status: 429, headers: ["Retry-After: 1"])
        }
        let watching = Watching(credentials(server))
        try await watching.synced()
        let waited = try #require(told.withLock { $0 }).duration(to: .now)
        #expect(waited >= .seconds(1))
        #expect(watching.restarts(.throttled) == 1)
    }

    @Test("401, then a rotated token: each request carries what the file holds then")
    func rotatedToken() async throws {
        let folder = try TemporaryFolder()
        let token = try folder.write("token", "old\n")
        let cluster = FakeCluster(pods: ["a"])
        let valid = Mutex("old")
        let server = try FakeAPIServer { request, answer in
            guard request.headers["authorization"] == "Bearer \(valid.withLock { $0 })" else {
                return answer.send(Sample.status(401, reason: "Unauthorized", message: "Unauthorized"), status: 401)
            }
            if request.isWatch {
                answer.begin()
                cluster.put("b")
                answer.chunk(Sample.event("ADDED", Sample.pod("b", version: cluster.version)))
                return answer.finish()
            }
            cluster.list(request, answer)
        }
        let watching = Watching(credentials(server, .tokenFile(token, instead: nil)))
        try await watching.pods("a", "b")
        valid.withLock { $0 = "new" }
        try await waitUntil("401") { watching.restarts(.unauthorized) >= 2 && !watching.watch.status.isCurrent }
        #expect(watching.store.pods.count == 2)
        let ended = watching.restarts(.ended)
        // At once, as the kubelet does it.
        let fresh = try folder.write("token.new", "new\n")
        #expect(unsafe rename(fresh, token) == 0)
        try await waitUntil("watched again") { watching.restarts(.ended) > ended }
        #expect(watching.reports.count { $0.contains("401") } == 1)
        #expect(watching.reports.contains("pods: watched again"))
        // While the file is away, the last token goes on.
        try FileManager.default.removeItem(atPath: token)
        let then = watching.restarts(.ended)
        try await waitUntil("watched without the file") { watching.restarts(.ended) > then + 2 }
        #expect(watching.reports.count { $0.contains("the token cannot be read") } == 1)
    }

    @Test("403 on one resource: reported once, the others work, and it is taken up when the rule is there")
    func forbidden() async throws {
        let cluster = FakeCluster(pods: ["a"])
        let server = try cluster.serve()
        cluster.always(.replicaSets) { _, answer in answer.send(Sample.status(403, reason: "Forbidden", message: "no"), status: 403) }
        let watching = Watching(credentials(server), resources: [.pods, .replicaSets])
        try await watching.synced()
        try await waitUntil("asked again") { watching.restarts(.forbidden, of: .replicaSets) >= 3 }
        #expect(watching.store.pods.count == 1)
        #expect(watching.reports.count { $0.contains("403") } == 1)
        #expect(watching.watch.status.isCurrent)
        cluster.always(.replicaSets, nil)
        try await waitUntil("listed") { watching.watch.status.watches.allSatisfy { $0.isListed && $0.refusal == nil } }
    }

    @Test("A watch of bookmarks only is resumed from the last of them")
    func bookmarks() async throws {
        let cluster = FakeCluster(pods: ["a"])
        let server = try cluster.serve()
        cluster.once(.pods, watch: true) { _, answer in
            answer.begin()
            answer.chunk(Sample.bookmark(500))
            answer.chunk(Sample.bookmark(501))
            answer.finish()
        }
        let watching = Watching(credentials(server))
        try await waitUntil("resumed") { server.requests.count { $0.isWatch } == 2 }
        #expect(server.requests.last?.query["resourceVersion"] == "501")
        #expect(watching.restarts(.ended) == 1 && watching.store.log == ["= a"])
    }

    @Test("ERROR events and garbage end a watch, and a list follows")
    func errorAndGarbage() async throws {
        let cluster = FakeCluster(pods: ["a"])
        let server = try cluster.serve()
        let errors = [Sample.status(500, reason: "InternalError"), Sample.status(410, reason: "Gone")].map { Sample.event("ERROR", $0) }
        for text in [errors[0], "<html>sign in</html>", errors[1]] {
            cluster.once(.pods, watch: true) { _, answer in
                answer.begin()
                answer.chunk(text)
                _ = answer.wait { false }
                answer.cut()
            }
        }
        cluster.once(.pods, watch: false) { _, answer in answer.send("<html>sign in</html>") }
        let watching = Watching(credentials(server))
        try await waitUntil("four restarts") {
            watching.restarts(.error) == 1 && watching.restarts(.garbage) == 2 && watching.restarts(.expired) == 1 && watching.watch.status.isCurrent
        }
        cluster.put("b")
        try await watching.pods("a", "b")
    }

    @Test("While the API server is away, what is known stays; when it is there again, it is taken up")
    func away() async throws {
        let cluster = FakeCluster(pods: ["a"])
        let isAway = Mutex(false)
        let server = try FakeAPIServer { request, answer in
            if isAway.withLock({ $0 }) { return answer.cut() }
            if request.isWatch {
                answer.begin()
                _ = answer.wait { isAway.withLock { $0 } }
                return answer.cut()
            }
            cluster.list(request, answer)
        }
        let watching = Watching(credentials(server))
        try await waitUntil("watched") { watching.watch.status.isCurrent }
        isAway.withLock { $0 = true }
        try await waitUntil("away") { watching.restarts(.cut) >= 4 }
        #expect(!watching.watch.status.isCurrent && watching.watch.status.isSynced)
        #expect(watching.store.pods == ["a": "10.128.2.9"])
        isAway.withLock { $0 = false }
        try await waitUntil("watched again") { watching.watch.status.isCurrent }
        #expect(watching.reports.count == 3)
    }

    @Test("Where nobody listens, it is said once, and not synced")
    func nobody() async throws {
        let server = try FakeAPIServer { _, answer in answer.cut() }
        let credentials = credentials(server)
        server.stop()
        let watching = Watching(credentials)
        try await waitUntil("three attempts") { watching.restarts(.unreachable) >= 3 }
        #expect(!watching.watch.status.isSynced)
        #expect(watching.reports.count == 1 && watching.reports[0].contains("cannot be reached"))
    }

    @Test("Once it has been stopped, nothing is handed on")
    func stopped() async throws {
        let cluster = FakeCluster(pods: ["a"])
        let server = try cluster.serve()
        let watching = Watching(credentials(server))
        try await waitUntil("watched") { watching.watch.status.isCurrent }
        watching.watch.stop()
        cluster.put("b")
        watching.transport.stop()
        #expect(watching.store.log == ["= a"])
    }

    @Test("Pods that come in parts are all there in the end, and those that vanished are gone")
    func parts() async throws {
        let cluster = FakeCluster(pods: (0..<25).map { String(format: "p%02d", $0) })
        let server = try cluster.serve()
        let watching = Watching(credentials(server)) {
            $0.pageSize = 10
            $0.partSize = 8
        }
        try await waitUntil("watched") { watching.watch.status.isCurrent }
        #expect(watching.store.pods.count == 25 && watching.watch.status.objects(of: .pods) == 25)
        #expect(watching.store.log.count == 4 && watching.store.log.first == "( p00 p01 p02 p03 p04 p05 p06 p07")
        cluster.once(.pods, watch: true) { _, answer in
            for number in 0..<20 { cluster.delete(String(format: "p%02d", number)) }
            cluster.compact()
            answer.send(Sample.status(410, reason: "Expired"), status: 410)
        }
        cluster.breakWatches()
        try await watching.pods("p20", "p21", "p22", "p23", "p24")
    }

    @Test("An outage is one report for all resources, and so is its end")
    func outage() async throws {
        let cluster = FakeCluster(pods: ["a"])
        let isAway = Mutex(false)
        let server = try FakeAPIServer { request, answer in
            if isAway.withLock({ $0 }) { return answer.cut() }
            if request.isWatch {
                answer.begin()
                _ = answer.wait { isAway.withLock { $0 } }
                return answer.cut()
            }
            cluster.list(request, answer)
        }
        let watching = Watching(credentials(server), resources: [.pods, .nodes, .services])
        try await waitUntil("watched") { watching.watch.status.isCurrent }
        let before = watching.reports.count
        isAway.withLock { $0 = true }
        try await waitUntil("away") { watching.watch.status.resources.allSatisfy { watching.restarts(.cut, of: $0) >= 3 } }
        isAway.withLock { $0 = false }
        try await waitUntil("watched again") { watching.watch.status.isCurrent }
        try await waitUntil("it is said") { watching.reports.count == before + 2 }
        #expect(watching.reports[before].contains("broke off") && watching.reports[before].hasSuffix("(this is said once, whatever else is watched)"))
        #expect(watching.reports[before + 1] == "nodes, pods, services: watched again")
        #expect(watching.watch.status.watches.allSatisfy { $0.trouble == nil && $0.awaySince == nil })
    }

    @Test("Pages of a list come over one connection, and a watch's connection is kept alive by TCP")
    func connections() async throws {
        let cluster = FakeCluster(pods: (0..<25).map { String(format: "p%02d", $0) })
        let server = try cluster.serve()
        let watching = Watching(credentials(server)) { $0.pageSize = 5 }
        try await waitUntil("watched") { watching.watch.status.isCurrent }
        #expect(server.requests.count == 6 && server.accepted == 1)
        // proc_net_tcp(5): of a connection that stands (01), the timer is the keep-alive's (02).
        try await waitUntil("the keep-alive timer runs") {
            let peer = "0100007F:" + String(format: "%04X", Int(server.port))
            // In pieces: what the kernel makes up has no length.
            let table = try FileHandle(forReadingAtPath: "/proc/self/net/tcp")?.readToEnd() ?? Data()
            return String(decoding: table, as: UTF8.self).split(separator: "\n").contains { line in
                let fields = line.split(whereSeparator: \.isWhitespace)
                return fields.count > 5 && fields[2] == peer && fields[3] == "01" && fields[5].hasPrefix("02:")
            }
        }
    }
}
