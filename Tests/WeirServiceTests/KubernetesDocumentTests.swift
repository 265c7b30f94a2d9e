import Alerting
import Detection
import Foundation
import Support
import Testing

@Suite("docs/kubernetes.md") struct KubernetesDocumentTests {
    private struct Grant: Hashable {
        var group: String
        var resource: String
    }

    private let text: String

    init() throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        text = try String(contentsOf: repository.appending(path: "docs/kubernetes.md"), encoding: .utf8)
    }

    /// The rules of the ClusterRole, and those that labels need beside them, each with its verbs.
    private func documented(withOwners: Bool) throws -> [Grant: Set<String>] {
        let section = try #require(text.components(separatedBy: "\n## Rights\n").last?.components(separatedBy: "\n## ").first)
        let blocks = section.components(separatedBy: "```yaml\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
        var rules: [Grant: Set<String>] = [:]
        for block in blocks where (withOwners || block.contains("kind: ClusterRole\n")) && !block.contains("events.k8s.io") {
            rules.merge(Self.rules(of: block)) { $1 }
        }
        return rules
    }

    private static func rules(of block: String) -> [Grant: Set<String>] {
        func words(_ list: Substring) -> [String] {
            list.split(separator: ",").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " \"")) }
        }
        var rules: [Grant: Set<String>] = [:]
        for match in block.matches(of: /- \{apiGroups: \[(.*?)\], resources: \[(.*?)\], verbs: \[(.*?)\]\}/) {
            let groups = match.1 == "\"\"" ? [""] : words(match.1)
            for group in groups { for resource in words(match.2) { rules[Grant(group: group, resource: resource)] = Set(words(match.3)) } }
        }
        return rules
    }

    @Test("The rules are those that Weir asks for, and no more, with labels that need owners and without", arguments: [false, true])
    func rights(withOwners: Bool) async throws {
        let server = try RecordedCluster.serve()
        let folder = try TemporaryFolder()
        let kubeconfig = try RecordedCluster.kubeconfig(to: server.url, in: folder)
        let weir = try await RunningWeir(
            configuration: "kubernetes: { kubeconfig: \(kubeconfig) }\nmetrics: { labels: [\(withOwners ? "workload" : "")] }\n", folder: folder)
        try await waitUntil("all is watched") { try await weir.get("/").contains("in step with it") }
        var asked: [Grant: Set<String>] = [:]
        for request in server.requests {
            let parts = request.path.split(separator: "/").map(String.init)
            let rule = Grant(group: parts.first == "apis" ? parts[1] : "", resource: request.resource)
            asked[rule, default: []].insert(request.isWatch ? "watch" : "list")
        }
        let documented = try documented(withOwners: withOwners)
        #expect(Set(documented.keys) == Set(asked.keys))
        // `get` is what kubectl expects beside the others, and harmless where all can be listed.
        for (rule, verbs) in documented { #expect(verbs == ["get", "list", "watch"] && asked[rule] == ["list", "watch"], "\(rule)") }
        weir.process.send(SIGTERM)
    }

    @Test("Events need the rights that are named for them, and no more")
    func events() throws {
        let block = try #require(text.components(separatedBy: "\n### Events\n").last?.components(separatedBy: "```yaml\n").dropFirst().first)
        var book = AlertBook()
        let finding = Finding(labels: ["a": "b"], measure: Finding.Measure(value: 1, unit: "ratio"), words: "w")
        var alert = try #require(
            book.take(RuleReport(rule: Rule(name: "A", kind: .drops), findings: [finding], at: .unknown), now: .unknown).first
        ).alert
        var evidence = Evidence(finding, at: .unknown)
        evidence.pairs = [
            Evidence.PodPair(
                sourceNamespace: "shop", sourcePod: "web-0", destinationNamespace: "reserved:world", destinationPod: "", transport: "tcp", port: 1,
                bytes: 1,
                packets: 1, shareOfChange: nil)
        ]
        alert.evidence = evidence
        let event = try #require(PodEvent.events(of: alert, at: .unknown).first)
        // A talk that sees all answers there are.
        var talk = PodEventTalk(event, instance: "weir-0")
        var asked: [Grant: Set<String>] = [:]
        for (status, body) in [(200, #"{"metadata":{"uid":"u"}}"#), (404, ""), (201, "")] {
            let request = talk.request
            let parts = request.path.split(separator: "/").map(String.init)
            let isGroup = parts.first == "apis"
            let verbs: [PodEventTalk.Request.Method: String] = [.get: "get", .post: "create", .patch: "patch"]
            asked[Grant(group: isGroup ? parts[1] : "", resource: isGroup ? parts[5] : parts[4]), default: []].insert(verbs[request.method] ?? "")
            _ = talk.take(Outcome(status: status, body: ""), status: status, body: Array(body.utf8)) { _ in 1 }
        }
        let pods = asked.removeValue(forKey: Grant(group: "", resource: "pods"))
        #expect(pods == ["get"])
        #expect(try documented(withOwners: false)[Grant(group: "", resource: "pods")]?.contains("get") == true)
        #expect(Self.rules(of: block.components(separatedBy: "```").first ?? "") == asked)
    }

    @Test("The table of what is read names the same resources")
    func reads() throws {
        let table = try #require(
            text.components(separatedBy: "## What is read, and why").last?.components(separatedBy: "\n\n").first { $0.hasPrefix("|") })
        let named = table.split(separator: "\n").dropFirst(2).compactMap {
            $0.split(separator: "|").first.map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let resources = Set(try documented(withOwners: true).keys.map(\.resource))
        #expect(Set(named.flatMap { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }) == resources)
    }
}
