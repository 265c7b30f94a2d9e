import Foundation
import Support

/// The memory of a process that is in RAM (proc(5), `/proc/PID/status`), in KiB.
struct ResidentMemory: Sendable {
    /// `VmRSS`: now.
    let now: Int
    /// `VmHWM`: the most there ever was.
    let peak: Int

    init(of process: ChildProcess) throws {
        let status = try FileHandle(forReadingFrom: URL(filePath: "/proc/\(process.id)/status")).readToEnd() ?? Data()
        var values: [Substring: Int] = [:]
        for line in String(decoding: status, as: UTF8.self).split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == ":" || $0 == " " || $0 == "\t" })
            if words.count == 3, words[2] == "kB" { values[words[0]] = Int(words[1]) }
        }
        guard let now = values["VmRSS"], let peak = values["VmHWM"] else { throw DeadlinePassed(description: "process \(process.id) has no memory") }
        self.now = now
        self.peak = peak
    }

    /// KiB as MiB, for people.
    static func mebibytes(_ kibibytes: Int) -> Int { (kibibytes + 512) / 1024 }
}

/// The CPU time that a process has used (proc(5), `/proc/PID/stat`).
enum ProcessorTime {
    /// Seconds, of all its threads, in itself and in the kernel.
    static func seconds(of process: ChildProcess) throws -> Double {
        let text = String(decoding: try FileHandle(forReadingFrom: URL(filePath: "/proc/\(process.id)/stat")).readToEnd() ?? Data(), as: UTF8.self)
        // Behind the name, which may have anything in it, the twelfth and thirteenth.
        let words = text.drop { $0 != ")" }.split(separator: " ")
        guard words.count > 13, let user = Double(words[12]), let system = Double(words[13]) else {
            throw DeadlinePassed(description: "process \(process.id) has no times")
        }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

extension [Int] {
    /// What a quarter of them is below; 0 where there is none.
    var lowerQuartile: Int { isEmpty ? 0 : sorted()[count / 4] }
}
