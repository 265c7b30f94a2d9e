import Foundation

/// What the numbers were measured on, without its name.
enum Machine {
    /// Cores that programs can run on.
    static let cores = ProcessInfo.processInfo.activeProcessorCount

    static var description: String {
        let processors = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = processors.split(separator: "\n").first { $0.hasPrefix("model name") }?.split(separator: ":").last
        let kernel = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? "unknown"
        let maximum = (try? String(contentsOfFile: "/proc/sys/net/core/rmem_max", encoding: .utf8)) ?? "unknown"
        let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.split(separator: " ").first ?? "unknown"
        let day = Date().formatted(.iso8601.year().month().day())
        return """
            Measured on \(day): \(cores) cores \
            (\(model.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown")), Linux \(trimmed(kernel)), \
            `rmem_max` \(trimmed(maximum)), load of the machine before it \(load); generator, collector and scrapes share the cores.
            """
    }

    private static func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
}
