import FlowModel
import Identity

extension Ledger {
    /// A pair as it is exposed: values are 0 until its birth.
    package struct ExposedPair: Sendable {
        package var source: EndpointNumber
        package var destination: EndpointNumber
        package var bytes: UInt64
        package var packets: UInt64
        package var records: UInt64
        /// When it was first counted, nanoseconds of the monotonic clock.
        package var created: Int64
    }

    /// A rare amount as it is exposed.
    package struct ExposedRareAmount: Sendable {
        package var source: EndpointNumber
        package var destination: EndpointNumber
        package var amount: RareAmount
        package var value: UInt64
        package var created: Int64
    }

    /// Appends the next pairs, at most `limit`, behind `cursor`, which is 0 at first; false when there are no more.
    package func pairs(after cursor: inout Int, limit: Int, into pairs: inout [ExposedPair]) -> Bool {
        let end = min(rows.count, cursor + limit)
        for number in min(cursor, end)..<end {
            let row = rows[number]
            guard row.lastCounted >= 0 else { continue }
            let (source, destination) = Self.ends(of: row.key)
            pairs.append(
                ExposedPair(
                    source: source, destination: destination, bytes: row.isBorn ? row.bytes : 0, packets: row.isBorn ? row.packets : 0,
                    records: row.isBorn ? row.records : 0, created: row.created))
        }
        cursor = end
        return end < rows.count
    }

    /// Appends the next rare amounts, at most `limit`, behind `cursor`, which is 0 at first; false when there are no more.
    package func rareAmounts(after cursor: inout Int, limit: Int, into amounts: inout [ExposedRareAmount]) -> Bool {
        let end = min(rare.count, cursor + limit)
        for row in rare[min(cursor, end)..<end] where row.value > 0 {
            let (source, destination) = Self.ends(of: row.key.pair)
            amounts.append(
                ExposedRareAmount(
                    source: source, destination: destination, amount: row.key.amount, value: row.isBorn ? row.value : 0, created: row.created))
        }
        cursor = end
        return end < rare.count
    }
}
