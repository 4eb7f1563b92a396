// Starts mocha with the options of its report, while its tests see the arguments that the package's script gives.
// Options for node need another process, where mocha's own program hands them on: there the tests see all arguments.
// node mocha.mjs BINARY OWN-ARGUMENTS ALL-ARGUMENTS (both JSON)

import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const [binary, own, all] = process.argv.slice(2);
const options = JSON.parse(all);
const main = await inProcess();
if (main) {
  process.argv = [process.argv[0], binary, ...JSON.parse(own)];
  main(options);
} else {
  const child = spawn(binary, options, { stdio: "inherit" });
  child.on("exit", (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code)));
}

async function inProcess() {
  try {
    const folder = join(dirname(createRequire(realpathSync(binary)).resolve("mocha/package.json")), "lib", "cli");
    const { loadOptions } = await part(folder, "options");
    const { isNodeFlag } = await part(folder, "node-flags");
    const names = Object.keys(loadOptions(options));
    return names.some((name) => name === "node-option" || isNodeFlag(name)) ? null : (await part(folder, "cli")).main;
  } catch {
    return null;
  }
}

async function part(folder, name) {
  const file = [".js", ".cjs"].map((ending) => join(folder, name + ending)).find((path) => existsSync(path));
  const module = await import(pathToFileURL(file));
  return { ...module.default, ...module };
}
