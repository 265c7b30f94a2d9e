import FlowModel
import KubernetesClient

/// JSON as the API server writes it, but for its length.
enum Sample {
    /// A pod with an address, its uid made of its name.
    static func pod(_ name: String, version: Int = 1, namespace: String = "shop", address: String = "10.128.2.9", phase: String = "Running") -> String
    {
        """
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"\(name)","namespace":"\(namespace)","uid":"uid-\(name)","resourceVersion":"\(version)",\
        "labels":{"app":"web"},"annotations":{"note":"a \\"}\\" in quotes"},\
        "managedFields":[{"manager":"kubelet","fieldsV1":{"f:status":{"f:podIPs":{}}}}]},\
        "spec":{"containers":[{"name":"c","image":"web:1","ports":[{"containerPort":8080,"protocol":"TCP"}]}],"nodeName":"worker-0"},\
        "status":{"phase":"\(phase)","podIP":"\(address)","podIPs":[{"ip":"\(address)"}],"startTime":"2026-11-20T08:00:05Z"}}
        """
    }

    static func list(_ items: [String], version: Int, continue token: String? = nil, remaining: Int? = nil) -> String {
        let next = token.map { #","continue":"\#($0)""# } ?? ""
        let rest = remaining.map { #","remainingItemCount":\#($0)"# } ?? ""
        let metadata = #"{"resourceVersion":"\#(version)"\#(next)\#(rest)}"#
        return #"{"kind":"PodList","apiVersion":"v1","metadata":\#(metadata),"items":[\#(items.joined(separator: ","))]}"# + "\n"
    }

    static func event(_ type: String, _ object: String) -> String {
        #"{"type":"\#(type)","object":\#(object)}"# + "\n"
    }

    static func bookmark(_ version: Int) -> String {
        let metadata = #"{"resourceVersion":"\#(version)","creationTimestamp":null}"#
        return event("BOOKMARK", #"{"kind":"Pod","apiVersion":"v1","metadata":\#(metadata),"spec":{"containers":null},"status":{}}"#)
    }

    static func status(_ code: Int, reason: String, message: String = "no", continue token: String? = nil, cause: String? = nil) -> String {
        let metadata = token.map { #"{"continue":"\#($0)"}"# } ?? "{}"
        let details = cause.map { #","details":{"causes":[{"reason":"\#($0)","message":"\#($0)"}]}"# } ?? ""
        let why = #""message":"\#(message)","reason":"\#(reason)"\#(details),"code":\#(code)"#
        return #"{"kind":"Status","apiVersion":"v1","metadata":\#(metadata),"status":"Failure",\#(why)}"#
    }
}

extension ObjectChange {
    /// In few words: `= a b` for a list, `( a b` for its first part, ` c d` for a further one, `+ a 10.0.0.1` for an object, `- a` for a removal.
    var brief: String {
        switch self {
        case .replacing(_, let namespace, let objects):
            (["= \(namespace.map { "\($0): " } ?? "")"] + [objects.map(\.metadata.name).joined(separator: " ")]).joined()
        case .listing(_, _, let objects, let isFirst): "\(isFirst ? "(" : "") \(objects.map(\.metadata.name).joined(separator: " "))"
        case .put(.pod(let pod)): "+ \(pod.metadata.name) \(pod.addresses.map(\.description).joined(separator: " "))"
        case .put(let object): "+ \(object.metadata.name)"
        case .remove(_, let namespace, let name, let uid): "- \(namespace)/\(name) \(uid)"
        }
    }
}
