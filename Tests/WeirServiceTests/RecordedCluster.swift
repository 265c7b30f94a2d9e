import Foundation
import Support

/// The cluster of `shared/captures/nat`, whose objects stand there as `kubectl get -o json` prints them.
enum RecordedCluster {
    static let folder = SharedFiles.captures.appending(path: "nat")
    private static let resources = ["pods", "nodes", "services", "endpointslices"]

    /// The path of one capture of it.
    static func capture(_ name: String) -> String { folder.appending(path: "\(name).pcap").path }

    private static func list(_ resource: String) throws -> String {
        try String(contentsOf: folder.appending(path: "\(resource).json"), encoding: .utf8)
    }

    /// Writes one List of all objects, as `kubectl get pods,nodes,services,endpointslices -A -o json` prints it; its path.
    static func identityFile(in folder: TemporaryFolder) throws -> String {
        var items: [Any] = []
        for resource in resources {
            let list = try JSONSerialization.jsonObject(with: Data(list(resource).utf8)) as? [String: Any]
            items += list?["items"] as? [Any] ?? []
        }
        let data = try JSONSerialization.data(withJSONObject: ["apiVersion": "v1", "kind": "List", "items": items])
        return try folder.write("identity.json", String(decoding: data, as: UTF8.self))
    }

    /// Plays its API server, which refuses what is `forbidden`; nothing changes.
    static func serve(forbidden: Set<String> = []) throws -> FakeAPIServer {
        let lists = Dictionary(uniqueKeysWithValues: try resources.map { ($0, try list($0)) })
        return try FakeAPIServer { request, answer in
            if forbidden.contains(request.resource) {
                let why = #""message":"\#(request.resource) is forbidden","reason":"Forbidden","code":403"#
                return answer.send(#"{"kind":"Status","apiVersion":"v1","status":"Failure",\#(why)}"#, status: 403)
            }
            guard request.isWatch else { return answer.send(lists[request.resource] ?? "", status: lists[request.resource] == nil ? 404 : 200) }
            answer.begin()
            _ = answer.wait { false }
            answer.cut()
        }
    }

    /// Writes a kubeconfig that leads to a server; its path.
    static func kubeconfig(to server: String, in folder: TemporaryFolder) throws -> String {
        try folder.write(
            "kubeconfig",
            """
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: "\(server)"}}]
            users: [{name: u, user: {token: secret}}]
            """)
    }
}
