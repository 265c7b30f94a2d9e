import FlowModel
import Foundation

/// How much flows in each conversation, tick by tick of 15 s: a day's rhythm, what wanders, noise and bursts. The same numbers for the same seed and start.
package struct TrafficModel: Sendable {
    /// What flowed in a tick.
    package struct Amounts: Sendable {
        package var requestBytes: Double
        package var replyBytes: Double
    }

    /// Seconds of a tick.
    package static let tickSeconds: Int64 = 15
    /// What wanders: its half-life is some ten minutes.
    private static let memory = 0.98
    private static let wander = 0.05
    private static let noise = 0.06
    /// One tick in so many begins a burst of some ticks.
    private static let burstInterval = 600.0

    package let conversations: [Conversation]
    /// The tick that comes next.
    package private(set) var tick: Int64
    private var random: SplitMix64
    private var wandering: [Double]
    private var bursts: [(left: Int, factor: Double)]

    /// - Parameter tick: the first one, since 1970.
    init(_ conversations: [Conversation], seed: UInt64, from tick: Int64) {
        self.conversations = conversations
        self.tick = tick
        random = SplitMix64(seed: seed ^ 0x7AFF_1C00)
        wandering = [Double](repeating: 0, count: conversations.count)
        bursts = [(Int, Double)](repeating: (0, 1), count: conversations.count)
    }

    /// The next tick's amounts, by conversation.
    package mutating func next() -> [Amounts] {
        let seconds = Double(Self.tickSeconds)
        let found = conversations.indices.map { index in
            let conversation = conversations[index]
            wandering[index] = Self.memory * wandering[index] + Self.wander * (1 - Self.memory * Self.memory).squareRoot() * random.gaussian()
            let factor = level(conversation.rhythm) * burst(index) * exp(wandering[index])
            return Amounts(
                requestBytes: conversation.request * seconds * factor * exp(Self.noise * random.gaussian()),
                replyBytes: conversation.reply * seconds * factor * exp(Self.noise * random.gaussian()))
        }
        tick += 1
        return found
    }

    private func level(_ rhythm: Conversation.Rhythm) -> Double {
        switch rhythm {
        case .steady: return 1
        case .day(let swing):
            // Highest at three in the afternoon, lowest at three in the night.
            let time = Double(tick % 5760) / 5760
            return 1 + swing * sin(2 * .pi * (time - 0.375))
        case .job(let minute):
            let within = (tick / 4 - Int64(minute)) % 15
            return within < 2 && within >= 0 ? 1 : 0
        }
    }

    /// A burst now and then, of up to half as much again.
    private mutating func burst(_ index: Int) -> Double {
        if bursts[index].left == 0, random.uniform() < 1 / Self.burstInterval {
            bursts[index] = (1 + random.below(4), 1.15 + 0.35 * random.uniform())
        }
        guard bursts[index].left > 0 else { return 1 }
        bursts[index].left -= 1
        return bursts[index].factor
    }
}
