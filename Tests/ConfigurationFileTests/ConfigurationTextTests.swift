import Foundation
import Testing

import ConfigurationFile

@Suite("Configuration files and text")
struct ConfigurationTextTests {
    @Test(
        "A text is written so that it is read again as it was",
        arguments: [
            "plain", "10.0.0.0/8", ":2055", "off", "No", "null", " a ", "a: b", "#", "\"\\\n\t\u{1B}\u{7F}\u{A0}\u{2028}\u{FEFF}", "é漢😀", "[::]:0",
            "-", "0x1F", "a,b]}", "'", "!x", "&a", "*a", "%", "@", "\u{E000}",
        ])
    func roundTrip(text: String) throws {
        var configuration = ConfigurationText()
        configuration.set("first", .text(text))
        configuration.set("key", in: "section", .text(text))
        configuration.set("list", .list([.section([("key", .text(text))])]))
        let read = try ConfigurationFile(text: configuration.yaml, name: "weir.yaml").decode { root in
            [root.value("first", as: .text), root.section("section").value("key", as: .text), root.sections("list").first?.value("key", as: .text)]
        }
        #expect(read == [text, text, text])
    }

    @Test("Sections are indented, and secrets and what is absent are shown as such")
    func layout() {
        var configuration = ConfigurationText()
        configuration.set("listen", .list([.text(":2055"), .text("a")]))
        configuration.set("file", in: "identity", .text(nil))
        configuration.set("log", .plain("5m"))
        configuration.set("token", in: "identity", .secret(Secret("hunter2")))
        configuration.set("networks", .list([.section([("name", .text("corp")), ("on", .plain("true"))])]))
        configuration.set("none", .list([]))
        configuration.set("empty", .text(""))
        #expect(
            configuration.yaml == """
                listen: [":2055", a]
                identity:
                  file: null
                  token: <secret>
                log: 5m
                networks:
                  - { name: corp, on: true }
                none: []
                empty: ""

                """)
    }

    @Test("Files are read, and relative paths in them are taken from their folder")
    func files() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "weir-configuration-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "weir.yaml").path
        try Data("a: pods.yaml\nb: /etc/pods.yaml\n".utf8).write(to: URL(filePath: path))
        let paths = try ConfigurationFile(path: path).decode { root in [root.path("a"), root.path("b")] }
        #expect(paths == [folder.path + "/pods.yaml", "/etc/pods.yaml"])

        try Data([0x61, 0x3A, 0x20, 0xFF]).write(to: URL(filePath: path))
        let error = #expect(throws: ConfigurationError.self) { try ConfigurationFile(path: path) }
        #expect(error?.description == path + ": is not UTF-8 text")
        for (path, message) in [(path + ".none", "cannot be opened: No such file or directory"), (folder.path, "cannot be read: Is a directory")] {
            let error = #expect(throws: ConfigurationError.self) { try ConfigurationFile(path: path) }
            #expect(error?.description == "\(path): \(message)")
        }
    }
}
