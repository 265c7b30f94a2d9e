import Foundation
import Support
import Testing

/// IPFIX over TCP (RFC 7011 §10.4) as an exporter and an attacker meet it.
@Suite struct StreamServiceTests {
    private static let capture = "softflowd-ipfix-tcp"
    /// Of the capture's manifest.
    private static let messages = 17.0
    private static let records = 430.0

    /// How the stream is cut up into writes.
    enum Pieces: String, Sendable, CaseIterable {
        case atOnce, octets, messages, acrossLengths, growing
    }

    private func cut(_ stream: StreamCapture, _ pieces: Pieces) -> [[UInt8]] {
        func cut(_ sizes: (Int) -> Int) -> [[UInt8]] {
            var parts: [[UInt8]] = []
            var rest = stream.octets[...]
            while !rest.isEmpty {
                parts.append(Array(rest.prefix(sizes(parts.count))))
                rest = rest.dropFirst(sizes(parts.count - 1))
            }
            return parts
        }
        return switch pieces {
        case .atOnce: [stream.octets]
        case .octets: cut { _ in 1 }
        case .messages: stream.messages
        // Each write but the first begins with the second octet of a message's length.
        case .acrossLengths: cutAcrossLengths(stream)
        case .growing: cut { $0 % 900 + 1 }
        }
    }

