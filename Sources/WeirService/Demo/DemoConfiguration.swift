import Alerting
import Exporters
import FlowModel
import Identity
import Simulator

/// How the service of a demo is configured: by what anybody may write into `weir.yaml`.
package enum DemoConfiguration {
    static let office = "office"

    /// Loopback has an address for each exporter.
    package static func exporterAddress(_ node: Int) -> IPAddress { IPAddress(v4: 0x7F09_0001 + UInt32(node)) }

    package static func make(_ options: DemoOptions, _ simulation: Simulation, folder: String, alertmanager: String?) -> WeirConfiguration {
        var configuration = WeirConfiguration()
        configuration.collector.listen = [options.flows]
        configuration.collector.listenTCP = []
        configuration.kubernetes.mode = .disabled
        configuration.identity.file = folder + "/cluster.json"
        configuration.identity.clusterNetworks = [SimulatedCluster.podNetwork]
        configuration.identity.networks = [IdentityConfiguration.Network(name: office, cidrs: [SimulatedCluster.corporateNetwork])]
        configuration.exporters.exporters = simulation.cluster.nodes.enumerated().map { index, node in
            var exporter = ExportersConfiguration.Exporter(address: exporterAddress(index))
            (exporter.name, exporter.node) = (node.name, node.name)
            return exporter
        }
        // The dashboard of a pod shows connections and resets, too.
        configuration.ledger.families.formUnion([.tcpSYNRecords, .tcpResetRecords, .ecnMarkedPackets])
        configuration.state.directory = folder + "/state"
        configuration.web.listen = options.listen
        configuration.web.notice =
            "This is a demo: a simulated cluster. Its exporters send real datagrams over loopback; the rules have been fed its fourteen days before this one."
        // People read what the demo says: of the service only what is wrong. The steps of alerts are on the page.
        configuration.alerting.log = .disabled
        configuration.log.level = .warning
        if let alertmanager, options.teller == .weir { configuration.alerting.alertmanagers = [.init(url: "http://\(alertmanager)")] }
        return configuration
    }
}
