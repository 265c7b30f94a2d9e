import Support
import Testing

@Suite struct KillTests {
    /// Weirs that are killed at the same time.
    private static let lines = 5

    @Test("After kill -9 at any moment the state is whole, and the first datagram decodes and counts at the rate that was kept")
    func kills() async throws {
        let ends: [KilledWeir.End] = [.whileStopping, .anywhere, .whileWriting, .whileStopping]
        let each = (Scale.kills + Self.lines - 1) / Self.lines
        let inWrites = try await withThrowingTaskGroup(of: Int.self) { group in
            for line in 0..<Self.lines {
                group.addTask {
                    var weir = try await KilledWeir(number: line)
                    var inWrites = 0
                    for life in 0..<each where try await weir.live(until: ends[life % ends.count]) { inWrites += 1 }
                    // What the last has left is whole, too.
                    try await weir.check()
                    return inWrites
                }
            }
            return try await group.reduce(0, +)
        }
        print(
            "attack | kill -9: under load, a state file of 100 sessions being rewritten | \(each * Self.lines) | state always whole, each session's first datagram decoded and counted exactly at the kept rate; \(inWrites) kills fell into a write | –"
        )
    }
}
