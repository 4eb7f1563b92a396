// A reporter for mocha, since its own JSON goes to standard output before mocha 9.2, among what the tests print.

const { writeFileSync } = require("node:fs");
const { join } = require("node:path");

module.exports = function report(runner) {
  const lists = { passes: [], failures: [], pending: [] };
  runner.on("pass", (test) => lists.passes.push(entry(test)));
  runner.on("fail", (test, error) => lists.failures.push(entry(test, error)));
  runner.on("pending", (test) => lists.pending.push(entry(test)));
  runner.on("end", () => writeFileSync(join(__dirname, "mocha.json"), JSON.stringify({ stats: {}, ...lists })));
};

function entry(test, error) {
  return {
    fullTitle: test.fullTitle(),
    file: test.file,
    duration: test.duration,
    currentRetry: typeof test.currentRetry === "function" ? test.currentRetry() : 0,
    err: error ? { stack: String(error.stack ?? error), message: String(error.message ?? error) } : {},
  };
}
