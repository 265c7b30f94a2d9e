import ConfigurationFile
import Windows

/// A baseline as YAML: `learned_since`, and `edges` in the words of a rule's `allow`, a line for each.
package enum BaselineText {
    /// Edges that are read at once: YAML takes some hundred times its size in memory, and a file may have a hundred thousand.
    private static let atOnce = 1000

    // MARK: Writing

    package static func yaml(_ baseline: Baseline) -> String {
        var text = "# What Weir has learned: who talks to whom. `weir baseline import` reads it.\n"
        if let since = baseline.since { text += "learned_since: \"\(TickText.string(since))\"\n" }
        if baseline.edges.isEmpty { return text + "edges: []\n" }
        text += "edges:\n"
        for edge in baseline.edges { text += "  - { \(Self.line(edge)) }\n" }
        return text
    }

    private static func line(_ edge: Baseline.Edge) -> String {
        var parts = ["source: \(end(edge.edge.source))", "destination: \(end(edge.edge.destination))"]
        parts.append("protocol: \(IPProtocolText.string(edge.edge.protocolNumber))")
        parts.append("port: \(edge.edge.port)")
        if let first = edge.first { parts.append("first_seen: \"\(TickText.string(first))\"") }
        if let last = edge.last { parts.append("last_seen: \"\(TickText.string(last))\"") }
        if edge.isApproved { parts.append("approved: true") }
        return parts.joined(separator: ", ")
    }

    private static func end(_ name: WorkloadName) -> String {
        var parts = ["namespace: \(quoted(name.namespace))"]
        if !name.name.isEmpty { parts.append("workload: \(quoted(name.name))") }
        if !name.kind.isEmpty { parts.append("kind: \(quoted(name.kind))") }
        return "{ \(parts.joined(separator: ", ")) }"
    }

    /// In double quotes where a plain word could be taken for something else. Names hold neither quotes nor control characters; those of others do no harm.
    private static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E }
        if isPlain, text.utf8.first.map({ (0x61...0x7A).contains($0 | 0x20) }) ?? false, !["null", "true", "false"].contains(text.lowercased()) {
            return text
        }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.properties.generalCategory == .control: quoted += "?"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    // MARK: Reading

    /// Reads a baseline. Throws everything that is wrong in it; `name` stands for the file.
    package static func baseline(_ text: String, name: String) throws(ConfigurationError) -> Baseline {
        var baseline = Baseline(edges: [])
        var problems: [ConfigurationProblem] = []
        for part in parts(text) {
            do {
                let read = try ConfigurationFile(text: part, name: name).decode(Self.read)
                baseline.since = baseline.since ?? read.since
                baseline.edges += read.edges
            } catch {
                problems += error.problems
            }
        }
        if !problems.isEmpty { throw ConfigurationError(problems: Array(problems.prefix(100))) }
        return baseline
    }

    private static func read(_ root: Section) -> Baseline {
        let since = root.value("learned_since", as: .time)
        return Baseline(since: since, edges: root.sections("edges").compactMap(Self.edge))
    }

    private static func edge(_ section: Section) -> Baseline.Edge? {
        let (source, destination) = (end(section.section("source")), end(section.section("destination")))
        let transport = section.required("protocol", as: .ipProtocol)
        let port = section.required("port", as: .integer(in: 0...UInt16.max))
        let (first, last) = (section.value("first_seen", as: .time), section.value("last_seen", as: .time))
        let isApproved = section.value("approved", as: .flag) ?? false
        guard let source, let destination, let transport, let port else { return nil }
        let name = EdgeName(source: source, destination: destination, protocolNumber: transport, port: port)
        return Baseline.Edge(
            edge: name, first: first, last: max(first ?? 0, last ?? 0) == 0 ? last : max(first ?? 0, last ?? 0), isApproved: isApproved)
    }

    private static func end(_ section: Section) -> WorkloadName? {
        let namespace = section.required("namespace", as: .text)
        let name = section.value("workload", as: .anyText) ?? ""
        let kind = section.value("kind", as: .anyText) ?? ""
        return namespace.map { WorkloadName(namespace: $0, kind: kind, name: name) }
    }

    /// The text in parts of so many edges, each a document of its own with as many empty lines before it as it takes for its lines to have their numbers.
    private static func parts(_ text: String) -> [String] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let head = lines.firstIndex(where: { $0 == "edges:" || $0.hasPrefix("edges: ") || $0.hasPrefix("edges:\t") }) else { return [text] }
        // The list's items begin like its first one; what is no plain list is read as it is, whole.
        guard let first = lines[(head + 1)...].firstIndex(where: { !$0.allSatisfy(\.isWhitespace) && !$0.drop { $0 == " " }.hasPrefix("#") }) else {
            return [text]
        }
        let indent = lines[first].prefix { $0 == " " } + "-"
        guard lines[first].hasPrefix(indent) else { return [text] }
        let end = lines[first...].firstIndex { $0.first.map { !$0.isWhitespace && $0 != "#" && $0 != "-" } ?? false } ?? lines.count
        let starts = lines[first..<end].indices.filter { lines[$0].hasPrefix(indent + " ") }
        guard starts.count > atOnce else { return [text] }
        var parts: [String] = []
        for place in stride(from: 0, to: starts.count, by: atOnce) {
            let next = place + atOnce < starts.count ? starts[place + atOnce] : end
            let items = lines[starts[place]..<next].joined(separator: "\n")
            parts.append(String(repeating: "\n", count: starts[place] - 1) + "edges:\n" + items)
        }
        // What stands around the list.
        let around = lines[..<head].joined(separator: "\n") + String(repeating: "\n", count: end - head + 1) + lines[end...].joined(separator: "\n")
        return parts + [around]
    }
}

extension ValueKind where Value == Int64 {
    /// A time in UTC, as ticks since 1970.
    fileprivate static var time: ValueKind {
        ValueKind<String>.text.compactMap("a time", try: "\"2026-11-21T20:00:00Z\"") { TickText.tick($0) }
    }
}
