// A reporter for jasmine, which has none that a program can read. It is made after the configuration was read, so it
// switches off there what would stop at the first failure. What keeps a file from being loaded is a failed test of its
// own: jasmine 4 and later run nothing then.

const { writeFileSync } = require("node:fs");
const { join } = require("node:path");

const tests = [];

module.exports = class Report {
  constructor() {
    try {
      const whole = { failFast: false, stopOnSpecFailure: false };
      globalThis.jasmine.getEnv().configure(whole);
    } catch {
      // a run in parallel has no environment of its own
    }
    // jasmine prints why a file cannot be loaded, and exits.
    const { error: print } = console;
    let printed;
    console.error = (...words) => {
      printed = words.find((word) => word instanceof Error) ?? printed;
      print(...words);
    };
    this.jasmineStarted = () => {
      console.error = print;
      printed = undefined;
    };
    process.on("exit", () => {
      if (printed) {
        tests.push(outside(printed));
        write();
      }
    });
  }

  specDone(spec) {
    tests.push({
      name: spec.fullName,
      file: spec.filename,
      status: spec.status,
      duration: spec.duration,
      message: (spec.failedExpectations ?? []).map(said).join("\n\n"),
    });
  }

  suiteDone(suite) {
    tests.push(...(suite.failedExpectations ?? []).map((each) => ({ ...failed(suite.fullName, each), file: suite.filename })));
  }

  jasmineDone(all) {
    tests.push(...(all?.failedExpectations ?? []).map(outside));
    write();
  }
};

function write() {
  writeFileSync(join(__dirname, "jasmine.json"), JSON.stringify({ tests }));
}

// A failure outside of every test is named by the file that it comes from.
function outside(error) {
  const text = said(error);
  const paths = text.match(/(?:\/[^\s/:()'"]+)+\.[cm]?[jt]sx?/g) ?? [];
  const file = paths.find((path) => path.startsWith(`${process.cwd()}/`) && !path.includes("/node_modules/"));
  return { ...failed("(file)", error), file };
}

function failed(name, error) {
  return { name, status: "failed", message: said(error) };
}

function said(error) {
  const stack = String(error?.stack ?? "");
  const message = String(error?.message ?? error);
  return stack.includes(message) ? stack : `${message}\n${stack}`.trim();
}
