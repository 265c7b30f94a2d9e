import FlowModel
import Testing

@Suite struct IPAddressTests {
    @Test(
        "An address is written as RFC 5952 recommends, and read back",
        arguments: [
            "10.128.2.9", "0.0.0.0", "255.255.255.255", "::", "::1", "fd01:0:0:2::9", "2001:db8::1:0:0:1", "fe80::858:aff:fe81:20a",
            "1:2:3:4:5:6:7:8",
        ])
    func roundTrip(text: String) throws {
        #expect(try #require(IPAddress(text)).description == text)
    }

    @Test(
        "What is no address is refused",
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.x", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "12345::", "1:2:3:4:5:6:7:8:9",
            "::1:",
        ])
    func refused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("An IPv4-mapped address is the IPv4 address")
    func mapped() {
        #expect(IPAddress("::ffff:10.0.0.1") == IPAddress(v4: 0x0A00_0001))
    }

    @Test("A network contains its addresses and no others")
    func networks() throws {
        let corp = try #require(IPNetwork("192.0.2.77/24"))
        #expect(corp.description == "192.0.2.0/24")
        #expect(corp.contains(try #require(IPAddress("192.0.2.255"))))
        #expect(!corp.contains(try #require(IPAddress("192.0.3.0"))))
        #expect(try #require(IPNetwork("0.0.0.0/0")).contains(IPAddress(v4: 1)))
        #expect(!(try #require(IPNetwork("0.0.0.0/0"))).contains(try #require(IPAddress("2001:db8::1"))))
        #expect(try #require(IPNetwork("::/0")).contains(try #require(IPAddress("2001:db8::1"))))
        #expect(IPNetwork("10.0.0.0/33") == nil)
        #expect(IPNetwork("10.0.0.0/") == nil)
    }

    @Test("A flow stays within 128 bytes")
    func layout() {
        #expect(MemoryLayout<Flow>.size == 128)
    }
}
