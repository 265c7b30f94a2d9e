import FlowModel
import KubernetesClient
import Support
import Testing

/// A `ListWatch` whose other end is a test.
struct Driver {
    private(set) var machine: ListWatch
    /// What the sink was given, in brief.
    private(set) var applied: [String] = []
    private(set) var reports: [WatchReport] = []
    /// What it waits for now: a request's target, or a time.
    private(set) var target: String?
    private(set) var request: ListWatch.Request?
    private(set) var wait: Duration?
    private(set) var cancels = 0
    var now = Timestamp(seconds: 1_800_000_000)

    init(_ resource: Resource = .pods, in namespace: String? = nil, settings: ListWatch.Settings = .init(), seed: UInt64 = 1) {
        machine = ListWatch(Scope(resource, in: namespace), settings: settings, random: SeededGenerator(seed: seed))
        take(.start)
    }

    mutating func take(_ input: ListWatch.Input) {
        for action in machine.take(input, at: now) {
            switch action {
            case .request(let asked):
                (target, request, wait) = (asked.target, asked, nil)
            case .wait(let duration):
                (target, request, wait) = (nil, nil, duration)
            case .cancel:
                cancels += 1
            case .apply(let changes):
                applied += changes.map(\.brief)
            case .report(let report):
                reports.append(report)
            }
        }
    }

    /// A whole answer.
    mutating func answer(_ body: String, status: Int = 200, retryAfter: String? = nil, end: ListWatch.End = .whole) {
        take(.head(status: status, retryAfter: retryAfter))
        take(.octets(Array(body.utf8)))
        take(.end(end))
    }

    /// The head of a watch's answer, and some of its events.
    mutating func watch(_ events: String...) {
        if request != nil { take(.head(status: 200, retryAfter: nil)) }
        for event in events { take(.octets(Array(event.utf8))) }
    }

    /// Lets the wait pass.
    mutating func pass() {
        now = now.advanced(by: Int64((wait ?? .zero) / .nanoseconds(1)))
        take(.waited)
    }

    /// Lists pods at version 10, and opens the watch.
    mutating func listAndWatch(_ pods: [String] = ["a", "b"]) {
        answer(Sample.list(pods.map { Sample.pod($0) }, version: 10))
        watch()
    }

    mutating func later(seconds: Int64) {
        now = now.advanced(by: seconds * 1_000_000_000)
    }

    /// What has been applied since the last call.
    mutating func takeApplied() -> [String] {
        defer { applied = [] }
        return applied
    }

    var status: WatchStatus { machine.status }

    func restarts(_ reason: ListWatch.Reason) -> UInt64 { machine.status.restarts[reason] ?? 0 }
}

/// The query of a target, by name.
func query(_ target: String?) -> [String: String] {
    FakeAPIServer.Request.query(of: target ?? "")
}
