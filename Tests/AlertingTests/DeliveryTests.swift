import Alerting
import ConfigurationFile
import Detection
import FlowModel
import Foundation
import Glibc
import HTTPClient
import StateFile
import Support
import Synchronization
import Testing

@Suite("Delivery")
struct DeliveryTests {
    /// What threads of servers and deliveries tell a test.
    private final class Notes: Sendable {
        let status = Mutex(200)
        let lines = Mutex<[String]>([])
        let objects = Mutex<[String: String]>([:])
        let uid = Mutex("uid-1")

        var all: [String] { lines.withLock { $0 } }
        func note(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private func delivery(
        _ configuration: AlertingConfiguration, state: String? = nil, kubernetes: Delivery.KubernetesRequest? = nil, reports: Notes = Notes()
    ) throws -> Delivery {
        Delivery(
            configuration, externalURL: nil, directory: try state.map { try StateDirectory(path: $0) }, kubernetes: kubernetes, instance: "weir-0",
            seed: 1, clock: SystemClock.now
        ) { report in reports.note("\(report.severity) \(report.receiver): \(report.message)") }
    }

    private func configuration(_ webhooks: [AlertingConfiguration.HTTPReceiver]) -> AlertingConfiguration {
        var configuration = AlertingConfiguration()
        configuration.webhooks = webhooks
        configuration.log = .disabled
        return configuration
    }

    private func steps(_ names: [String], evidence: Bool = false) -> [Transition] {
        var book = AlertBook(maximum: 10_000)
        var steps = book.take(Made.report(Made.rule(), names, at: 0), now: Made.at(0))
        if evidence {
            for index in steps.indices { steps[index].alert.evidence = Made.evidence(Made.finding(names[index]), at: 0) }
        }
        return steps
    }

    @Test("A webhook gets each group once and with its credentials; nothing is lost while it is away, nor by a restart, and it is reported once")
    func webhook() async throws {
        let folder = try TemporaryFolder()
        let (notes, reports) = (Notes(), Notes())
        notes.status.withLock { $0 = 503 }
        let server = try FakeAPIServer { request, answer in
            let status = notes.status.withLock { $0 }
            if status == 200 { notes.note("\(request.headers["authorization"] ?? "none") \(String(decoding: request.body, as: UTF8.self))") }
            answer.send("{}", status: status)
        }
        var receiver = AlertingConfiguration.HTTPReceiver(url: server.url + "/hook/s3cret")
        receiver.authentication = .bearer(.file(try folder.write("token", "abc\n")))
        var weir = try delivery(configuration([receiver]), state: folder.path("state"), reports: reports)
        weir.take(steps(["a", "b"]), alerts: [], now: SystemClock.now())
        weir.take(steps((0..<100).map { "ns-\($0)" }), alerts: [], now: SystemClock.now())
        try await waitUntil("two attempts fail") {
            weir.tick(alerts: [], now: SystemClock.now())
            return weir.counts.failed.values.reduce(0, +) >= 2
        }
        #expect(weir.counts.waiting == ["webhook:\(server.url)": 102])
        weir.stop(alerts: [])
        weir = try delivery(configuration([receiver]), state: folder.path("state"), reports: reports)
        #expect(weir.counts.waiting.values.first == 102)
        notes.status.withLock { $0 = 200 }
        try await waitUntil("all is told", within: 30) {
            weir.tick(alerts: [], now: SystemClock.now())
            return weir.counts.waiting.values.first == 0
        }
        #expect(notes.all.count == 3)
        #expect(notes.all.allSatisfy { $0.hasPrefix("Bearer abc {") })
        #expect(notes.all[0].contains(#""source_namespace":"b""#) && !notes.all[0].contains("ns-0"))
        #expect(weir.counts.delivered == ["webhook:\(server.url)": 102])
        #expect(reports.all.filter { $0.contains("fail") }.count == 1)
        #expect(reports.all.allSatisfy { !$0.contains("s3cret") })
        weir.stop(alerts: [])
    }

    @Test("What a webhook refuses is dropped, counted and logged with its answer, and keeps nobody waiting; 429 is waited for")
    func refused() async throws {
        let (notes, reports) = (Notes(), Notes())
        let server = try FakeAPIServer { request, answer in
            let count = notes.lines.withLock { lines -> Int in
                lines.append(String(decoding: request.body, as: UTF8.self))
                return lines.count
            }
            answer.send(count == 1 ? "no such room" : "", status: [400, 429, 200][min(count, 3) - 1])
        }
        let weir = try delivery(configuration([.init(url: server.url)]), reports: reports)
        weir.take(steps(["a"]), alerts: [], now: SystemClock.now())
        weir.take(steps(["b", "c"]), alerts: [], now: SystemClock.now())
        try await waitUntil("both are done with") {
            weir.tick(alerts: [], now: SystemClock.now())
            return weir.counts.delivered.values.first == 2
        }
        let name = "webhook:\(server.url)"
        #expect(weir.counts.dropped == [.init(receiver: name, reason: "refused"): 1])
        #expect(weir.counts.failed == [.init(receiver: name, reason: .refused): 1, .init(receiver: name, reason: .throttled): 1])
        #expect(reports.all.first == "error \(name): 1 notifications were refused with status 400: no such room")
        #expect(notes.all.count == 3 && notes.all[1] == notes.all[2])
        weir.stop(alerts: [])
    }

    @Test("What ended while an Alertmanager was away, and is remembered no longer, is counted once")
    func forgotten() throws {
        let reports = Notes()
        var wanted = configuration([])
        wanted.alertmanagers = [AlertingConfiguration.HTTPReceiver(url: "http://127.0.0.1:1")]
        let weir = try delivery(wanted, reports: reports)
        var book = AlertBook()
        _ = book.take(Made.report(Made.rule(), ["a", "b"], at: 0), now: Made.at(0))
        _ = book.take(Made.report(Made.rule(), ["b"], at: 15), now: Made.at(15))
        weir.tick(alerts: book.alerts + book.resolved, now: Made.at(15))
        #expect(weir.counts.dropped.isEmpty)
        for _ in 0..<2 { weir.tick(alerts: book.alerts, now: Made.at(30)) }
        let name = "alertmanager:http://127.0.0.1:1"
        #expect(weir.counts.dropped == [.init(receiver: name, reason: "forgotten"): 1])
        #expect(reports.all.contains("error \(name): 1 notifications were given up: it was away for longer than they are remembered"))
        weir.stop(alerts: [])
    }

    @Test("What waits for a webhook is bounded, and what is given up is counted; a receiver that is no longer configured is given up whole")
    func bounded() async throws {
        let reports = Notes()
        let receiver = AlertingConfiguration.HTTPReceiver(url: "http://127.0.0.1:1")
        let weir = try delivery(configuration([receiver]), reports: reports)
        for round in 0..<3 { weir.take(steps((0..<500).map { "ns-\(round)-\($0)" }), alerts: [], now: SystemClock.now()) }
        let name = "webhook:http://127.0.0.1:1"
        let waiting = try #require(weir.counts.waiting[name])
        #expect(waiting <= 1000 && waiting > 900)
        #expect(weir.counts.dropped[.init(receiver: name, reason: "no_room")] == UInt64(1500 - waiting))
        weir.tick(alerts: [], now: SystemClock.now().advanced(by: 90_000_000_000_000))
        try await waitUntil("what is too old is given up") {
            weir.tick(alerts: [], now: SystemClock.now().advanced(by: 90_000_000_000_000))
            return weir.counts.waiting[name] == 0
        }
        #expect(weir.counts.dropped[.init(receiver: name, reason: "too_old")] == UInt64(waiting))
        weir.take(steps(["a"]), alerts: [], now: SystemClock.now())
        weir.reconfigure(configuration([]), externalURL: nil)
        #expect(weir.counts.dropped[.init(receiver: name, reason: "unconfigured")] == 1)
        #expect(weir.counts.waiting.isEmpty)
        weir.stop(alerts: [])
    }

    @Test("The log has a line for each step, and is opened again where its file was moved away")
    func log() async throws {
        let folder = try TemporaryFolder()
        var configuration = AlertingConfiguration()
        configuration.log = .file(folder.path("alerts.jsonl"))
        let reports = Notes()
        let weir = try delivery(configuration, reports: reports)
        weir.take(steps(["a", "b"]), alerts: [], now: Made.at(0))
        try await waitUntil("the file is there") { weir.counts.delivered["log"] == 2 }
        try FileManager.default.moveItem(atPath: folder.path("alerts.jsonl"), toPath: folder.path("moved"))
        weir.take(steps(["c"]), alerts: [], now: Made.at(0))
        try await waitUntil("the line is there") { weir.counts.delivered["log"] == 3 }
        weir.reopenLog()
        weir.take(steps(["d"]), alerts: [], now: Made.at(0))
        try await waitUntil("the line is there") { weir.counts.delivered["log"] == 4 }
        let moved = try String(contentsOfFile: folder.path("moved"), encoding: .utf8).split(separator: "\n")
        let new = try String(contentsOfFile: folder.path("alerts.jsonl"), encoding: .utf8).split(separator: "\n")
        #expect(moved.count == 3 && new.count == 1)
        configuration.log = .file("/nowhere/at/all")
        weir.reconfigure(configuration, externalURL: nil)
        weir.take(steps(["e"]), alerts: [], now: Made.at(0))
        try await waitUntil("it fails") { weir.counts.failed == [.init(receiver: "log", reason: .local): 1] }
        weir.take(steps(["f", "g"]), alerts: [], now: Made.at(0))
        try await waitUntil("it fails again") { weir.counts.dropped == [.init(receiver: "log", reason: "unwritten"): 3] }
        #expect(
            reports.all == [
                "error log: lines of the alert log cannot be written, and are lost, 1 for a beginning: /nowhere/at/all: No such file or directory"
            ])
        configuration.log = .file(folder.path("alerts.jsonl"))
        weir.reconfigure(configuration, externalURL: nil)
        weir.take(steps(["h"]), alerts: [], now: Made.at(0))
        try await waitUntil("it is written again") { reports.all.last == "info log: lines of the alert log are written again" }
        #expect(weir.counts.delivered["log"] == 5)
        weir.stop(alerts: [])
    }

