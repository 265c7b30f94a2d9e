import Glibc

extension Registry {
    /// Adds the `process_*` metrics that Prometheus' client libraries have, read from `/proc` at each scrape; what cannot be read is left out.
    public func collectProcess() {
        let clockTicks = Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        let pageSize = UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 1))
        let bootTime = ProcessStatistics.bootTime()
        collect { writer in
            if let process = ProcessStatistics(stat: readFile("/proc/self/stat")) {
                writer.family(
                    "process_cpu_seconds_total", type: .counter, help: "Total user and system CPU time spent in seconds.", unit: "seconds")
                writer.sample(value: Double(process.cpuTicks) / clockTicks)
                writer.family("process_resident_memory_bytes", type: .gauge, help: "Resident memory size in bytes.", unit: "bytes")
                writer.sample(value: process.residentPages &* pageSize)
                writer.family("process_virtual_memory_bytes", type: .gauge, help: "Virtual memory size in bytes.", unit: "bytes")
                writer.sample(value: process.virtualBytes)
                if let bootTime {
                    writer.family(
                        "process_start_time_seconds", type: .gauge, help: "Start time of the process since unix epoch in seconds.", unit: "seconds")
                    writer.sample(value: Double(bootTime) + Double(process.startTicks) / clockTicks)
                }
            }
            if let count = ProcessStatistics.openFileDescriptors() {
                writer.family("process_open_fds", type: .gauge, help: "Number of open file descriptors.")
                writer.sample(value: count)
            }
            var limit = rlimit()
            if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
                writer.family("process_max_fds", type: .gauge, help: "Maximum number of open file descriptors.")
                writer.sample(value: UInt64(limit.rlim_cur))
            }
        }
    }
}

/// What `/proc/self/stat` says (proc(5)).
package struct ProcessStatistics {
    package var cpuTicks: UInt64
    package var startTicks: UInt64
    package var virtualBytes: UInt64
    package var residentPages: UInt64

    /// Reads a line of `/proc/PID/stat`; nil where it is not one.
    package init?(stat: String) {
        // The second field is the command in brackets, and may hold brackets and spaces itself.
        guard let bracket = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: bracket)...].split { $0 == " " || $0 == "\n" }
        // The first of these is field 3; utime, stime, starttime, vsize and rss are 14, 15, 22, 23 and 24.
        guard fields.count > 21, let user = UInt64(fields[11]), let system = UInt64(fields[12]), let start = UInt64(fields[19]),
            let virtual = UInt64(fields[20]), let resident = UInt64(fields[21])
        else { return nil }
        cpuTicks = user &+ system
        startTicks = start
        virtualBytes = virtual
        residentPages = resident
    }

    /// When the machine was started, in seconds since 1970.
    static func bootTime() -> UInt64? {
        readFile("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { UInt64($0.dropFirst("btime ".count)) }
    }

    /// How many descriptors the process has open, without the one needed to count them.
    static func openFileDescriptors() -> Int? {
        guard let directory = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe _ = closedir(directory) }
        var count = 0
        while let entry = unsafe readdir(directory) {
            if unsafe entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return count - 1
    }
}

/// The file's text; empty where it cannot be read.
private func readFile(_ path: String) -> String {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return String(decoding: content, as: UTF8.self) }
        content.append(contentsOf: chunk[..<count])
    }
}
