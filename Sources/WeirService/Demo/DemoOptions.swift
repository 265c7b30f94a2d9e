import Simulator

/// What `weir demo` is to do.
package struct DemoOptions: Sendable {
    /// Prometheus and Alertmanager beside it.
    package struct Beside: Sendable {
        /// Where Prometheus serves.
        package var prometheus = "127.0.0.1:9090"
        /// Where Alertmanager serves.
        package var alertmanager = "127.0.0.1:9093"
        /// The folder of the rules that Prometheus is to load.
        package var rules = "alerts"

        package init() {}
    }

    /// Where it serves HTTP.
    package var listen = "127.0.0.1:9478"
    /// UDP address that the exporters send to.
    package var flows = "127.0.0.1:2055"
    /// How long it runs, seconds; nil: until Ctrl-C.
    package var seconds: Int64?
    package var seed: UInt64 = 1
    package var scenario = Scenario()
    /// Who tells Alertmanager.
    package var teller = Incident.Teller.weir
    /// nil: neither of them is started.
    package var beside: Beside?

    package init() {}
}
