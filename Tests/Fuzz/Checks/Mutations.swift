import Exporters
import FlowModel
import FlowProtocols
import Foundation

/// Real datagrams with some of their octets changed, in large numbers: `mutations COUNT SEED FOLDER…` decodes the seeds in the folders over and over.
///
/// libFuzzer looks for new ways through the decoders; this looks at many neighbours of the ways that real exporters take.
struct Mutations {
    private var generator: SplitMix64
    private let sessions: [[[UInt8]]]
    private var decoded = 0
    private var records = 0
    private var refused = 0

    /// Does what the arguments say, and prints how many datagrams were decoded.
    static func run(_ arguments: ArraySlice<String>) throws {
        let numbers = arguments.prefix(2).compactMap { UInt64($0) }
        guard numbers.count == 2, arguments.count > 2 else {
            throw CocoaError(.fileReadUnknown, userInfo: [NSLocalizedDescriptionKey: "mutations COUNT SEED FOLDER…"])
        }
        var files: [URL] = []
        for folder in arguments.dropFirst(2) {
            files += try FileManager.default.contentsOfDirectory(at: URL(filePath: folder), includingPropertiesForKeys: nil)
        }
        let sessions = try files.sorted { $0.path < $1.path }.map { file in
            let octets = [UInt8](try Data(contentsOf: file))
            return unsafe octets.withUnsafeBytes { unsafe Input($0.baseAddress, $0.count).parts }.map { Array($0) }.filter { $0.count >= 4 }
        }
        var mutations = Mutations(generator: SplitMix64(seed: numbers[1]), sessions: sessions.filter { !$0.isEmpty })
        guard !mutations.sessions.isEmpty else { throw CocoaError(.fileReadCorruptFile) }
        while mutations.decoded < numbers[0] { mutations.decodeOne() }
        print("\(mutations.decoded) datagrams, \(mutations.records) records, \(mutations.refused) refused")
    }

    /// A session whose datagrams come as they are, and then eight times over, each time with other changes.
    private mutating func decodeOne() {
        let datagrams = sessions[Int(generator.next() % UInt64(sessions.count))]
        var decoder = SessionDecoder(limits: SessionCheck.limits)
        var exporter = ExporterSession(
            address: IPAddress(v4: 0x7F00_0001), sourcePort: 40000, localPort: 2055, configuration: nil, defaultSamplingRate: 1)
        var batch = FlowBatch()
        var now = Timestamp(seconds: 1_800_000_000)
        for round in 0..<9 {
            for datagram in datagrams {
                let octets = round == 0 ? datagram : mutated(datagram)
                batch.removeAll()
                let waiting = decoder.keptBytes
                let summary = unsafe withExactOctets(octets) { unsafe decoder.decode($0, receivedAt: now, into: &batch) }
                batch.holdsTogether(decodedFrom: octets.count + waiting, records: summary.records)
                exporter.normalise(&batch, summary: summary, receivedAt: now)
                batch.isCounted(at: now)
                SessionCheck.holdsLittle(decoder)
                decoded += 1
                records += summary.records
                refused += summary.errors.isEmpty ? 0 : 1
            }
            now = now.advanced(by: 1_000_000_000)
        }
        SessionCheck.isWithinLimits(decoder)
        SessionCheck.isWithinLimits(exporter)
    }

    /// One to eight changes: a bit, an octet, a number of two octets at the edge of its range, or a cut; never of the version.
    private mutating func mutated(_ datagram: [UInt8]) -> [UInt8] {
        var octets = datagram
        for _ in 0...(generator.next() & 7) {
            guard octets.count > 6 else { break }
            let place = 4 + Int(generator.next() % UInt64(octets.count - 5))
            switch generator.next() & 7 {
            case 0...2: octets[place] ^= 1 << (generator.next() & 7)
            case 3...4: octets[place] = UInt8(truncatingIfNeeded: generator.next())
            case 5: (octets[place], octets[place + 1]) = (0xFF, 0xFF)
            case 6: (octets[place], octets[place + 1]) = (0, UInt8(generator.next() & 7))
            default: octets.removeSubrange(place...)
            }
        }
        return octets
    }
}
