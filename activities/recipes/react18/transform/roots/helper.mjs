/** The few lines that a module gets where its roots are kept in a map, or where a render has a callback. */

export function mapText(style, names, uses) {
  const { types, given } = style;
  const root = given ? "import('react-dom/client').Root" : `ReturnType<typeof ${style.create || style.hydrate}>`;
  const generic = types ? `<${types.any}, ${root}>` : '';
  const lines = [
    '// One root for each container: a second root in the same container would lose the state of the first.',
    `${style.constant} ${names.roots} = ${(style.again ?? String)(`new WeakMap${generic}()`)};`,
  ];
  const add = (exported, text) => lines.push('', ...text.trim().replace(/^function/m, exported ? 'export function' : 'function').split('\n'));
  if (uses.get) add(style.exported.get, getText(style, names, types ? `: ${types.created}` : ''));
  if (uses.hydrate) add(style.exported.hydrate, hydrateText(style, names, types ? `: ${types.hydrated}` : ''));
  if (uses.unmount) add(style.exported.unmount, unmountText(style, names, types ? `: ${types.any}` : ''));
  if (uses.later) add(style.exported.later, laterText(style, names, types ? `: ${types.any}` : ''));
  return finish(style, lines);
}

/** The parameter by which a function of the map is given one of `react-dom/client`. */
const givenText = ({ given, typed }, name) => (!given ? '' : `, ${name}${typed ? `: typeof import('react-dom/client').${name}` : ''}`);

const getText = (style, { roots, getRoot }, key) => `
function ${getRoot}(container${key}${givenText(style, style.create)}) {
  ${style.variable} root = ${roots}.get(container);
  if (!root) {
    root = ${style.create}(container);
    ${roots}.set(container, root);
  }
  return root;
}`;

const hydrateText = (style, { roots, hydrateIn }, key) => `
function ${hydrateIn}(container${key}, element${style.typed ? ": import('react').ReactNode" : ''}${givenText(style, style.hydrate)}) {
  ${style.constant} root = ${roots}.get(container);
  if (root) {
    root.render(element);
  } else {
    ${roots}.set(container, ${style.hydrate}(container, element));
  }
}`;

const unmountText = ({ constant }, { roots, unmountRoot }, key) => `
function ${unmountRoot}(container${key}) {
  ${constant} root = ${roots}.get(container);
  if (!root) {
    return false;
  }
  ${roots}.delete(container);
  root.unmount();
  return true;
}`;

const laterText = ({ constant }, { roots, emptyRoot }, key) => `
// React cannot unmount a root while it renders or commits another, so the root stays and renders nothing.
function ${emptyRoot}(container${key}) {
  ${constant} root = ${roots}.get(container);
  if (root) {
    root.render(null);
  }
}`;

export function callbackText(style, name, effect) {
  const type = style.typed ? ": { callback?: (() => void) | null; children?: import('react').ReactElement | null }" : '';
  const fallback = style.typed ? ' || null' : '';
  const text = style.constant === 'var'
    ? `
function ${name}(props) {
  ${effect}(function () {
    if (props.callback) {
      props.callback();
    }
  });
  return props.children;
}`
    : `
function ${name}({ callback, children }${type}) {
  ${effect}(() => {
    if (callback) {
      callback();
    }
  });
  return children${fallback};
}`;
  return finish(style, ['// Calls back each time that what a root was told to render is in the document.', ...text.trim().split('\n')]);
}

/** The lines as the file writes them: its semicolons, indentation and line ends. */
function finish(style, lines) {
  return lines
    .map((line) => line.replace(/^( {2})+/, (indent) => style.unit.repeat(indent.length / 2)))
    .map((line) => (style.semicolon || line.startsWith('//') ? line : line.replace(/;$/, '')))
    .map((line) => (style.quote === '"' ? line.replaceAll("'", '"') : line))
    .join(style.newline);
}
