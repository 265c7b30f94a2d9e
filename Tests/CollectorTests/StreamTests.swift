import Collector
import FlowModel
import Support
import Testing

@Suite struct StreamTests {
    private func withStreams(
        listen: [String] = ["127.0.0.1:0"], allow: CollectorConfiguration.Allow = .any, limits: StreamLimits = StreamLimits(),
        _ body: (Collector, Recording) async throws -> Void
    ) async throws {
        var configuration = CollectorConfiguration()
        configuration.listen = ["127.0.0.1:0"]
        configuration.listenTCP = listen
        configuration.threads = 1
        configuration.allow = allow
        let recording = Recording()
        let collector = try Collector(configuration: configuration, streamLimits: limits) { recording.sink($0) }
        try collector.start()
        do {
            try await body(collector, recording)
        } catch {
            await collector.stop()
            throw error
        }
        await collector.stop()
    }

    private func connect(_ collector: Collector, listener: Int = 0, from source: String = "127.0.0.1") throws -> TCPClient {
        try TCPClient(port: Int(collector.streamListeners[listener].port), from: source)
    }

    private func statistics(_ collector: Collector) throws -> StreamStatistics { try #require(collector.streamStatistics) }

    @Test("Messages of many connections over several listeners arrive whole, in order, each connection apart from the others")
    func intact() async throws {
        try await withStreams(listen: ["127.0.0.1:0", ":0"]) { collector, recording in
            #expect(Set(collector.streamListeners.map(\.port)).count == 2)
            let clients = try (0..<20).map { try connect(collector, listener: $0 % 2, from: "127.0.0.\(1 + $0 % 3)") }
            for number in 0..<200 {
                let message = [UInt8].message(number, length: 16 + number * 13)
                try clients[number % 20].send(message.prefix(number))
                try clients[number % 20].send(message.dropFirst(number))
            }
            try await eventually("messages arrive") { recording.datagrams.count == 200 }
            #expect(try statistics(collector).connections == 20)
            let byConnection = Dictionary(grouping: recording.datagrams, by: \.connection)
            #expect(byConnection.count == 20 && byConnection[0] == nil)
            for (index, client) in clients.enumerated() {
                let received = recording.datagrams.filter { $0.sourcePort == client.sourcePort && $0.source == IPAddress("127.0.0.\(1 + index % 3)") }
                #expect(Set(received.map(\.connection)).count == 1)
                #expect(received.map(\.payload) == stride(from: index, to: 200, by: 20).map { .message($0, length: 16 + $0 * 13) })
                #expect(received.allSatisfy { $0.listener == index % 2 && $0.localPort == collector.streamListeners[index % 2].port })
                #expect(received.allSatisfy { $0.thread == 1 }, "the thread of connections has a sink of its own")
            }
        }
    }

    @Test("Many messages in one write come in batches, and the largest is as large as a length can say")
    func batches() async throws {
        try await withStreams { collector, recording in
            let client = try connect(collector)
            try client.send((0..<1000).flatMap { [UInt8].message($0, length: 64) } + [UInt8].message(1000, length: 65_535))
            try await eventually("messages arrive") { recording.datagrams.count == 1001 }
            #expect(recording.all.largestBatch > 1)
            #expect(recording.datagrams.last?.payload == .message(1000, length: 65_535))
        }
    }

    @Test("The end of a connection is told after its last message, and a new one from the same port is another")
    func closed() async throws {
        try await withStreams { collector, recording in
            let first = try connect(collector)
            let port = first.sourcePort
            try first.send([UInt8].message(1, length: 20))
            try await eventually("the message arrives") { recording.datagrams.count == 1 }
            first.reset()
            try await eventually("the end is told") { recording.all.closed.count == 1 }
            let second = try TCPClient(port: Int(collector.streamListeners[0].port), sourcePort: port)
            try second.send([UInt8].message(2, length: 20))
            try await eventually("the message arrives") { recording.datagrams.count == 2 }
            #expect(recording.datagrams.map(\.sourcePort) == [port, port])
            #expect(recording.all.closed[0].number == recording.datagrams[0].connection)
            #expect(recording.datagrams[0].connection != recording.datagrams[1].connection)
            #expect(try statistics(collector).connections == 1)
            #expect(!second.isClosed)
        }
    }

    @Test("How an exporter ends its connection is counted: between messages, or within one")
    func endings() async throws {
        try await withStreams { collector, _ in
            do {
                let whole = try connect(collector)
                try whole.send([UInt8].message(1, length: 20))
                let cut = try connect(collector)
                try cut.send([UInt8].message(1, length: 20).dropLast())
            }
            try await eventually("both have ended") { try statistics(collector).ended == [.closed: 1, .incomplete: 1] }
            #expect(try statistics(collector).connections == 0)
        }
    }

    @Test(
        "What is no IPFIX closes the connection, is counted, and leaves the others alone",
        arguments: [
            ([0, 9, 0, 1], .wrongVersion), ([0, 10, 0, 15], .wrongLength), ([0, 10, 0, 0], .wrongLength),
            (Array("GET / HTTP/1.1\r\n\r\n".utf8), .wrongVersion),
        ] as [([UInt8], StreamStatistics.Ending)])
    func violations(octets: [UInt8], ending: StreamStatistics.Ending) async throws {
        try await withStreams { collector, recording in
            let good = try connect(collector)
            try good.send([UInt8].message(1, length: 20).prefix(9))
            let bad = try connect(collector)
            try bad.send([UInt8].message(2, length: 20) + octets)
            try await eventually("the connection is closed") { bad.isClosed }
            try await eventually("it is counted") { try statistics(collector).ended == [ending: 1] }
            try good.send([UInt8].message(1, length: 20).dropFirst(9))
            try await eventually("what was whole arrives") { recording.datagrams.count == 2 }
            #expect(!good.isClosed)
        }
    }

    @Test("A message that begins and stalls is closed, also where an octet comes now and then; a silent connection is not")
    func stalled() async throws {
        var limits = StreamLimits()
        limits.messageTime = 400_000_000
        try await withStreams(limits: limits) { collector, recording in
            let silent = try connect(collector)
            let stalled = try connect(collector)
            try stalled.send([0])
            let dripping = try connect(collector)
            let message = [UInt8].message(1, length: 2000)
            var sent = 0
            try await eventually("both are closed") {
                if !dripping.isClosed {
                    try? dripping.send([message[sent]])
                    sent += 1
                }
                return stalled.isClosed && dripping.isClosed
            }
            try await eventually("both are counted") { try statistics(collector).ended == [.stalled: 2] }
            #expect(!silent.isClosed)
            #expect(recording.datagrams.isEmpty)
        }
    }

    @Test("What all connections hold is bounded: the message that began first makes room")
    func held() async throws {
        var limits = StreamLimits()
        limits.heldOctets = 10_000
        try await withStreams(limits: limits) { collector, recording in
            let message = [UInt8].message(9, length: 4001)
            var clients: [TCPClient] = []
            for index in 0..<4 {
                let client = try connect(collector)
                clients.append(client)
                // The whole message before it tells that what is behind it has been taken in, too.
                try client.send([UInt8].message(index, length: 16) + message.dropLast())
                try await eventually("it is taken in") { recording.datagrams.count == index + 1 }
                try await eventually("the oldest has made room") {
                    try statistics(collector).ended[.stalled, default: 0] == UInt64(max(0, index - 1))
                }
            }
            try await eventually("the first two are closed") { clients[0].isClosed && clients[1].isClosed }
            for client in clients[2...] { try client.send(message.suffix(1)) }
            try await eventually("the others' messages arrive") { recording.datagrams.map(\.payload).suffix(2) == [message, message] }
            let large = try connect(collector)
            try large.send([UInt8].message(2, length: 10_000))
            try await eventually("there is all the room again") { recording.datagrams.count == 7 }
        }
    }

    @Test("A connection on which nothing comes is closed after the idle time")
    func idle() async throws {
        var limits = StreamLimits()
        limits.idleTime = 300_000_000
        try await withStreams(limits: limits) { collector, _ in
            let client = try connect(collector)
            try await eventually("it is closed") { client.isClosed }
            try await eventually("it is counted") { try statistics(collector).ended == [.idle: 1] }
        }
    }

    @Test("Connections beyond the bounds are refused and counted, and there is room again when others end")
    func bounds() async throws {
        var limits = StreamLimits()
        limits.connections = 5
        limits.connectionsPerAddress = 3
        try await withStreams(limits: limits) { collector, recording in
            var clients = try (0..<4).map { _ in try connect(collector) }
            try await eventually("the fourth of an address is refused") { try statistics(collector).refused == [.tooManyFromAddress: 1] }
            clients += try (0..<3).map { _ in try connect(collector, from: "127.0.0.2") }
            try await eventually("the sixth of all is refused") { try statistics(collector).refused == [.tooManyFromAddress: 1, .tooMany: 1] }
            #expect(try statistics(collector).connections == 5)
            try await eventually("the refused are closed") { clients.filter(\.isClosed).count == 2 }
            clients.removeAll()
            try await eventually("all have ended") { try statistics(collector).connections == 0 }
            let late = try connect(collector)
            try late.send([UInt8].message(7, length: 16))
            try await eventually("its message arrives") { recording.datagrams.map(\.payload) == [.message(7, length: 16)] }
        }
    }

    @Test("Sources that may not send are refused, and a filter that is replaced holds for open connections")
    func filter() async throws {
        try await withStreams(allow: .networks([try #require(IPNetwork("127.0.0.2"))])) { collector, recording in
            let refused = try connect(collector, from: "127.0.0.3")
            let allowed = try connect(collector, from: "127.0.0.2")
            try allowed.send([UInt8].message(1, length: 16))
            try await eventually("one is refused, one is taken") {
                try refused.isClosed && recording.datagrams.count == 1 && statistics(collector).refused == [.notAllowed: 1]
            }
            collector.allow(SourceFilter([try #require(IPNetwork("127.0.0.3"))]))
            try await eventually("the other is closed") { try allowed.isClosed && statistics(collector).ended == [.notAllowed: 1] }
            let now = try connect(collector, from: "127.0.0.3")
            try now.send([UInt8].message(2, length: 16))
            try await eventually("the one that is allowed now is taken") { recording.datagrams.count == 2 }
        }
    }

    @Test("Stopping hands over what has come whole, also of connections that wait to be accepted, and ends every session")
    func drains() async throws {
        let recording = Recording()
        var configuration = CollectorConfiguration()
        configuration.listen = ["127.0.0.1:0"]
        configuration.listenTCP = ["127.0.0.1:0"]
        configuration.threads = 1
        let collector = try Collector(configuration: configuration) { recording.sink($0) }
        try collector.start()
        var clients = [try connect(collector)]
        try clients[0].send([UInt8].message(0, length: 100))
        try await eventually("the first message arrives") { recording.datagrams.count == 1 }
        let stopping = try await recording.holding {
            for number in 1..<100 { try clients[0].send([UInt8].message(number, length: 100)) }
            for number in 100..<110 {
                clients.append(try connect(collector))
                try clients[clients.count - 1].send([UInt8].message(number, length: 5000) + [0, 10])
            }
            let stopping = Task { await collector.stop() }
            try await eventually("the collector is about to stop") { !collector.isListening }
            return stopping
        }
        await stopping.value
        #expect(recording.datagrams.map(\.payload.messageNumber).sorted() == Array(0..<110))
        #expect(recording.all.closed.count == 11)
        #expect(recording.all.drainedThreads.sorted() == [0, 1])
        #expect(clients.filter(\.isClosed).count == clients.count)
        let next = try Collector(configuration: configuration) { recording.sink($0) }
        try next.start()
        await next.stop()
    }

    @Test("A port is free again when stop has returned, though connections were open, and a port that is taken is an error that says so")
    func port() async throws {
        let recording = Recording()
        var configuration = CollectorConfiguration()
        configuration.listen = ["127.0.0.1:0"]
        configuration.listenTCP = ["127.0.0.1:0"]
        let first = try Collector(configuration: configuration) { recording.sink($0) }
        try first.start()
        let client = try connect(first)
        configuration.listenTCP = [first.streamListeners[0].description]
        let second = try Collector(configuration: configuration) { recording.sink($0) }
        let error = #expect(throws: SocketError.self) { try second.start() }
        #expect(error?.description == "listen \(first.streamListeners[0]): Address already in use (is another Weir running?)")
        await second.stop()
        await first.stop()
        #expect(client.isClosed)
        let third = try Collector(configuration: configuration) { recording.sink($0) }
        try third.start()
        #expect(third.streamListeners == first.streamListeners)
        await third.stop()
    }

    @Test("Without an address for TCP there is no thread for it")
    func none() async throws {
        try await withStreams(listen: []) { collector, recording in
            #expect(collector.streamListeners.isEmpty && collector.streamStatistics == nil)
            await collector.stop()
            #expect(recording.all.drainedThreads == [0])
        }
    }
}

extension [UInt8] {
    /// The number of a message made by `message`.
    fileprivate var messageNumber: Int { Array(dropFirst(4)).number }
}
