/// To which side a series left what is usual for it.
package enum DetectorSide: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    case spike
    case drop
}
