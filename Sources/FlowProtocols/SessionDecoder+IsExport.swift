extension SessionDecoder {
    /// Whether a datagram begins as an export of a known protocol does: its version, and room for its header.
    package static func isExport(_ datagram: UnsafeRawBufferPointer) -> Bool {
        let reader = unsafe ByteReader(datagram)
        switch reader.peek(UInt16.self) {
        case 5: return reader.remaining >= 24
        case 9: return reader.remaining >= 20
        case 10: return reader.remaining >= 16
        case 0: return reader.peek(UInt32.self) == 5 && reader.remaining >= 28
        default: return false
        }
    }
}
