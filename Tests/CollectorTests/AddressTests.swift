import Collector
import FlowModel
import Testing

@Suite struct AddressTests {
    @Test(
        "A listen address is read and written as in the configuration", arguments: [":2055", "127.0.0.1:0", "[::1]:4739", "0.0.0.0:65535", "[::]:1"])
    func listenAddress(text: String) throws {
        #expect(try ListenAddress(text).description == text)
    }

    @Test(
        "What is no listen address is refused with a reason and an example",
        arguments: [
            ("localhost:2055", "does not begin with an IP address of this machine"), ("2055", "has no port"), ("127.0.0.1", "has no port"),
            ("127.0.0.1:", "has no port"), ("::1:2055", "has an IPv6 address without brackets"), ("[::1]", "has no port behind its \"]\""),
            ("[127.0.0.1]:1", "does not begin with an IP address of this machine"), ("[]:1", "does not begin with an IP address of this machine"),
            (":65536", "has a port that is not a number from 0 to 65535"), (":-1", "has a port that is not a number from 0 to 65535"),
            (":+1", "has a port that is not a number from 0 to 65535"), ("*:2055", "does not begin with an IP address of this machine"),
            ("", "has no port"),
        ])
    func refusedListenAddress(text: String, reason: String) {
        let error = #expect(throws: AddressError.self) { try ListenAddress(text) }
        #expect(error?.description == "\"\(text)\" \(reason) (try \":2055\", \"127.0.0.1:2055\" or \"[::1]:2055\")")
    }

    @Test("A destination is an address, a name, or this machine")
    func destination() throws {
        #expect(try UDPDestination("192.0.2.7:2055").description == "192.0.2.7:2055")
        #expect(try UDPDestination("[2001:db8::1]:2055").description == "[2001:db8::1]:2055")
        #expect(try UDPDestination(":2055").description == "127.0.0.1:2055")
        #expect(try UDPDestination("localhost:2055").isLoopback)
        #expect(try UDPDestination("[::1]:2055").isLoopback)
        #expect(try !UDPDestination("192.0.2.7:2055").isLoopback)
        #expect(throws: AddressError.self) { try UDPDestination("127.0.0.1:0") }
        #expect(throws: AddressError.self) { try UDPDestination("name.invalid:2055") }
    }

    @Test("A filter allows the networks' addresses, their first and their last, and no others")
    func filter() throws {
        let networks = try ["10.0.0.0/8", "10.1.0.0/16", "192.0.2.7", "2001:db8::/32", "192.0.2.9/32"].map { try #require(IPNetwork($0)) }
        let filter = SourceFilter(networks)
        for allowed in ["10.0.0.0", "10.1.2.3", "10.255.255.255", "192.0.2.7", "192.0.2.9", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"] {
            #expect(filter.allows(try #require(IPAddress(allowed))), "\(allowed)")
        }
        for refused in ["9.255.255.255", "11.0.0.0", "192.0.2.6", "192.0.2.8", "192.0.2.10", "2001:db7:ffff::", "2001:db9::", "::", "::a00:1"] {
            #expect(!filter.allows(try #require(IPAddress(refused))), "\(refused)")
        }
        #expect(SourceFilter.any.allows(.unspecified))
        #expect(!SourceFilter([]).allows(IPAddress(v4: 1)))
        #expect(SourceFilter([try #require(IPNetwork("::/0"))]).allows(IPAddress(v4: .max)))
    }

    @Test("A meter counts what a total adds, over its wrap, and ignores totals that are older")
    func dropMeter() {
        var meter = DropMeter()
        #expect(meter.advance(to: 5) == 5)
        #expect(meter.advance(to: 3) == 0)
        #expect(meter.advance(to: 5) == 0)
        #expect(meter.advance(to: 0x7FFF_FFFF) == 0x7FFF_FFFA)
        #expect(meter.advance(to: 0xFFFF_FFFE) == 0x7FFF_FFFF)
        #expect(meter.advance(to: 2) == 4)
    }
}
