import Alerting
import Detection
import FlowModel
import Foundation
import Identity
import KubernetesObjects
import Simulator
import WeirService

/// The demo in its own time, as fast as it goes: the simulated exporters' datagrams through the whole line, and what the rules find in them.
struct Rehearsal {
    /// An alert, in seconds since the script began.
    struct Told: CustomStringConvertible {
        var name: String
        var labels: [String: String]
        var fired: Int64
        var resolved: Int64?
        var words: String

        func matches(_ alert: Incident.Alert) -> Bool {
            name == alert.name && alert.labels.allSatisfy { labels[$0.key] == $0.value }
        }

        var description: String {
            "\(name) \(labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }) \(fired)...\(resolved ?? -1): \(words)"
        }
    }

    private(set) var told: [Told] = []

    /// Plays so many seconds of a scenario.
    init(seed: UInt64, start: Timestamp, scenario: Scenario, seconds: Int64) throws {
        var simulation = Simulation(seed: seed, start: start.advanced(by: -DemoPast.length), scenario: scenario)
        var configuration = DemoConfiguration.make(DemoOptions(), simulation, folder: "", alertmanager: nil)
        configuration.identity.file = nil
        var past = DemoPast(simulation)
        var detection = Detection(configuration)
        detection.restore(past.detection(configuration, &simulation) { start }, at: start.nanoseconds / 15_000_000_000)

        let registry = EndpointRegistry()
        var identity = try Self.snapshot(simulation, configuration, registry, after: nil)
        let line = OfflineLine(configuration, identity: identity, registry: registry, start: simulation.start, detection: detection, seed: 1)
        var version = simulation.cluster.version
        var book = AlertBook(maximum: configuration.detection.maxAlerts)
        var firing: [AlertID: Int] = [:]
        for second in 0...seconds {
            let now = simulation.start.advanced(by: second * 1_000_000_000)
            for datagram in simulation.advance(to: now) {
                let port = UInt16(40_000 + 2 * datagram.run + datagram.source.rawValue)
                line.receive(
                    datagram.payload, from: SessionKey(address: DemoConfiguration.exporterAddress(datagram.node), sourcePort: port, localPort: 2055),
                    at: now)
            }
            if simulation.cluster.version != version, second % 4 == 0 {
                version = simulation.cluster.version
                identity = try Self.snapshot(simulation, configuration, registry, after: identity)
                _ = line.shared.publish(identity)
            }
            line.tick(at: now)
            guard second % 15 == 0 else { continue }
            var told = self.told
            line.judge(at: now) { reports, _ in
                for report in reports {
                    for step in book.take(report, now: now) {
                        if step.change == .firing {
                            firing[step.alert.id] = told.count
                            told.append(Told(name: step.alert.rule, labels: step.alert.labels, fired: second, words: step.alert.words))
                        } else if step.change == .resolved, let place = firing.removeValue(forKey: step.alert.id) {
                            told[place].resolved = second
                        }
                    }
                }
            }
            self.told = told
        }
    }

    private static func snapshot(
        _ simulation: Simulation, _ configuration: WeirConfiguration, _ registry: EndpointRegistry, after previous: IdentitySnapshot?
    ) throws -> IdentitySnapshot {
        let objects = try ObjectFile(Data(simulation.cluster.objects.utf8), name: "cluster.json")
        return IdentityBuilder.snapshot(of: objects, configuration.identity, registry: registry, after: previous)
    }
}
