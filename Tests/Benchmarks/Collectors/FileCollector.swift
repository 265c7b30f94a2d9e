import Foundation
import Support

/// nfcapd or sfcapd, writing what it receives into files on the tmpfs.
struct FileCollector: CollectorUnderTest {
    let process: ChildProcess
    let port: Int
    private let folder: URL

    init(_ bench: Bench, _ exportProtocol: BenchedProtocol) async throws {
        let port = try UDPPorts.free()
        let folder = bench.folder.appending(path: "flows-\(port)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // As large a buffer as it gets: it doesn't ask for one by itself. One file, turned never within the measurement.
        let process = try Children.start(
            exportProtocol == .sflow ? "sfcapd" : "nfcapd",
            ["-b", "127.0.0.1", "-p", "\(port)", "-w", folder.path, "-B", "\(4 << 20)", "-t", "3600"])
        self.port = port
        self.folder = folder
        self.process = process
        try await waitUntil("\(exportProtocol == .sflow ? "sfcapd" : "nfcapd") listens", within: 5) {
            guard ProcessTree.isAlive(process.id) else { throw BenchFailure("it ended: \(process.standardError.suffix(300))") }
            return UDPPorts.sockets(at: port).count > 0
        }
    }

    /// Counts the records in its files, which it closes at its end.
    func received(of load: Load) async throws -> Double {
        await Children.end(process, within: 20)
        defer { try? FileManager.default.removeItem(at: folder) }
        let ended = try await Children.run("nfdump", ["-I", "-R", folder.path], within: 60)
        guard let flows = ended.output.firstMatch(of: /Flows: ([0-9]+)/).flatMap({ Double($0.1) }) else {
            throw BenchFailure("nfdump cannot read the files: \(ended.errors.suffix(300))")
        }
        return flows
    }
}
