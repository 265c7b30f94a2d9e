import Collector
import FlowModel
import Glibc
import Testing

@Suite struct CollectorTests {
    @Test("Ten thousand datagrams arrive intact over several listeners and threads")
    func intact() async throws {
        try await withCollector(listen: ["127.0.0.1:0", "127.0.0.1:0", ":0"], threads: 2) { collector, recording in
            #expect(collector.isListening)
            #expect(Set(collector.boundAddresses.map(\.port)).count == 3)
            let senders = try collector.boundAddresses.flatMap { listener in
                try (0..<4).map { _ in (listener, try UDPSender(to: UDPDestination(listener))) }
            }
            var sent: [Int: (listener: Int, port: UInt16)] = [:]
            for number in 0..<10_000 {
                let index = number % senders.count
                try senders[index].1.send(.numbered(number, count: 8 + number % 1400))
                sent[number] = (index / 4, senders[index].1.sourcePort)
                // A receive buffer may be small on a machine that grants no more: no more is sent than it holds.
                if number % 200 == 199 { try await eventually("datagrams arrive") { recording.datagrams.count == number + 1 } }
            }
            let received = recording.datagrams
            #expect(received.count == 10_000)
            #expect(Set(received.map(\.payload.number)).count == 10_000)
            #expect(Set(received.map(\.thread)) == [0, 1])
            for datagram in received {
                let number = datagram.payload.number
                let expected = try #require(sent[number])
                guard datagram.payload == .numbered(number, count: 8 + number % 1400), datagram.listener == expected.listener,
                    datagram.localPort == collector.boundAddresses[expected.listener].port, datagram.source == IPAddress("127.0.0.1"),
                    datagram.sourcePort == expected.port
                else {
                    Issue.record("datagram \(number) is not as it was sent: \(datagram)")
                    return
                }
            }
            #expect(collector.statistics.map(\.receivedDatagrams).reduce(0, +) == 10_000)
            #expect(collector.statistics.allSatisfy { $0.refusedDatagrams == 0 && $0.receiveDrops == 0 && $0.receiveErrors == 0 })
        }
    }

    @Test("The datagrams of one session keep to one thread and their order, and sessions spread over the threads")
    func sessions() async throws {
        try await withCollector(threads: 4) { collector, recording in
            let senders = try (0..<32).map { _ in try UDPSender(to: UDPDestination(collector.boundAddresses[0])) }
            for number in 0..<320 { try senders[number % 32].send(.numbered(number)) }
            try await eventually("datagrams arrive") { recording.datagrams.count == 320 }
            let bySession = Dictionary(grouping: recording.datagrams, by: \.sourcePort)
            #expect(bySession.count == 32)
            for session in bySession.values {
                #expect(Set(session.map(\.thread)).count == 1)
                #expect(session.map(\.payload.number) == session.map(\.payload.number).sorted())
            }
            #expect(Set(recording.datagrams.map(\.thread)).count > 1)
        }
    }

    @Test("A datagram as large as UDP allows is not cut, and an empty one is one too", arguments: loopbackHosts)
    func sizes(host: String) async throws {
        let largest = host == "::1" ? 65_527 : 65_507
        try await withCollector(listen: [":0"]) { collector, recording in
            let sender = try UDPSender(to: UDPDestination(collector.boundAddresses[0], over: host))
            try sender.send(.numbered(1, count: largest))
            try sender.send([])
            try await eventually("datagrams arrive") { recording.datagrams.count == 2 }
            #expect(recording.datagrams.map(\.payload) == [.numbered(1, count: largest), []])
            #expect(throws: SocketError.self) { try sender.send(.numbered(0, count: largest + 1)) }
        }
    }

