/** Regular expressions of paths, as patterns of files: those forms that people write. */

const ENDING = '(?:tests?|specs?)';

/**
 * The patterns that name the same of these files as the regular expressions do: by their folder and how their names end. Undefined
 * where no such patterns do.
 */
export function samePatterns(expressions, files) {
  let tests;
  try {
    tests = expressions.map((one) => new RegExp(one.replace(/^\^?<rootDir>/, '^')));
  } catch {
    return undefined;
  }
  const named = files.filter((file) => tests.some((one) => one.test(`/${file}`)));
  if (!named.length) return undefined;
  const groups = Map.groupBy(named, (file) => /\.\w+$/.exec(file)?.[0] ?? '');
  const patterns = [...groups.values()].map((group) => {
    const folder = group.map((file) => file.split('/').slice(0, -1)).reduce((a, b) => a.slice(0, a.findIndex((part, at) => part !== b[at]) >>> 0));
    const reversed = group.map((file) => [...file.split('/').at(-1)].reverse());
    const common = reversed.reduce((a, b) => a.slice(0, a.findIndex((char, at) => char !== b[at]) >>> 0)).reverse().join('');
    const end = /(?:^|(?<=[.\-_]))?(?:[.\-_]?(?:test|spec)s?\.\w+|\.\w+)$/.exec(common)?.[0];
    return end && { folder: folder.join('/'), end };
  });
  if (patterns.some((one) => !one)) return undefined;
  const fits = (file) => patterns.some(({ folder, end }) => file.endsWith(end) && (!folder || file.startsWith(`${folder}/`)));
  const same = files.filter(fits).length === named.length && named.every(fits);
  return same ? patterns.map(({ folder, end }) => `${folder ? `${folder}/` : ''}**/*${end}`) : undefined;
}

/** Of `testRegex`; undefined for any other form. */
export function globOf(text) {
  const plain = text.replace(/\\\\/g, '\\').replace(/^\^?<rootDir>\/?/, '').replace(/^\^?\.\*/, '');
  const known = /^\(?\(?\/?__tests__\/\.\*\|\(\\\.\|\/\)\((test|spec)\|(test|spec)\)\)\)?\\\.(.+?)\$?$/.exec(plain);
  if (known) return [`**/__tests__/**/*.${endings(known[3])}`, `**/?(*.)+(spec|test).${endings(known[3])}`];
  const named = new RegExp(`^(?:\\(?\\\\\\.|\\(\\\\\\.\\|/\\)|/)?\\(?(${ENDING}(?:\\|${ENDING})*)\\)?\\\\?\\.(.+?)\\$?$`).exec(plain);
  if (named && endings(named[2])) return [`**/*.${named[1].includes('|') ? `{${named[1].replaceAll('|', ',')}}` : named[1]}.${endings(named[2])}`];
  const folder = /^\/?([\w-]+(?:\/[\w-]+)*)\/\.\*(?:\\\.([\w]+))?\\\.(.+?)\$?$/.exec(plain);
  if (folder && endings(folder[3])) return [`**/${folder[1]}/**/*${folder[2] ? `.${folder[2]}` : ''}.${endings(folder[3])}`];
  return undefined;
}

/** `(js|ts)x?`, `[jt]sx?`, `tsx?`. */
function endings(text) {
  const plain = text.replace(/\$$/, '').replace(/\?:/g, '');
  if (!/^[\w[\]()|?]+$/.test(plain)) return undefined;
  return plain.replace(/\(([\w|?]+)\)/g, (_, inner) => `{${inner.split('|').flatMap((one) => (one.endsWith('?') ? [one.slice(0, -2), one.slice(0, -1)] : [one])).join(',')}}`).replace(/x\?/g, '?(x)');
}

/** Of paths that are left out: a pattern, '' for what vitest leaves out anyway, undefined for any other form. */
export function exclusion(text) {
  const plain = text.replace(/\\([./-])/g, '$1').replace(/^\^/, '').replace(/\$$/, '');
  if (/^(<rootDir>)?\/?node_modules\/?$/.test(plain)) return '';
  const atRoot = /^<rootDir>\//.test(plain);
  const path = plain.replace(/^<rootDir>\//, '').replace(/\.\*/g, '**');
  if (/[()[\]{}|?+\\^$]/.test(path) || !path) return undefined;
  const inside = path.replace(/^\//, '');
  const isFile = /\.\w+$/.test(inside);
  const start = atRoot ? '' : '**/';
  return `${start}${inside.replace(/\/$/, '')}${isFile ? '' : '/**'}`;
}
