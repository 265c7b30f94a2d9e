import ConfigurationFile

/// The rules that Weir comes with: the text of a rules file, which docs/rules.md shows, too.
package enum BuiltInRules {
    /// The file.
    package static let yaml = """
        rules:
          # Exporters: what is not told cannot be counted.
          - alert: ExporterSilent
            kind: exporter
            problem: silent
            after: 5m
            severity: critical
            annotations:
              summary: "Exporter {{ $labels.exporter }} has been silent for {{ $value | humanizeDuration }}"
          - alert: ExporterLosingRecords
            kind: exporter
            problem: losing
            share: 1%
            for: 5m
            severity: warning
            annotations:
              summary: "{{ $value | humanizePercentage }} of what exporter {{ $labels.exporter }} sends is lost on its way"
          - alert: ExporterTemplatesMissing
            kind: exporter
            problem: missing_templates
            for: 15m
            severity: warning
            annotations:
              summary: "Exporter {{ $labels.exporter }} sends records without telling their form"
          - alert: ExporterSamplingUnknown
            kind: exporter
            problem: unknown_sampling
            for: 15m
            severity: warning
            annotations:
              summary: "Exporter {{ $labels.exporter }} samples, and does not tell its rate: its counts are guesses"
          - alert: ExporterClockOff
            kind: exporter
            problem: clock_off
            above: 10s
            for: 5m
            severity: warning
            annotations:
              summary: "The clock of exporter {{ $labels.exporter }} is off by {{ $value | humanizeDuration }}"

          # Loss and congestion.
          - alert: PacketsDropped
            kind: drops
            share: 1%
            interface_share: 0.1%
            minimum: 1 packets/s
            window: 1m
            severity: warning
            annotations:
              summary: "{{ $value | humanizePercentage }} of the packets are dropped"
          - alert: NetworkCongested
            kind: congestion
            window: 2m
            for: 1m
            severity: warning
            annotations:
              summary: "The network is congested, by its {{ $labels.signal }}"

          # Far more than usual.
          - alert: TrafficSpike
            kind: spike
            of: bytes
            by: [source_namespace, destination_namespace]
            floor: 1MB/s
            severity: warning
            annotations:
              summary: "Far more traffic than usual: {{ $value | humanize }}B/s"

          # What is worth knowing, until its owner says that it is worth more.
          - alert: TrafficSilence
            kind: silence
            of: bytes
            by: [source_namespace, destination_namespace]
            floor: 1MB/s
            severity: info
            annotations:
              summary: "Far less traffic than usual: {{ $value | humanize }}B/s"
          - alert: UnexpectedTraffic
            kind: unexpected
            learn: 24h
            severity: info
            annotations:
              summary: "{{ $labels.source_workload }} in {{ $labels.source_namespace }} talks to {{ $labels.destination_workload }} in {{ $labels.destination_namespace }} for the first time"
          - alert: NetworkScan
            kind: scan
            where: { source_namespace: "!reserved:world" }
            severity: info
            annotations:
              summary: "{{ $labels.source_workload }} in {{ $labels.source_namespace }} reaches many new destinations"
          - alert: ConnectionsFailing
            kind: connection_failures
            share: 20%
            reset_share: 50%
            window: 5m
            severity: info
            annotations:
              summary: "{{ $value | humanizePercentage }} of the connections to {{ $labels.destination_workload }} in {{ $labels.destination_namespace }} fail"

        """

    /// The rules in it.
    package static let rules: [Rule] = (try? ConfigurationFile(text: yaml, name: "built-in rules").decode { Rule.list(from: $0) }) ?? []
}
