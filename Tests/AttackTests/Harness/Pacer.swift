import Foundation

/// Holds a loop to a rate.
struct Pacer {
    private let began = ContinuousClock.now
    private let rate: Double
    private var steps = 0

    /// At most so many steps a second.
    init(rate: Double) {
        self.rate = rate
    }

    /// Seconds since it began.
    var elapsed: Double { (ContinuousClock.now - began) / .seconds(1) }

    /// Waits until the next step is due.
    mutating func wait() {
        steps += 1
        let ahead = Double(steps) / rate - elapsed
        if ahead > 0.002 { Thread.sleep(forTimeInterval: ahead) }
    }
}
