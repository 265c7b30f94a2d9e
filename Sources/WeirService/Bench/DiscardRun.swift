import Collector
import Foundation
import Synchronization

/// `weir bench discard`: the floor that every collector stands on.
package enum DiscardRun {
    /// Receives and discards until SIGINT or SIGTERM, then prints what came as one line of JSON.
    package static func run(listen: String, receiveBuffer: Int) throws {
        let signals = SignalWaiter([SIGINT, SIGTERM])
        let discarder = try DatagramDiscarder(listen: listen, receiveBuffer: receiveBuffer)
        StandardOutput.write(Array("listening \(discarder.address)\n".utf8))
        let isStopped = Flag()
        Thread.detachNewThread {
            _ = signals.wait()
            isStopped.raise()
        }
        let totals = try discarder.run { isStopped.isRaised }
        StandardOutput.write(Array("{\"datagrams\":\(totals.datagrams),\"bytes\":\(totals.bytes),\"drops\":\(totals.drops)}\n".utf8))
    }
}

/// Raised once, from any thread.
private final class Flag: Sendable {
    private let value = Atomic(false)
    var isRaised: Bool { value.load(ordering: .relaxed) }
    func raise() { value.store(true, ordering: .relaxed) }
}
