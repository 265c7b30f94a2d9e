import Foundation
import Logging
import Synchronization

/// Writes log lines to standard error, as text for people or as one JSON object a line for machines.
package struct LineLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level {
        get { level.value }
        set { level.value = newValue }
    }
    private let level: LogLevel
    private let format: WeirConfiguration.Log.Format

    package init(_ level: LogLevel, format: WeirConfiguration.Log.Format) {
        self.level = level
        self.format = format
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true)) + "Z"
        var line: [UInt8] = []
        switch format {
        case .text:
            line.append(contentsOf: "\(time) \(event.level.rawValue.uppercased()) \(event.message)".utf8)
            for (key, value) in fields { line.append(contentsOf: " \(key)=\(value)".utf8) }
        case .json:
            line.append(UInt8(ascii: "{"))
            let pairs =
                [("time", time), ("level", event.level.rawValue), ("message", event.message.description)]
                + fields.map { ($0.key, $0.value.description) }
            for (index, pair) in pairs.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                JSONText.append(pair.0, to: &line)
                line.append(UInt8(ascii: ":"))
                JSONText.append(pair.1, to: &line)
            }
            line.append(UInt8(ascii: "}"))
        }
        line.append(UInt8(ascii: "\n"))
        StandardError.write(line)
    }
}

/// The level from which on lines are written; it changes at reload, for all loggers.
package final class LogLevel: Sendable {
    private let level: Mutex<Logger.Level>

    package init(_ level: Logger.Level) {
        self.level = Mutex(level)
    }

    /// Lines below it are left out.
    package var value: Logger.Level {
        get { level.withLock { $0 } }
        set { level.withLock { $0 = newValue } }
    }
}
