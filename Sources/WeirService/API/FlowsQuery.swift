import FlowModel
import HTTPServer
import Identity
import Windows

/// `/api/v1/flows?from=&to=&namespace=&pod=&address=&limit=`: the heaviest flows of the last hour, raw addresses included.
struct FlowsQuery {
    private enum Outcome {
        case query(Query)
        case mistake(String)
    }

    private struct Query {
        var from: Timestamp
        var to: Timestamp
        var limit: Int
        var namespace: String?
        var pod: String?
        var address: IPAddress?
    }

    /// A flow in the answer.
    private struct Answer: Encodable {
        struct End: Encodable {
            var namespace: String
            var pod: String
            var address: String
            var port: UInt16
            /// By the names that follow `source_` and `destination_` in metrics; absent where no more labels are turned on.
            var labels: [String: String]?

            init(_ end: EndpointLabels, _ address: IPAddress, _ port: UInt16, _ names: [String]) {
                namespace = end.namespace
                pod = end.pod
                self.address = address.description
                self.port = port
                if !names.isEmpty { labels = Dictionary(zip(names, end.more)) { first, _ in first } }
            }
        }

        var source: End
        var destination: End
        var `protocol`: UInt8
        var bytes: UInt64
        var packets: UInt64
        var start: Double
        var end: Double
        var tcpFlags: UInt16
        var typeOfService: UInt8
        var exporter: String
        var exportProtocol: String

        init(_ named: HeaviestFlows.NamedFlow, labels names: [String]) {
            let flow = named.flow
            source = End(named.source, flow.source, flow.sourcePort, names)
            destination = End(named.destination, flow.destination, flow.destinationPort, names)
            `protocol` = flow.protocolNumber
            bytes = flow.bytes
            packets = flow.packets
            start = flow.start.seconds
            end = flow.end.seconds
            tcpFlags = flow.tcpFlags.rawValue
            typeOfService = flow.typeOfService
            exporter = flow.exporter.description
            exportProtocol = flow.exportProtocol.label
        }
    }

    private let outcome: Outcome

    /// Reads the query. Times are RFC 3339 or seconds since 1970; without them it is the last hour.
    init(_ request: HTTPRequest, now: Timestamp) {
        var query = Query(from: now.advanced(by: -3_600_000_000_000), to: now, limit: 1000)
        var mistake: String?
        for item in request.query {
            switch item.name {
            case "from", "to":
                guard let time = QueryTime.read(item.value) else {
                    mistake = "\(item.name)=\(item.value): expected RFC 3339 or seconds since 1970"
                    continue
                }
                if item.name == "from" { query.from = time } else { query.to = time }
            case "limit":
                guard let limit = Int(item.value), (1...60_000).contains(limit) else {
                    mistake = "limit=\(item.value): expected a number from 1 to 60000"
                    continue
                }
                query.limit = limit
            case "namespace": query.namespace = item.value
            case "pod": query.pod = item.value
            case "address":
                guard let address = IPAddress(item.value) else {
                    mistake = "address=\(item.value): expected an IPv4 or IPv6 address"
                    continue
                }
                query.address = address
            default: mistake = "\(item.name): unknown; expected from, to, namespace, pod, address or limit"
            }
        }
        if mistake == nil, query.from > query.to { mistake = "from is later than to" }
        outcome = mistake.map(Outcome.mistake) ?? .query(query)
    }

    /// The answer, over what has been counted until now. `names`: of the labels that ends have beside namespace and pod.
    func answer(_ totals: Totals, labels names: [String]) -> HTTPResponse {
        switch outcome {
        case .mistake(let text): return .json(ErrorEnvelope(errorType: "bad_data", error: text).encoded, status: 400)
        case .query(let query):
            totals.takeOver(now: WallClock.now, monotonic: WallClock.monotonic)
            let flows = totals.heaviestFlows(from: query.from, to: query.to, limit: query.limit) { named in
                if let namespace = query.namespace, named.source.namespace != namespace, named.destination.namespace != namespace { return false }
                if let pod = query.pod, named.source.pod != pod, named.destination.pod != pod { return false }
                if let address = query.address, named.flow.source != address, named.flow.destination != address { return false }
                return true
            }
            guard let body = try? Envelope(data: flows.map { Answer($0, labels: names) }).encoded() else {
                return .json(ErrorEnvelope(errorType: "internal", error: "the answer could not be written").encoded, status: 500)
            }
            return .json(body)
        }
    }
}
