/// Rows that never move: they lie in blocks, so that no insertion waits for all of them to be copied, and memory is not taken twice.
struct LedgerRows: Sendable {
    /// 48 octets of a pair.
    struct Row: Sendable {
        var key: UInt64
        var bytes: UInt64 = 0
        var packets: UInt64 = 0
        var records: UInt64 = 0
        /// When it was last counted; negative while the row is free.
        var lastCounted: Int64
        // The complement of `created` until it is born.
        private var birth: Int64

        init(key: UInt64, created: Int64, isBorn: Bool) {
            self.key = key
            lastCounted = created
            birth = isBorn ? created : ~created
        }

        /// When the pair was first counted.
        var created: Int64 { birth < 0 ? ~birth : birth }

        /// Whether its values are shown: not before `birthDelay` has passed.
        var isBorn: Bool { birth >= 0 }

        /// Lets its values be shown.
        mutating func bear() {
            birth = created
        }
    }

    private static let blockBits = 12
    private static let blockSize = 1 << blockBits

    private var blocks: [[Row]] = []
    /// Rows, free ones included.
    private(set) var count = 0

    var indices: Range<Int> { 0..<count }

    mutating func append(_ row: Row) {
        if count == blocks.count << Self.blockBits {
            var block: [Row] = []
            block.reserveCapacity(Self.blockSize)
            blocks.append(block)
        }
        blocks[count >> Self.blockBits].append(row)
        count += 1
    }

    subscript(row: Int) -> Row {
        @inline(__always) get { blocks[row >> Self.blockBits][row & (Self.blockSize - 1)] }
        @inline(__always) _modify { yield &blocks[row >> Self.blockBits][row & (Self.blockSize - 1)] }
    }
}
