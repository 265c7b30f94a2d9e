import FlowModel
import Identity
import Synchronization
import Windows

/// The one owner of `Windows`: takes over what the shards have kept for it, closes ticks, and answers for evidence.
final class RecentPast: Sendable {
    private struct State: Sendable {
        var windows: Windows
        /// What each shard keeps into next; empty.
        var spares: [BookingBuffer] = []
    }

    private let state: Mutex<State>
    private let registry: EndpointRegistry
    private let seed: UInt64

    init(limits: Windows.Limits, labels: LabelsConfiguration, registry: EndpointRegistry, seed: UInt64, start: Timestamp, wholeSince: Timestamp?) {
        self.registry = registry
        self.seed = seed
        state = Mutex(
            State(windows: Windows(limits: limits, appPlace: labels.endNames.firstIndex(of: "app"), seed: seed, start: start, wholeSince: wholeSince))
        )
    }

    /// Takes over what the shards have kept. A shard waits for a swap only.
    func takeOver(_ shards: [Shard], _ identity: IdentitySnapshot, now: Timestamp) {
        state.withLock { state in
            while state.spares.count < shards.count { state.spares.append(BookingBuffer(seed: seed)) }
            for (place, shard) in shards.enumerated() {
                shard.state.withLock { shard in
                    guard var kept = shard.bookings else { return }
                    shard.bookings = nil
                    swap(&kept, &state.spares[place])
                    shard.bookings = kept
                }
                state.windows.book(&state.spares[place], registry, identity, now: now)
                state.spares[place].removeAll()
            }
        }
    }

    /// Takes up which exporters were heard, and of which much is missing.
    func note(heard: [ExporterNumber], lost: [ExporterNumber], now: Timestamp) {
        state.withLock { state in
            state.windows.heard(heard, now: now)
            for exporter in lost { state.windows.lost(exporter, now: now) }
        }
    }

    /// Notes what else the exporters tell of.
    func note(_ signals: ClosedTick.Signals) {
        state.withLock { $0.windows.note(signals) }
    }

    /// Takes out what is said of endpoints that are gone.
    func forget(_ endpoints: Set<EndpointNumber>) {
        state.withLock { $0.windows.forget(endpoints) }
    }

    /// The ticks that can be judged now.
    func close(_ identity: IdentitySnapshot, now: Timestamp, isLast: Bool = false) -> [ClosedTick] {
        state.withLock { $0.windows.close(registry, identity, now: now, isLast: isLast) }
    }

    /// What was not kept, how many pairs of workloads there are, and how long after its end a tick is judged, nanoseconds.
    func status(now: Timestamp) -> (tallies: Windows.Tallies, series: Int, delay: Int64) {
        state.withLock { ($0.windows.tallies, $0.windows.seriesCount, $0.windows.delay(now: now)) }
    }

    /// What pods of these workloads said, most bytes first.
    func talks(between pairs: [WorkloadPair], upTo tick: Int64, limit: Int) -> [Windows.Talk] {
        state.withLock { $0.windows.talks(between: pairs, upTo: tick, limit: limit) }
    }

    /// What an endpoint said, most bytes first.
    func talks(of source: EndpointNumber, upTo tick: Int64, limit: Int) -> [Windows.Talk] {
        state.withLock { $0.windows.talks(of: source, upTo: tick, limit: limit) }
    }

    /// Why packets between these workloads were dropped lately, most packets first.
    func dropReasons(of pairs: [WorkloadPair]) -> [(reason: DropReason, packets: Int64)] {
        state.withLock { $0.windows.dropReasons(of: pairs) }
    }

    /// The exporters that told of these workloads' traffic lately.
    func exporters(of pairs: [WorkloadPair]) -> Set<ExporterNumber> {
        state.withLock { $0.windows.exporters(of: pairs) }
    }
}
