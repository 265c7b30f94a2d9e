/// What libFuzzer hands a target.
@safe struct Input {
    /// Between two datagrams of one input; told to the mutator in the dictionaries.
    static let separator: [UInt8] = [0xF0, 0x9F, 0x8C, 0x8A]

    /// The input's octets.
    let octets: UnsafeRawBufferPointer

    /// The input at `data`, of `count` octets.
    init(_ data: UnsafeRawPointer?, _ count: Int) {
        unsafe octets = UnsafeRawBufferPointer(start: data, count: count)
    }

    /// The octets as an array.
    var array: [UInt8] { unsafe [UInt8](octets) }

    /// The first octet, which says how the rest is to be taken; 0 where there is none.
    var mode: UInt8 { unsafe octets.first ?? 0 }

    /// What stands between separators behind the mode, at most 64 parts: so that a template and the data that refer to it come in one input.
    var parts: [ArraySlice<UInt8>] {
        let bytes = array
        var parts: [ArraySlice<UInt8>] = []
        var (start, index) = (min(1, bytes.count), 1)
        while parts.count < 63, let found = bytes[min(index, bytes.count)...].firstIndex(of: Self.separator[0]) {
            if bytes[found...].starts(with: Self.separator) {
                parts.append(bytes[start..<found])
                index = found + Self.separator.count
                start = index
            } else {
                index = found + 1
            }
        }
        parts.append(bytes[start...])
        return parts
    }
}

/// Hands `body` these octets in memory of their own, of exactly their size: AddressSanitizer sees a load of one octet before or behind them.
func withExactOctets<Result>(_ octets: some Collection<UInt8>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: octets.count, alignment: 1)
    defer { unsafe copy.deallocate() }
    unsafe copy.copyBytes(from: octets)
    return unsafe body(UnsafeRawBufferPointer(copy))
}
