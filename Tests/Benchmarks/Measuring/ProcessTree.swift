import Foundation

/// What the kernel says about a process and its descendants, in `/proc`.
enum ProcessTree {
    /// CPU time in seconds.
    struct Cost {
        var user = 0.0
        var system = 0.0
        var total: Double { user + system }

        static func - (left: Cost, right: Cost) -> Cost {
            Cost(user: left.user - right.user, system: left.system - right.system)
        }
    }

    /// Seconds of the unit in which `/proc/PID/stat` counts.
    static let tick = 1 / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))

    /// A process and all its descendants.
    static func processes(of id: Int32) -> [Int32] {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/task")) ?? []
        let children = threads.flatMap { thread in
            (try? String(contentsOfFile: "/proc/\(id)/task/\(thread)/children", encoding: .utf8))?.split(separator: " ").compactMap { Int32($0) }
                ?? []
        }
        return [id] + children.flatMap(processes)
    }

    /// CPU time of all threads of a process, of its descendants, and of those of its children that have ended.
    static func cost(of id: Int32) -> Cost {
        processes(of: id).reduce(into: Cost()) { sum, id in
            let fields = statusFields(id)
            guard fields.count > 14 else { return }
            // proc_pid_stat(5): utime, stime, cutime, cstime are fields 14 to 17; the first two stand before the closing parenthesis.
            sum.user += (Double(fields[11]) ?? 0) * tick + (Double(fields[13]) ?? 0) * tick
            sum.system += (Double(fields[12]) ?? 0) * tick + (Double(fields[14]) ?? 0) * tick
        }
    }

    /// Whether the process runs; a zombie doesn't.
    static func isAlive(_ id: Int32) -> Bool {
        guard let state = statusFields(id).first else { return false }
        return state != "Z" && state != "X"
    }

    /// Resident memory now and at most, in bytes.
    static func residentMemory(of id: Int32) -> (now: Int, most: Int) {
        let status = (try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)) ?? ""
        func kibibytes(_ name: String) -> Int {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
            return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
        }
        return (kibibytes("VmRSS:") << 10, kibibytes("VmHWM:") << 10)
    }

    /// The fields of `/proc/PID/stat` behind the program's name, which may contain spaces.
    private static func statusFields(_ id: Int32) -> [Substring] {
        guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8), let end = text.lastIndex(of: ")") else { return [] }
        return text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
    }
}
