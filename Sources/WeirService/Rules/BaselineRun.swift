import ConfigurationFile
import Detection
import Foundation

/// `weir baseline`: what the rules that learn have learned, out of the state directory and into it.
package enum BaselineRun {
    /// What keeps it from being done.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Prints the baseline as YAML.
    package static func export(_ configuration: WeirConfiguration) throws {
        let (saved, message) = try store(configuration).load()
        if let message { throw Failure(description: message) }
        guard let saved else { throw Failure(description: "nothing has been learned yet: \(configuration.state.directory ?? "") has no file for it") }
        StandardOutput.write(Array(BaselineText.yaml(saved.baseline).utf8))
    }

    /// Prints what is seen in captures as a baseline: all of it, whatever the rules say.
    package static func export(_ captures: [String], _ configuration: WeirConfiguration) throws {
        let findings = try RulesOverCaptures.run(CaptureRules(captures: captures, configuration: configuration))
        guard findings.isWhole, findings.datagrams > 0 else { throw Failure(description: "the captures could not be read whole, or held nothing") }
        StandardOutput.write(Array(BaselineText.yaml(findings.baseline).utf8))
    }

    /// Takes a baseline into the state directory, beside what is there; how many edges are known then.
    ///
    /// - Parameter file: its path; `-`: standard input.
    package static func importing(_ file: String, _ configuration: WeirConfiguration) throws -> Int {
        let baseline = try read(file)
        let store = try store(configuration)
        let (known, message) = store.load()
        if let message { throw Failure(description: message) }
        var saved = known ?? SavedDetection()
        saved.add(baseline)
        try store.save(saved)
        return saved.baseline.edges.count
    }

    /// Reads a baseline. Throws what is wrong in it.
    package static func read(_ file: String) throws -> Baseline {
        let octets: Data
        do {
            octets = file == "-" ? try FileHandle.standardInput.readToEnd() ?? Data() : try Data(contentsOf: URL(filePath: file))
        } catch {
            throw Failure(description: "\(file) cannot be read: \(error.localizedDescription)")
        }
        guard let text = String(validating: octets, as: UTF8.self) else { throw Failure(description: "\(file) is not UTF-8 text") }
        return try BaselineText.baseline(text, name: file == "-" ? "standard input" : file)
    }

    private static func store(_ configuration: WeirConfiguration) throws -> DetectionStore {
        guard let path = configuration.state.directory else {
            throw Failure(description: "the configuration has no state.directory, in which it would be kept")
        }
        return try DetectionStore(path: path)
    }
}
