import ConfigurationFile

/// Which node a Weir of one node is on.
extension WeirConfiguration {
    /// The environment variable that names the node, as the downward API fills it (`fieldRef: spec.nodeName`).
    package static let nodeVariable = "NODE_NAME"

    /// Where only one node's exporters are heard and `collector.node` doesn't name it, takes its name from the environment. Throws where that has none.
    package mutating func takeOwnNode(of environment: [String: String]) throws(ConfigurationError) {
        guard collector.scope == .node, collector.node == nil else { return }
        guard let name = environment[Self.nodeVariable], !name.isEmpty else {
            throw ConfigurationPlace(file: "environment").error(
                "collector.scope is node, and nobody says which: set \(Self.nodeVariable) (in Kubernetes from fieldRef: spec.nodeName), or collector.node"
            )
        }
        collector.node = name
    }
}
