import Detection
import FlowModel

/// Something that a rule found, from when it began to hold until some time after it no longer does.
package struct Alert: Sendable, Codable, Equatable {
    package let id: AlertID
    /// The rule's name.
    package let rule: String
    package let severity: Rule.Severity
    /// All of them, none empty; without `alerting.external_labels`, which are put on when it is delivered.
    package let labels: [String: String]
    /// As of the last time it held.
    package var annotations: [String: String]
    package var state: AlertState
    /// Since when it holds.
    package let activeAt: Timestamp
    /// Since when it fires; nil while it is pending.
    package var firedAt: Timestamp?
    /// Since when it no longer holds, while it goes on firing for `keep_firing_for`.
    package var keepFiringSince: Timestamp?
    package var resolvedAt: Timestamp?
    /// When it held last.
    package var lastHeld: Timestamp
    /// What was measured then.
    package var value: Double
    /// What was wrong then, in one sentence with its numbers.
    package var words: String
    /// What was seen when it fired.
    package var evidence: Evidence?
    /// How many alerts of its rule it stands for, where it stands for more than one.
    package var folded: Int?
    /// The fingerprint of the finding's own labels: by it, and not by labels that a template may have filled, it is known again.
    let key: AlertID
    /// The fingerprint of what its rule said of labels when it began.
    let wording: AlertID

    /// Since when others are told that it fires.
    package var startsAt: Timestamp { firedAt ?? activeAt }
}

extension Rule.Severity: Codable {
    /// 0 for the worst.
    package var rank: Int {
        switch self {
        case .critical: 0
        case .warning: 1
        case .info: 2
        }
    }
}
