/// What `weir bench load` sent.
struct Load: Decodable, Sendable {
    var datagrams: Int
    var records: Int
    var packets: Double
    var bytes: Double
    var seconds: Double
    /// Records a second that it reached.
    var rate: Double

    /// Sends records to a port of loopback.
    ///
    /// - Parameters:
    ///   - rate: records a second; 0: as fast as it can be done.
    ///   - sources: exporters, each at a port of its own.
    ///   - addresses: pods that have traffic.
    static func send(
        _ bench: Bench, to port: Int, _ exportProtocol: BenchedProtocol, records: Int, rate: Double, sources: Int = 1, seed: Int = 1,
        addresses: Int = 1000
    ) async throws -> Load {
        try await bench.run(
            Load.self,
            [
                "load", "--to", "127.0.0.1:\(port)", "--protocol", exportProtocol.rawValue, "--records", "\(records)", "--rate", "\(rate)",
                "--sources", "\(sources)", "--seed", "\(seed)", "--addresses", "\(addresses)",
            ],
            within: 60)
    }
}
