import Foundation
import Glibc
import Support

/// Two Weirs, and a Prometheus that scrapes them: `weir demo`, whose cluster is well but for a policy, and one that is not well itself.
final class SeenWeirs: Sendable {
    /// The demo, with packets that a policy drops from a minute and a half after its start on.
    private let demo: ChildProcess
    /// `127.0.0.1:PORT` of the demo.
    let demoWeb: String
    /// Its exporter falls silent, its Alertmanager is away, its webhook refuses, a namespace is left out, and the API server breaks watches off.
    let unwell: RunningWeir
    private let server: FakeAPIServer
    private let folder: TemporaryFolder
    /// Scrapes both, and evaluates the rules of `alerts/`.
    let prometheus: RunningPrometheus

    init() async throws {
        folder = try TemporaryFolder()
        // What it has in its own folder goes with this one, however it ends.
        demo = try ChildProcess(
            RunningWeir.program, ["demo", "--scenario", "drops", "--listen", "127.0.0.1:0", "--flows", "127.0.0.1:0", "--for", "20m"],
            environment: ["TMPDIR": folder.url.path])
        let pods = try String(contentsOf: SharedFiles.captures.appending(path: "pods.json"), encoding: .utf8)
        server = try FakeAPIServer { request, answer in
            if request.method == "POST" { return answer.send("no", status: 403) }
            guard request.isWatch else {
                return answer.send(request.resource == "pods" ? pods : #"{"kind":"List","metadata":{"resourceVersion":"1"},"items":[]}"#)
            }
            answer.begin()
            answer.finish()
        }
        let kubeconfig = try folder.write(
            "kubeconfig",
            """
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: "\(server.url)"}}]
            users: [{name: u, user: {token: secret}}]
            """)
        unwell = try await RunningWeir(
            configuration: """
                kubernetes: { mode: kubeconfig, kubeconfig: \(kubeconfig), sync_timeout: 1s }
                collector: { allow: any }
                detection: { interval: 1s }
                metrics:
                  birth_delay: 5s
                  namespaces: { exclude: [batch] }
                  families: [bytes, packets, drops, records, tcp_syn_records, tcp_reset_records, ecn_marked_packets]
                alerting: { alertmanagers: ["http://127.0.0.1:1"], webhooks: [{ url: "\(server.url)/refuses" }] }
                rules:
                  - { alert: SoonSilent, kind: exporter, problem: silent, after: 30s }
                """, folder: folder)
        let web = try await waitUntil("the demo says where it serves", within: 400) { [demo] () -> String? in
            guard demo.isRunning else { throw DeadlinePassed(description: "weir demo ended: \(demo.standardOutput)\(demo.standardError)") }
            return demo.standardOutput.firstMatch(of: /http:\/\/localhost:(\d+)\//).map { "127.0.0.1:\($0.1)" }
        }
        demoWeb = web
        let always = try folder.write(
            "always.yaml", "groups: [{ name: always, rules: [{ alert: WeirIsTested, expr: vector(1), labels: { severity: info } }] }]")
        let rules = try Repository.files(in: "alerts", ending: ".rules.yaml").map(\.path)
        prometheus = try await RunningPrometheus(
            targets: ["weir": [web], "unwell": [unwell.web]], interval: 5, rules: rules + [always])
        // What cannot be decoded, and what a pod with every family sends.
        for _ in 0..<2 {
            for capture in ["ovs-sflow-1in1.pcap", "softflowd-v9.pcap"] {
                _ = try await ChildProcess.run(
                    RunningWeir.program,
                    [
                        "replay", SharedFiles.captures.appending(path: capture).path, "--to", "127.0.0.1:\(unwell.flowPort)", "--rate", "2000",
                    ])
            }
            try Self.send([UInt8](repeating: 0, count: 1) + [10] + [UInt8](repeating: 0xFF, count: 40), to: unwell.flowPort)
        }
    }

    /// Ends the demo as Ctrl-C does, so that its folder goes before the test does.
    func endDemo() async throws -> Int32 {
        demo.send(SIGINT)
        return try await demo.exitStatus()
    }

    private static func send(_ octets: [UInt8], to port: Int) throws {
        let socket = try LoopbackSocket.connected(type: Int32(SOCK_DGRAM.rawValue), port: UInt16(port))
        defer { close(socket) }
        _ = unsafe octets.withUnsafeBytes { unsafe Glibc.send(socket, $0.baseAddress, $0.count, 0) }
    }

    /// What both expose now: the labels of each metric.
    func exposed() async throws -> [String: Set<String>] {
        let texts = [
            try await unwell.get("/metrics"), try await ChildProcess.run("curl", ["-sS", "--max-time", "30", "http://\(demoWeb)/metrics"]).output,
        ]
        var labels: [String: Set<String>] = [:]
        for sample in try texts.flatMap({ try Exposition($0).samples }) { labels[sample.name, default: []].formUnion(sample.labels.keys) }
        return labels
    }
}
