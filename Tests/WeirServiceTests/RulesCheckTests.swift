import ConfigurationFile
import Support
import Testing

import WeirService

@Suite("weir check rules")
struct RulesCheckTests {
    private static let rule = "rules: [{ alert: Mine, kind: threshold, above: 1MB/s }]\n"

    @Test("A file of rules that the configuration names itself is read once; another one with the same rule is a mistake")
    func named() throws {
        let folder = try TemporaryFolder()
        let (named, other) = (try folder.write("named.yaml", Self.rule), try folder.write("other.yaml", Self.rule))
        var configuration = try WeirConfiguration.load(path: try folder.write("weir.yaml", "rules_files: [\"na*.yaml\"]\n"))
        try RulesCheck.add([named], to: &configuration)
        #expect(configuration.detection.fileRules.map(\.name) == ["Mine"])
        #expect(throws: ConfigurationError.self) { try RulesCheck.add([other], to: &configuration) }
    }
}