    @Test("A listener on all addresses takes IPv4, as IPv4 addresses, and IPv6", arguments: loopbackHosts)
    func dualStack(host: String) async throws {
        try await withCollector(listen: [":0"]) { collector, recording in
            let source = host == "::1" ? host : "127.0.0.9"
            let sender = try UDPSender(to: UDPDestination(collector.boundAddresses[0], over: host), from: IPAddress(source))
            try sender.send(.numbered(1))
            try await eventually("the datagram arrives") { recording.datagrams.map(\.source) == [IPAddress(source)] }
        }
    }

    @Test("A datagram carries the kernel's receive time, which is before the batch's")
    func receiveTime() async throws {
        try await withCollector { collector, recording in
            let sender = try UDPSender(to: UDPDestination(collector.boundAddresses[0]))
            for number in 0..<10 { try sender.send(.numbered(number)) }
            try await eventually("datagrams arrive") { recording.datagrams.count == 10 }
            let received = recording.datagrams
            #expect(received.allSatisfy { $0.received < $0.now && $0.now.since($0.received) < 10_000_000_000 })
            #expect(received.map(\.received) == received.map(\.received).sorted())
        }
    }

    @Test("A sink is called by time where there is no traffic, and once for each thread at the end")
    func idleAndDrained() async throws {
        let kept = Recording()
        var configuration = CollectorConfiguration()
        configuration.listenTCP = []
        configuration.listen = ["127.0.0.1:0"]
        configuration.threads = 2
        let collector = try Collector(configuration: configuration) { kept.sink($0) }
        #expect(!collector.isListening)
        try collector.start()
        try await eventually("idle is called") { kept.all.idleCalls >= 4 }
        await collector.stop()
        #expect(kept.all.drainedThreads.sorted() == [0, 1])
        #expect(!collector.isListening)
        await collector.stop()
    }

    @Test("A collector that is let go of stops its threads")
    func letGo() async throws {
        let recording = Recording()
        var configuration = CollectorConfiguration()
        configuration.listenTCP = []
        configuration.listen = ["127.0.0.1:0"]
        configuration.threads = 3
        do {
            let collector = try Collector(configuration: configuration) { recording.sink($0) }
            try collector.start()
        }
        try await eventually("the threads end") { recording.all.drainedThreads.sorted() == [0, 1, 2] }
    }

    @Test("Stopping hands over what the kernel still holds")
    func drains() async throws {
        let recording = Recording()
        var configuration = CollectorConfiguration()
        configuration.listenTCP = []
        configuration.listen = ["127.0.0.1:0"]
        configuration.threads = 1
        let collector = try Collector(configuration: configuration) { recording.sink($0) }
        try collector.start()
        let sender = try UDPSender(to: UDPDestination(collector.boundAddresses[0]))
        let stopping = try await recording.holding {
            for number in 0..<100 { try sender.send(.numbered(number)) }
            let stopping = Task { await collector.stop() }
            try await eventually("the collector is about to stop") { !collector.isListening }
            return stopping
        }
        await stopping.value
        #expect(recording.datagrams.map(\.payload.number) == Array(0..<100))
        #expect(recording.all.largestBatch > 1)
        #expect(recording.all.drainedThreads == [0])
    }

    @Test("What the kernel drops while a sink is slow is counted, each datagram once")
    func drops() async throws {
        try await withCollector(receiveBuffer: 1) { collector, recording in
            #expect(collector.listeners[0].receiveBuffer < 65_536)
            let sender = try UDPSender(to: UDPDestination(collector.boundAddresses[0]))
            try await recording.holding {
                for number in 0..<2_000 { try sender.send(.numbered(number, count: 500)) }
            }
            try await eventually("every datagram is received or counted as dropped") {
                let statistics = collector.statistics[0]
                return statistics.receivedDatagrams + statistics.receiveDrops == 2_000
            }
            #expect(collector.statistics[0].receiveDrops > 1_000)
            try sender.send(.numbered(0))
            try await eventually("the next batch tells the sink of them") { recording.all.receiveDrops == collector.statistics[0].receiveDrops }
        }
    }

