import Dispatch
import Foundation
import Synchronization

/// A thread with a beat a second, and what is demanded in between.
final class BeatThread: Sendable {
    private let name: String
    private let isStopping = Atomic(false)
    private let demand: TakeOverDemand
    private let ended = DispatchSemaphore(value: 0)

    init(name: String, _ demand: TakeOverDemand = TakeOverDemand()) {
        self.name = name
        self.demand = demand
    }

    func start(onDemand takeOver: @escaping @Sendable () -> Void = {}, everySecond body: @escaping @Sendable (_ beat: Int) -> Void) {
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
        thread.name = name
        thread.start()
    }

    func stop() {
        isStopping.store(true, ordering: .relaxed)
        demand.wake()
        ended.wait()
    }
}
