import FoundationEssentials
import Glibc
import Synchronization

/// The directory in which Weir keeps what must survive a restart, one file a name.
///
/// A file is replaced whole or not at all, whenever the power goes: it is written beside the old one, brought to the disk, and renamed.
/// One that cannot be used (damaged, of another version) is set aside as `NAME.damaged-1` to `-5`, for people to look into. The calls
/// block on the disk; they may come from any thread.
package final class StateDirectory: Sendable {
    /// How many unusable files of one name are kept; the last place is used again and again.
    static let maximumSetAside = 5
    /// A file's octets at most, which also bounds the memory that reading one takes.
    package static let maximumOctets = 256 << 20
    private static let temporarySuffix = ".weir-tmp"

    /// The directory's path, as it was given.
    package let path: String
    private let temporaryCount = Atomic<Int>(0)
    private let maximumOctets: Int

    /// Opens the directory at `path`, which is created (for its owner alone) with the folders above it where it is not there, and clears
    /// away what a Weir that was killed while writing left behind. Throws where there is no such directory and none can be created.
    ///
    /// - Parameter maximumOctets: of a file, header and all; a larger one is neither written nor read.
    package init(path: String, maximumOctets: Int = StateDirectory.maximumOctets) throws(StateFileError) {
        self.maximumOctets = maximumOctets
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        try Self.create(self.path)
        removeLeftovers()
    }

    /// What was last written under `name`. `name` is a file's name: letters, digits and hyphens.
    package func read<Value: Decodable & Sendable>(_ name: String, version: Int, as type: Value.Type) -> StateReadResult<Value> {
        do {
            guard let octets = try POSIXFile.reading(file(name)).readAll(limit: maximumOctets) else {
                return setAside(name, "is larger than \(maximumOctets) octets")
            }
            let content = try StateFileFormat.decode(octets, name: name, version: version)
            return .value(try Self.decoder.decode(type, from: Data(content)))
        } catch let failure as POSIXFile.Failure {
            return failure.number == ENOENT ? .absent : setAside(name, "cannot be read: \(failure.message)")
        } catch let damage as StateFileFormat.Damage {
            return setAside(name, damage.message)
        } catch {
            return setAside(name, "does not hold what it should: \(error)")
        }
    }

    /// Replaces what is kept under `name`. Throws where that fails; what was there before is then still there.
    package func write(_ name: String, version: Int, _ value: some Encodable) throws(StateFileError) {
        do {
            try replace(name, version, [UInt8](try Self.encoder.encode(value)))
        } catch let failure as StateFileError {
            throw failure
        } catch {
            throw StateFileError(path: file(name), message: "cannot be written: \(error)")
        }
    }

    /// Replaces what is kept under `name` by a list. The elements are encoded one by one: an encoder takes many times the memory of what it makes.
    package func write(_ name: String, version: Int, list: some Collection<some Encodable>) throws(StateFileError) {
        do {
            let encoder = Self.encoder
            var content = [UInt8(ascii: "[")]
            for element in list {
                if content.count > 1 { content.append(UInt8(ascii: ",")) }
                content += try encoder.encode(element)
            }
            content.append(UInt8(ascii: "]"))
            try replace(name, version, content)
        } catch let failure as StateFileError {
            throw failure
        } catch {
            throw StateFileError(path: file(name), message: "cannot be written: \(error)")
        }
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
        return encoder
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
        return decoder
    }

    private func replace(_ name: String, _ version: Int, _ content: [UInt8]) throws(StateFileError) {
        let octets = StateFileFormat.encode(name: name, version: version, content: content)
        guard octets.count <= maximumOctets else {
            let message =
                "cannot be written: it would be \(octets.count) octets, and at most \(maximumOctets) are read again; what was there before is kept"
            throw StateFileError(path: file(name), message: message)
        }
        let temporary = file(".\(name).\(getpid())-\(temporaryCount.wrappingAdd(1, ordering: .relaxed).newValue)\(Self.temporarySuffix)")
        do {
            try Self.replace(file(name), with: octets, by: temporary)
            try POSIXFile.reading(path).synchronize()
        } catch {
            unsafe unlink(temporary)
            throw StateFileError(path: file(name), message: "cannot be written: \(error.message)")
        }
    }

    // MARK: Details

    private func file(_ name: String) -> String { "\(path)/\(name)" }

    private static func replace(_ file: String, with octets: [UInt8], by temporary: String) throws(POSIXFile.Failure) {
        let output = try POSIXFile.creating(temporary)
        try output.writeAll(octets)
        try output.synchronize()
        if unsafe rename(temporary, file) != 0 { throw .last }
    }

    private func setAside<Value>(_ name: String, _ what: String) -> StateReadResult<Value> {
        let place = (1..<Self.maximumSetAside).first { unsafe access(file("\(name).damaged-\($0)"), F_OK) != 0 } ?? Self.maximumSetAside
        let target = file("\(name).damaged-\(place)")
        if unsafe rename(file(name), target) != 0 {
            let reason = POSIXFile.Failure.last.message
            return .setAside(message: "\(file(name)) \(what); it is ignored, and could not be set aside: \(reason)")
        }
        return .setAside(message: "\(file(name)) \(what); it is ignored, and set aside as \(target)")
    }

    private static func create(_ path: String) throws(StateFileError) {
        if unsafe mkdir(path, 0o700) == 0 { return }
        let failure = POSIXFile.Failure.last
        switch failure.number {
        case EEXIST:
            // Opened as a directory (with a dot behind it), which a file is not.
            do { _ = try POSIXFile.reading("\(path)/.") } catch { throw StateFileError(path: path, message: "cannot be opened: \(error.message)") }
        case ENOENT:
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { fallthrough }
            try create(String(path[..<slash]))
            if unsafe mkdir(path, 0o700) != 0 && errno != EEXIST {
                throw StateFileError(path: path, message: "cannot be created: \(POSIXFile.Failure.last.message)")
            }
        default:
            throw StateFileError(path: path, message: "cannot be created: \(failure.message)")
        }
    }

    private func removeLeftovers() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        where name.hasPrefix(".") && name.hasSuffix(Self.temporarySuffix) {
            unsafe unlink(file(name))
        }
    }
}
