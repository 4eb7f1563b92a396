/** Step `docs`: code blocks of documentation that quote the old calls (row 1, as in `roots`); else a row. */
import { Source } from './common/source.mjs';
import { transform as migrate } from './roots/index.mjs';
import { patternOf } from './steps.mjs';

export const candidate = patternOf('docs');
const FENCE = /^([ \t]*)(`{3,}|~{3,})[ \t]*(\S*)[^\r\n]*\r?\n([\s\S]*?)^[ \t]*\2[ \t]*\r?$/gm;
const LANGUAGES = /^$|^\{?\.?(jsx?|tsx?|javascript|typescript|[cm]js)\b/i;
const OLD = /\bReactDOM\.(render|hydrate|unmountComponentAtNode)\b|\b(unmountComponentAtNode|hydrate)\(/;
const QUOTED = /\bReactDOM\.(render|hydrate|unmountComponentAtNode)\b|\{[^}]*\b(render|hydrate|unmountComponentAtNode)\b[^}]*\}\s*(from|=\s*require\()\s*['"]react-dom['"]/;
const PAST = /(^|\/)(change-?log|history|release|releases|news|upgrad\w*|migrat\w*)[^/]*\.\w+$|(^|\/)(blog|_posts|changelogs?)\//i;
const FIX = 'Describe `createRoot(container).render(element)` and `root.unmount()`.';

export function transform(source) {
  return transformText(source.name, source.text);
}

export function transformText(name, text) {
  const result = { file: name, edits: [], leftovers: [] };
  if (PAST.test(name)) return result;
  const blocks = [];
  for (const match of text.matchAll(FENCE)) {
    const start = match.index + match[0].indexOf('\n') + 1;
    blocks.push([start, start + match[4].length]);
    const suffix = /^\{?\.?(tsx?|typescript)\b/i.test(match[3]) ? 'tsx' : 'jsx';
    if (LANGUAGES.test(match[3])) readBlock(result, text, start, match[4], suffix);
    else leaveLines(result, text, start, start + match[4].length);
  }
  let from = 0;
  for (const [start, end] of [...blocks, [text.length, text.length]]) {
    leaveLines(result, text, from, start);
    from = end;
  }
  result.leftovers.sort((a, b) => a.line - b.line);
  return result;
}

/** Migrates a block as a module of its own; one that imports nothing is taken to have ReactDOM. */
function readBlock(result, text, start, code, suffix) {
  if (!OLD.test(code) && !/react-dom/.test(code)) return;
  if (/\/[/*].*\bReactDOM\.(render|hydrate|unmountComponentAtNode)\b/.test(code)) return leaveLines(result, text, start, start + code.length);
  const bare = !/react-dom['"]/.test(code);
  const prefix = bare ? "import ReactDOM from 'react-dom';\n" : '';
  try {
    const { edits, leftovers } = migrate(new Source(`block.${suffix}`, prefix + code));
    const own = edits.filter(([from]) => from >= prefix.length);
    const once = own.filter(([, , more]) => /^\w+\.(render|unmount)\(/.test(more)).length === 0;
    const added = own.map(([from, to, more]) => [from - prefix.length + start, to - prefix.length + start, bare ? withoutImport(more, once) : more]);
    const simple = !leftovers.length && !added.some((edit) => /getRoot|Root\(container|WeakMap|useLayoutEffect|AfterRender/.test(edit[2]));
    if (simple) result.edits.push(...added);
    else leaveLines(result, text, start, start + code.length);
  } catch {
    leaveLines(result, text, start, start + code.length);
  }
}

/** A block without imports has `ReactDOM` from somewhere else, so it gets the functions of a root from there too. */
function withoutImport(text, once) {
  const alone = once && /^const (\w+) = createRoot\(([\s\S]*)\);?\s+\1\.render\($/.exec(text);
  return alone ? `ReactDOM.createRoot(${alone[2]}).render(` : text.replace(/(?<![.\w])(createRoot|hydrateRoot)\(/g, 'ReactDOM.$1(');
}

function leaveLines(result, text, start, end) {
  let position = start;
  for (const line of text.slice(start, end).split('\n')) {
    if (QUOTED.test(line)) {
      const number = text.slice(0, position).split('\n').length;
      result.leftovers.push({ line: number, reason: 'The documentation quotes an old call that could not be changed safely.', fix: FIX });
    }
    position += line.length + 1;
  }
}
