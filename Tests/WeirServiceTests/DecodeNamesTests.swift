import Foundation
import Support
import Testing

@Suite("weir decode names the ends", .serialized) struct DecodeNamesTests {
    private let folder: TemporaryFolder
    private let capture = NATCapture.path("nat-ipfix")

    init() throws {
        folder = try TemporaryFolder()
    }

    private func weir(_ arguments: [String], environment: [String: String] = [:]) async throws -> (status: Int32, output: String, errors: String) {
        try await ChildProcess.run(RunningWeir.program, ["decode"] + arguments, environment: environment)
    }

    private func flows(_ output: String) throws -> [[String: Any]] {
        try output.split(separator: "\n").map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
    }

    @Test("A kubeconfig names them as a file does, with node and workload, in JSON, in text and in metrics")
    func kubeconfig() async throws {
        let server = try RecordedCluster.serve()
        let kubeconfig = try RecordedCluster.kubeconfig(to: server.url, in: folder)
        let file = try NATCapture.identity(folder)
        let live = try await weir([capture, "--output", "json", "--kubeconfig", kubeconfig])
        #expect(live.status == 0, "\(live.errors)")
        #expect(live.output == (try await weir([capture, "--output", "json", "--identity", file]).output))
        let flow = try #require(try flows(live.output).first { $0["src_addr"] as? String == "10.128.2.7" })
        #expect(flow["src_namespace"] as? String == "shop" && flow["src_pod"] as? String == "web-5f6b8d7c9d-4kq7r")
        #expect(flow["src_node"] as? String == "worker-0.ocp.example.com")
        #expect((flow["src_workload"] as? String)?.hasPrefix("web") == true && flow["src_workload_kind"] as? String != "")
        let text = try await weir([capture, "--kubeconfig", kubeconfig]).output
        #expect(text.contains(" SrcNamespace:shop SrcPod:web-5f6b8d7c9d-4kq7r SrcNode:worker-0.ocp.example.com SrcWorkload:web"))
        let metrics = try await weir([capture, "--output", "metrics", "--kubeconfig", kubeconfig])
        #expect(metrics.status == 0)
        let filed = try await weir([capture, "--output", "metrics", "--identity", file])
        #expect(try Exposition(metrics.output).pairs("weir_flow_bytes_total") == Exposition(filed.output).pairs("weir_flow_bytes_total"))
        #expect(try Exposition(metrics.output).sum("weir_flow_bytes_total", where: ["source_namespace": "shop"]) > 0)
    }

