import Dispatch
import Foundation
import Synchronization

/// The thread of the totals' owner: a beat a second, and what shards demand in between.
final class OwnerThread: Sendable {
    private let isStopping = Atomic(false)
    private let demand: TakeOverDemand
    private let ended = DispatchSemaphore(value: 0)

    init(_ demand: TakeOverDemand) {
        self.demand = demand
    }

    func start(onDemand takeOver: @escaping @Sendable () -> Void, everySecond body: @escaping @Sendable (_ beat: Int) -> Void) {
        let thread = Thread { [self] in
            var beat = 0
            var next = DispatchTime.now() + 1
            while true {
                demand.wait(until: next)
                if isStopping.load(ordering: .relaxed) { break }
                if DispatchTime.now() >= next {
                    beat += 1
                    body(beat)
                    // A beat that took long, or a machine that slept, is not made up for.
                    next = max(next, .now()) + 1
                } else if demand.isDue {
                    takeOver()
                }
            }
            ended.signal()
        }
        thread.name = "weir-owner"
        thread.start()
    }

    func stop() {
        isStopping.store(true, ordering: .relaxed)
        demand.wake()
        ended.wait()
    }
}

/// A thread with a beat a second.
final class BeatThread: Sendable {
    private let name: String
    private let isStopping = Atomic(false)
    private let hasStarted = Atomic(false)
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    init(name: String) {
        self.name = name
    }

    func start(_ body: @escaping @Sendable (_ beat: Int) -> Void) {
        hasStarted.store(true, ordering: .relaxed)
        let thread = Thread { [self] in
            var beat = 0
            var next = DispatchTime.now() + 1
            while true {
                _ = wake.wait(timeout: next)
                if isStopping.load(ordering: .relaxed) { break }
                beat += 1
                body(beat)
                // A beat that took long, or a machine that slept, is not made up for.
                next = max(next, .now()) + 1
            }
            ended.signal()
        }
        thread.name = name
        thread.start()
    }

    /// Ends it, after the beat that it is at.
    func stop() {
        guard hasStarted.load(ordering: .relaxed) else { return }
        isStopping.store(true, ordering: .relaxed)
        wake.signal()
        ended.wait()
    }
}
