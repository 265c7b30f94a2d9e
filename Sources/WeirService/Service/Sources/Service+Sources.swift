import Collector
import FlowModel
import Identity
import Logging

extension Service {
    /// Puts in force who may send now, where that has changed, and tells of those who were refused.
    func reviewSources() {
        let identity = pipeline.shared.current().view.identity
        // The table of all that was listed is published a moment later.
        let isSynced = cluster.map { $0.status.isSynced } ?? true
        let refused = collector.takeRefusedSources()
        let (filter, nodes, fresh) = live.withLock { live in
            let configuration = live.configuration
            let isComplete = cluster == nil || isSynced && live.wasSynced
            live.wasSynced = isSynced
            let filter = live.allowed.update(
                configuration.collector.allow, exporters: configuration.exporters.exporters, identity: identity, isComplete: isComplete)
            if let filter {
                live.refused.forget()
                // While it is held: of two that find something new, the later one must have the last word.
                collector.allow(filter)
            }
            return (filter, live.allowed.nodes, live.refused.take(refused, at: WallClock.now))
        }
        if filter != nil, let nodes { logger.info("nodes and exporters may send", metadata: ["node_addresses": "\(nodes)"]) }
        if let own = pipeline.shared.ownNode, identity.knowsCluster, isSynced, identity.node(named: own) == nil,
            live.withLock({ !$0.hasMissedOwnNode })
        {
            live.withLock { $0.hasMissedOwnNode = true }
            logger.warning("the cluster has no node of the own node's name: nothing has its home here", metadata: ["node": "\(own)"])
        }
        for source in fresh {
            logger.warning(
                "a source is refused that may not send",
                metadata: ["source": "\(source)", "hint": "name it in exporters: or collector.allow, if it is an exporter of yours"])
        }
    }
}
