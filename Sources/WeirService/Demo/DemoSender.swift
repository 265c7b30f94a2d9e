import Collector
import FlowModel
import Foundation
import Simulator
import Synchronization

/// The simulated exporters' sockets, and the thread that sends what is due: real datagrams over loopback, each exporter from an address of its own.
final class DemoSender: Sendable {
    private struct Socket: Hashable {
        var node: Int
        var run: Int
        var source: SimulatedDatagram.Source
    }

    private let simulation: Mutex<Simulation>
    private let sockets: Mutex<[Socket: UDPSender]>
    private let destination: UDPDestination
    private let kinds: [ExportKind]
    private let identityFile: String
    private let written: Mutex<Int>
    private let thread = BeatThread(name: "weir-demo")

    /// Throws where the machine has no such addresses.
    init(_ simulation: Simulation, to destination: UDPDestination, identityFile: String) throws {
        var sockets: [Socket: UDPSender] = [:]
        for node in simulation.cluster.nodes.indices {
            for source in [SimulatedDatagram.Source.flows, .counters] {
                sockets[Socket(node: node, run: 0, source: source)] = try UDPSender(to: destination, from: DemoConfiguration.exporterAddress(node))
            }
        }
        self.sockets = Mutex(sockets)
        self.destination = destination
        self.identityFile = identityFile
        kinds = simulation.kinds
        written = Mutex(simulation.cluster.version)
        self.simulation = Mutex(simulation)
    }

    /// Starts sending; `everySecond` is called after each beat with the seconds since the simulation began.
    func start(everySecond body: @escaping @Sendable (_ second: Int64) -> Void) {
        thread.start { [self] beat in
            let now = WallClock.now
            let (datagrams, cluster, start) = simulation.withLock { simulation in
                let datagrams = simulation.advance(to: now)
                return (datagrams, simulation.cluster, simulation.start)
            }
            if written.withLock({ $0 != cluster.version }) { write(cluster) }
            for datagram in datagrams {
                // Sampled packets have no time but that of their arrival: those of before the start would all be of now.
                if beat == 1, case .sflow = kinds[datagram.node] { continue }
                guard let socket = socket(for: datagram) else { continue }
                // Nobody listens any more when the service ends.
                _ = unsafe datagram.payload.withUnsafeBytes { try? unsafe socket.send($0) }
            }
            body(now.since(start) / 1_000_000_000)
        }
    }

    func stop() { thread.stop() }

    /// A new run of an exporter has a port of its own.
    private func socket(for datagram: SimulatedDatagram) -> UDPSender? {
        let key = Socket(node: datagram.node, run: datagram.run, source: datagram.source)
        return sockets.withLock { sockets in
            if let known = sockets[key] { return known }
            let new = try? UDPSender(to: destination, from: DemoConfiguration.exporterAddress(datagram.node))
            sockets[Socket(node: datagram.node, run: datagram.run - 1, source: datagram.source)] = nil
            sockets[key] = new
            return new
        }
    }

    /// Tells who is there, as `kubectl get` would write it again.
    private func write(_ cluster: SimulatedCluster) {
        guard (try? Data(cluster.objects.utf8).write(to: URL(filePath: identityFile), options: .atomic)) != nil else { return }
        written.withLock { $0 = cluster.version }
    }
}
