import FlowModel
import Synchronization

/// Stands for an exporter's address in bookings; 0 for all that there was no number for.
package struct ExporterNumber: Hashable, Sendable, BitwiseCopyable {
    package var rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Of exporters that are not told apart.
    package static let rest = ExporterNumber(rawValue: 0)
}

/// Numbers exporters by their addresses; for all shards.
package final class ExporterNumbers: Sendable {
    private struct State {
        var numbers: [IPAddress: ExporterNumber] = [:]
        var addresses: [IPAddress] = [.unspecified]
    }

    private let state = Mutex(State())

    package init() {}

    /// The number of an address; `.rest` where there are too many.
    package func number(of address: IPAddress) -> ExporterNumber {
        state.withLock { state in
            if let number = state.numbers[address] { return number }
            guard let new = UInt16(exactly: state.addresses.count) else { return .rest }
            state.addresses.append(address)
            state.numbers[address] = ExporterNumber(rawValue: new)
            return ExporterNumber(rawValue: new)
        }
    }

    /// The address of a number; nil for `.rest`.
    package func address(of number: ExporterNumber) -> IPAddress? {
        state.withLock { number == .rest || Int(number.rawValue) >= $0.addresses.count ? nil : $0.addresses[Int(number.rawValue)] }
    }
}
