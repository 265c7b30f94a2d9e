import Foundation
import Testing
import Support

/// What a capture of `shared/captures` must count as, by its own witnesses: tshark's records under the rule of the README, and what the pods sent.
struct CaptureExpectation: Sendable, CustomTestStringConvertible {
    /// Whose count is expected, exactly.
    enum Witness: Sendable {
        /// Every record of tshark, in layer-3 bytes.
        case records
        /// Records seen as they entered the bridge (Open vSwitch's IPFIX).
        case ingressRecords
        /// Frames without FCS: 14 octets a packet are not IP (Open vSwitch's NetFlow v5).
        case frames
        /// Packet samples: IP length times the sampling rate.
        case samples
        /// The structural walk of the manifest, where tshark loses samples.
        case walk
        /// tshark's records times this sampling rate.
        case sampled(UInt64)
        /// tshark's records with the reverse direction of each beside it.
        case biflows
    }

    var name: String
    var datagrams: Int
    var witness: Witness
    /// Whether the result equals what the pods sent, too.
    var isExact = false

    var testDescription: String { name }

    static let all = [
        CaptureExpectation(name: "ovs-netflow5", datagrams: 15, witness: .frames, isExact: true),
        CaptureExpectation(name: "ovs-ipfix-bridge", datagrams: 1162, witness: .ingressRecords),
        CaptureExpectation(name: "ovs-ipfix-flow", datagrams: 457, witness: .ingressRecords),
        CaptureExpectation(name: "ovs-ipfix-tunnel", datagrams: 506, witness: .ingressRecords),
        CaptureExpectation(name: "ovs-sflow", datagrams: 137, witness: .samples),
        CaptureExpectation(name: "ovs-sflow-1in1", datagrams: 213, witness: .samples),
        CaptureExpectation(name: "ovs-sflow-tunnel", datagrams: 64, witness: .walk),
        CaptureExpectation(name: "softflowd-v5", datagrams: 9, witness: .records, isExact: true),
        CaptureExpectation(name: "softflowd-v9", datagrams: 19, witness: .records, isExact: true),
        CaptureExpectation(name: "softflowd-ipfix", datagrams: 21, witness: .records, isExact: true),
        CaptureExpectation(name: "softflowd-ipfix-biflow", datagrams: 15, witness: .biflows, isExact: true),
        CaptureExpectation(name: "softflowd-psamp", datagrams: 225, witness: .samples),
        CaptureExpectation(name: "pmacctd-v9", datagrams: 74, witness: .records, isExact: true),
        CaptureExpectation(name: "pmacctd-ipfix-sampled", datagrams: 15, witness: .sampled(10)),
        CaptureExpectation(name: "pmacctd-sflow", datagrams: 175, witness: .samples),
    ]

    /// IPFIX over TCP; `datagrams` are its messages.
    static let overTCP = CaptureExpectation(name: "softflowd-ipfix-tcp", datagrams: 17, witness: .records, isExact: true)

    /// One record of `NAME.tshark.json`.
    private struct Row: Decodable {
        var src: String?
        var dst: String?
        var octets: UInt64?
        var packets: UInt64?
        var dir: Int?
        var rate: UInt64?
        var ipLength: UInt64?
        var reverseOctets: UInt64?

        enum CodingKeys: String, CodingKey {
            case src, dst, octets, packets, dir, rate
            case ipLength = "ip_len"
            case reverseOctets = "rev_octets"
        }
    }

    /// `NAME.pcap` in the manifest, as far as it is read.
    private struct Manifest: Decodable {
        struct SFlow: Decodable {
            var raw_walk: Walk
        }
        struct Walk: Decodable {
            var pairs_top50: [Pair]
            var totals: Totals
        }
        struct Totals: Decodable {
            var ip_octets_est: UInt64
        }
        struct Pair: Decodable {
            var src: String
            var dst: String
            var ip_octets_est: UInt64
        }
        var file: String
        var sflow: SFlow?
    }

    /// Whether `counted` is what the witness says, pair by pair.
    func agrees(with counted: [String: UInt64], _ names: PodNames) throws -> Bool {
        let expected = try bytes(names)
        guard case .walk = witness else { return counted == expected }
        // The walk lists its fifty heaviest pairs, and the total of all.
        return try counted.values.reduce(0, +) == walk().totals.ip_octets_est && expected.allSatisfy { counted[$0.key] ?? 0 >= $0.value }
            && counted.values.reduce(0, +) - expected.values.reduce(0, +) < 1000
    }

    private func walk() throws -> Manifest.Walk {
        let manifest = try SharedFiles.json([Manifest].self, "manifest.json")
        return try #require(manifest.first { $0.file == "\(name).pcap" }?.sflow?.raw_walk)
    }

    /// Layer-3 bytes by pair of labels, as `weir_flow_bytes_total` must say.
    func bytes(_ names: PodNames) throws -> [String: UInt64] {
        var sums: [String: UInt64] = [:]
        if case .walk = witness {
            for pair in try walk().pairs_top50 { sums[names.pair(pair.src, pair.dst), default: 0] += pair.ip_octets_est }
            return sums
        }
        for row in try SharedFiles.json([Row].self, "\(name).tshark.json") {
            guard let src = row.src, let dst = row.dst else { continue }
            let octets = row.octets ?? 0
            let amount: UInt64 =
                switch witness {
                case .records, .biflows, .walk: octets
                case .ingressRecords: row.dir == 1 ? 0 : octets
                case .frames: octets - 14 * (row.packets ?? 0)
                case .samples: (row.ipLength ?? 0) * (row.rate ?? 1)
                case .sampled(let rate): octets * rate
                }
            sums[names.pair(src, dst), default: 0] += amount
            if case .biflows = witness, let reverse = row.reverseOctets, reverse > 0 { sums[names.pair(dst, src), default: 0] += reverse }
        }
        if name == "ovs-ipfix-flow" {
            // The README: the records of domain 200, whose template only domain 100 was sent; tshark skips them.
            sums[names.pair("10.129.2.10", "10.129.2.6"), default: 0] += 60 + 64_000
        }
        return sums.filter { $0.value > 0 }
    }
}

/// Who the addresses of `pods.json` are, read on its own here so that Weir's reading has a witness.
struct PodNames: Sendable {
    private struct List: Decodable {
        struct Item: Decodable {
            struct Metadata: Decodable {
                var name: String
                var namespace: String
            }
            struct Spec: Decodable {
                var nodeName: String
                var hostNetwork: Bool?
            }
            struct Status: Decodable {
                struct IP: Decodable {
                    var ip: String
                }
                var podIPs: [IP]
            }
            var metadata: Metadata
            var spec: Spec
            var status: Status
        }
        var items: [Item]
    }

    private var names: [String: String] = [:]

    init() throws {
        for pod in try SharedFiles.json(List.self, "pods.json").items {
            for address in pod.status.podIPs {
                names[address.ip] =
                    pod.spec.hostNetwork == true ? "reserved:host/\(pod.spec.nodeName)" : "\(pod.metadata.namespace)/\(pod.metadata.name)"
            }
        }
    }

    func pair(_ source: String, _ destination: String) -> String {
        "\(names[source] ?? "reserved:world/") > \(names[destination] ?? "reserved:world/")"
    }

    /// What the pods sent, by pair of labels.
    func bytes(_ truth: Truth) -> [String: UInt64] {
        truth.pairs.reduce(into: [:]) { $0[pair($1.src, $1.dst), default: 0] += $1.l3Bytes }
    }
}
