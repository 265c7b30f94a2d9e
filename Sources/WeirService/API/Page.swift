import HTTPServer

/// The page for people at `/`.
enum Page {
    /// One page: a heading line and a body of finished, escaped HTML; `canonical` is where others reach the service.
    static func html(title: String, canonical: String?, body: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(title.htmlEscaped)</title>\(canonical.map { "\n<link rel=\"canonical\" href=\"\($0.htmlEscaped)/\">" } ?? "")
        <style>\(style)</style>
        </head>
        <body>
        <header><a href="/" class="name">Weir</a><span>what flows between your pods</span></header>
        <main>
        \(body)
        </main>
        </body>
        </html>

        """
    }

    private static let style = """
        :root { color-scheme: light dark; --ink: #1b2733; --soft: #5b6b7a; --line: #d9e1e8; --ground: #f6f9fb; --card: #fff; --water: #0b6e99; --good: #1c7c54; --bad: #b3261e; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9aa9b7; --line: #2c3a47; --ground: #10171e; --card: #17212b; --water: #5bb8e0; --good: #5cc99a; --bad: #ff8a80; } }
        * { box-sizing: border-box }
        body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground) }
        header { display: flex; gap: 1rem; align-items: baseline; padding: 1rem 2rem; border-bottom: 3px solid var(--water); background: var(--card) }
        header .name { font-size: 1.4rem; font-weight: 700; color: var(--water); text-decoration: none }
        header span { color: var(--soft) }
        main { max-width: 76rem; margin: 0 auto; padding: 1.5rem 2rem }
        h2 { font-size: 1.05rem; margin: 2rem 0 .6rem }
        p.lead { font-size: 1.05rem; max-width: 50rem }
        p.notice { border-left: 3px solid var(--water); background: var(--card); padding: .5rem 1rem }
        a { color: var(--water) }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1rem }
        .tile { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem }
        .tile b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums }
        .soft, .tile span { color: var(--soft) }
        .scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .5rem }
        table { border-collapse: collapse; width: 100% }
        th, td { text-align: left; padding: .45rem .8rem; border-bottom: 1px solid var(--line); vertical-align: top }
        tr:last-child td { border-bottom: 0 }
        th { color: var(--soft); font-weight: 600; white-space: nowrap }
        td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
        .good { color: var(--good) } .bad { color: var(--bad) }
        code { background: var(--card); border: 1px solid var(--line); border-radius: .25rem; padding: .05rem .3rem }
        """
}
