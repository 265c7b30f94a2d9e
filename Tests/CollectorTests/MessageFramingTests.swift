import Collector
import Testing

@Suite struct MessageFramingTests {
    /// Feeds a stream in pieces and gives the messages, and how it was violated.
    private func messages(_ pieces: [[UInt8]]) -> (messages: [[UInt8]], violation: MessageFraming.Violation?, isInMessage: Bool) {
        var framing = MessageFraming()
        var messages: [[UInt8]] = []
        for piece in pieces {
            do {
                try unsafe piece.withUnsafeBytes { octets in
                    try unsafe framing.take(octets) { run in
                        unsafe MessageFraming.forEach(in: run) { unsafe messages.append(Array($0)) }
                    }
                }
            } catch {
                return (messages, error as? MessageFraming.Violation, framing.isInMessage)
            }
        }
        return (messages, nil, framing.isInMessage)
    }

    private static let sent: [[UInt8]] = [16, 17, 1400, 16, 65_535, 300].enumerated().map { .message($0, length: $1) }

    @Test("Messages come out as they went in, whatever the pieces", arguments: [1, 2, 3, 5, 15, 16, 17, 33, 1399, 4096, 65_535, 1 << 20])
    func pieces(size: Int) {
        let stream = Self.sent.flatMap { $0 }
        let pieces = stride(from: 0, to: stream.count, by: size).map { Array(stream[$0..<min($0 + size, stream.count)]) }
        let result = messages(pieces)
        #expect(result.messages == Self.sent)
        #expect(result.violation == nil && !result.isInMessage)
    }

    @Test("A stream cut at any two places gives the same messages")
    func cuts() {
        let sent: [[UInt8]] = [16, 20, 31].enumerated().map { .message($0, length: $1) }
        let stream = sent.flatMap { $0 }
        for first in 0...stream.count {
            for second in first...stream.count {
                let result = messages([Array(stream[..<first]), Array(stream[first..<second]), Array(stream[second...])])
                #expect(result.messages == sent && result.violation == nil && !result.isInMessage)
            }
        }
    }

    @Test("A message that is not whole is held back")
    func incomplete() {
        let whole = [UInt8].message(0, length: 40)
        let result = messages([whole, Array(whole.dropLast())])
        #expect(result.messages == [whole])
        #expect(result.isInMessage)
    }

    @Test(
        "What can be no message is a violation as soon as it shows, and what was whole before it is delivered",
        arguments: [
            ([0], nil), ([1], .version), ([0, 9], .version), ([0, 11, 0, 16], .version), ([0x0A, 0x00], .version), ([0, 10], nil), ([0, 10, 0], nil),
            ([0, 10, 0, 0], .length), ([0, 10, 0, 15], .length), ([0, 10, 0, 16], nil), ([0x47, 0x45, 0x54, 0x20], .version),
        ] as [([UInt8], MessageFraming.Violation?)])
    func violations(begin: [UInt8], violation: MessageFraming.Violation?) {
        let whole = [UInt8].message(0, length: 40)
        for pieces in [[whole + begin], [whole, begin], [Array(whole.prefix(7)), Array(whole.dropFirst(7)) + begin], [whole] + begin.map { [$0] }] {
            let result = messages(pieces)
            #expect(result.messages == [whole])
            #expect(result.violation == violation, "\(begin)")
        }
    }

    @Test("A message must be whole in its time, though octets come; whole messages in time keep a connection that is never between two of them")
    func times() throws {
        var limits = StreamLimits()
        limits.messageTime = 30
        limits.idleTime = 100
        var progress = StreamProgress(now: 0)
        func take(_ octets: some Collection<UInt8>, at now: Int64) throws {
            try unsafe Array(octets).withUnsafeBytes { try unsafe progress.take($0, now: now) { _ in } }
        }
        #expect(progress.overdue(at: 99, limits) == nil)
        #expect(progress.overdue(at: 100, limits) == .idle)
        try take([0], at: 50)
        for now in stride(from: Int64(60), to: 1000, by: 10) {
            #expect(progress.overdue(at: now, limits) == nil)
            // Always an octet of the next message beside the last one's.
            try take([UInt8].message(1, length: 20).dropFirst() + [0], at: now)
        }
        #expect(progress.heldOctets == 1)
        for now in stride(from: Int64(991), through: 1015, by: 6) {
            try take([UInt8].message(1, length: 20)[1 + Int(now - 991) / 6...1 + Int(now - 991) / 6], at: now)
        }
        #expect(progress.overdue(at: 1019, limits) == nil)
        #expect(progress.overdue(at: 1020, limits) == .stalled)
        try take([UInt8].message(1, length: 20)[6...], at: 1019)
        #expect(progress.heldOctets == 0)
        #expect(progress.overdue(at: 1020, limits) == nil)
        #expect(progress.overdue(at: 1119, limits) == .idle)
    }

    @Test("Random octets never trap, and are soon found out")
    func random() {
        var generator = SystemRandomNumberGenerator()
        var violated = 0
        for _ in 0..<10_000 {
            let pieces = (0..<4).map { _ in (0..<Int.random(in: 0...40, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            }
            if messages(pieces).violation != nil { violated += 1 }
        }
        #expect(violated > 9_000)
    }
}

extension [UInt8] {
    /// An IPFIX message without sets that tells which one it is; what is behind its header is padding.
    static func message(_ number: Int, length: Int) -> [UInt8] {
        [0, 10, UInt8(length >> 8), UInt8(length & 255)] + numbered(number, count: length - 4)
    }
}