    @Test("A flow has the names of its own time: before a pod has started, its address is not its own")
    func time() async throws {
        let server = try RecordedCluster.serve()
        let kubeconfig = try RecordedCluster.kubeconfig(to: server.url, in: folder)
        let later = try FakeAPIServer { request, answer in
            // The same cluster, whose pods have started since the capture.
            guard request.resource == "pods", !request.isWatch else {
                if request.isWatch {
                    answer.begin()
                    _ = answer.wait { false }
                    return answer.cut()
                }
                return answer.send(#"{"kind":"List","metadata":{"resourceVersion":"1"},"items":[]}"#)
            }
            let pod =
                #"{"metadata":{"name":"new","namespace":"shop","uid":"n"},"spec":{"nodeName":"w"},"#
                + #""status":{"podIP":"10.128.2.7","startTime":"2026-11-21T06:00:00Z"}}"#
            answer.send(#"{"kind":"List","metadata":{"resourceVersion":"1"},"items":[\#(pod)]}"#)
        }
        let other = try TemporaryFolder()
        let configuration = try other.write("weir.yaml", "kubernetes: { kubeconfig: kubeconfig }\nidentity: { cluster_networks: [10.128.0.0/14] }\n")
        _ = try RecordedCluster.kubeconfig(to: later.url, in: other)
        let named = try await weir([capture, "--output", "json", "--kubeconfig", kubeconfig])
        #expect(named.output.contains(#""src_pod":"web-5f6b8d7c9d-4kq7r""#))
        let unnamed = try await weir([capture, "--output", "json", "--config", configuration])
        #expect(unnamed.status == 0, "\(unnamed.errors)")
        let flow = try #require(try flows(unnamed.output).first { $0["src_addr"] as? String == "10.128.2.7" })
        #expect(flow["src_namespace"] as? String == "reserved:unmanaged" && flow["src_pod"] as? String == "")
    }

    @Test("Where the cluster cannot be listed, that is said, with the reason, and nothing is decoded")
    func failures() async throws {
        let gone = try RecordedCluster.serve()
        let url = gone.url
        gone.stop()
        let away = try await weir([capture, "--kubeconfig", try RecordedCluster.kubeconfig(to: url, in: folder)])
        #expect(away.status == 1 && away.output.isEmpty && away.errors.contains("could not be listed: "), "\(away.errors)")
        #expect(away.errors.contains("cannot be reached"), "\(away.errors)")

        let refusing = try RecordedCluster.serve(forbidden: ["pods"])
        let refused = try await weir([capture, "--kubeconfig", try RecordedCluster.kubeconfig(to: refusing.url, in: folder)])
        #expect(refused.status == 1 && refused.errors.contains("resources: [pods]"), "\(refused.errors)")

        let half = try RecordedCluster.serve(forbidden: ["services"])
        let named = try await weir([capture, "--kubeconfig", try RecordedCluster.kubeconfig(to: half.url, in: folder)])
        #expect(named.status == 0 && named.errors.contains("resources: [services]"), "\(named.errors)")

        let missing = try await weir([capture, "--kubeconfig", folder.path("none")])
        #expect(missing.status == 78 && missing.errors.contains("none"), "\(missing.errors)")
        #expect(try await weir([capture, "--kubeconfig", "a", "--identity", "b"]).status == 64)
    }

    @Test("Live flows are named by a cluster that goes on to be watched")
    func live() async throws {
        let server = try RecordedCluster.serve()
        let decode = try ChildProcess(
            RunningWeir.program,
            [
                "decode", "--listen", "127.0.0.1:0", "--output", "json", "--count", "20", "--kubeconfig",
                try RecordedCluster.kubeconfig(to: server.url, in: folder),
            ])
        let address = try await waitUntil("it says where it listens") {
            decode.standardError.split(separator: "\n").first { $0.hasPrefix("listening on ") }.map { String($0.dropFirst("listening on ".count)) }
        }
        #expect(server.requests.contains { $0.resource == "pods" && $0.headers["authorization"] == "Bearer secret" })
        _ = try await ChildProcess.run(RunningWeir.program, ["replay", capture, "--to", address, "--rate", "2000"])
        #expect(try await decode.exitStatus(within: 10) == 0)
        #expect(try flows(decode.standardOutput).contains { ($0["src_pod"] as? String)?.isEmpty == false })
    }

    @Test("The API server is reached through the proxy of the environment, by absolute URL, but not where it is named in no_proxy")
    func proxy() async throws {
        let proxy = try RecordedCluster.serve()
        let kubeconfig = try RecordedCluster.kubeconfig(to: "http://kubernetes.example:6443", in: folder)
        let run = try await weir(
            [capture, "--output", "json", "--kubeconfig", kubeconfig], environment: ["http_proxy": proxy.url, "no_proxy": "", "NO_PROXY": ""])
        #expect(run.status == 0 && run.output.contains(#""src_pod":"web-5f6b8d7c9d-4kq7r""#), "\(run.errors)")
        #expect(proxy.requests.allSatisfy { $0.path.hasPrefix("http://kubernetes.example:6443/a") })
        let without = try await weir(
            [capture, "--kubeconfig", kubeconfig], environment: ["http_proxy": proxy.url, "no_proxy": "kubernetes.example"])
        #expect(without.status == 1 && without.errors.contains("kubernetes.example"), "\(without.errors)")
    }
}
