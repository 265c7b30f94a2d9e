import ArgumentParser
import WeirService

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what is wrong in a file, and where.",
        subcommands: [CheckConfiguration.self, CheckRules.self])
}

struct CheckConfiguration: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Checks a configuration file, and the identity file that it names.",
        discussion: """
            Example: weir check config weir.yaml

            Prints every mistake with file, line and key. Exit status 0 where there is none, 78 where there is.
            """)

    @Argument(help: "The configuration file.")
    var file: String

    func run() throws {
        let configuration = try loadConfiguration(file)
        do {
            let remarks = try ConfigurationCheck.run(configuration)
            print("\(file): valid")
            for remark in remarks { print(remark) }
        } catch {
            throw CommandFailure.configuration("\(error)")
        }
    }
}
