import Testing

import ConfigurationFile

@Suite("What is wrong in a configuration file")
struct ProblemTests {
    @Test("A problem names file, line, key, what was found and what would be right")
    func houseForm() {
        let text = """
            rules:
              - name: a
              - name: b

              - name: c
                for: 5x
            """
        let found = problems(in: text) { root in
            for rule in root.sections("rules") {
                _ = rule.required("name", as: .name)
                _ = rule.value("for", as: .duration(in: .zero ... .seconds(60)))
            }
        }
        #expect(found == [#"weir.yaml:6: rules[2].for: "5x" is not a duration (try 30s, 5m)"#])
    }

    @Test("All problems of a file are reported together, from the top down")
    func allTogether() {
        let text = """
            log: { level: loud }
            collector:
              threads: many
              max: 5
            liste: []
            """
        let found = problems(in: text) { root in
            _ = root.section("collector").value("threads", as: .integer(in: 1...4))
            _ = root.section("log").value("level", as: .word(["info": 1, "debug": 2], or: "a number"))
            _ = root.list("listen", of: .text)
        }
        #expect(
            found == [
                #"weir.yaml:1: log.level: "loud" is not one of info, debug, a number"#,
                #"weir.yaml:3: collector.threads: "many" is not a whole number (try 1 to 4)"#,
                "weir.yaml:4: collector.max: there is no such key (the keys here are threads)",
                "weir.yaml:5: liste: there is no such key (did you mean listen?)",
            ])
    }

    @Test("More than a hundred problems are counted and not shown")
    func manyProblems() {
        let found = problems(in: (1...150).map { "key\($0): 1" }.joined(separator: "\n")) { _ in }
        #expect(found.count == 101)
        #expect(found.last == "weir.yaml: 50 more problems are not shown")
    }

    @Test("A key that is given twice is reported in its second line, beside the other problems")
    func repeatedKey() {
        let text = """
            exporters:
              - name: a
                node: x
                "name": b
              - name: c
                name : d
            size: 5
            name: e
            size: 6
            """
        let found = problems(in: text) { root in
            for exporter in root.sections("exporters") { _ = (exporter.value("name", as: .name), exporter.value("node", as: .name)) }
            _ = (root.value("size", as: .byteSize(in: 0...9)), root.value("name", as: .name))
        }
        #expect(
            found == [
                "weir.yaml:4: exporters[0].name: is given twice, first in line 2",
                "weir.yaml:6: exporters[1].name: is given twice, first in line 5",
                #"weir.yaml:7: size: "5" has no unit (try 5B, 16MiB)"#,
                "weir.yaml:9: size: is given twice, first in line 7",
            ])
    }

    @Test("A key that is given twice in braces is reported, too")
    func repeatedKeyInBraces() {
        #expect(problems(in: "log: {\n  level: a, format: b, level: c }") { _ in } == ["weir.yaml:2: level: is given twice"])
    }

    @Test(
        "A mistake in the syntax is reported with its line",
        arguments: [
            ("a: [1, 2\nb: 3", 2), ("a:\n\t- 1", 2), ("a: \"open", 1), ("a: @b", 1), ("a: 1\n---\nb: 2", 2), ("a: *nobody", 1), ("a: &x [*x]", 1),
            ("a: }", 1),
            ("a: 1\nb: \u{1}", 2),
        ])
    func syntax(text: String, line: Int) throws {
        let found = problems(in: text) { _ in }
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("weir.yaml:\(line): is not YAML: ") == true, "\(found)")
    }

    @Test("A tab as indentation is named")
    func tab() {
        #expect(
            problems(in: "a:\n\t- 1") { _ in }.first?.hasSuffix("(indent with spaces, not tabs; quote a value that begins with @, % or `)") == true)
    }

    @Test("What has another shape than expected is named by its shape")
    func shapes() {
        let text = """
            word: [a]
            list: a
            section: [a]
            sections: { a: b }
            entries: [1]
            """
        let found = problems(in: text) { root in
            _ = root.value("word", as: .text)
            _ = root.list("list", of: .address)
            _ = root.section("section")
            _ = root.sections("sections")
            _ = root.sections("entries")
        }
        #expect(
            found == [
                "weir.yaml:1: word: expected a text (a text in quotes), found a list",
                #"weir.yaml:2: list: expected a list ([192.0.2.1, 2001:db8::1]), found "a""#,
                "weir.yaml:3: section: expected keys and values (key: value), found a list",
                "weir.yaml:4: sections: expected a list ([{ … }]), found keys and values",
                #"weir.yaml:5: entries[0]: expected keys and values (key: value), found "1""#,
            ])
        #expect(problems(in: "- a") { _ in } == ["weir.yaml:1: expected keys and values (key: value), found a list"])
        #expect(problems(in: "[a]: 1") { _ in } == ["weir.yaml:1: a key must be a word, found a list"])
    }

    @Test("Elements of a list are named by their place, repeats with the first, and a list that is too short is wrong")
    func lists() {
        let text = """
            networks:
              - 10.0.0.0/8
              - 10.0.0.0/99
              -
              - 10.0.0.0/8
            empty: []
            """
        let found = problems(in: text) { root in
            #expect(root.list("networks", of: .network)?.count == 3 - 1)
            #expect(root.list("empty", of: .text, atLeast: 1) == [])
            #expect(root.list("absent", of: .text, atLeast: 1) == nil)
        }
        #expect(
            found == [
                #"weir.yaml:3: networks[1]: "10.0.0.0/99" has no prefix length of 0 to 32"#,
                #"weir.yaml:4: networks[2]: expected a network (10.0.0.0/8, "2001:db8::/32"), found nothing"#,
                #"weir.yaml:5: networks[3]: "10.0.0.0/8" is listed twice, first as networks[0]"#,
                "weir.yaml:6: empty: is empty: it must hold at least 1",
            ])
    }

    @Test("A key without a value counts as absent, a required one as missing, and an unknown one as unknown")
    func absent() {
        let found = problems(in: "a:\nb: ~\nc: null\nd: \"null\"\ne: {}\nf:") { root in
            for key in ["a", "b", "c"] { #expect(root.value(key, as: .text) == nil) }
            #expect(root.value("d", as: .text) == "null")
            #expect(root.section("e").required("name", as: .name) == nil)
        }
        #expect(
            found == ["weir.yaml:5: e.name: is missing: it must be a name", "weir.yaml:6: f: there is no such key (the keys here are a, b, c, d, e)"])
    }

    @Test("Nothing in a file reaches the terminal as a control character")
    func controlCharacters() {
        let found = problems(in: "\"\\e[31m\\u202e\": 1\nb: \"\\e[2J\(String(repeating: "x", count: 200))\"") { root in
            _ = root.value("b", as: .flag)
        }
        #expect(found.first == #"weir.yaml:1: "\u{1b}[31m\u{202e}": there is no such key (the keys here are b)"#)
        #expect(found.last?.contains(#""\u{1b}[2Jxxx"#) == true)
        #expect(found.last?.count ?? .max < 150)
    }

    @Test("Tags and merge keys are refused and not passed over")
    func unreadable() {
        let found = problems(in: "x: &x { a: 1 }\na: !include b.yaml\n<<: *x") { root in _ = root.value("a", as: .text) }
        #expect(found.contains(#"weir.yaml:2: a: the tag "!include" means nothing here"#))
        #expect(found.contains("weir.yaml:3: <<: there is no such key (merge keys are not read; write the keys out)"))
    }

    @Test("Anchors and aliases stand for what they name")
    func aliases() throws {
        let file = try ConfigurationFile(text: "a: &home [10.0.0.0/8]\nb: *home\n", name: "weir.yaml")
        let lists = try file.decode { root in [root.list("a", of: .network), root.list("b", of: .network)] }
        #expect(lists[0] == lists[1])
        #expect(lists[0]?.count == 1)
    }

    @Test("Several rooms may read one section, whose keys are known to all")
    func sharedSection() {
        let found = problems(in: "collector: { threads: 2, rate: 3 }") { root in
            #expect(root.section("collector").value("threads", as: .integer(in: 1...4)) == 2)
            #expect(root.section("collector").value("rate", as: .integer(in: 1...4)) == 3)
        }
        #expect(found == [])
    }

    @Test("A value that must be there once is named with its first place")
    func repeats() {
        let found = problems(in: "all:\n  - { name: a }\n  - { name: a }\n") { root in
            var names = Repeats<String>()
            for section in root.sections("all") {
                if let name = section.required("name", as: .name) { section.refuseRepeat(of: name, at: "name", in: &names) }
            }
        }
        #expect(found == [#"weir.yaml:3: all[1].name: "a" is there twice, first as all[0].name"#])
    }

    @Test("Text in Windows line ends, with a byte order mark or with nothing but comments is read as well")
    func textForms() throws {
        let windows = problems(in: "a: 1\r\nb: x\r\n") { _ = ($0.value("a", as: .text), $0.value("b", as: .flag)) }
        #expect(windows == [#"weir.yaml:2: b: "x" is not true or false (try true, false)"#])
        for (text, value) in [("\u{FEFF}a: 1", "1"), ("# nothing\n", nil), ("", nil), ("---\n...\n", nil)] {
            #expect(try ConfigurationFile(text: text, name: "weir.yaml").decode { $0.value("a", as: .text) } == value)
        }
    }
}
