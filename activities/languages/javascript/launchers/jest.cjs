// Starts jest with the options of its report, while its tests see the arguments that the package's script gives.
// node jest.cjs BINARY OWN-ARGUMENTS ALL-ARGUMENTS (both JSON)

const { realpathSync } = require("node:fs");
const { createRequire } = require("node:module");

const [binary, own, all] = process.argv.slice(2);
process.argv = [process.argv[0], binary, ...JSON.parse(own)];
process.env.NODE_ENV = process.env.NODE_ENV || "test";
load(createRequire(realpathSync(binary))).run(JSON.parse(all));

// The binary is jest's, jest-cli's, or a shell script beside their folders (pnpm).
function load(require) {
  for (const name of ["jest-cli", "jest"]) {
    try {
      return require(name);
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  return require("..");
}
