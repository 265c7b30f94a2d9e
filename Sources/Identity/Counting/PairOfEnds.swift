/// Between which two endpoints a flow counts.
@usableFromInline
package struct PairOfEnds: Sendable, BitwiseCopyable, Equatable {
    /// The source's number in the upper half, the destination's in the lower one.
    @usableFromInline package let key: UInt64

    /// Of a flow that does not count.
    @inlinable package static var none: PairOfEnds { PairOfEnds(key: .max) }

    @inlinable
    init(key: UInt64) {
        self.key = key
    }

    /// From one endpoint to another.
    @inlinable
    package init(source: EndpointNumber, destination: EndpointNumber) {
        key = UInt64(source.rawValue) << 32 | UInt64(destination.rawValue)
    }

    /// The source, of a flow that counts.
    @inlinable package var source: EndpointNumber { EndpointNumber(rawValue: UInt32(key >> 32)) }

    /// The destination, of a flow that counts.
    @inlinable package var destination: EndpointNumber { EndpointNumber(rawValue: UInt32(truncatingIfNeeded: key)) }

    /// Both numbers; nil where the flow does not count.
    @inlinable package var numbers: (source: EndpointNumber, destination: EndpointNumber)? {
        key == .max ? nil : (source, destination)
    }
}
