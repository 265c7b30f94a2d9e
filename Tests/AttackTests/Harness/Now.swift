import FlowModel
import Foundation

extension Timestamp {
    /// The wall clock's time.
    static var now: Timestamp { Timestamp(nanoseconds: Int64(Date().timeIntervalSince1970 * 1e9)) }
}
