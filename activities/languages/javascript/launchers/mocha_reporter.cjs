// A reporter for mocha, since its own JSON goes to standard output before mocha 9.2, among what the tests print.
// A file that cannot be loaded is a failed test of its own, as with other runners: mocha would run nothing at all.

const { writeFileSync } = require("node:fs");
const { join, resolve } = require("node:path");

const notLoaded = [];

module.exports = function report(runner) {
  const lists = { passes: [], failures: [], pending: [] };
  runner.on("pass", (test) => lists.passes.push(entry(test)));
  runner.on("fail", (test, error) => lists.failures.push(entry(test, error)));
  runner.on("pending", (test) => lists.pending.push(entry(test)));
  runner.on("end", () => {
    lists.failures.push(...notLoaded);
    writeFileSync(join(__dirname, "mocha.json"), JSON.stringify({ stats: {}, ...lists }));
  });
};

function entry(test, error) {
  return {
    fullTitle: test.fullTitle(),
    file: test.file,
    duration: test.duration,
    currentRetry: typeof test.currentRetry === "function" ? test.currentRetry() : 0,
    err: error ? thrown(error) : {},
  };
}

function thrown(error) {
  return { stack: String(error?.stack ?? error), message: String(error?.message ?? error) };
}

// mocha's class is loaded before its reporter, and the files after both.
for (const name of Object.keys(require.cache).filter((path) => /[\\/]mocha[\\/]lib[\\/]mocha\.c?js$/.test(path))) {
  const { prototype } = require.cache[name].exports;
  const { loadFiles, loadFilesAsync } = prototype;
  prototype.loadFiles = function (loaded) {
    const files = this.files;
    for (const file of files) {
      try {
        loadFiles.call(withOne(this, file));
      } catch (error) {
        failed(this, file, error);
      }
    }
    this.files = files;
    loaded?.();
  };
  if (loadFilesAsync) {
    prototype.loadFilesAsync = async function (...options) {
      const files = this.files;
      for (const file of files) {
        try {
          await loadFilesAsync.apply(withOne(this, file), options);
        } catch (error) {
          failed(this, file, error);
        }
      }
      this.files = files;
    };
  }
}

function withOne(mocha, file) {
  mocha.files = [file];
  return mocha;
}

// A new start of the interface: what the file had begun to describe must not take in the tests of the next one.
function failed(mocha, file, error) {
  notLoaded.push({ fullTitle: "(file)", file: resolve(file), err: thrown(error) });
  mocha.ui(mocha.options.ui);
}
