import Foundation
import Identity
import KubernetesObjects
import Support
import Testing

@Suite("The identity file")
struct IdentityFileTests {
    /// Whether the file is due once it was left alone for a turn.
    private func isDue(_ file: inout IdentityFile) -> Bool {
        _ = file.isDue()
        return file.isDue()
    }

    private func pod(_ name: String) -> String { "kind: Pod\nmetadata: {name: \(name), namespace: n}\nstatus: {podIP: 10.0.0.1}\n" }

    @Test("It has changed when it was written again, replaced or taken away, and not when it was read")
    func changes() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("pods.yaml", pod("a"))
        var file = IdentityFile(path: path)
        let atFirst = file.isDue()
        #expect(!atFirst, "it may be in the middle of being written")
        let then = file.isDue()
        #expect(then, "it was never read, and is as it was")
        #expect(try file.read().pods.map(\.metadata.name) == ["a"])
        #expect(!isDue(&file))

        try folder.write("pods.yaml", pod("longer"))
        #expect(isDue(&file))
        #expect(try file.read().pods.map(\.metadata.name) == ["longer"])

        // The same size and time, but another file: as an editor or a ConfigMap's mount replaces it.
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        let other = try folder.write("new.yaml", pod("renamd"))
        try FileManager.default.setAttributes([.modificationDate: try #require(attributes[.modificationDate])], ofItemAtPath: other)
        let renamed = unsafe rename(other, path)
        #expect(renamed == 0)
        #expect(isDue(&file))
        #expect(try file.read().pods.map(\.metadata.name) == ["renamd"])

        try FileManager.default.removeItem(atPath: path)
        #expect(isDue(&file))
        #expect(throws: ObjectFile.Failure.self) { try file.read() }
        #expect(!isDue(&file), "said once")
    }

    @Test("A symbolic link that points to another file has changed")
    func links() throws {
        let folder = try TemporaryFolder()
        try folder.write("1.yaml", pod("a"))
        try folder.write("2.yaml", pod("b"))
        let path = folder.path("pods.yaml")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "1.yaml")
        var file = IdentityFile(path: path)
        _ = try file.read()
        #expect(!isDue(&file))
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "2.yaml")
        #expect(isDue(&file))
        #expect(try file.read().pods.map(\.metadata.name) == ["b"])
    }

    @Test("A wrong file says what is wrong, once, and the right one after it is read")
    func wrong() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("pods.yaml", pod("a"))
        var file = IdentityFile(path: path)
        _ = try file.read()
        try folder.write("pods.yaml", "kind: Pod\nmetadata: {name: a}\nstatus:\n  podIP: nowhere\n")
        #expect(isDue(&file))
        do throws(ObjectFile.Failure) {
            _ = try file.read()
            Issue.record("it is wrong")
        } catch {
            #expect(error.description.hasPrefix("\(path):4: status.podIP: \"nowhere\" is not an address"))
        }
        #expect(!isDue(&file))
        try folder.write("pods.yaml", pod("right"))
        #expect(isDue(&file))
        #expect(try file.read().pods.count == 1)
    }
}
