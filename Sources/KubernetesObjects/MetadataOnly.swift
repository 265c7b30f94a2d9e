/// The part of a `v1` Namespace that is read.
package struct Namespace: Decodable, Sendable, Equatable {
    package var metadata: ObjectMetadata
}

/// The part of an `apps/v1` ReplicaSet that is read: whose pods it makes, `metadata.ownerReferences` says.
package struct ReplicaSet: Decodable, Sendable, Equatable {
    package var metadata: ObjectMetadata
}

/// The part of a `batch/v1` Job that is read: whether a CronJob has made it, `metadata.ownerReferences` says.
package struct Job: Decodable, Sendable, Equatable {
    package var metadata: ObjectMetadata
}
