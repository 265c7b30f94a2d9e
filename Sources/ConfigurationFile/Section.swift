internal import Yams

/// A mapping of a configuration file, from which a room takes its values by key.
///
/// What is wrong is noted, with its line and the key's path, and the room goes on with its default, so that all problems of a file are
/// reported together. A key without a value (`rules:`, `~`, `null`) counts as absent. Several rooms may read one section.
package final class Section {
    private struct Entry {
        let line: Int
        /// nil where the key has no value.
        let node: Node?
    }

    private let path: String
    private let line: Int
    private let directory: String
    private let problems: ProblemList
    private var entries: [String: Entry] = [:]
    private var knownKeys: [String] = []
    private var sections: [String: Section] = [:]
    private var listedSections: [String: [Section]] = [:]

    init(_ node: Node?, path: String, line: Int, directory: String, problems: ProblemList) {
        self.path = path
        self.line = line
        self.directory = directory
        self.problems = problems
        guard let node, !node.isAbsent else { return }
        guard let mapping = node.mapping else {
            problems.add(line: node.mark?.line ?? line, key: path, "expected keys and values (key: value), found \(node.kindInWords)")
            return
        }
        for (key, value) in mapping {
            take(key, value)
        }
    }

    // MARK: Values

    /// The value of `key`; nil where it is absent or wrong.
    package func value<Value>(_ key: String, as kind: ValueKind<Value>) -> Value? {
        know(key)
        guard let node = entries[key]?.node else { return nil }
        return read(node, line: line(of: key), path: child(key), as: kind)
    }

    /// Puts the value of `key`, where there is a right one, in the place of a default.
    package func read<Value>(_ key: String, as kind: ValueKind<Value>, into target: inout Value) {
        if let value = value(key, as: kind) { target = value }
    }

    /// Puts the value of `key`, where there is a right one, in the place of a default.
    package func read<Value>(_ key: String, as kind: ValueKind<Value>, into target: inout Value?) {
        if let value = value(key, as: kind) { target = value }
    }

    /// The value of a key that must be there; nil, and reported, where it is absent or wrong.
    package func required<Value>(_ key: String, as kind: ValueKind<Value>) -> Value? {
        if !has(key) { report(key, "is missing: it must be \(kind.noun)") }
        return value(key, as: kind)
    }

    /// The path of a file or folder: a relative one is taken from the folder of the configuration file.
    package func path(_ key: String) -> String? {
        guard let path = value(key, as: .text) else { return nil }
        return path.hasPrefix("/") ? path : directory + path
    }

    /// The paths of a list: relative ones are taken from the folder of the configuration file.
    package func paths(_ key: String) -> [String]? {
        list(key, of: .text)?.map { $0.hasPrefix("/") ? $0 : directory + $0 }
    }

    // MARK: Lists and sections

    /// Whether `key` has a value, right or wrong.
    package func has(_ key: String) -> Bool {
        entries[key]?.node != nil
    }

    /// The keys that are there, sorted: for a section whose keys are names that its author chose.
    package var keys: [String] {
        entries.keys.sorted()
    }

    /// Whether the value of `key` is a list, for keys that take a word or a list.
    package func holdsList(_ key: String) -> Bool {
        entries[key]?.node?.sequence != nil
    }

    /// The values of a list, the wrong ones (which are reported) left out; nil where it is absent or no list.
    ///
    /// A list of fewer than `atLeast` elements is wrong, and one in which a value is twice, but for those that `mayRepeat`.
    package func list<Value: Hashable>(
        _ key: String, of kind: ValueKind<Value>, atLeast minimum: Int = 0, mayRepeat: (Value) -> Bool = { _ in false }
    ) -> [Value]? {
        guard let elements = elements(key, of: kind.examples) else { return nil }
        if elements.count < minimum { report(key, "is empty: it must hold at least \(minimum)") }
        var values: [Value] = []
        var places: [Value: Int] = [:]
        for (index, element) in elements.enumerated() {
            guard let value = read(element, line: line(of: key), path: child(key, index), as: kind) else { continue }
            if let first = places[value], !mayRepeat(value) {
                let message = "\(element.textInQuotes) is listed twice, first as \(child(key, first))"
                problems.add(line: element.mark?.line, key: child(key, index), message)
            } else {
                places[value] = index
            }
            values.append(value)
        }
        return values
    }

    /// The section at `key`, an empty one where it is absent.
    package func section(_ key: String) -> Section {
        know(key)
        if let known = sections[key] { return known }
        let section = Section(entries[key]?.node, path: child(key), line: line(of: key), directory: directory, problems: problems)
        sections[key] = section
        return section
    }

    /// The sections of a list (`- { … }`), none where it is absent. Where there is a `shorthand`, a plain value stands for a section with that key alone.
    package func sections(_ key: String, shorthand: String? = nil) -> [Section] {
        if let known = listedSections[key] { return known }
        var sections: [Section] = []
        for (index, element) in (elements(key, of: "{ … }") ?? []).enumerated() {
            let path = child(key, index)
            guard problems.takeValue(line: element.mark?.line, key: path) else { break }
            let element = shorthand.flatMap { element.scalar != nil && !element.isAbsent ? Node([(Node($0), element)]) : nil } ?? element
            sections.append(Section(element, path: path, line: element.mark?.line ?? line(of: key), directory: directory, problems: problems))
        }
        listedSections[key] = sections
        return sections
    }

    /// The values of a key that takes one or a list of them; nil where it is absent.
    package func oneOrMore<Value: Hashable>(_ key: String, of kind: ValueKind<Value>) -> [Value]? {
        holdsList(key) ? list(key, of: kind, atLeast: 1) : value(key, as: kind).map { [$0] }
    }

    /// Takes all keys for known, since what they mean depends on something that is wrong and reported.
    package func leaveUnread() {
        for key in entries.keys { know(key) }
    }

    // MARK: Problems

    /// Notes that what stands at `key` is wrong.
    package func report(_ key: String, _ message: String) {
        problems.add(line: line(of: key), key: child(key), message)
    }

    /// Notes that what stands in the list at `key`, counted from 0, is wrong.
    package func report(_ key: String, element index: Int, _ message: String) {
        let element = entries[key]?.node?.sequence.flatMap { $0.indices.contains(index) ? $0[index] : nil }
        problems.add(line: element?.mark?.line ?? line(of: key), key: child(key, index), message)
    }

    /// Notes all that is wrong in another file, which this one names.
    package func include(_ error: ConfigurationError) {
        problems.include(error)
    }

    /// Where `key` stands, or would, for what can only be said when more than this file is known.
    package func place(of key: String) -> ConfigurationPlace {
        problems.place(line: line(of: key), key: child(key))
    }

    /// Notes where `value`, which stands at `key`, has been seen before.
    package func refuseRepeat<Value>(of value: Value, at key: String, in repeats: inout Repeats<Value>) {
        if let first = repeats.first(of: value, at: child(key)) {
            report(key, "\(Quoting.value("\(value)")) is there twice, first as \(first)")
        }
    }

    /// Reports the keys that nobody asked for, here and below. Called once, after every room has read its part.
    func finish() {
        let allowed = knownKeys.sorted()
        for (key, entry) in entries.sorted(by: { $0.key < $1.key }) where !knownKeys.contains(key) {
            let hint =
                if key == "<<" {
                    "merge keys are not read; write the keys out"
                } else if let word = Suggestion.nearest(to: key, among: allowed) {
                    "did you mean \(word)?"
                } else {
                    "the keys here are \(allowed.joined(separator: ", "))"
                }
            problems.add(line: entry.line, key: child(Quoting.key(key)), "there is no such key (\(hint))")
        }
        for section in sections.values { section.finish() }
        for section in listedSections.values.joined() { section.finish() }
    }

    // MARK: Details

    private func take(_ key: Node, _ value: Node) {
        let line = key.mark?.line ?? value.mark?.line ?? line
        guard let text = key.scalar?.string else {
            problems.add(line: line, key: path, "a key must be a word, found \(key.kindInWords)")
            return
        }
        let parts = text.split(separator: YAMLDocument.repeatMark, maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 {
            let word = String(parts[0])
            let first = entries[word].map { ", first in line \($0.line)" } ?? ""
            problems.add(line: line, key: child(Quoting.key(word)), "is given twice\(first)")
        } else {
            entries[text] = Entry(line: line, node: value.isAbsent ? nil : value)
        }
    }

    private func know(_ key: String) {
        if !knownKeys.contains(key) { knownKeys.append(key) }
    }

    private func child(_ key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }

    private func child(_ key: String, _ index: Int) -> String {
        "\(child(key))[\(index)]"
    }

    private func line(of key: String) -> Int {
        entries[key]?.line ?? line
    }

    private func elements(_ key: String, of examples: String) -> [Node]? {
        know(key)
        guard let node = entries[key]?.node else { return nil }
        guard let sequence = node.sequence else {
            report(key, "expected a list ([\(examples)]), found \(node.kindInWords)")
            return nil
        }
        return Array(sequence)
    }

    private func read<Value>(_ node: Node, line: Int, path: @autoclosure () -> String, as kind: ValueKind<Value>) -> Value? {
        let line = node.mark?.line ?? line
        guard problems.takeValue(line: line, key: path()) else { return nil }
        guard let scalar = node.scalar, !node.isAbsent else {
            problems.add(line: line, key: path(), "expected \(kind.noun) (\(kind.examples)), found \(node.kindInWords)")
            return nil
        }
        if let tag = node.localTag {
            problems.add(line: line, key: path(), "the tag \(Quoting.value(tag)) means nothing here")
            return nil
        }
        let message: String
        do {
            if let value = try kind.read(scalar.string) { return value }
            message = "is not \(kind.noun) (try \(kind.examples))"
        } catch {
            message = error.message
        }
        let shown = kind.isSecret ? Secret.placeholder : Quoting.value(scalar.string)
        problems.add(line: line, key: path(), "\(shown) \(message)")
        return nil
    }
}
