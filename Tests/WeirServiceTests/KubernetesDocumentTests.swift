import Foundation
import Support
import Testing

@Suite("docs/kubernetes.md") struct KubernetesDocumentTests {
    private struct Rule: Hashable {
        var group: String
        var resource: String
    }

    private let text: String

    init() throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        text = try String(contentsOf: repository.appending(path: "docs/kubernetes.md"), encoding: .utf8)
    }

    /// The rules of the ClusterRole, and those that labels need beside them, each with its verbs.
    private func documented(withOwners: Bool) throws -> [Rule: Set<String>] {
        let section = try #require(text.components(separatedBy: "\n## Rights\n").last?.components(separatedBy: "\n## ").first)
        let blocks = section.components(separatedBy: "```yaml\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
        func words(_ list: Substring) -> [String] {
            list.split(separator: ",").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " \"")) }
        }
        var rules: [Rule: Set<String>] = [:]
        for block in blocks where withOwners || block.contains("kind: ClusterRole\n") {
            for match in block.matches(of: /- \{apiGroups: \[(.*?)\], resources: \[(.*?)\], verbs: \[(.*?)\]\}/) {
                let groups = match.1 == "\"\"" ? [""] : words(match.1)
                for group in groups { for resource in words(match.2) { rules[Rule(group: group, resource: resource)] = Set(words(match.3)) } }
            }
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
        var asked: [Rule: Set<String>] = [:]
        for request in server.requests {
            let parts = request.path.split(separator: "/").map(String.init)
            let rule = Rule(group: parts.first == "apis" ? parts[1] : "", resource: request.resource)
            asked[rule, default: []].insert(request.isWatch ? "watch" : "list")
        }
        let documented = try documented(withOwners: withOwners)
        #expect(Set(documented.keys) == Set(asked.keys))
        // `get` is what kubectl expects beside the others, and harmless where all can be listed.
        for (rule, verbs) in documented { #expect(verbs == ["get", "list", "watch"] && asked[rule] == ["list", "watch"], "\(rule)") }
        weir.process.send(SIGTERM)
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
