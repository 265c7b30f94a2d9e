import HTTPServer
import Identity
import KubernetesObjects

/// `weir check config`: reads what a configuration names, as the service would.
package enum ConfigurationCheck {
    /// Remarks on what was read. Throws what is wrong in the identity file.
    package static func run(_ configuration: WeirConfiguration) throws -> [String] {
        let webFile = try configuration.web.configFile.map { path in try WebFile(path: path) }
        var remarks = webFile.map { ["\($0.path): valid, \($0.hasTLS ? "with" : "without") TLS"] } ?? []
        guard let path = configuration.identity.file else { return remarks }
        let objects = try ObjectFile(path: path)
        let snapshot = IdentityBuilder.snapshot(of: objects, configuration.identity, registry: EndpointRegistry())
        remarks.append(
            "\(path): \(objects.pods.count) pods, \(objects.nodes.count) nodes, \(objects.services.count) services, "
                + "\(objects.endpointSlices.count) endpoint slices; \(snapshot.endpointCount) endpoints")
        for exporter in configuration.exporters.exporters {
            guard let node = exporter.node, snapshot.node(named: node) == nil else { continue }
            remarks.append("exporters: \(exporter.address) is said to export for node \(node), which \(path) does not know")
        }
        return remarks
    }
}
