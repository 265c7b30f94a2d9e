import Foundation
import Support

/// What the parts share: the program that is measured, and a folder on a tmpfs, gone at the end.
struct Bench: Sendable {
    /// Path of `weir`.
    let weir: String
    /// Folder for all that is written.
    let folder: URL

    /// Room that the peers' files need: a gigabyte and a half.
    private static let octetsNeeded: UInt64 = 1_500_000_000

    /// Makes a folder in `parent`, or in a tmpfs that has room.
    init(weir: String, parent: String?) throws {
        guard FileManager.default.isExecutableFile(atPath: weir) else { throw BenchFailure("there is no program \(weir): make build") }
        self.weir = weir
        guard let parent = parent ?? ["/dev/shm", "/run/user/\(getuid())", "/tmp"].first(where: Self.isRoomyTmpfs) else {
            throw BenchFailure("neither /dev/shm nor /tmp is a tmpfs with 1.5 GB of room: mount one and say --folder")
        }
        folder = URL(filePath: parent).appending(path: "weir-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        Children.remove(atEnd: folder)
    }

    /// Deletes the folder.
    func removeFolder() {
        try? FileManager.default.removeItem(at: folder)
    }

    /// The path of a file in the folder.
    func path(_ name: String) -> String {
        folder.appending(path: name).path
    }

    /// Runs a verb of `weir bench` and reads the line of JSON that it prints.
    func run<Answer: Decodable>(_ type: Answer.Type, _ arguments: [String], within seconds: Double) async throws -> Answer {
        let ended = try await Children.run(weir, ["bench"] + arguments, within: seconds)
        guard ended.status == 0 else { throw BenchFailure("weir bench \(arguments.joined(separator: " ")): \(ended.errors.suffix(300))") }
        return try JSONDecoder().decode(type, from: Data(ended.output.utf8))
    }

    private static func isRoomyTmpfs(_ path: String) -> Bool {
        // A line of /proc/mounts: device, place, type, options.
        let mounts = ((try? String(contentsOfFile: "/proc/mounts", encoding: .utf8)) ?? "").split(separator: "\n")
        guard mounts.contains(where: { $0.split(separator: " ").dropFirst().prefix(2) == [path[...], "tmpfs"] }) else { return false }
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0, unsafe access(path, W_OK) == 0 else { return false }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize) >= octetsNeeded
    }
}

/// Something could not be measured.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The tables, on standard output, each as soon as it is known.
enum Report {
    static func write(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }
}

/// What is being done, on standard error, so that the tables alone stand on standard output.
enum Progress {
    private static let start = ContinuousClock.now

    static func say(_ text: String) {
        let seconds = (ContinuousClock.now - start).components.seconds
        FileHandle.standardError.write(Data("[\(seconds) s] \(text)\n".utf8))
    }
}
