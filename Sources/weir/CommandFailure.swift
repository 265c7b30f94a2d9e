import ArgumentParser
import Foundation
import WeirService

/// Ends a command with a message and one of the statuses that README names.
enum CommandFailure {
    /// Status 1: it failed.
    static func failed(_ message: String) -> ExitCode {
        write(message)
        return ExitCode(1)
    }

    /// Status 78: the configuration is wrong.
    static func configuration(_ message: String) -> ExitCode {
        write(message)
        return ExitCode(78)
    }

    private static func write(_ message: String) {
        FileHandle.standardError.write(Data("weir: \(message)\n".utf8))
    }
}

/// The configuration of a file, or the defaults where there is none; ends the command with status 78 and every mistake where it is wrong.
func loadConfiguration(_ path: String?) throws -> WeirConfiguration {
    guard let path else { return WeirConfiguration() }
    do {
        return try WeirConfiguration.load(path: path)
    } catch {
        throw CommandFailure.configuration("\(error)")
    }
}
