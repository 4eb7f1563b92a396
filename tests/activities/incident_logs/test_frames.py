"""Stack traces of each language, as their programs write them."""

import pytest

from activities.incident_logs.frames import commonest_frames, frames_in

PYTHON = """Traceback (most recent call last):
  File "/app/shop/views.py", line 20, in checkout
    pay(order)
  File "/app/.venv/lib/python3.12/site-packages/requests/api.py", line 59, in request
    return session.request(method=method, url=url)
  File "/app/shop/pay.py", line 8, in pay
    return order["total"]
KeyError: 'total'"""
JAVA = """java.lang.IllegalStateException: no total
\tat com.example.shop.Pay.charge(Pay.java:42)
\tat com.example.shop.Pay$Inner.lambda$run$0(Pay.java:17) ~[shop.jar:1.4]
\tat java.base/java.lang.Thread.run(Thread.java:840)
\tat org.springframework.web.Filter.doFilter(Filter.java:11)
Caused by: java.lang.NullPointerException
\t... 12 more"""
JAVASCRIPT = """TypeError: Cannot read properties of undefined (reading 'total')
    at charge (/app/src/pay.js:12:20)
    at async Object.<anonymous> (file:///app/src/shop.mjs:7:3)
    at /app/src/index.ts:3:1
    at Layer.handle (/app/node_modules/express/lib/router/layer.js:95:5)
    at node:internal/process/task_queues:95:5"""
GO = """panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
main.(*Shop).charge(0xc000012345, 0x5)
\t/src/shop/pay.go:31 +0x1d
main.main()
\t/src/shop/main.go:9 +0x25
runtime.main()
\t/usr/local/go/src/runtime/proc.go:250 +0x212"""
RUBY = """/app/lib/pay.rb:14:in `charge': undefined method `total' for nil:NilClass (NoMethodError)
\tfrom /app/lib/shop.rb:5:in 'Shop#checkout'
\tfrom /usr/lib/ruby/gems/3.2.0/gems/puma-6/lib/puma/server.rb:7:in `run'"""
RUST = """thread 'main' panicked at src/pay.rs:22:9:
called `Option::unwrap()` on a `None` value
stack backtrace:
   0: rust_begin_unwind
             at /rustc/abc/library/std/src/panicking.rs:647:5
   1: shop::pay::charge
             at ./src/pay.rs:22:9
   2: shop::main
             at ./src/main.rs:6:5"""
DOTNET = """System.NullReferenceException: Object reference not set
   at Shop.Pay.Charge(Order order) in C:\\src\\Shop\\Pay.cs:line 12
   at System.Threading.Thread.Start()"""
PHP = """PHP Fatal error:  Uncaught Error: boom
Stack trace:
#0 /app/src/shop.php(7): Pay->charge(NULL)
#1 {main}"""

TRACES = {
    PYTHON: [("/app/shop/pay.py", 8, "pay"), ("/app/shop/views.py", 20, "checkout")],
    JAVA: [("com/example/shop/Pay.java", 42, "Pay.charge"), ("com/example/shop/Pay.java", 17, "Pay$Inner.lambda$run$0")],
    JAVASCRIPT: [
        ("/app/src/pay.js", 12, "charge"), ("/app/src/shop.mjs", 7, "Object.<anonymous>"), ("/app/src/index.ts", 3, ""),
    ],
    GO: [("/src/shop/pay.go", 31, "main.(*Shop).charge"), ("/src/shop/main.go", 9, "main.main")],
    RUBY: [("/app/lib/pay.rb", 14, "charge"), ("/app/lib/shop.rb", 5, "Shop#checkout")],
    RUST: [("src/pay.rs", 22, ""), ("./src/pay.rs", 22, "shop::pay::charge"), ("./src/main.rs", 6, "shop::main")],
    DOTNET: [("C:/src/Shop/Pay.cs", 12, "Shop.Pay.Charge")],
    PHP: [("/app/src/shop.php", 7, "Pay->charge")],
}  # fmt: skip


@pytest.mark.parametrize("trace", TRACES)
def test_own_frames_are_found_the_innermost_first(trace: str) -> None:
    text = f"2023-11-14 12:00:00 ERROR request failed\n{trace}"
    assert [(one.path, one.line, one.function) for one in frames_in(text)] == TRACES[trace]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ERROR at noon",
        "meet me at 10.30",
        "INFO line 7 of the file",
        "File not found",
        "at " * 2000,
        " at x (" * 500,
        "\n\tat " * 800,
    ],
)
def test_other_lines_have_none(text: str) -> None:
    assert frames_in(text[:4096]) == ()


def test_frames_of_libraries_are_kept_where_there_are_no_others() -> None:
    trace = 'Traceback:\n  File "/usr/lib/python3/dist-packages/x.py", line 3, in f\nValueError'
    assert frames_in(trace)[0].path.endswith("x.py")


def test_the_commonest_error_comes_first_and_there_are_at_most_twenty() -> None:
    deep = "\n".join(f'  File "/app/deep.py", line {line}, in f' for line in range(1, 60))
    others = [f'  File "/app/other{each}.py", line 1, in g' for each in range(30)]
    found = commonest_frames([*others, JAVA, JAVA, JAVA, deep, deep])
    assert found[0].function == "Pay.charge"
    assert found[2].path == "/app/deep.py"
    assert len(found) == 20
