import FlowModel
import KubernetesObjects

extension LiveIdentity {
    /// Takes in some of the Pods there are (of one namespace, where that is named). What is in none of a list's parts is gone when `replacePods` brings the last.
    ///
    /// - Parameter isFirst: whether a list begins with them; one that had begun before is forgotten.
    package mutating func listPods(_ pods: [Pod], in namespace: String? = nil, isFirst: Bool, at now: Timestamp) {
        let listing = isFirst ? beginListing(in: namespace) : podListings[namespace ?? ""] ?? beginListing(in: namespace)
        put(pods, listing, at: now)
    }

    /// Takes in all Pods there are (of one namespace, where that is named), or the last of them where some have been listed: what is not among them is gone.
    package mutating func replacePods(_ pods: [Pod], in namespace: String? = nil, at now: Timestamp) {
        let listing = podListings[namespace ?? ""] ?? beginListing(in: namespace)
        podListings[namespace ?? ""] = nil
        put(pods, listing, at: now)
        let gone = podRecords.filter { name, pod in pod.listing != listing && (namespace ?? name.namespace) == name.namespace }.map(\.key)
        for name in gone { removePod(name, uid: nil, at: now) }
    }

    private mutating func beginListing(in namespace: String?) -> UInt32 {
        lastPodListing &+= 1
        podListings[namespace ?? ""] = lastPodListing
        return lastPodListing
    }

    private mutating func put(_ pods: [Pod], _ listing: UInt32, at now: Timestamp) {
        for pod in pods {
            put(pod, at: now)
            podRecords.change(ObjectName(pod.metadata)) { $0.listing = listing }
        }
    }
}