    @Test("A line that could not be written whole does not swallow the next, and those that are lost are counted")
    func torn() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("pipe")
        try #require(unsafe mkfifo(path, 0o600) == 0)
        let reader = unsafe open(path, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        func read() -> [UInt8] {
            var all: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(reader, $0.baseAddress, $0.count) }
                guard count > 0 else { return all }
                all += chunk[..<count]
            }
        }
        let log = AlertLog(.file(path))
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 999) + [UInt8(ascii: "\n")]
        let written = log.write(Array(repeatElement(line, count: 2000).joined()))
        #expect(written.problem?.hasPrefix("\(path): ") == true)
        let taken = read()
        #expect(written.lines == taken.filter { $0 == UInt8(ascii: "\n") }.count && taken.last == UInt8(ascii: "x"))
        #expect(log.write(line).problem == nil)
        #expect(read() == [UInt8(ascii: "\n")] + line)
        #expect(log.write(line).lines == 1)
        #expect(read() == line)
    }

    @Test("What the log has no room for is counted")
    func noRoom() throws {
        var configuration = AlertingConfiguration()
        configuration.log = .file("/dev/null")
        let weir = try delivery(configuration)
        var step = try #require(steps(["a"]).first)
        step.alert.annotations["description"] = String(repeating: "x", count: 1 << 20)
        weir.take([Transition](repeating: step, count: 10), alerts: [], now: Made.at(0))
        #expect(weir.counts.dropped == [.init(receiver: "log", reason: "no_room"): 3])
        weir.stop(alerts: [])
        #expect(weir.counts.delivered["log"] == 7)
    }

    @Test("State that cannot be written is reported once, and written when it can be; nobody waits for it")
    func unsaved() async throws {
        let folder = try TemporaryFolder()
        let reports = Notes()
        let now = Mutex(Made.at(0))
        let weir = Delivery(
            configuration([]), externalURL: nil, directory: try StateDirectory(path: folder.path("state")), kubernetes: nil, instance: "weir-0",
            seed: 1,
            clock: { now.withLock { $0 } }
        ) { report in reports.note("\(report.severity) \(report.receiver)") }
        try FileManager.default.removeItem(atPath: folder.path("state"))
        weir.keep(Made.firing(["a"]))
        try await waitUntil("it fails") { reports.all == ["error state"] }
        try FileManager.default.createDirectory(atPath: folder.path("state"), withIntermediateDirectories: false)
        now.withLock { $0 = Made.at(4) }
        weir.tick(alerts: [], now: Made.at(4))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("state")).isEmpty, "not yet")
        now.withLock { $0 = Made.at(5) }
        weir.tick(alerts: [], now: Made.at(5))
        try await waitUntil("it is saved") { reports.all == ["error state", "info state"] }
        #expect(Delivery.savedAlerts(in: try StateDirectory(path: folder.path("state"))).alerts.count == 1)
        weir.stop(alerts: [])
    }

    // MARK: Kubernetes

    /// An API server that has a pod, and keeps Events.
    private func apiServer(_ notes: Notes) throws -> FakeAPIServer {
        try FakeAPIServer { request, answer in
            let body = String(decoding: request.body, as: UTF8.self)
            notes.note("\(request.method) \(request.path) \(request.headers["content-type"] ?? "")")
            switch request.method {
            case "GET" where request.path == "/api/v1/namespaces/shop/pods/web-0":
                answer.send(#"{"metadata":{"name":"web-0","uid":"\#(notes.uid.withLock { $0 })"}}"#)
            case "POST":
                let isNew = notes.objects.withLock { $0.updateValue(body, forKey: request.path) == nil }
                answer.send("{}", status: isNew ? 201 : 409)
            case "PATCH":
                let isThere = notes.objects.withLock { objects in
                    guard !objects.isEmpty else { return false }
                    objects["patch"] = body
                    return true
                }
                answer.send("{}", status: isThere ? 200 : 404)
            default: answer.send("{}", status: 404)
            }
        }
    }

    private func request(_ server: FakeAPIServer) -> Delivery.KubernetesRequest {
        { [url = server.url] wanted in
            let methods: [PodEventTalk.Request.Method: ClientRequest.Method] = [.get: .get, .post: .post, .patch: .patch]
            return ClientRequest(
                method: methods[wanted.method] ?? .get, url: url + wanted.path, headers: [(name: "Content-Type", value: wanted.contentType)],
                body: wanted.body)
        }
    }

    @Test(
        "Pods get an Event, which says how often it was seen when the alert comes again, also after a restart, and is made anew when it was forgotten"
    )
    func events() async throws {
        let notes = Notes()
        let server = try apiServer(notes)
        let folder = try TemporaryFolder()
        var configuration = configuration([])
        configuration.kubernetesEvents = .enabled
        var step = try #require(steps(["shop"], evidence: true).first)
        step.alert.evidence?.pairs = [
            Evidence.PodPair(
                sourceNamespace: "shop", sourcePod: "web-0", destinationNamespace: "reserved:world", destinationPod: "", transport: "tcp", port: 443,
                bytes: 1, packets: 1, shareOfChange: nil)
        ]
        let events = "/apis/events.k8s.io/v1/namespaces/shop/events"
        let name = "web-0.\(step.alert.id).\(AlertID(labels: ["uid": "uid-1"]).description.prefix(8))"
        let event = "\(events)/\(name)"
        var weir = try delivery(configuration, state: folder.path("state"), kubernetes: request(server))
        weir.take([step], alerts: [], now: Made.at(0))
        try await waitUntil("the Event is written") { weir.counts.delivered["kubernetes"] == 1 }
        #expect(notes.all == ["GET /api/v1/namespaces/shop/pods/web-0 ", "POST \(events) application/json"])
        let created = try #require(
            try JSONSerialization.jsonObject(with: Data((notes.objects.withLock { $0[events] } ?? "").utf8)) as? [String: Any])
        #expect((created["metadata"] as? [String: String]) == ["name": name, "namespace": "shop"])
        #expect(
            (created["regarding"] as? [String: String]) == ["apiVersion": "v1", "kind": "Pod", "namespace": "shop", "name": "web-0", "uid": "uid-1"])
        #expect(created["reason"] as? String == "TrafficSpike" && created["type"] as? String == "Warning" && created["action"] as? String == "Alert")
        #expect(created["note"] as? String == "shop sends 2000000 bytes/s to db")
        #expect(created["eventTime"] as? String == "2026-09-21T14:13:20.000000Z")
        #expect(created["reportingController"] as? String == "weir" && created["reportingInstance"] as? String == "weir-0")
        weir.stop(alerts: [])

        weir = try delivery(configuration, state: folder.path("state"), kubernetes: request(server))
        weir.take([step], alerts: [], now: Made.at(60))
        try await waitUntil("it is said to repeat") { weir.counts.delivered["kubernetes"] == 1 }
        #expect(notes.all.last == "PATCH \(event) application/merge-patch+json")
        #expect(notes.objects.withLock { $0["patch"] } == #"{"series":{"count":2,"lastObservedTime":"2026-09-21T14:14:20.000000Z"}}"#)

        notes.objects.withLock { $0 = [:] }
        weir.take([step], alerts: [], now: Made.at(120))
        try await waitUntil("it is written anew") { weir.counts.delivered["kubernetes"] == 2 }
        #expect(notes.all.suffix(3).map { $0.prefix(4) } == ["GET ", "PATC", "POST"])
        // What goes on firing is told again before it is forgotten.
        weir.tick(alerts: [step.alert], now: Made.at(121))
        weir.tick(alerts: [step.alert], now: Made.at(120 + 1800))
        try await waitUntil("it is told again") { weir.counts.delivered["kubernetes"] == 3 }
        // A StatefulSet's pod that was made anew has its own.
        notes.uid.withLock { $0 = "uid-2" }
        notes.objects.withLock { $0 = [:] }
        weir.take([step], alerts: [], now: Made.at(2000))
        try await waitUntil("the new pod has an Event") { weir.counts.delivered["kubernetes"] == 4 }
        #expect(notes.all.suffix(2).map { $0.prefix(4) } == ["GET ", "POST"])
        #expect(notes.objects.withLock { $0[events] }?.contains(#""uid":"uid-2""#) == true)
        notes.uid.withLock { $0 = "uid-1" }
        weir.stop(alerts: [])

        // Another replica, or a run without state, finds it there.
        weir = try delivery(configuration, kubernetes: request(server))
        weir.take([step], alerts: [], now: Made.at(180))
        try await waitUntil("it is found") { weir.counts.delivered["kubernetes"] == 1 }
        #expect(notes.all.suffix(3).map { $0.prefix(4) } == ["GET ", "POST", "PATC"])
        weir.stop(alerts: [])
    }

    @Test("Credentials that cannot be read keep Events waiting, and lose none")
    func unreadable() async throws {
        let (notes, isReadable) = (Notes(), Notes())
        let server = try apiServer(notes)
        var configuration = configuration([])
        configuration.kubernetesEvents = .enabled
        let good = request(server)
        let weir = try delivery(
            configuration,
            kubernetes: { wanted throws(SmallFile.Unreadable) in
                if isReadable.all.isEmpty { throw SmallFile.Unreadable(message: "token is not there") }
                return try good(wanted)
            })
        weir.take(steps(["test"], evidence: true), alerts: [], now: SystemClock.now())
        try await waitUntil("it fails") { weir.counts.failed == [.init(receiver: "kubernetes", reason: .local): 1] }
        #expect(weir.counts.waiting["kubernetes"] == 3 && weir.counts.dropped.isEmpty && notes.all.isEmpty)
        isReadable.note("yes")
        try await waitUntil("all are told", within: 30) {
            weir.tick(alerts: [], now: SystemClock.now())
            return weir.counts.waiting["kubernetes"] == 0
        }
        weir.stop(alerts: [])
    }

    @Test("A pod that is gone gets no Event, and without a cluster none are written, which is said")
    func noPods() async throws {
        let notes = Notes()
        let server = try apiServer(notes)
        var configuration = configuration([])
        configuration.kubernetesEvents = .enabled
        let reports = Notes()
        let weir = try delivery(configuration, kubernetes: request(server), reports: reports)
        weir.take(steps(["test"], evidence: true), alerts: [], now: Made.at(0))
        try await waitUntil("all are looked for") { weir.counts.waiting["kubernetes"] == 0 && weir.counts.delivered["kubernetes"] == 1 }
        #expect(weir.counts.dropped.isEmpty && weir.counts.failed.isEmpty && reports.all.isEmpty)
        #expect(weir.counts.delivered == ["kubernetes": 1])
        weir.stop(alerts: [])
        try delivery(configuration, reports: reports).stop(alerts: [])
        #expect(reports.all == ["warning kubernetes: alerting.kubernetes_events is enabled, but no cluster is known: no Events are written"])
    }
}
