import Exporters
import FlowModel
import FlowProtocols
import Foundation
import PacketCapture

/// Makes fuzz inputs of captures: `seeds FOLDER OCTETS CAPTURE…` writes them, each of at most so many octets, into a folder for each target.
struct Seeds {
    private let folder: URL
    private let limit: Int
    private var inputs: [String: Set<[UInt8]>] = [:]

    /// Does what the arguments say.
    static func run(_ arguments: ArraySlice<String>) throws {
        guard let path = arguments.first, let limit = arguments.dropFirst().first.flatMap({ Int($0) }) else {
            throw CocoaError(.fileReadUnknown, userInfo: [NSLocalizedDescriptionKey: "seeds FOLDER OCTETS CAPTURE…"])
        }
        var seeds = Seeds(folder: URL(filePath: path), limit: limit)
        for capture in arguments.dropFirst(2) { try seeds.take(capture) }
        try seeds.write()
    }

    private init(folder: URL, limit: Int) {
        self.folder = folder
        self.limit = limit
    }

    private mutating func take(_ path: String) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        try takePackets(bytes)
        var sessions: [String: SeedSession] = [:]
        var reader = ExportDatagramReader(try CaptureReader(bytes: bytes, name: path))
        while let datagram = try reader.next() {
            guard let target = Self.target(of: datagram.payload) else { continue }
            let input = sessions["\(datagram.source) \(datagram.sourcePort) \(target)", default: SeedSession(datagram)].input(of: datagram)
            add(input, to: target)
            if target == "sflow" {
                for header in SampledHeader.all(in: datagram.payload) { add(header.input, to: "packets") }
            }
        }
        for session in sessions.values {
            if let state = try session.state() { add(state, to: "state") }
        }
    }

    /// The file's first packets, as they are, in the other format, and in fragments.
    private mutating func takePackets(_ bytes: [UInt8]) throws {
        var reader = try CaptureReader(bytes: bytes, name: "seed")
        var packets: [[UInt8]] = []
        var linkType = LinkType.ethernet
        var octets = 0
        while packets.count < 6, let packet = try reader.next(), octets + packet.bytes.count < limit - 400 {
            linkType = packet.linkType
            octets += packet.bytes.count
            packets.append(Array(packet.bytes))
            add(SampledHeader(frame: packet.bytes, isEthernet: linkType == .ethernet).input, to: "packets")
        }
        guard !packets.isEmpty else { return }
        var writer = CaptureWriter(linkType: linkType)
        for packet in packets { writer.append(packet, at: Timestamp(seconds: 1_800_000_000)) }
        add(writer.bytes, to: "captures")
        add(NextGenerationFile.bytes(packets, linkType: linkType), to: "captures")
        if linkType == .ethernet, let first = packets.first(where: { $0.count > 80 }) {
            var writer = CaptureWriter(linkType: linkType)
            for fragment in Fragments.of(first) { writer.append(fragment, at: Timestamp(seconds: 1_800_000_000)) }
            add(writer.bytes, to: "captures")
        }
    }

    private mutating func add(_ input: [UInt8], to target: String) {
        if input.count <= limit { inputs[target, default: []].insert(input) }
    }

    private func write() throws {
        for (target, inputs) in inputs {
            let folder = folder.appending(path: target)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for (number, input) in inputs.sorted(by: { $0.lexicographicallyPrecedes($1) }).enumerated() {
                try Data(input).write(to: folder.appending(path: "seed-\(number)"))
            }
        }
    }

    private static func target(of payload: [UInt8]) -> String? {
        switch payload.prefix(4) {
        case [0, 0, 0, 5]: "sflow"
        case let start where start.starts(with: [0, 5]): "netflow5"
        case let start where start.starts(with: [0, 9]): "netflow9"
        case let start where start.starts(with: [0, 10]): "ipfix"
        default: nil
        }
    }
}
