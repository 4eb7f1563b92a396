"""ast-grep over JavaScript and TypeScript: what each rule finds, what it leaves alone, and hostile files."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from activities.languages.javascript.dangerous_code import RULES, rule_documents
from activities.model import ToolReport
from activities.reports import BadReport
from activities.tooling import Project
from activities.tools import registry
from tests.activities.tools.python.conftest import Make

AST_GREP = registry()["ast-grep"]
FOUND = {
    "code-injection-from-request": ["eval(req.query.x)", "new Function('a', req.body.code)"],
    "code-injection-from-page": ["eval(location.hash.slice(1))"],
    "code-injection": ["eval(code)", "new Function(body)", "vm.runInNewContext(text, {})"],
    "command-injection-from-request": [
        "exec('ls ' + req.params.d, done)",
        "require('child_process').execSync(req.body.c)",
    ],
    "command-injection": ["exec(`ls ${folder}`)", "child_process.execSync('rm ' + name)"],
    "html-injection-from-page": ["document.write('<p>' + location.search)", "e.innerHTML = location.hash"],
    "html-injection": ["e.innerHTML = text", "e.outerHTML = `<b>${x}</b>`", "e.insertAdjacentHTML('beforeend', x)"],
    "react-html": ["const a = <p dangerouslySetInnerHTML={{__html: text}} />"],
    "sql-injection-from-request": ["db.query(`SELECT * FROM a WHERE b = '${req.query.b}'`, done)"],
    "sql-injection": ["db.query('DELETE FROM a WHERE b = ' + b)"],
    "path-from-request": ["fs.readFile(req.query.name, done)", "res.sendFile(`/files/${req.params.name}`)"],
    "open-redirect": ["res.redirect(req.query.next)", "res.redirect(302, req.body.to)"],
    "unverified-tls": ["f({ rejectUnauthorized: false })", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'"],
    "weak-cipher": ["crypto.createCipher('aes192', p)"],
}
LEFT_ALONE = [
    "eval('1 + 1')", "eval(`1`)", "new Function('return 1')", "/x/.exec(`a${b}`)", "exec('ls')", "execFile('ls', [folder])",
    "e.innerHTML = ''", "e.innerHTML = `<b>`", "e.innerHTML = DOMPurify.sanitize(text)", "e.textContent = location.hash",
    "db.query('SELECT * FROM a WHERE b = $1', [req.query.b])", "db.query(`SELECT 1`)", "fs.readFile(path.basename(req.query.x), f)",
    "res.redirect('/home')", "f({ rejectUnauthorized: true })", "crypto.createCipheriv('a', k, iv)", "retrieval(req.query.x)",
    "res.download(req.params.file, { root: FILES }, f)",
    "const eval_ = 1", "// eval(req.query.x)", "'eval(req.query.x)'", "pool.raw(req.query.x)",
]  # fmt: skip


def brief(report: ToolReport) -> list[tuple[str, int, str]]:
    assert report.completed, report.problem
    return sorted((one.path, one.line, one.rule) for one in report.findings)


async def test_every_rule_finds_what_it_names_and_nothing_else(bench: Make) -> None:
    lines = [(line, rule) for rule, found in FOUND.items() for line in found]
    text = "\n".join((*(line for line, _ in lines), *LEFT_ALONE)) + "\n"
    typed = (
        "const a: string = eval(<string>req.body.x);\nenum B { C }\ndeclare const d: any;\nd.innerHTML = d as string;\n"
    )
    other = "eval(req.query.x)\n"
    unread = dict.fromkeys(
        ("test/a.js", "a.test.ts", "node_modules/x/a.js", "dist/a.js", "lib/vendor/j.js", "x.min.js", "a.py"), other
    )
    ignored = {".gitignore": "*\n", "sgconfig.yml": "ruleDirs: []\n", ".ignore": "*\n"}
    files = {
        "src/all.jsx": text,
        "src/typed.ts": typed,
        ".hidden/b.cjs": other,
        "examples/c.js": other,
        **unread,
        **ignored,
    }
    report = await AST_GREP.run(bench(files))
    expected = [("src/all.jsx", line, rule) for line, (_, rule) in enumerate(lines, 1)]
    typed_found = [("src/typed.ts", 1, "code-injection-from-request"), ("src/typed.ts", 4, "html-injection")]
    assert brief(report) == sorted(
        (
            *expected,
            *typed_found,
            *((path, 1, "code-injection-from-request") for path in (".hidden/b.cjs", "examples/c.js")),
        )
    )
    for one in report.findings:
        sure = one.rule.endswith(("-from-request", "-from-page")) and one.path != "examples/c.js"
        assert (one.severity, one.confidence) == (("error", "high") if sure else ("warning", "")), one
    assert {rule.id for rule in RULES} == FOUND.keys()
    assert report.version


async def test_hostile_files_neither_stop_it_nor_lead_it_out(bench: Make, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.js").write_text("eval(req.query.x)\n")
    made = bench(
        {"deep.js": "(" * 3_000, "long.js": "eval(x);" * 2000, "bad\udcff.js": "eval(y)\n", "broken.ts": "a = {"}
    )
    (made.project.root / "link.js").symlink_to(outside / "a.js")
    (made.project.root / "folder").symlink_to(outside)
    (made.project.root / "bytes.js").write_bytes(b"\xff\xfe\0eval(z)")
    report = await AST_GREP.run(made)
    assert {path for path, *_ in brief(report)} == {"long.js", "bad�.js"}


def test_its_report_is_read_with_care(bench: Make) -> None:
    made = bench({"a": ""})
    entries = [1, {}, {"ruleId": "unknown"}, {"ruleId": "code-injection.ts", "file": "a.ts", "range": {"start": 3}}]
    (made.out / "ast-grep.json").write_text(json.dumps(entries))
    assert [(one.path, one.line) for one in AST_GREP.findings(made)] == [("a.ts", 0)]
    (made.out / "ast-grep.json").write_text("{}")
    with pytest.raises(BadReport):
        list(AST_GREP.findings(replace(made)))


def test_it_starts_only_where_a_file_has_a_sign(tmp_path: Path) -> None:
    project = Project(".", tmp_path, "javascript")
    (tmp_path / "a.js").write_text("export const a = evaluate(1);\n")
    (tmp_path / "a.py").write_text("eval(x)\n")
    assert not AST_GREP.has_work(project, "security")
    for found in FOUND.values():
        for line in found:
            (tmp_path / "a.js").write_text(line)
            assert AST_GREP.has_work(project, "security"), line
    assert rule_documents().count("\n---\n") == 2 * len(RULES) - 2
