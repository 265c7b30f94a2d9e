import Foundation
import Support

/// A dashboard of Grafana, as far as the tests look at it.
struct Dashboard: Decodable {
    struct Source: Decodable, Equatable {
        var type: String
        var uid: String
    }

    struct Link: Decodable {
        var title: String
        var url: String
    }

    struct Target: Decodable {
        var expr: String
        var datasource: Source
        var legendFormat: String
        var instant: Bool
    }

    struct Place: Decodable {
        var x, y, w, h: Int
    }

    struct Panel: Decodable {
        struct Defaults: Decodable {
            var unit: String?
            var links: [Link]?
        }

        struct Override: Decodable {
            struct Property: Decodable {
                var id: String
                /// Where it is one of links.
                var links: [Link]

                private enum CodingKeys: CodingKey { case id, value }

                init(from decoder: any Decoder) throws {
                    let container = try decoder.container(keyedBy: CodingKeys.self)
                    id = try container.decode(String.self, forKey: .id)
                    links = id == "links" ? try container.decode([Link].self, forKey: .value) : []
                }
            }

            var properties: [Property]
        }

        struct Fields: Decodable {
            var defaults: Defaults
            var overrides: [Override]
        }

        var id: Int
        var type: String
        var title: String
        var description: String?
        var gridPos: Place
        var datasource: Source?
        var targets: [Target]?
        var fieldConfig: Fields?

        /// Where a click leads from it.
        var links: [Link] {
            (fieldConfig?.defaults.links ?? []) + (fieldConfig?.overrides ?? []).flatMap { $0.properties.flatMap(\.links) }
        }
    }

    struct Variable: Decodable {
        struct Query: Decodable { var query: String }

        var name: String
        var type: String
        var label: String?
        var description: String?
        var definition: String?
        var allValue: String?
        var includeAll: Bool
        var options: [Option]
    }

    struct Option: Decodable { var value: String }

    struct Templating: Decodable { var list: [Variable] }

    struct Annotation: Decodable {
        var name: String
        var expr: String?
        var datasource: Source
        var enable: Bool
    }

    struct Annotations: Decodable { var list: [Annotation] }

    var uid: String
    var title: String
    var description: String
    var schemaVersion: Int
    var tags: [String]
    var panels: [Panel]
    var templating: Templating
    var annotations: Annotations

    /// `grafana/dashboards/*.json`.
    static let files = (try? Repository.files(in: "grafana/dashboards", ending: ".json")) ?? []

    /// All of them.
    static func all() throws -> [Dashboard] { try files.map { try Dashboard($0) } }

    init(_ file: URL) throws { self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: file)) }

    /// A question that it asks Prometheus.
    struct Query: Sendable {
        var dashboard: String
        var title: String
        var expression: String
        /// Whether it is asked for one moment.
        var isInstant: Bool
    }

    /// Every expression, with its variables still in it.
    var queries: [Query] {
        let panels = panels.flatMap { panel in
            (panel.targets ?? []).map { Query(dashboard: title, title: panel.title, expression: $0.expr, isInstant: $0.instant) }
        }
        let annotations = annotations.list.compactMap { annotation in
            annotation.expr.map { Query(dashboard: title, title: annotation.name, expression: $0, isInstant: false) }
        }
        return panels + annotations
    }
}
