import FlowModel
import Identity
import Support
import Testing

@Suite("Snapshots that share what has not changed")
struct AddressTableTests {
    @Test("After many changes each snapshot says what the table was when it was published")
    func snapshots() throws {
        var cluster = LiveCluster(grace: 0)
        var random = SeededGenerator(seed: 11)
        var owners: [Int: Int] = [:]
        var published: [(table: LiveSnapshot, owners: [Int: Int])] = []
        for step in 0..<6000 {
            let address = Int(random.next() % 4000)
            let name = "p\(address)"
            if owners[address] != nil, random.next() % 3 == 0 {
                cluster.remove(name, at: Double(step))
                owners[address] = nil
            } else {
                cluster.put(try LiveCluster.pod(name, uid: "\(step)", "10.\(address / 250).0.\(address % 250)"), at: Double(step))
                owners[address] = step
            }
            if step % 1000 == 999 { published.append((cluster.publish(at: Double(step + 1)), owners)) }
        }
        for (table, owners) in published {
            #expect(table.snapshot.endpointCount == owners.count)
            for address in 0..<4000 {
                let name = try table.name("10.\(address / 250).0.\(address % 250)")
                #expect(name == (owners[address] == nil ? "reserved:world/" : "shop/p\(address)"))
            }
        }
    }
}
