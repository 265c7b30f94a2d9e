import Foundation
import Support
import Testing

/// `docs/runbooks.md`.
enum Runbooks {
    static func text() throws -> String { try Repository.text("docs/runbooks.md") }

    /// The sections that are named for alerts, by name.
    static func sections() throws -> [String: String] {
        try text().components(separatedBy: "\n### ").dropFirst().reduce(into: [:]) { sections, section in
            let end = section.firstIndex(of: "\n") ?? section.endIndex
            sections[String(section[..<end])] = String(section[end...])
        }
    }
}

@Suite("Runbooks")
struct RunbooksTests {
    @Test("Weir's own rules have sections, too")
    func builtIn() throws {
        let rules = try Repository.text("docs/rules.md").components(separatedBy: "## The built-in rules").last ?? ""
        let names = rules.matches(of: /- alert: (\w+)/).map { String($0.1) }
        #expect(names.count > 10)
        let sections = try Runbooks.sections()
        for name in names { #expect(sections[name] != nil, "\(name)") }
    }

    @Test("Every link within the repository leads to a heading that is there")
    func links() throws {
        for link in try Runbooks.text().matches(of: /\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/) {
            let path = link.1.isEmpty ? "runbooks.md" : String(link.1)
            let file = Repository.folder.appending(path: "docs").appending(path: path).standardizedFileURL
            let text = try String(contentsOf: file, encoding: .utf8)
            guard let anchor = link.2 else { continue }
            let anchors = text.split(separator: "\n").filter { $0.hasPrefix("#") }.map { heading in
                heading.drop { $0 == "#" || $0 == " " }.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
                    .replacing(" ", with: "-")
            }
            #expect(anchors.contains(String(anchor)), "\(link.0)")
        }
    }

    @Test("No query in the documents, of the traffic or of Weir's health, uses a window below four active timeouts")
    func windows() throws {
        let documents = try Repository.files(in: "docs", ending: ".md").map { "docs/\($0.lastPathComponent)" } + ["README.md"]
        var (queries, windows) = (0, 0)
        for document in documents {
            for query in try Repository.text(document).matches(of: /```promql\n((?:.|\n)*?)```/).map({ String($0.1) }) {
                queries += 1
                for window in PromQLText(query).windows {
                    windows += 1
                    #expect((window ?? 0) >= PromQLText.leastWindow, "\(document): \(query)")
                }
            }
        }
        #expect(queries > 19)
        #expect(windows > 19)
    }
}
