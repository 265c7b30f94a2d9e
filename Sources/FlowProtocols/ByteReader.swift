/// Reads big-endian numbers from a datagram. The only file with unchecked loads: each stands behind a bounds check of its own.
///
/// It holds a pointer and must not outlive the datagram's bytes; every decoder makes it inside one call and lets it go.
@safe package struct ByteReader {
    private let base: UnsafeRawPointer
    /// Octets from the start of the datagram to where reading goes on.
    package private(set) var offset: Int
    /// Octets from the start of the datagram to the end of what this reader may read.
    package let end: Int

    /// A reader of all of `bytes`.
    @inline(__always)
    package init(_ bytes: UnsafeRawBufferPointer) {
        // An empty buffer has no base address; no load passes a bounds check then, so any address does.
        unsafe base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
        offset = 0
        end = bytes.count
    }

    @inline(__always)
    private init(base: UnsafeRawPointer, offset: Int, end: Int) {
        unsafe self.base = unsafe base
        self.offset = offset
        self.end = end
    }

    /// Octets that are left.
    @inline(__always)
    package var remaining: Int { end - offset }

    /// A reader of the next `count` octets, which this one then stands behind; nil where there are fewer.
    @inline(__always)
    package mutating func slice(_ count: Int) -> ByteReader? {
        guard count >= 0, count <= remaining else { return nil }
        let part = unsafe ByteReader(base: base, offset: offset, end: offset + count)
        offset += count
        return part
    }

    /// Steps over `count` octets; false, and nothing happens, where there are fewer.
    @inline(__always)
    @discardableResult
    package mutating func skip(_ count: Int) -> Bool {
        guard count >= 0, count <= remaining else { return false }
        offset += count
        return true
    }

    /// The next octet; nil at the end.
    @inline(__always)
    package mutating func uint8() -> UInt8? { next(UInt8.self) }
    /// The next two octets; nil where there are fewer.
    @inline(__always)
    package mutating func uint16() -> UInt16? { next(UInt16.self) }
    /// The next four octets; nil where there are fewer.
    @inline(__always)
    package mutating func uint32() -> UInt32? { next(UInt32.self) }
    /// The next eight octets; nil where there are fewer.
    @inline(__always)
    package mutating func uint64() -> UInt64? { next(UInt64.self) }

    /// The number at `position` octets behind where reading stands, without moving; nil where it does not fit.
    @inline(__always)
    package func peek<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at position: Int = 0) -> T? {
        guard position >= 0, position <= remaining - MemoryLayout<T>.size else { return nil }
        return unsafe T(bigEndian: base.loadUnaligned(fromByteOffset: offset + position, as: T.self))
    }

    /// The number of `width` octets (1...8) at `position` behind where reading stands: reduced-size encoding (RFC 7011 §6.2). Nil where it does not fit.
    @inline(__always)
    package func peekUnsigned(at position: Int, width: Int) -> UInt64? {
        switch width {
        case 1: return peek(UInt8.self, at: position).map(UInt64.init)
        case 2: return peek(UInt16.self, at: position).map(UInt64.init)
        case 4: return peek(UInt32.self, at: position).map(UInt64.init)
        case 8: return peek(UInt64.self, at: position)
        case 3, 5, 6, 7:
            guard position >= 0, position <= remaining - width else { return nil }
            var value: UInt64 = 0
            for index in 0..<width {
                value = unsafe value << 8 | UInt64(base.load(fromByteOffset: offset + position + index, as: UInt8.self))
            }
            return value
        default: return nil
        }
    }

    /// The next `count` records of `length` octets, whose bounds are checked here once for all their fields; this reader then stands behind them.
    ///
    /// Nil where there are fewer, and where fewer than eight octets lie before them, which no record does: it stands behind a header.
    @inline(__always)
    package mutating func records(_ length: Int, count: Int = 1) -> RecordBytes? {
        let (octets, overflow) = length.multipliedReportingOverflow(by: count)
        guard !overflow, length >= 0, count >= 0, octets <= remaining, offset >= 8 else { return nil }
        let records = unsafe RecordBytes(start: base + offset, length: length, count: count)
        offset += octets
        return records
    }

    /// The length of a variable-length field, which the reader then stands before: one octet, or 255 and two more (RFC 7011 §7).
    @inline(__always)
    package mutating func variableLength() -> Int? {
        guard let short = uint8() else { return nil }
        guard short == 255 else { return Int(short) }
        return uint16().map(Int.init)
    }

    /// What is left, copied; for what is kept or shown, not for the hot path.
    package func copyRemaining() -> [UInt8] {
        unsafe [UInt8](UnsafeRawBufferPointer(start: base + offset, count: remaining))
    }

    @inline(__always)
    private mutating func next<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> T? {
        guard let value = peek(type) else { return nil }
        offset += MemoryLayout<T>.size
        return value
    }
}

/// The octets of records of one length that stand one behind the other (often of one record, or of one field), whose bounds
/// `ByteReader.records(_:count:)` has checked; where their fields stand was checked against the length when the template was compiled, so that no field
/// is checked again.
@safe package struct RecordBytes {
    private let start: UnsafeRawPointer
    /// Octets of each record.
    package let length: Int
    /// How many records there are.
    package let count: Int

    @inline(__always)
    fileprivate init(start: UnsafeRawPointer, length: Int, count: Int) {
        unsafe self.start = unsafe start
        self.length = length
        self.count = count
    }

    /// The big-endian number whose last octet is the one before `end` of a record, and whose width `mask` tells (eight bits of it for each octet).
    ///
    /// Always loads eight octets: those before a short field, or before the record, are there and are masked away.
    @inline(__always)
    package func number(endingAt end: Int, mask: UInt64, record: Int = 0) -> UInt64 {
        assert(end >= 0 && end <= length && record >= 0 && record < count)
        return unsafe UInt64(bigEndian: start.loadUnaligned(fromByteOffset: record &* length &+ end &- 8, as: UInt64.self)) & mask
    }

    /// A reader of `count` octets at `position` of the first record; of none where they are not in it.
    @inline(__always)
    package func reader(at position: Int, count: Int) -> ByteReader {
        guard position >= 0, count >= 0, position <= length - count else {
            return unsafe ByteReader(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        return unsafe ByteReader(UnsafeRawBufferPointer(start: start + position, count: count))
    }
}
