import HTTPClient
import Support
import Synchronization

/// What an exchange was told, in order.
final class Recorder: Sendable {
    struct Record: Sendable {
        var heads: [HTTPResponseHead] = []
        var octets: [UInt8] = []
        var ends: [HTTPFailure?] = []
        /// Something came where nothing of its kind may.
        var isDisordered = false

        var status: Int? { heads.first?.status }
        var text: String { String(decoding: octets, as: UTF8.self) }
        var failure: HTTPFailure? { ends.first ?? nil }
    }

    private let record = Mutex(Record())

    var now: Record { record.withLock { $0 } }

    func take(_ event: HTTPEvent) {
        record.withLock { record in
            if !record.ends.isEmpty { record.isDisordered = true }
            switch event {
            case .head(let head):
                if !record.heads.isEmpty || !record.octets.isEmpty { record.isDisordered = true }
                record.heads.append(head)
            case .octets(let octets):
                if record.heads.isEmpty || octets.isEmpty { record.isDisordered = true }
                record.octets += octets
            case .end(let failure): record.ends.append(failure)
            }
        }
    }

    /// What came until the end; throws where there is none in time, or things came out of order.
    func ended() async throws -> Record {
        try await waitUntil("the exchange ends") { !now.ends.isEmpty }
        let record = now
        guard !record.isDisordered, record.ends.count == 1 else { throw DeadlinePassed(description: "out of order: \(record)") }
        return record
    }
}

extension HTTPTransport {
    /// Starts an exchange that is recorded.
    func begin(_ request: ClientRequest) -> (exchange: HTTPExchange, recorder: Recorder) {
        let recorder = Recorder()
        return (start(request, recorder.take), recorder)
    }

    /// Runs an exchange to its end.
    func fetch(_ request: ClientRequest) async throws -> Recorder.Record {
        try await begin(request).recorder.ended()
    }

    /// Runs an exchange with the defaults to its end.
    func fetch(_ url: String) async throws -> Recorder.Record {
        try await fetch(ClientRequest(url: url))
    }
}
