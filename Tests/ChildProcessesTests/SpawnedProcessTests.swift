import ChildProcesses
import Foundation
import Support
import Testing

@Suite("Spawned processes")
struct SpawnedProcessTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func start(_ program: String, _ arguments: [String], environment: [String: String]? = nil) throws -> SpawnedProcess {
        try SpawnedProcess(
            program, arguments, environment: environment ?? ProcessInfo.processInfo.environment, output: folder.path("output"),
            errors: folder.path("errors"))
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOf: folder.url.appending(path: name), encoding: .utf8)
    }

    /// What a shell's commands print, to its output.
    private func printed(_ commands: String, environment: [String: String]? = nil) async throws -> String {
        let shell = try start("sh", ["-c", commands], environment: environment)
        try await waitUntil("sh ends") { !shell.isRunning }
        return try text("output")
    }

    @Test("A program that does not exist is said by name, and why")
    func missing() throws {
        let problem = try #require(throws: SpawnedProcess.Problem.self) { try start("no-such-program", []) }
        #expect(problem.description == "cannot start no-such-program: No such file or directory")
        #expect(problem.number == ENOENT)
    }

    @Test("An exit status is there from the end on, and no process with it")
    func exitStatus() async throws {
        let shell = try start("sh", ["-c", "exit 7"])
        #expect(try await waitUntil("sh ends") { shell.endStatus } == 7)
        #expect(shell.endStatus == 7 && !shell.isRunning)
        #expect(kill(shell.id, 0) == -1 && errno == ESRCH)
    }

    @Test("Of a process that a signal has ended, the signal's number is the status")
    func killed() async throws {
        let sleep = try start("sleep", ["600"])
        #expect(sleep.isRunning && sleep.endStatus == nil)
        sleep.send(SIGTERM)
        #expect(try await waitUntil("sleep ends") { sleep.endStatus } == SIGTERM)
        sleep.send(SIGTERM)
    }

    @Test("Output and errors go to their files, and to one in their order")
    func files() async throws {
        #expect(try await printed("echo out; echo err >&2") == "out\n")
        #expect(try text("errors") == "err\n")
        let both = try SpawnedProcess("sh", ["-c", "echo out; echo err >&2; echo out"], output: folder.path("both"), errors: folder.path("both"))
        try await waitUntil("sh ends") { !both.isRunning }
        #expect(try text("both") == "out\nerr\nout\n")
    }

    @Test("Input is empty, or what a file holds; the environment is what is given")
    func inputAndEnvironment() async throws {
        #expect(try await printed("cat; echo \"$ONE\" \"$HOME\"", environment: ["ONE": "first, and \"second\""]) == "first, and \"second\" \n")
        let cat = try SpawnedProcess("cat", [], input: folder.write("input", "text"), output: folder.path("output"), errors: folder.path("errors"))
        try await waitUntil("cat ends") { !cat.isRunning }
        #expect(try text("output") == "text")
    }

    @Test("A descriptor that is open here is not open there")
    func descriptors() async throws {
        // Both without O_CLOEXEC, one of them behind others.
        let descriptor = unsafe open("/dev/null", O_RDONLY)
        #expect(dup2(descriptor, 900) == 900)
        defer { for open in [descriptor, 900] { close(open) } }
        let found = try await printed("n=0; while [ $n -lt 1024 ]; do if [ -e /proc/$$/fd/$n ]; then echo $n; fi; n=$((n + 1)); done")
        #expect(found == "0\n1\n2\n")
    }

    @Test("Signals that are ignored or blocked here are neither there")
    func signals() async throws {
        let before = signal(SIGUSR2, SIG_IGN)
        defer { _ = signal(SIGUSR2, before) }
        var (blocked, mask) = (sigset_t(), sigset_t())
        unsafe sigemptyset(&blocked)
        unsafe sigaddset(&blocked, SIGTERM)
        unsafe pthread_sigmask(SIG_BLOCK, &blocked, &mask)
        // In this order, since both have the same files.
        let sleep = try start("sleep", ["600"])
        let status = try start("sed", ["-n", "/^Sig\\(Blk\\|Ign\\)/p", "/proc/self/status"])
        unsafe pthread_sigmask(SIG_SETMASK, &mask, nil)
        try await waitUntil("sed ends") { !status.isRunning }
        let masks = try text("output").split(separator: "\n").compactMap { UInt64($0.split(separator: "\t")[1], radix: 16) }
        // 32 and 33 are glibc's own.
        #expect(masks.map { $0 & 0x7FFF_FFFF } == [0, 0], "\(masks)")
        sleep.send(SIGUSR2)
        #expect(try await waitUntil("sleep ends") { sleep.endStatus } == SIGUSR2)
    }

    @Test("A process ends, and is reaped, when it is let go of; it has a process group of its own")
    func release() async throws {
        var sleep: SpawnedProcess? = try start("sleep", ["600"])
        let id = try #require(sleep?.id)
        #expect(getpgid(id) == id)
        sleep = nil
        #expect(kill(id, 0) == -1 && errno == ESRCH)
    }
}
