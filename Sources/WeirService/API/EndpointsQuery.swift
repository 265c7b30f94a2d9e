import FlowModel
import HTTPServer
import Identity

/// `/api/v1/endpoints?address=&at=&port=&protocol=`: who owned an address then; `/api/v1/endpoints?namespace=&pod=&node=&limit=`: who owns which now.
struct EndpointsQuery {
    private enum Outcome {
        case address(Address)
        case list(Filter)
        case mistake(String)
    }

    private struct Address {
        var address: IPAddress
        var place: TransportAddress?
        /// nil: now.
        var at: Timestamp?
    }

    private struct Filter {
        var namespace: String?
        var pod: String?
        var node: String?
        var limit = 100
    }

    private static let longestList = 10_000

    private let outcome: Outcome

    /// Reads the query.
    init(_ request: HTTPRequest) {
        do throws(Mistake) {
            outcome = try Self.read(request.query)
        } catch {
            outcome = .mistake(error.text)
        }
    }

    /// The answer, of what is known at `now`.
    func answer(_ endpoints: KnownEndpoints, now: Timestamp) -> HTTPResponse {
        switch outcome {
        case .mistake(let text): return .json(ErrorEnvelope(errorType: "bad_data", error: text).encoded, status: 400)
        case .address(let query): return Self.answer(endpoints.answer(query.address, query.place, at: query.at ?? now, isNow: query.at == nil))
        case .list(let filter):
            return Self.answer(
                endpoints.list(limit: filter.limit, now: now) { end, node in
                    (filter.namespace ?? end.namespace) == end.namespace && (filter.pod ?? end.pod) == end.pod && (filter.node ?? node) == node
                })
        }
    }

    private static func answer(_ content: some Encodable) -> HTTPResponse {
        guard let body = try? Envelope(data: content).encoded() else {
            return .json(ErrorEnvelope(errorType: "internal", error: "the answer could not be written").encoded, status: 500)
        }
        return .json(body)
    }

    // MARK: Reading

    private struct Mistake: Error {
        var text: String
    }

    private static func read(_ query: [HTTPRequest.Field]) throws(Mistake) -> Outcome {
        var address: IPAddress?
        var at: Timestamp?
        var port: UInt16?
        var protocolNumber: UInt8?
        var filter = Filter()
        var isFiltered = false
        for item in query {
            switch item.name {
            case "address":
                guard let value = IPAddress(item.value), !value.isUnspecified else { throw mistake(item, "an IPv4 or IPv6 address") }
                address = value
            case "at":
                guard let value = QueryTime.read(item.value), value != .unknown else { throw mistake(item, "RFC 3339 or seconds since 1970") }
                at = value
            case "port":
                guard let value = UInt16(item.value), value > 0 else { throw mistake(item, "a number from 1 to 65535") }
                port = value
            case "protocol":
                guard let value = protocols[item.value.lowercased()] ?? UInt8(item.value) else {
                    throw mistake(item, "tcp, udp, sctp, or a protocol's number")
                }
                protocolNumber = value
            case "limit":
                guard let value = Int(item.value), (1...longestList).contains(value) else { throw mistake(item, "a number from 1 to \(longestList)") }
                (filter.limit, isFiltered) = (value, true)
            case "namespace": (filter.namespace, isFiltered) = (item.value, true)
            case "pod": (filter.pod, isFiltered) = (item.value, true)
            case "node": (filter.node, isFiltered) = (item.value, true)
            default:
                throw Mistake(text: "\(item.name): unknown; expected address with at, port and protocol, or namespace, pod, node and limit")
            }
        }
        guard let address else {
            if at != nil || port != nil || protocolNumber != nil { throw Mistake(text: "at, port and protocol are of an address, which is missing") }
            return .list(filter)
        }
        if isFiltered { throw Mistake(text: "address: does not go with namespace, pod, node or limit") }
        if protocolNumber != nil, port == nil { throw Mistake(text: "protocol is of a port, which is missing") }
        let place = port.map { TransportAddress(address: address, port: $0, protocolNumber: protocolNumber ?? 6) }
        return .address(Address(address: address, place: place, at: at))
    }

    private static let protocols: [String: UInt8] = ["tcp": 6, "udp": 17, "sctp": 132]

    private static func mistake(_ item: HTTPRequest.Field, _ expected: String) -> Mistake {
        Mistake(text: "\(item.name)=\(item.value): expected \(expected)")
    }
}
