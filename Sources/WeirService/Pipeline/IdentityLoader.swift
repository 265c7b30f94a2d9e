import FlowModel
import Identity
import KubernetesObjects

/// Reads the identity file, if there is one, and builds the table of it and of the configuration.
struct IdentityLoader: Sendable {
    private var file: IdentityFile?

    /// The first table. Throws where the file cannot be read or is wrong.
    static func load(_ configuration: IdentityConfiguration, registry: EndpointRegistry) throws(ObjectFile.Failure) -> (
        snapshot: IdentitySnapshot, loader: IdentityLoader
    ) {
        var loader = IdentityLoader()
        let snapshot = try loader.reload(configuration, registry: registry, after: nil)
        return (snapshot, loader)
    }

    /// Whether the file has changed and may be read again: see `IdentityFile.isDue`.
    mutating func isDue() -> Bool { file?.isDue() ?? false }

    /// A new table, of the file as it is now; nodes keep the numbers they have in `previous`. Throws where it is wrong; the old table then goes on to serve.
    mutating func reload(
        _ configuration: IdentityConfiguration, registry: EndpointRegistry, after previous: IdentitySnapshot?
    ) throws(ObjectFile.Failure) -> IdentitySnapshot {
        guard file?.path != configuration.file else {
            return IdentityBuilder.snapshot(of: try file?.read(), configuration, registry: registry, after: previous)
        }
        // Another file takes the place of the watched one only when it could be read.
        var other = configuration.file.map { IdentityFile(path: $0) }
        let objects = try other?.read()
        file = other
        return IdentityBuilder.snapshot(of: objects, configuration, registry: registry, after: previous)
    }
}
