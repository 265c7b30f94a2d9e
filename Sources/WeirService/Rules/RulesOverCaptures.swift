import Alerting
import Detection
import FlowModel
import Foundation
import Identity
import PacketCapture
import Windows

/// What `weir check rules --against` is to do.
package struct CaptureRules: Sendable {
    /// Captures in the order of their time; `-` is standard input.
    package var captures: [String]
    /// Ports to which datagrams are read; empty: all.
    package var ports: Set<UInt16> = []
    /// With the rules to be run, and what tells who is at the ends.
    package var configuration: WeirConfiguration
    /// What is known from the start by rules that learn, which then learn no longer; nil: they begin with nothing.
    package var baseline: Baseline?
    /// How many seconds of the captures go by in a second; nil: as fast as it goes.
    package var speed: Double?

    package init(captures: [String], configuration: WeirConfiguration) {
        self.captures = captures
        self.configuration = configuration
    }
}

/// An alert that would have fired.
package struct FiredAlert: Sendable {
    /// As it was when it was last heard of; with evidence.
    package var alert: Alert
}

/// What came of running rules over captures.
package struct CaptureFindings: Sendable {
    /// In the order of time.
    package var fired: [FiredAlert] = []
    /// What rules could not have found in these captures, and why.
    package var missing: [(rule: String, signal: String, reason: String)] = []
    /// What rules that learn know at the end.
    package var baseline = Baseline(edges: [])
    /// When the first datagram came, and the last one.
    package var start = Timestamp.unknown
    package var end = Timestamp.unknown
    package var datagrams = 0
    /// Whether all captures could be read to their ends.
    package var isWhole = true
}

/// Runs rules over recorded export traffic in its own time: the code that runs them live.
package enum RulesOverCaptures {
    /// Everything that would have fired. Throws what is wrong with the identity file.
    package static func run(_ rules: CaptureRules) throws -> CaptureFindings {
        var configuration = rules.configuration
        try configuration.takeOwnNode(of: ProcessInfo.processInfo.environment)
        let registry = EndpointRegistry()
        let identity = try DecodeNames.snapshot(configuration, registry: registry)
        var detection = Detection(configuration)
        if let baseline = rules.baseline { detection.begin(with: baseline) }
        var findings = CaptureFindings()
        var run: Run?
        let pace = rules.speed.map(Pace.init)
        for file in rules.captures {
            let isRead = CaptureDatagrams.forEach(in: file, ports: rules.ports) { datagram in
                if run == nil {
                    findings.start = datagram.timestamp
                    run = Run(
                        OfflineLine(configuration, identity: identity, registry: registry, start: datagram.timestamp, detection: detection),
                        configuration.detection, at: datagram.timestamp)
                }
                pace?.wait(for: datagram.timestamp, since: findings.start)
                run?.receive(datagram)
                findings.datagrams += 1
                return true
            }
            findings.isWhole = findings.isWhole && isRead
        }
        run?.finish()
        guard let run else { return findings }
        findings.end = run.now
        findings.fired = run.fired
        findings.baseline = run.line.baseline
        findings.missing = run.line.availability.filter { !$0.isAvailable }.map { ($0.rule, $0.signal, $0.reason ?? "") }
        return findings
    }

    /// Waits, so that a capture goes by no faster than was asked for.
    private struct Pace {
        private let speed: Double
        private let start = WallClock.monotonic

        init(_ speed: Double) {
            self.speed = speed
        }

        func wait(for time: Timestamp, since first: Timestamp) {
            let due = Double(time.since(first)) / speed
            let left = due - Double(WallClock.monotonic - start)
            if left > 0 { Thread.sleep(forTimeInterval: left / 1e9) }
        }
    }

    /// A line that goes by the capture's clock, and the alerts on it.
    private struct Run {
        let line: OfflineLine
        private(set) var now: Timestamp
        private var book: AlertBook
        private var firing: [AlertID: Alert] = [:]
        private var over: [FiredAlert] = []
        private var nextSecond: Timestamp
        private var nextTick: Timestamp

        init(_ line: OfflineLine, _ configuration: DetectionConfiguration, at start: Timestamp) {
            self.line = line
            now = start
            book = AlertBook(maximum: configuration.maxAlerts)
            nextSecond = start.advanced(by: 1_000_000_000)
            nextTick = start.advanced(by: ClosedTick.nanoseconds)
        }

        mutating func receive(_ datagram: ExportDatagram) {
            advance(to: datagram.timestamp)
            line.receive(datagram.payload, from: SessionKey(datagram), at: datagram.timestamp)
        }

        mutating func finish() {
            line.drain(at: now)
            // The tick in which it ends is judged, too.
            now = now.advanced(by: ClosedTick.nanoseconds)
            line.tick(at: now)
            judge(isLast: true)
        }

        /// Lets the time pass, an hour of silence at most tick by tick.
        private mutating func advance(to time: Timestamp) {
            if time.since(nextTick) > 240 * ClosedTick.nanoseconds { nextTick = time }
            while time >= nextTick {
                now = max(now, nextTick)
                line.tick(at: now)
                judge()
                nextTick = nextTick.advanced(by: ClosedTick.nanoseconds)
            }
            now = max(now, time)
            guard now >= nextSecond else { return }
            line.tick(at: now)
            nextSecond = now.advanced(by: 1_000_000_000)
        }

        var fired: [FiredAlert] {
            (over + firing.values.map { FiredAlert(alert: $0) }).sorted { left, right in
                left.alert.startsAt != right.alert.startsAt ? left.alert.startsAt < right.alert.startsAt : left.alert.id < right.alert.id
            }
        }

        private mutating func judge(isLast: Bool = false) {
            var (book, firing, over) = (self.book, self.firing, self.over)
            line.judge(at: now, isLast: isLast) { reports, evidence in
                for report in reports {
                    for step in book.take(report, now: report.at) {
                        switch step.change {
                        case .firing:
                            var alert = step.alert
                            alert.evidence = step.finding.map(evidence)
                            firing[alert.id] = alert
                        case .resolved:
                            var alert = step.alert
                            alert.evidence = firing.removeValue(forKey: alert.id)?.evidence
                            over.append(FiredAlert(alert: alert))
                        case .pending, .withdrawn: break
                        }
                    }
                }
            }
            (self.book, self.firing, self.over) = (book, firing, over)
        }
    }
}
