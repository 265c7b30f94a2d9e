import Synchronization

/// What has happened to TCP connections since the collector was started, over all listeners.
package struct StreamStatistics: Sendable, Equatable {
    /// Why a connection was refused: closed before anything was read from it.
    package enum Refusal: String, Sendable, CaseIterable {
        /// Its address may not send.
        case notAllowed = "not_allowed"
        /// There are as many connections as there may be.
        case tooMany = "too_many"
        /// There are as many connections of its address as there may be.
        case tooManyFromAddress = "too_many_from_address"
    }

    /// Why a connection ended.
    package enum Ending: String, Sendable, CaseIterable {
        /// The exporter closed it between two messages.
        case closed
        /// The exporter closed it within a message.
        case incomplete
        /// The connection broke, or its peer was gone.
        case failed
        /// A message was of another version than 10.
        case wrongVersion = "wrong_version"
        /// A message said that it is shorter than its header.
        case wrongLength = "wrong_length"
        /// A message had begun and did not become whole in time, or not before others needed its room.
        case stalled
        /// Nothing came for too long.
        case idle
        /// Its address may not send any more.
        case notAllowed = "not_allowed"
    }

    /// Connections that are open.
    package fileprivate(set) var connections = 0
    /// Connections refused, by reason.
    package fileprivate(set) var refused: [Refusal: UInt64] = [:]
    /// Connections that ended, by reason; those that the collector itself closed as it stopped are not among them.
    package fileprivate(set) var ended: [Ending: UInt64] = [:]

    /// Nothing has happened.
    package init() {}
}

/// The statistics as they grow: the thread of the connections writes, anybody reads. Connections come and go seldom enough for a lock.
final class StreamCounters: Sendable {
    private let statistics = Mutex(StreamStatistics())

    var current: StreamStatistics { statistics.withLock { $0 } }

    func opened() { statistics.withLock { $0.connections += 1 } }

    func refused(_ reason: StreamStatistics.Refusal) { statistics.withLock { $0.refused[reason, default: 0] += 1 } }

    /// - Parameter reason: nil where the collector itself stops.
    func ended(_ reason: StreamStatistics.Ending?) {
        statistics.withLock {
            $0.connections -= 1
            if let reason { $0.ended[reason, default: 0] += 1 }
        }
    }
}
