/** The packages of the transform, from the folder that `NODE_PATH` names. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const [packages] = (process.env.NODE_PATH ?? '').split(':');
const load = createRequire(packages ? `${dirname(packages)}/package.json` : import.meta.url);

export const ts = load('typescript');
export const yaml = load('js-yaml');
export const globals = load('globals');
export const { convertIgnorePatternToMinimatch } = load('@eslint/config-helpers');
