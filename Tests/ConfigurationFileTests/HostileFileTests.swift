import Testing

import ConfigurationFile

@Suite("Files that were made to hurt")
struct HostileFileTests {
    /// Ten lists, each of ten times the one before: 10^10 values when written out.
    private static let laughs = (1...10).reduce("l0: &l0 [lol]\n") { text, level in
        text + "l\(level): &l\(level) [\(Array(repeating: "*l\(level - 1)", count: 10).joined(separator: ", "))]\n"
    }

    @Test("A billion laughs are not laughed")
    func billionLaughs() {
        let found = problems(in: Self.laughs) { root in
            for level in 0...10 { _ = root.list("l\(level)", of: .text) }
        }
        #expect(found.count == 100)
        #expect(found.first == "weir.yaml:1: l1[0]: expected a text (a text in quotes), found a list")
    }

    @Test("A billion laughs in a key are refused before they are hashed", arguments: ["? *l10\n: 1\n", "*l10 : 1\n", "x: { [*l10]: 1 }\n"])
    func laughsInKey(key: String) {
        #expect(problems(in: Self.laughs + key) { _ in }.first?.contains("has many aliases, and keys that are lists or aliases") == true)
    }

    @Test("Aliases that multiply a long list are stopped at 250,000 values")
    func multiplied() {
        let list = Array(repeating: "a", count: 5_000).joined(separator: ",")
        let text = "all:\n  - &x { list: [\(list)] }\n" + String(repeating: "  - *x\n", count: 1_000)
        let found = problems(in: text) { root in
            for section in root.sections("all") { _ = section.list("list", of: .text, mayRepeat: { _ in true }) }
        }
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("the file's aliases expand it to more than 250000 values") == true)
    }

    @Test("Depth is bounded", arguments: ["[", "{a: ", "- ", "? "])
    func depth(opening: String) {
        let found = problems(in: String(repeating: opening, count: 100_000)) { _ in }
        #expect(found.count == 1)
    }

    @Test("What is as deep as is read at all does no harm")
    func deepest() {
        let text = "a: " + String(repeating: "[", count: 990) + String(repeating: "]", count: 990)
        #expect(problems(in: text) { _ = $0.list("a", of: .text) }.count == 1)
    }

    @Test("Size is bounded")
    func size() {
        #expect(problems(in: "a: " + String(repeating: "x", count: 1 << 20)) { _ in } == ["weir.yaml: is larger than 1 MiB"])
    }

    @Test("A file with many keys that are there twice is given up, not read again for each")
    func manyRepeats() {
        let found = problems(in: (0..<2_000).map { "k\($0 % 1_000): 1\n" }.joined()) { _ in }
        #expect(found == ["weir.yaml: gives more than 50 keys twice"])
    }

    @Test("No part of a file, and no octet of it changed, does more than report problems")
    func mangled() {
        let whole = Array("a: &x [1, \"two\", 'three']\nb: { c: *x, d: !tag 5 }\ne: |\n  text\n? f\n: - g: 1\n  - g: 2\n    g: 3\n# end\n".utf8)
        let read = { (octets: [UInt8]) in
            _ = problems(in: String(decoding: octets, as: UTF8.self)) { root in
                _ = (root.list("a", of: .text), root.section("b").value("d", as: .integer(in: 0...9)), root.value("e", as: .text))
                for section in root.sections("f") { _ = section.value("g", as: .flag) }
            }
        }
        for count in 0...whole.count { read(Array(whole[..<count])) }
        for index in whole.indices {
            for octet in [0, 0x09, 0x0A, 0x20, 0x22, 0x26, 0x27, 0x2A, 0x2D, 0x3A, 0x3F, 0x5B, 0x7B, 0x7D, 0x80, 0xEE, 0xFF] as [UInt8] {
                var changed = whole
                changed[index] = octet
                read(changed)
            }
        }
    }
}
