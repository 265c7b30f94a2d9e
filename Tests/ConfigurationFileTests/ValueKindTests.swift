import FlowModel
import Testing

import ConfigurationFile

@Suite("What values are read as")
struct ValueKindTests {
    @Test(
        "Durations have units, from large to small",
        arguments: [
            ("35s", 35_000_000_000), ("5m", 300_000_000_000), ("1h30m", 5_400_000_000_000), ("500ms", 500_000_000), ("0s", 0),
            ("2d", 172_800_000_000_000),
        ]
    )
    func durations(text: String, nanoseconds: Int64) throws {
        #expect(try reading(text, as: .duration(in: .zero ... .seconds(1_000_000))).get() == nanoseconds)
    }

    @Test(
        "What is no duration is refused with a hint",
        arguments: [
            ("30", #""30" has no unit (try 30s)"#), ("0", #""0" has no unit (try 0s)"#), ("5x", #""5x" is not a duration (try 30s, 5m)"#),
            ("1m1h", #""1m1h" is not a duration (try 30s, 5m)"#), ("1s1s", #""1s1s" is not a duration (try 30s, 5m)"#),
            ("m", #""m" is not a duration (try 30s, 5m)"#), ("-5s", #""-5s" is not a duration (try 30s, 5m)"#),
            ("1.5h", #""1.5h" is not a duration (try 30s, 5m)"#),
            ("99999999999999999999d", #""99999999999999999999d" is not a duration (try 30s, 5m)"#),
            ("999999999999d", #""999999999999d" is not a duration (try 30s, 5m)"#), ("1h 30m", #""1h 30m" is not a duration (try 30s, 5m)"#),
            ("500ms", #""500ms" is less than 1s"#), ("2h", #""2h" is more than 1h"#), ("\"\"", #""" is not a duration (try 30s, 5m)"#),
        ])
    func noDurations(text: String, message: String) {
        #expect(complaint(about: text, as: .duration(in: .seconds(1) ... .seconds(3600))) == message)
    }

    @Test(
        "Durations are written as they are read",
        arguments: [0, 1, 999, 500_000_000, 35_000_000_000, 5_400_000_000_001, 172_800_000_000_000, Int64.max])
    func durationText(nanoseconds: Int64) throws {
        let text = DurationText.string(nanoseconds: nanoseconds)
        #expect(try reading(text, as: .duration(in: .zero ... .seconds(Int64.max))).get() == nanoseconds)
    }

    @Test(
        "Sizes have units of 1000 or 1024",
        arguments: [("16MiB", 16 << 20), ("64KB", 64_000), ("1GiB", 1 << 30), ("4096B", 4096), ("0B", 0)])
    func sizes(text: String, octets: Int) throws {
        #expect(try reading(text, as: .byteSize(in: 0...1 << 40)).get() == octets)
        #expect(try reading(ByteSizeText.string(octets: Int64(octets)), as: .byteSize(in: 0...1 << 40)).get() == octets)
    }

    @Test(
        "What is no size is refused with a hint",
        arguments: [
            ("65536", #""65536" has no unit (try 65536B, 16MiB)"#), ("16Mi", #""16Mi" is not a size in bytes (try 64KB, 16MiB)"#),
            ("1.5MiB", #""1.5MiB" is not a size in bytes (try 64KB, 16MiB)"#),
            ("9999999999TiB", #""9999999999TiB" is not a size in bytes (try 64KB, 16MiB)"#),
            ("1B", #""1B" is less than 4KiB"#), ("2GiB", #""2GiB" is more than 1GiB"#),
        ])
    func noSizes(text: String, message: String) {
        #expect(complaint(about: text, as: .byteSize(in: 4096...1 << 30)) == message)
    }

    @Test(
        "Percentages are fractions, and are written as they are read",
        arguments: [("25%", 0.25), ("2.5%", 0.025), ("100%", 1), ("7%", 0.07), ("0.01%", 0.0001)])
    func percentages(text: String, fraction: Double) throws {
        #expect(try reading(text, as: .percentage(in: 0...1)).get() == fraction)
        #expect(PercentageText.string(fraction) == text)
    }

    @Test(
        "What is no percentage is refused with a hint",
        arguments: [
            ("25", #""25" has no % (try 25%)"#), ("0.25", #""0.25" has no % (try 25%)"#), ("101%", #""101%" is more than 100%"#),
            ("0%", #""0%" is less than 1%"#), ("a%", #""a%" is not a percentage (try 25%)"#), ("1e400", #""1e400" is not a percentage (try 25%)"#),
            ("nan", #""nan" is not a percentage (try 25%)"#), ("-5%", #""-5%" is not a percentage (try 25%)"#),
        ])
    func noPercentages(text: String, message: String) {
        #expect(complaint(about: text, as: .percentage(in: 0.01...1)) == message)
    }

    @Test("Rates are octets a second", arguments: [("10MB/s", 1e7), ("1KiB/s", 1024), ("100Mbit/s", 12.5e6), ("1.5kbit/s", 187.5), ("8bit/s", 1)])
    func rates(text: String, octets: Double) throws {
        #expect(try reading(text, as: .rate(in: 0...1e12)).get() == octets)
    }

    @Test("What is no rate is refused with a hint")
    func noRates() {
        #expect(complaint(about: "10", as: .rate(in: 0...1)) == #""10" has no unit (try 10MB/s, 10Mbit/s)"#)
        #expect(complaint(about: "10MB", as: .rate(in: 0...1)) == #""10MB" is not a rate (try 10MB/s, 100Mbit/s)"#)
        #expect(complaint(about: "10MB/s", as: .rate(in: 0...1)) == #""10MB/s" is more than 1.0B/s"#)
    }

    @Test("Whole numbers keep to their range")
    func integers() throws {
        #expect(try reading("4294967295", as: .integer(in: 1...UInt32.max)).get() == .max)
        #expect(try reading("-3", as: .integer(in: -5...5)).get() == -3)
        #expect(complaint(about: "4294967296", as: .integer(in: 1...UInt32.max)) == #""4294967296" is more than 4294967295"#)
        #expect(complaint(about: "0", as: .integer(in: 1...UInt32.max)) == #""0" is less than 1"#)
        #expect(complaint(about: "-1", as: .integer(in: 1...UInt32.max)) == #""-1" is less than 1"#)
        for text in ["1e3", "0x10", "1_000", "5.0", "+5", "٣", "'-'", "\"\"", "five"] {
            #expect(complaint(about: text, as: .integer(in: 1...9)).hasSuffix("is not a whole number (try 1 to 9)"), "\(text)")
        }
        #expect(try reading("auto", as: .auto(or: .integer(in: 1...9))).get() == .some(nil))
        #expect(complaint(about: "0", as: .auto(or: .integer(in: 1...9))) == #""0" is less than 1"#)
        #expect(complaint(about: "a", as: .auto(or: .integer(in: 1...9))) == #""a" is not auto or a whole number (try auto, 1 to 9)"#)
    }

    @Test("Flags are true or false, and YAML 1.1's other spellings are told so")
    func flags() throws {
        #expect(try reading("true", as: .flag).get() == true)
        #expect(try reading("'false'", as: .flag).get() == false)
        #expect(complaint(about: "yes", as: .flag) == #""yes" is not true or false (write true)"#)
        #expect(complaint(about: "off", as: .flag) == #""off" is not true or false (write false)"#)
        #expect(complaint(about: "1", as: .flag) == #""1" is not true or false (try true, false)"#)
    }

    private enum Switch: String, CaseIterable { case auto, disabled }

    @Test(
        "A switch is turned off with the word disabled, and is told so however off is spelt",
        arguments: ["off", "\"off\"", "no", "false", "No", "'OFF'"])
    func switches(text: String) {
        #expect(complaint(about: text, as: ValueKind<Switch>.word).hasSuffix(" is not one of auto, disabled (write disabled)"))
    }

    @Test("Words are offered, and the nearest is suggested")
    func words() throws {
        #expect(try reading("disabled", as: ValueKind<Switch>.word).get() == .disabled)
        #expect(complaint(about: "disbaled", as: ValueKind<Switch>.word) == #""disbaled" is not one of auto, disabled (did you mean disabled?)"#)
        #expect(complaint(about: "Auto", as: ValueKind<Switch>.word) == #""Auto" is not one of auto, disabled (did you mean auto?)"#)
        #expect(complaint(about: "sometimes", as: ValueKind<Switch>.word) == #""sometimes" is not one of auto, disabled"#)
    }

    @Test("Addresses and networks are told apart")
    func addresses() throws {
        #expect(try reading("192.0.2.1", as: .address).get() == IPAddress("192.0.2.1"))
        #expect(complaint(about: "10.0.0.0/8", as: .address).contains("is a network where one address is wanted"))
        #expect(complaint(about: "10.0.0.256", as: .address) == #""10.0.0.256" is not an IP address (try 192.0.2.1, 2001:db8::1)"#)
        #expect(try reading("10.1.2.3/8", as: .network).get() == IPNetwork("10.0.0.0/8"))
        #expect(try reading("2001:db8::/32", as: .network).get() == IPNetwork("2001:db8::/32"))
        #expect(complaint(about: "2001:db8::/129", as: .network) == #""2001:db8::/129" has no prefix length of 0 to 128"#)
        #expect(complaint(about: "10.0.0.0/", as: .network).contains("is not a network"))
        #expect(complaint(about: "corp", as: .network) == #""corp" is not a network (try 10.0.0.0/8, "2001:db8::/32")"#)
    }

    @Test("Addresses to listen on have a port", arguments: [":2055", ":0", "0.0.0.0:65535", "[::]:4739", "[2001:db8::1]:1", "192.0.2.1:2055"])
    func listenAddresses(text: String) throws {
        #expect(try reading("'\(text)'", as: .listenAddress).get() == text)
    }

    @Test(
        "What is no address to listen on is refused with a hint",
        arguments: [
            ("2055", #""2055" is only a port (try ":2055")"#), ("192.0.2.1", #""192.0.2.1" has no port (try "192.0.2.1:2055")"#),
            (":65536", #"":65536" has no port of 0 to 65535"#), (":", #"":" has no port of 0 to 65535"#),
            (":+5", #"":+5" has no port of 0 to 65535"#),
            ("::1:2055", #""::1:2055" needs its IPv6 address in brackets (try "[::1]:2055")"#),
            ("[10.0.0.1]:5", #""[10.0.0.1]:5" is not an address to listen on (try ":2055", "192.0.2.1:2055", "[2001:db8::1]:2055")"#),
            ("10.0.0.300:5", #""10.0.0.300:5" is not an address to listen on (try ":2055", "192.0.2.1:2055", "[2001:db8::1]:2055")"#),
        ])
    func noListenAddresses(text: String, message: String) {
        #expect(complaint(about: "'\(text)'", as: .listenAddress) == message)
    }

    @Test("URLs are of http or https, and end without a slash")
    func urls() throws {
        #expect(try reading("https://weir.example.org/a/", as: .url).get() == "https://weir.example.org/a")
        #expect(try reading("http://[::1]:9478", as: .url).get() == "http://[::1]:9478")
        for text in [
            "weir.example.org", "ftp://a", "https://", "https:///a", "https://a b", "https://a?b", "https://a/#b", "https://u:p@a", "'https://a\"b'",
        ] {
            #expect(complaint(about: text, as: .url) != "", "\(text)")
        }
    }

    @Test("Names have no colon, space or control character")
    func names() throws {
        #expect(try reading("compute-0.example", as: .name).get() == "compute-0.example")
        #expect(complaint(about: "a:b", as: .name) == #""a:b" has a colon, which only Weir's own names have (try a-b)"#)
        for text in ["\"\"", "a b", "\"a\\tb\"", "\"a\\0\"", String(repeating: "a", count: 254)] {
            #expect(complaint(about: text, as: .name) != "", "\(text)")
        }
    }

    @Test("A secret prints as <secret>, in problems too")
    func secrets() throws {
        let secret = try #require(try reading("hunter2", as: .secret).get())
        #expect(secret.revealed == "hunter2")
        #expect("\(secret)" == "<secret>")
        #expect(String(reflecting: secret) == "<secret>")
        var dumped = ""
        dump([secret], to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(complaint(about: "\"\"", as: .secret) == "<secret> is not a secret (try a text in quotes)")
        #expect(complaint(about: "hunter2", as: .auto(or: .secret)) == "")
    }
}
