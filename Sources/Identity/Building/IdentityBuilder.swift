import FlowModel
import KubernetesObjects

/// Builds an identity table from Kubernetes objects and the configuration, at once.
package enum IdentityBuilder {
    /// The table of what `objects` and `configuration` say; its endpoints are held in `registry`.
    ///
    /// A node that `previous` knows keeps its number, so that what is known by number holds on in the new table.
    package static func snapshot(
        of objects: ObjectFile?, _ configuration: IdentityConfiguration, registry: EndpointRegistry, after previous: IdentitySnapshot? = nil
    ) -> IdentitySnapshot {
        var options = LiveIdentity.Options()
        options.believesStarts = false
        options.selectsPods = true
        // Who writes the file may as well write what it says: its addresses need no secret, and a measurement is to be repeated.
        options.seed = 0
        var identity = LiveIdentity(configuration, registry: registry, options: options, after: previous?.nodeIndexes ?? [:])
        // The same counter for all of a process' tables.
        identity.content.leftOut = previous?.leftOut ?? 0
        // Of objects without times, as of those that claim the same for themselves, the time is that of the table.
        let now = Timestamp.distantFuture.advanced(by: -1)
        if let objects {
            // What others are named after comes before them.
            identity.replaceNodes(objects.nodes, at: now)
            identity.replaceOwners(objects.replicaSets.map(\.metadata), ofKind: "ReplicaSet", at: now)
            identity.replaceOwners(objects.jobs.map(\.metadata), ofKind: "Job", at: now)
            identity.replacePods(objects.pods, at: now)
            identity.replaceEndpointSlices(objects.endpointSlices, at: now)
            identity.replaceServices(objects.services, at: now)
        }
        return identity.publish(at: now)
    }
}
