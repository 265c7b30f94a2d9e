import Foundation
import Support
import Testing
import Yams

/// What can be said of the dashboards without a Prometheus.
@Suite("Dashboards")
struct DashboardTests {
    /// Panels that every Grafana from 10 on has.
    private static let corePanels: Set<String> = ["row", "stat", "timeseries", "table", "state-timeline", "bargauge", "gauge", "heatmap", "text"]

    @Test("There are the five, each with an identity of its own")
    func five() throws {
        let dashboards = try Dashboard.all()
        #expect(
            dashboards.map(\.title).sorted()
                == ["Weir / Namespace", "Weir / Nodes & interfaces", "Weir / Overview", "Weir / Pod", "Weir / Weir itself"])
        #expect(Set(dashboards.map(\.uid)).count == 5)
    }

    @Test("Each has the schema of Grafana 10, panels of its core alone, in places of their own", arguments: Dashboard.files)
    func schema(file: URL) throws {
        let dashboard = try Dashboard(file)
        #expect((36...39).contains(dashboard.schemaVersion))
        #expect(!dashboard.description.isEmpty)
        #expect(dashboard.tags == ["weir"])
        #expect(Set(dashboard.panels.map(\.id)).count == dashboard.panels.count)
        var taken: Set<[Int]> = []
        for panel in dashboard.panels {
            #expect(Self.corePanels.contains(panel.type), "\(panel.title): \(panel.type)")
            let place = panel.gridPos
            #expect(place.x >= 0 && place.x + place.w <= 24, "\(panel.title)")
            for x in place.x..<(place.x + place.w) {
                for y in place.y..<(place.y + place.h) { #expect(taken.insert([x, y]).inserted, "\(panel.title) lies over another one") }
            }
        }
    }

    @Test("Every panel has a title, a description and a unit, and asks the Prometheus that is chosen", arguments: Dashboard.files)
    func panels(file: URL) throws {
        let chosen = Dashboard.Source(type: "prometheus", uid: "${datasource}")
        for panel in try Dashboard(file).panels where panel.type != "row" {
            #expect(!panel.title.isEmpty)
            #expect((panel.description ?? "").count > 10, "\(panel.title) has no description")
            #expect(panel.fieldConfig?.defaults.unit?.isEmpty == false, "\(panel.title) has no unit")
            #expect(panel.datasource == chosen, "\(panel.title)")
            let targets = panel.targets ?? []
            #expect(!targets.isEmpty, "\(panel.title)")
            for target in targets { #expect(target.datasource == chosen, "\(panel.title)") }
        }
    }

    @Test("Every variable is used and described, and every one that is used is there", arguments: Dashboard.files)
    func variables(file: URL) throws {
        let dashboard = try Dashboard(file)
        let text = try String(contentsOf: file, encoding: .utf8)
        let names = Set(dashboard.templating.list.map(\.name))
        for variable in dashboard.templating.list {
            #expect(variable.description?.isEmpty == false && variable.label?.isEmpty == false, "\(variable.name)")
            let isAsked = dashboard.queries.contains { $0.expression.contains("$\(variable.name)") }
            #expect(isAsked || variable.type == "datasource" && text.contains("\"${\(variable.name)}\""), "\(variable.name) is not used")
        }
        for query in dashboard.queries + Self.variableQueries(of: dashboard) {
            for match in query.expression.matches(of: /\$\{?([a-zA-Z_]\w*)/) {
                #expect(names.contains(String(match.1)), "\(query.title): $\(match.1)")
            }
        }
    }

    @Test("Every window is at least four times the largest active timeout, whatever is chosen", arguments: Dashboard.files)
    func windows(file: URL) throws {
        let dashboard = try Dashboard(file)
        let choices = dashboard.templating.list.filter { $0.name == "window" }.flatMap(\.options).map(\.value)
        #expect(choices.count > 1)
        for choice in choices { #expect((PromQLText.seconds(choice) ?? 0) >= PromQLText.leastWindow, "\(choice)") }
        for query in dashboard.queries {
            let expression = query.expression.replacing("$window", with: choices.first ?? "")
            for window in PromQLText(expression).windows { #expect((window ?? 0) >= PromQLText.leastWindow, "\(query.title)") }
        }
    }

    @Test("Each shows the alerts of Weir, and of Prometheus about Weir", arguments: Dashboard.files)
    func annotations(file: URL) throws {
        let expressions = try Dashboard(file).annotations.list.filter(\.enable).compactMap(\.expr)
        #expect(expressions.contains { $0.contains("weir_alerts{state=\"firing\"}") })
        #expect(expressions.contains { $0.contains("ALERTS{") })
    }

    @Test("A click leads to a dashboard that is there, with variables that it has")
    func links() throws {
        let dashboards = try Dictionary(uniqueKeysWithValues: Dashboard.all().map { ($0.uid, $0) })
        var led: [String: Set<String>] = [:]
        for (uid, dashboard) in dashboards {
            for link in dashboard.panels.flatMap(\.links) {
                let match = try #require(link.url.firstMatch(of: /^\/d\/([\w-]+)\?(.*)$/), "\(link.url)")
                let target = try #require(dashboards[String(match.1)], "\(link.url)")
                led[uid, default: []].insert(target.uid)
                let names = Set(target.templating.list.map(\.name))
                for variable in match.2.matches(of: /var-(\w+)=/) { #expect(names.contains(String(variable.1)), "\(link.url)") }
                #expect(link.url.contains("${datasource:queryparam}") && link.url.contains("${__url_time_range}"), "\(link.url)")
            }
        }
        #expect(led["weir-overview"]?.isSuperset(of: ["weir-namespace", "weir-itself"]) == true)
        #expect(led["weir-namespace"]?.contains("weir-pod") == true)
    }

    @Test("The provisioning files load the folder of the dashboards, from a Prometheus")
    func provisioning() throws {
        struct Providers: Decodable {
            struct Provider: Decodable {
                struct Options: Decodable { var path: String }
                var name: String
                var type: String
                var options: Options
            }
            var apiVersion: Int
            var providers: [Provider]
        }
        struct Sources: Decodable {
            struct Source: Decodable { var name, type, url: String }
            var apiVersion: Int
            var datasources: [Source]
        }
        let providers = try YAMLDecoder().decode(Providers.self, from: Repository.text("grafana/provisioning/dashboards/weir.yaml"))
        #expect(providers.apiVersion == 1)
        #expect(providers.providers.map(\.type) == ["file"])
        #expect(providers.providers.first?.options.path == "/var/lib/grafana/dashboards/weir")
        let sources = try YAMLDecoder().decode(Sources.self, from: Repository.text("grafana/provisioning/datasources/prometheus.yaml"))
        #expect(sources.datasources.map(\.type) == ["prometheus"])
    }

    /// What fills the choices of its variables.
    static func variableQueries(of dashboard: Dashboard) -> [Dashboard.Query] {
        dashboard.templating.list.compactMap { variable in
            variable.definition.map {
                Dashboard.Query(dashboard: dashboard.title, title: "variable \(variable.name)", expression: $0, isInstant: true)
            }
        }
    }
}
