import Foundation
import Support

/// The cluster of `shared/captures/nat`, whose objects stand there as `kubectl get -o json` prints them.
enum RecordedCluster {
    private static let resources = ["pods", "nodes", "services", "endpointslices"]

    private static func list(_ resource: String) throws -> String {
        try String(contentsOf: NATCapture.folder.appending(path: "\(resource).json"), encoding: .utf8)
    }

    /// Plays its API server, which refuses what is `forbidden`; of other resources there are none, and nothing changes.
    static func serve(forbidden: Set<String> = []) throws -> FakeAPIServer {
        let lists = Dictionary(uniqueKeysWithValues: try resources.map { ($0, try list($0)) })
        return try FakeAPIServer { request, answer in
            if forbidden.contains(request.resource) {
                let why = #""message":"\#(request.resource) is forbidden","reason":"Forbidden","code":403"#
                return answer.send(#"{"kind":"Status","apiVersion":"v1","status":"Failure",\#(why)}"#, status: 403)
            }
            guard request.isWatch else {
                return answer.send(lists[request.resource] ?? #"{"kind":"List","metadata":{"resourceVersion":"223456"},"items":[]}"#)
            }
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