    @Test("Sources that may not send are refused, and the filter can be replaced")
    func filter() async throws {
        try await withCollector(allow: .networks([try #require(IPNetwork("127.0.0.2"))])) { collector, recording in
            let destination = try UDPDestination(collector.boundAddresses[0])
            let allowed = try UDPSender(to: destination, from: IPAddress("127.0.0.2"))
            let refused = try UDPSender(to: destination, from: IPAddress("127.0.0.3"))
            try await recording.holding {
                for number in 0..<100 { try (number % 2 == 0 ? allowed : refused).send(.numbered(number)) }
            }
            try await eventually("every datagram is received or refused") {
                let statistics = collector.statistics[0]
                return statistics.receivedDatagrams == 50 && statistics.refusedDatagrams == 50
            }
            try await eventually("the sink has them") { recording.datagrams.count == 50 }
            #expect(recording.datagrams.map(\.payload.number) == Array(stride(from: 0, to: 100, by: 2)))

            collector.allow(.any)
            try refused.send(.numbered(1000))
            try await eventually("the source is allowed now") { recording.datagrams.last?.payload.number == 1000 }
        }
    }

    @Test("A port that somebody has is an error that says so, also where it is another collector that shares its port")
    func portInUse() async throws {
        try await withCollector(listen: [":0"], threads: 2) { first, _ in
            var configuration = CollectorConfiguration()
            configuration.listenTCP = []
            configuration.listen = ["127.0.0.1:0", ":\(first.boundAddresses[0].port)"]
            let second = try Collector(configuration: configuration) { _ in Recording().sink(0) }
            let error = #expect(throws: SocketError.self) { try second.start() }
            #expect(error?.description == "listen \(first.boundAddresses[0]): Address already in use (is another Weir running?)")
            #expect(!second.isListening)
            await second.stop()
        }
    }

    @Test("A port is free again when stop has returned")
    func portIsFreed() async throws {
        let recording = Recording()
        var configuration = CollectorConfiguration()
        configuration.listenTCP = []
        configuration.listen = ["127.0.0.1:0"]
        let first = try Collector(configuration: configuration) { recording.sink($0) }
        try first.start()
        configuration.listen = [first.boundAddresses[0].description]
        await first.stop()
        let second = try Collector(configuration: configuration) { recording.sink($0) }
        try second.start()
        #expect(second.boundAddresses == first.boundAddresses)
        await second.stop()
    }

    @Test("An address that is not of this machine, and one that is listened on twice, are errors that say so")
    func wrongAddresses() throws {
        var configuration = CollectorConfiguration()
        configuration.listenTCP = []
        configuration.listen = ["198.51.100.7:2055"]
        let collector = try Collector(configuration: configuration) { _ in Recording().sink(0) }
        let error = #expect(throws: SocketError.self) { try collector.start() }
        #expect(error?.description == "listen 198.51.100.7:2055: Cannot assign requested address (is it an address of this machine?)")

        configuration.listen = [":2055", ":2055"]
        let twice = #expect(throws: AddressError.self) { try Collector(configuration: configuration) { _ in Recording().sink(0) } }
        #expect(twice?.description == "\":2055\" is listened on twice")
    }

    @Test("A batch of one datagram is lent to a sink without a socket")
    func lent() throws {
        let recording = Recording()
        let sink = recording.sink(0)
        let source = try #require(IPAddress("192.0.2.1"))
        unsafe [UInt8].numbered(7, count: 20).withUnsafeBytes {
            unsafe DatagramBatch.withDatagram($0, source: source, sourcePort: 9, localPort: 2055, received: Timestamp(seconds: 5)) {
                sink.receive($0)
            }
        }
        let expected = Recording.Received(
            thread: 0, listener: 0, localPort: 2055, source: source, sourcePort: 9, received: Timestamp(seconds: 5), now: Timestamp(seconds: 5),
            payload: .numbered(7, count: 20))
        #expect(recording.datagrams == [expected])
    }
}
