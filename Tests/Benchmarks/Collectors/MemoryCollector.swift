import Foundation
import Support

/// nfacctd or sfacctd with the memory plugin, aggregating by source and destination host.
struct MemoryCollector: CollectorUnderTest {
    let process: ChildProcess
    let port: Int
    private let pipe: String

    init(_ bench: Bench, _ exportProtocol: BenchedProtocol) async throws {
        let program = exportProtocol == .sflow ? "sfacctd" : "nfacctd"
        let port = try UDPPorts.free()
        let pipe = bench.path("memory-\(port)")
        self.port = port
        self.pipe = pipe
        // Buffers as its documentation advises for much traffic: with its defaults it costs half as much again and loses some of what it takes.
        let configuration = """
            daemonize: false
            plugins: memory
            aggregate: src_host, dst_host
            \(program)_ip: 127.0.0.1
            \(program)_port: \(port)
            \(program)_pipe_size: \(4 << 20)
            imt_path: \(pipe)
            imt_mem_pools_number: 1024
            imt_mem_pools_size: 65536
            plugin_buffer_size: 65536
            plugin_pipe_size: 67108864
            \(exportProtocol == .sflow ? "sfacctd_renormalize: true" : "")

            """
        let file = bench.path("\(program)-\(port).conf")
        try Data(configuration.utf8).write(to: URL(filePath: file))
        let process = try Children.start(program, ["-f", file])
        self.process = process
        try await waitUntil("\(program) listens", within: 5) {
            guard ProcessTree.isAlive(process.id) else { throw BenchFailure("\(program) ended: \(process.standardError.suffix(300))") }
            return UDPPorts.sockets(at: port).count > 0 && FileManager.default.fileExists(atPath: pipe)
        }
    }

    /// Judges by the packets in its table, which the load knows exactly.
    ///
    /// It hands over buffers of 64 KiB, so that the last of them, some hundreds of records, is not in the table yet.
    func received(of load: Load) async throws -> Double {
        let ended = try await Children.run("pmacct", ["-s", "-p", pipe, "-O", "csv"], within: 30)
        guard ended.status == 0 else { throw BenchFailure("pmacct: \(ended.errors.suffix(300))") }
        let packets = ended.output.split(separator: "\n").dropFirst().reduce(0.0) { sum, line in
            let fields = line.split(separator: ",")
            return sum + (fields.count > 3 ? Double(fields[2]) ?? 0 : 0)
        }
        return Double(load.records) * packets / load.packets
    }
}
