import Foundation

/// How much the tests of this target do; more by `make soak`, or by hand.
enum Scale {
    /// `WEIR_ATTACK_SCALE`: how many times as much is sent in each attack as in `make test`.
    static let attack = max(1, number("WEIR_ATTACK_SCALE") ?? 1)
    /// `WEIR_MUTATIONS`: mutated datagrams that are sent.
    static let mutations = max(1000, number("WEIR_MUTATIONS") ?? 1_000_000)
    /// `WEIR_SOAK_SECONDS`: how long the soak lasts.
    static let soak = Double(max(20, number("WEIR_SOAK_SECONDS") ?? 45))
    /// `WEIR_KILLS`: how often a weir under load is killed.
    static let kills = max(5, number("WEIR_KILLS") ?? 20)

    private static func number(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }
}
