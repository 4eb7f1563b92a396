// A reporter for node's test runner: one JSON object a test, a line each. node's own JUnit reporter leaves out
// lines and suites, and writes what a test throws in a way that need not be XML.

const LONGEST = 4000;

export default async function* report(events) {
  const names = [];
  for await (const { type, data } of events) {
    if (type === "test:start") {
      names.splice(data.nesting, Infinity, data.name);
    } else if ((type === "test:pass" || type === "test:fail") && data.details?.type !== "suite") {
      yield `${JSON.stringify(line(type, data, names))}\n`;
    }
  }
}

function line(type, data, names) {
  const error = data.details?.error?.cause ?? data.details?.error;
  return {
    name: [...names.slice(0, data.nesting), data.name].join(" > "),
    file: data.file,
    line: data.line,
    outcome: outcome(type, data),
    seconds: (data.details?.duration_ms ?? 0) / 1000,
    message: type === "test:fail" ? String(error?.stack ?? error).slice(0, LONGEST) : "",
  };
}

// node reports a failing `todo` as a failure that does not count.
function outcome(type, data) {
  const waits = data.skip !== undefined || data.todo !== undefined;
  return waits ? "skipped" : type === "test:pass" ? "passed" : "failed";
}
