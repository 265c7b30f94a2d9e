import Foundation
import KubernetesObjects

/// A file of Kubernetes objects, as `kubectl get -o yaml` or `-o json` prints it.
func objects(_ input: Input) {
    let octets = input.array
    do {
        let file = try ObjectFile(Data(octets), name: "fuzz.yaml")
        let objects = file.pods.count + file.nodes.count + file.services.count + file.endpointSlices.count + file.skipped
        hold(objects <= octets.count, "\(objects) objects in \(octets.count) octets")
    } catch {
        hold(!error.description.isEmpty, "an error that says nothing")
    }
}
