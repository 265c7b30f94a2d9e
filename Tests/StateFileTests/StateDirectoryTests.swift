import Foundation
import Testing

import StateFile

@Suite("State that survives a restart")
struct StateDirectoryTests {
    private struct Templates: Codable, Sendable, Equatable {
        var rates: [String: Int]
        var octets: [UInt8]
    }

    private static let sample = Templates(rates: ["a": 1, "b": 400], octets: [0, 255, 7])

    /// A directory for one test, which is taken away at its end.
    private final class Scratch {
        let path = FileManager.default.temporaryDirectory.appending(path: "weir-state-\(UUID().uuidString)").path

        deinit { try? FileManager.default.removeItem(atPath: path) }

        var files: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

        func octets(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: "\(path)/\(name)"))) }

        func put(_ octets: [UInt8], as name: String) throws { try Data(octets).write(to: URL(filePath: "\(path)/\(name)")) }
    }

    private func message(_ result: StateReadResult<Templates>) -> String? {
        if case .setAside(let message) = result { message } else { nil }
    }

    private func value(_ result: StateReadResult<Templates>) -> Templates? {
        if case .value(let value) = result { value } else { nil }
    }

    @Test("What is written is read again, and the last one counts")
    func roundTrip() throws {
        let scratch = Scratch()
        let state = try StateDirectory(path: scratch.path)
        guard case .absent = state.read("templates", version: 1, as: Templates.self) else { Issue.record("something is there"); return }
        try state.write("templates", version: 1, Templates(rates: [:], octets: []))
        try state.write("templates", version: 1, Self.sample)
        #expect(value(state.read("templates", version: 1, as: Templates.self)) == Self.sample)
        #expect(value(try StateDirectory(path: scratch.path + "/").read("templates", version: 1, as: Templates.self)) == Self.sample)
        #expect(scratch.files == ["templates"])
    }

    @Test("Numbers that JSON has no words for are kept, too")
    func boundless() throws {
        let scratch = Scratch()
        let state = try StateDirectory(path: scratch.path)
        try state.write("rates", version: 1, [Double.infinity, -Double.infinity, Double.nan])
        guard case .value(let rates) = state.read("rates", version: 1, as: [Double].self) else { Issue.record("nothing is there"); return }
        #expect(rates.prefix(2) == [.infinity, -.infinity] && rates.last?.isNaN == true)
    }

    @Test("What is too large to be read again is not written, and what was there stays")
    func tooLarge() throws {
        let scratch = Scratch()
        let state = try StateDirectory(path: scratch.path, maximumOctets: 200)
        try state.write("templates", version: 1, Self.sample)
        #expect(throws: StateFileError.self) {
            try state.write("templates", version: 1, Templates(rates: [:], octets: [UInt8](repeating: 1, count: 200)))
        }
        #expect(throws: StateFileError.self) { try state.write("templates", version: 1, list: [Int](repeating: 7, count: 200)) }
        #expect(value(state.read("templates", version: 1, as: Templates.self)) == Self.sample)
        #expect(scratch.files == ["templates"])
    }

    @Test("The directory is created for its owner alone, with the folders above it, and files likewise")
    func permissions() throws {
        let scratch = Scratch()
        let state = try StateDirectory(path: scratch.path + "/a/b")
        try state.write("templates", version: 1, Self.sample)
        let permissions = { (path: String) in try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int }
        #expect(try permissions(scratch.path + "/a/b") == 0o700)
        #expect(try permissions(scratch.path + "/a/b/templates") == 0o600)
    }

    @Test("A file that ends early, wherever it does, is set aside")
    func truncated() throws {
        let scratch = Scratch()
        let state = try StateDirectory(path: scratch.path)
        try state.write("templates", version: 1, Self.sample)
        let whole = try scratch.octets("templates")
        for count in 0..<whole.count {
            try scratch.put(Array(whole[..<count]), as: "templates")
            #expect(message(state.read("templates", version: 1, as: Templates.self)) != nil, "\(count) octets")
            #expect(!scratch.files.contains("templates"))
        }
        try scratch.put(whole + [0x20], as: "templates")
        #expect(message(state.read("templates", version: 1, as: Templates.self))?.contains("octets") == true)
    }

    @Test("A file with any one bit changed is set aside")
    func flipped() throws {
        let scratch = Scratch()
        let state = try StateDirectory(path: scratch.path)
        try state.write("templates", version: 1, Self.sample)
        let whole = try scratch.octets("templates")
        for index in whole.indices {
            for bit in 0..<8 {
                var changed = whole
                changed[index] ^= 1 << UInt8(bit)
                try scratch.put(changed, as: "templates")
                #expect(message(state.read("templates", version: 1, as: Templates.self)) != nil, "octet \(index), bit \(bit)")
            }
        }
        try scratch.put(whole, as: "templates")
        #expect(value(state.read("templates", version: 1, as: Templates.self)) == Self.sample)
    }

    @Test("The message says what was wrong and where the file is now")
    func messages() throws {
        let scratch = Scratch()
        let state = try StateDirectory(path: scratch.path)
        let file = scratch.path + "/templates"
        try state.write("templates", version: 2, Self.sample)
        let whole = try scratch.octets("templates")
        #expect(
            message(state.read("templates", version: 1, as: Templates.self))
                == "\(file) is of version 2, and this Weir reads version 1; it is ignored, and set aside as \(file).damaged-1")
        try scratch.put(whole, as: "rates")
        #expect(message(state.read("rates", version: 2, as: Templates.self))?.contains("rates is the file of \"templates\"") == true)
        try scratch.put(Array("{}".utf8), as: "templates")
        #expect(message(state.read("templates", version: 1, as: Templates.self))?.contains("does not begin with Weir's header") == true)
        try scratch.put(Array(whole.dropLast()), as: "templates")
        #expect(message(state.read("templates", version: 2, as: Templates.self))?.contains("octets; it is ignored") == true)
        try scratch.put(Array(whole.dropLast()) + [0x20], as: "templates")
        #expect(message(state.read("templates", version: 2, as: Templates.self))?.contains("does not match its checksum") == true)
        try state.write("templates", version: 2, ["another": "shape"])
        #expect(message(state.read("templates", version: 2, as: Templates.self))?.contains("does not hold what it should") == true)
    }

    @Test("At most five unusable files of a name are kept")
    func bounded() throws {
        let scratch = Scratch()
        let state = try StateDirectory(path: scratch.path)
        for round in 1...8 {
            try scratch.put([UInt8(round)], as: "templates")
            #expect(message(state.read("templates", version: 1, as: Templates.self))?.hasSuffix(".damaged-\(min(round, 5))") == true)
        }
        #expect(scratch.files == (1...5).map { "templates.damaged-\($0)" })
        #expect(try scratch.octets("templates.damaged-5") == [8])
    }

    @Test("What a killed writer left is cleared away when the directory is opened, and nothing else is")
    func leftovers() throws {
        let scratch = Scratch()
        try StateDirectory(path: scratch.path).write("templates", version: 1, Self.sample)
        for name in [".templates.123-1.weir-tmp", ".other", "notes.weir-tmp"] { try scratch.put([1], as: name) }
        let state = try StateDirectory(path: scratch.path)
        #expect(scratch.files == [".other", "notes.weir-tmp", "templates"])
        #expect(value(state.read("templates", version: 1, as: Templates.self)) == Self.sample)
    }

    @Test("A directory that cannot be had, or not be written to, is said so")
    func unwritable() throws {
        let scratch = Scratch()
        let state = try StateDirectory(path: scratch.path)
        try scratch.put([1], as: "file")
        let file = scratch.path + "/file"
        let notDirectory = #expect(throws: StateFileError.self) { try StateDirectory(path: file) }
        #expect(notDirectory?.description == file + ": cannot be opened: Not a directory")
        let below = #expect(throws: StateFileError.self) { try StateDirectory(path: file + "/a") }
        #expect(below?.description == file + "/a: cannot be created: Not a directory")
        // Nobody, root included, creates files here.
        let processes = try StateDirectory(path: "/proc")
        let error = #expect(throws: StateFileError.self) { try processes.write("templates", version: 1, Self.sample) }
        #expect(error?.path == "/proc/templates")
        #expect(error?.message.hasPrefix("cannot be written: ") == true)
        // A directory in the file's place can be neither read nor replaced; it is set aside as a file would be.
        try FileManager.default.createDirectory(atPath: scratch.path + "/templates", withIntermediateDirectories: false)
        #expect(throws: StateFileError.self) { try state.write("templates", version: 1, Self.sample) }
        #expect(message(state.read("templates", version: 1, as: Templates.self))?.contains("cannot be read: Is a directory") == true)
        #expect(!scratch.files.contains { $0.hasSuffix("weir-tmp") })
    }

    @Test("Where the disk takes no more, the write fails and what was there stays")
    func fullDisk() async {
        // In a process of its own: the limit on a file's size, which stands for the full disk, holds for a whole process.
        await #expect(processExitsWith: .success) { () async throws in
            let path = FileManager.default.temporaryDirectory.appending(path: "weir-state-\(UUID().uuidString)").path
            defer { try? FileManager.default.removeItem(atPath: path) }
            let state = try StateDirectory(path: path)
            try state.write("templates", version: 1, ["small"])
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 8_192, rlim_max: 8_192)
            guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { exit(2) }
            do {
                try state.write("templates", version: 1, [String(repeating: "x", count: 100_000)])
                exit(3)
            } catch {
                guard "\(error)" == path + "/templates: cannot be written: File too large" else { exit(4) }
            }
            guard case .value(["small"]) = state.read("templates", version: 1, as: [String].self) else { exit(5) }
            guard try FileManager.default.contentsOfDirectory(atPath: path) == ["templates"] else { exit(6) }
        }
    }

    @Test("Writers of one name at once leave one of their values, whole")
    func concurrent() async throws {
        let scratch = Scratch()
        let state = try StateDirectory(path: scratch.path)
        try await withThrowingTaskGroup { group in
            for round in 0..<20 {
                group.addTask { try state.write("templates", version: 1, Templates(rates: ["round": round], octets: [])) }
            }
            try await group.waitForAll()
        }
        #expect(value(state.read("templates", version: 1, as: Templates.self)) != nil)
        #expect(scratch.files == ["templates"])
    }

    @Test("A file is a line of header and JSON, with zip's CRC-32 over both")
    func format() throws {
        let scratch = Scratch()
        try StateDirectory(path: scratch.path).write("rates", version: 3, [1, 2])
        // python3 -c 'import zlib; print("%08x" % zlib.crc32(b"weir-state rates 3 5[1,2]"))'
        #expect(String(decoding: try scratch.octets("rates"), as: UTF8.self) == "weir-state rates 3 5 18d88daf\n[1,2]")
    }
}
