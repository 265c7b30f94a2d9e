import FlowModel
import Foundation
import Simulator
import Synchronization

/// Says what to look at and where, and what comes next.
final class DemoGuide: Sendable {
    private let options: DemoOptions
    private let simulation: Simulation
    private let web: UInt16
    private let started = WallClock.monotonic
    private let told = Mutex<Int64>(-1)

    private let beside: (prometheus: String, alertmanager: String)?

    init(_ options: DemoOptions, _ simulation: Simulation, web: UInt16, beside: (prometheus: String, alertmanager: String)?) {
        self.beside = beside
        self.options = options
        self.simulation = simulation
        self.web = web
    }

    private var base: String { "http://localhost:\(web)" }

    func begin() {
        let cluster = simulation.cluster
        let namespaces = Set(cluster.workloads.map(\.namespace)).count
        DemoRun.say(
            """

            A simulated cluster: \(cluster.pods.count) pods in \(namespaces) namespaces on \(cluster.nodes.count) nodes, each with an exporter.
              \(zip(cluster.nodes, simulation.kinds).map { "\($0.name): \($1.words)" }.joined(separator: "\n  "))

            Look at   \(base)/          who exports, and how it is
                      \(base)/alerts    what is wrong, and why
                      \(base)/metrics   what Prometheus gets
            \(beside.map { "          http://\($0.prometheus)/   Prometheus\n          http://\($0.alertmanager)/   Alertmanager, told by \(teller)\n" } ?? "")\
            The script began at \(simulation.start.nanoseconds / 1_000_000_000). Ctrl-C ends it.

            """)
    }

    /// Where alerts are seen.
    private var place: String { options.teller == .prometheus ? beside.map { "http://\($0.alertmanager)" } ?? base : base + "/alerts" }

    private var teller: String { options.teller == .weir ? "Weir" : "Prometheus, by the rules in alerts/" }

    /// Says what begins and ends in this second, and what comes next.
    func tell(at second: Int64) {
        let last = told.withLock { told in
            defer { told = max(told, second) }
            return told
        }
        guard second > last else { return }
        let scenario = simulation.scenario
        for occurrence in scenario.occurrences(until: second) {
            if (last + 1...second).contains(occurrence.start) {
                DemoRun.say("\(Self.time) \(occurrence.incident.name): \(occurrence.incident.summary).")
                let alerts = Set(occurrence.incident.alerts.map(\.name)).sorted().joined(separator: ", ")
                let look = beside.map { " Or ask http://\($0.prometheus): \(occurrence.incident.look)" } ?? ""
                DemoRun.say("         \(alerts) within \(occurrence.incident.told) s: \(place).\(look)")
            }
            if (last + 1...second).contains(occurrence.end) {
                DemoRun.say("\(Self.time) \(occurrence.incident.name) is over; resolved within \(occurrence.incident.resolved) s.")
                announce(after: second)
            }
        }
        if last < 0 { announce(after: second) }
        if let seconds = options.seconds, WallClock.monotonic - started >= seconds * 1_000_000_000 { kill(getpid(), SIGTERM) }
    }

    private func announce(after second: Int64) {
        guard let next = simulation.scenario.next(after: second) else { return }
        DemoRun.say("\(Self.time) Next: \(next.incident.name), in \(next.start - second) s.")
    }

    private static var time: String {
        Date().formatted(.dateTime.hour(.twoDigits(amPM: .omitted)).minute(.twoDigits).second(.twoDigits).locale(Locale(identifier: "en_GB")))
    }
}