    private func cutAcrossLengths(_ stream: StreamCapture) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var begun: [UInt8] = []
        for message in stream.messages {
            parts.append(begun + message.prefix(3))
            begun = Array(message.dropFirst(3))
        }
        return parts + [begun]
    }

    private func metrics(_ weir: RunningWeir) async throws -> Exposition { try Exposition(await weir.get("/metrics?collect[]=self")) }

    private func waitForMessages(_ weir: RunningWeir, _ count: Double) async throws {
        try await waitUntil("\(count) messages") {
            try await metrics(weir).sum("weir_exporter_datagrams_total", where: ["protocol": "ipfix"]) == count
        }
    }

    /// Resident memory of the process, kB.
    private func memory(of weir: RunningWeir) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(weir.process.id)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
    }

    // MARK: Counting

    @Test(
        "A capture's stream counts as its witness says, whatever pieces it is sent in, and goes on to count when the connection has ended",
        arguments: Pieces.allCases)
    func counts(_ pieces: Pieces) async throws {
        let stream = try StreamCapture("\(Self.capture).pcap")
        #expect(stream.messages.count == Int(Self.messages))
        let pods = SharedFiles.captures.appending(path: "pods.json").path
        let weir = try await RunningWeir(configuration: "identity: { file: \(pods) }\nmetrics: { birth_delay: 0s }")
        do {
            let client = try TCPClient(port: weir.streamPort)
            for piece in cut(stream, pieces) { try client.send(piece) }
            try await waitForMessages(weir, Self.messages)
            let open = try await metrics(weir)
            #expect(open.sum("weir_tcp_connections") == 1)
            #expect(open.sum("weir_exporter_templates", where: ["protocol": "ipfix"]) > 0)
            #expect(!client.isClosed)
        }
        try await waitUntil("the connection has ended") {
            try await metrics(weir).sum("weir_closed_connections_total", where: ["reason": "closed"]) == 1
        }
        let after = try Exposition(await weir.get("/metrics"))
        let counted = after.pairs("weir_flow_bytes_total").filter { $0.value > 0 }
        let names = try PodNames()
        #expect(try CaptureExpectation.overTCP.agrees(with: counted, names), "\(counted)")
        #expect(counted == (try names.bytes(SharedFiles.json(Truth.self, "pods-traffic.truth.json"))))
        #expect(after.sum("weir_exporter_datagrams_total", where: ["exporter": "127.0.0.1", "protocol": "ipfix"]) == Self.messages)
        #expect(after.sum("weir_exporter_records_total", where: ["exporter": "127.0.0.1", "protocol": "ipfix"]) == Self.records)
        #expect(after.sum("weir_exporter_lost_total") == 0)
        #expect(after.sum("weir_exporter_decode_errors_total") == 0)
        #expect(after.sum("weir_tcp_connections") == 0)
        #expect(after.sum("weir_exporter_templates") == 0, "templates end with their connection")
    }

    @Test("What was counted of connections that have ended adds up with those that are open, exporter by exporter")
    func addsUp() async throws {
        let stream = try StreamCapture("\(Self.capture).pcap")
        let weir = try await RunningWeir()
        for connection in 1...3 {
            for source in ["127.0.0.1", "127.0.0.2"] { try TCPClient(port: weir.streamPort, from: source).send(stream.octets) }
            try await waitForMessages(weir, 2 * Double(connection) * Self.messages)
        }
        let open = try TCPClient(port: weir.streamPort)
        try open.send(stream.octets)
        try await waitForMessages(weir, 7 * Self.messages)
        try await waitUntil("six have ended") { try await metrics(weir).sum("weir_closed_connections_total", where: ["reason": "closed"]) == 6 }
        let now = try await metrics(weir)
        #expect(now.sum("weir_exporter_records_total", where: ["exporter": "127.0.0.1", "protocol": "ipfix"]) == 4 * Self.records)
        #expect(now.sum("weir_exporter_records_total", where: ["exporter": "127.0.0.2", "protocol": "ipfix"]) == 3 * Self.records)
        #expect(now.sum("weir_exporter_lost_total") == 0)
        #expect(now.sum("weir_tcp_connections") == 1)
        #expect(!open.isClosed)
    }

    @Test("Templates belong to their connection: a later one from the same address and port has none, nor has one beside it")
    func scope() async throws {
        let stream = try StreamCapture("\(Self.capture).pcap")
        let folder = try TemporaryFolder()
        let weir = try await RunningWeir(configuration: "state: { directory: \(folder.path("state")) }", folder: folder)
        // An address of its own: another program's connection from 127.0.0.1 may get the port meanwhile.
        let source = "127.0.0.77"
        let first = try TCPClient(port: weir.streamPort, from: source)
        try first.send(stream.octets)
        try await waitForMessages(weir, Self.messages)
        // From the second message on it is data, whose templates only the first connection was sent.
        let data = stream.messages.filter { $0.count > 20 && $0[16] >= 1 }
        #expect(!data.isEmpty)
        let beside = try TCPClient(port: weir.streamPort)
        try beside.send(data.flatMap { $0 })
        try await waitForMessages(weir, Self.messages + Double(data.count))
        #expect(try await metrics(weir).sum("weir_exporter_records_total") == Self.records)
        let port = first.sourcePort
        first.reset()
        try await waitUntil("the first has ended") { try await metrics(weir).sum("weir_tcp_connections") == 1 }
        let later = try TCPClient(port: weir.streamPort, from: source, sourcePort: port)
        try later.send(data.flatMap { $0 })
        try await waitForMessages(weir, Self.messages + 2 * Double(data.count))
        #expect(try await metrics(weir).sum("weir_exporter_records_total") == Self.records)
        #expect(!beside.isClosed && !later.isClosed)
        // What waited for its template to the end is counted as an error, not lost without a word.
        beside.reset()
        later.reset()
        try await waitUntil("both have ended") { try await metrics(weir).sum("weir_tcp_connections") == 0 }
        #expect(try await metrics(weir).sum("weir_exporter_decode_errors_total", where: ["reason": "missing_template"]) > 0)
        // Nothing of them is kept over a restart.
        weir.process.send(SIGTERM)
        #expect(try await weir.process.exitStatus(within: 5) == 0)
        let state = folder.path("state") + "/sessions"
        let text = (try? String(decoding: Data(contentsOf: URL(filePath: state)), as: UTF8.self)) ?? ""
        #expect(!text.contains("127.0.0."), "\(text)")
    }

    @Test("Exporters over TCP are shown as others are, and a reload that no longer allows one ends its connection")
    func shown() async throws {
        let folder = try TemporaryFolder()
        let name = "exporters: [{ address: 127.0.0.1, name: router }]\n"
        let weir = try await RunningWeir(configuration: name, folder: folder)
        let client = try TCPClient(port: weir.streamPort)
        let stream = try StreamCapture("\(Self.capture).pcap")
        try client.send(stream.octets)
        try await waitForMessages(weir, Self.messages)
        #expect(try await metrics(weir).sum("weir_exporter_records_total", where: ["exporter": "router", "protocol": "ipfix"]) == Self.records)
        #expect(try await weir.get("/api/v1/exporters").contains("\"router\""))
        try weir.reconfigure(name + "collector: { allow: [192.0.2.0/24] }\n")
        #expect(try await weir.request("/-/reload", ["-X", "POST"]).status == 200)
        try await waitUntil("the connection is closed") { client.isClosed }
        let refused = try TCPClient(port: weir.streamPort)
        try await waitUntil("the next is refused") { refused.isClosed }
        let after = try await metrics(weir)
        #expect(after.sum("weir_closed_connections_total", where: ["reason": "not_allowed"]) == 1)
        #expect(after.sum("weir_refused_connections_total", where: ["reason": "not_allowed"]) == 1)
    }

    @Test("SIGTERM ends it with connections open")
    func stops() async throws {
        let weir = try await RunningWeir()
        let stream = try StreamCapture("\(Self.capture).pcap")
        let clients = try (0..<20).map { _ in try TCPClient(port: weir.streamPort) }
        for client in clients { try client.send(stream.octets.dropLast()) }
        weir.process.send(SIGTERM)
        #expect(try await weir.process.exitStatus(within: 5) == 0)
        #expect(clients.filter(\.isClosed).count == clients.count)
    }

    @Test("A port that is taken ends it with status 1 and the address in the message")
    func taken() async throws {
        let weir = try await RunningWeir()
        let folder = try TemporaryFolder()
        let address = "127.0.0.1:\(weir.streamPort)"
        let file = try folder.write("weir.yaml", "listen: [\"127.0.0.1:0\"]\nlisten_tcp: [\"\(address)\"]\nweb: { listen: \"127.0.0.1:0\" }\n")
        let second = try await ChildProcess.run(RunningWeir.program, ["serve", "--config", file], within: 10)
        #expect(second.status == 1)
        #expect(second.errors.contains("listen \(address)"), "\(second.errors)")
    }

    // MARK: Attacks

    /// A way to waste connections.
    struct Attack: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var connections = 1000
        /// Addresses that they come from.
        var addresses = 1
        /// What each sends.
        var octets: [UInt8]
        /// What metric and reason counts how many of them.
        var counted: [(metric: String, reason: String, count: Double)]
        /// How many of them stay open.
        var open = 0.0
        /// kB by which the process may grow: the tables for the exporters beside it, and what is held.
        var memory = 6_000

        static let all = [
            Attack(
                testDescription: "one octet each, from one address", octets: [0],
                counted: [("weir_refused_connections_total", "too_many_from_address", 744)], open: 256),
            Attack(
                testDescription: "one octet each, from five addresses", connections: 1200, addresses: 5, octets: [0],
                counted: [("weir_refused_connections_total", "too_many", 177)], open: 1023),
            Attack(
                testDescription: "a length of 65,535 and one octet of it", octets: [0, 10, 255, 255, 0],
                counted: [("weir_refused_connections_total", "too_many_from_address", 744)], open: 256),
            Attack(
                testDescription: "a length of 65,535 and 65,000 octets of it", addresses: 5,
                octets: [0, 10, 255, 255] + [UInt8](repeating: 7, count: 64_996),
                counted: [("weir_closed_connections_total", "stalled", 742)], open: 258, memory: 40_000),
            Attack(
                testDescription: "garbage", octets: Array("\u{16}\u{03}\u{01} GET / HTTP/1.1".utf8),
                counted: [("weir_closed_connections_total", "wrong_version", 1000)]),
            Attack(
                testDescription: "NetFlow v9", octets: [0, 9, 0, 1] + [UInt8](repeating: 0, count: 60),
                counted: [("weir_closed_connections_total", "wrong_version", 1000)]),
            Attack(
                testDescription: "a length of 15", octets: [0, 10, 0, 15] + [UInt8](repeating: 0, count: 60),
                counted: [("weir_closed_connections_total", "wrong_length", 1000)]),
        ]
    }

    @Test(
        "A thousand connections that waste it cost almost nothing, are counted, and the exporters beside them lose nothing", .serialized,
        arguments: Attack.all)
    func attacked(_ attack: Attack) async throws {
        try allowDescriptors(4096)
        let weir = try await RunningWeir(configuration: "metrics: { birth_delay: 0s }")
        let stream = try StreamCapture("\(Self.capture).pcap")
        let good = try TCPClient(port: weir.streamPort)
        try good.send(stream.octets)
        try await waitForMessages(weir, Self.messages)
        let before = try memory(of: weir)

        // The good exporters send while the attack goes on.
        let loops = 20
        let overUDP = try ChildProcess(
            RunningWeir.program,
            [
                "replay", SharedFiles.captures.appending(path: "softflowd-v5.pcap").path, "--to", "127.0.0.1:\(weir.flowPort)", "--rate", "2000",
                "--loop",
                "\(loops)",
            ])
        let attackers = try (0..<attack.connections).map { number -> TCPClient? in
            if number % 50 == 49 { try good.send(stream.octets) }
            // It may be refused before it knows that it was connected, or before it has sent anything.
            let attacker = try? TCPClient(port: weir.streamPort, from: "127.0.0.\(2 + number % attack.addresses)")
            try? attacker?.send(attack.octets)
            return attacker
        }
        let passes = Double(1 + attack.connections / 50)
        try await waitUntil("the good exporters lose nothing, and the attackers are counted") {
            let now = try await metrics(weir)
            return now.sum("weir_exporter_records_total", where: ["protocol": "ipfix"]) == Self.records * passes
                && now.sum("weir_exporter_datagrams_total", where: ["protocol": "netflow5"]) == Double(9 * loops)
                && attack.counted.allSatisfy { now.sum($0.metric, where: ["reason": $0.reason]) == $0.count }
        }
        #expect(try await overUDP.exitStatus() == 0)
        let after = try memory(of: weir)
        let now = try await metrics(weir)
        #expect(now.sum("weir_tcp_connections") == attack.open + 1)
        #expect(now.sum("weir_receive_drops_total") == 0)
        #expect(after - before < attack.memory, "kB of memory")
        let counted = attack.counted.map { "\(Int($0.count)) \($0.reason)" }.joined(separator: ", ")
        print(
            "attack | TCP connections: \(attack.testDescription) | \(attack.connections) | \(counted), \(Int(attack.open)) held; exporters over TCP and UDP lose nothing | \(before) kB → \(after) kB"
        )
        #expect(attackers.count == attack.connections)
    }

    /// Lets this process open so many descriptors; many systems begin with 1,024.
    private func allowDescriptors(_ wanted: UInt) throws {
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = min(wanted, limit.rlim_max)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
