import ConfigurationFile
import Exporters

/// A configuration file: its YAML, and values of every kind taken from it.
func configuration(_ input: Input) {
    guard let text = String(validating: input.array, as: UTF8.self) else { return }
    do {
        let file = try ConfigurationFile(text: text, name: "fuzz.yaml")
        let exporters = try file.decode { root in
            readEveryKind(root)
            return ExportersConfiguration(from: root)
        }
        var described = ConfigurationText()
        exporters.describe(in: &described)
        let again = try ConfigurationFile(text: described.yaml, name: "again.yaml").decode(ExportersConfiguration.init(from:))
        hold(again == exporters, "what is described as \(described.yaml) reads in another way")
    } catch {
        hold(!error.description.isEmpty, "an error that says nothing")
    }
}

private func readEveryKind(_ root: Section) {
    let web = root.section("web")
    _ = web.value("listen", as: .listenAddress)
    _ = web.value("external_url", as: .url)
    _ = web.value("enable_lifecycle", as: .flag)
    _ = root.section("state").path("directory")
    let metrics = root.section("metrics")
    _ = metrics.value("max_pairs", as: ValueKind<Int>.integer(in: 1...1_000_000))
    _ = metrics.value("namespace_share", as: .percentage(in: 1...100))
    _ = metrics.value("birth_delay", as: .duration(in: .zero ... .seconds(600)))
    _ = root.section("collector").value("receive_buffer", as: .byteSize(in: 1...1 << 30))
    _ = root.list("listen", of: .listenAddress, atLeast: 1)
    for network in root.sections("networks") {
        _ = network.required("name", as: .name)
        _ = network.list("cidrs", of: .network)
    }
}
