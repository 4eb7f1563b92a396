"""A React 17 application of any size, always the same: components, hooks, stores and tests, a few of them with what
React 18 removed.

Of a hundred files four render into a container themselves (widgets in pages of another kind, modals, entries), two more
use react-dom for portals, and six have lifecycle methods that were renamed.
"""

from collections.abc import Iterator
from pathlib import Path

MATCHING = 4
"""Files of a hundred that call what React 18 removed of react-dom."""

_PACKAGE = """\
{
  "name": "shop",
  "version": "1.0.0",
  "private": true,
  "dependencies": {
    "classnames": "^2.3.1",
    "prop-types": "^15.7.2",
    "react": "^17.0.2",
    "react-dom": "^17.0.2"
  }
}
"""
_FUNCTION = """\
import React, {{ useCallback, useEffect, useMemo, useState }} from 'react';
import PropTypes from 'prop-types';
import classNames from 'classnames';
import {{ format{shared} }} from '../shared/format{shared}';
import {{ useStore{store} }} from '../stores/useStore{store}';

const PAGE_SIZE = {size};

/** A list of products that can be sorted and looked through page by page. */
export function ProductList{number}({{ items, title, onSelect, className }}) {{
  const [page, setPage] = useState(0);
  const [order, setOrder] = useState('name');
  const [query, setQuery] = useState('');
  const {{ favourites, toggle }} = useStore{store}();

  useEffect(() => {{
    const listener = (event) => {{
      if (event.key === 'Escape') setQuery('');
    }};
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }}, []);

  const found = useMemo(() => {{
    const wanted = query.trim().toLowerCase();
    const kept = wanted ? items.filter((item) => item.name.toLowerCase().includes(wanted)) : items;
    return [...kept].sort((a, b) => (a[order] > b[order] ? 1 : a[order] < b[order] ? -1 : 0));
  }}, [items, order, query]);

  const pages = Math.max(1, Math.ceil(found.length / PAGE_SIZE));
  const shown = found.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
  const select = useCallback((item) => () => onSelect && onSelect(item), [onSelect]);

  if (!items.length) {{
    return <p className="empty">Nothing here yet.</p>;
  }}
  return (
    <section className={{classNames('product-list', className, {{ 'product-list--long': pages > 1 }})}}>
      <header>
        <h2>{{title}}</h2>
        <input value={{query}} onChange={{(event) => setQuery(event.target.value)}} placeholder="Search" />
        <select value={{order}} onChange={{(event) => setOrder(event.target.value)}}>
          <option value="name">Name</option>
          <option value="price">Price</option>
          <option value="added">Newest</option>
        </select>
      </header>
      <ul>
        {{shown.map((item) => (
          <li key={{item.id}} className={{favourites.has(item.id) ? 'favourite' : undefined}}>
            <button type="button" onClick={{select(item)}}>
              <img src={{item.image}} alt="" width="48" height="48" />
              <span className="name">{{item.name}}</span>
              <span className="price">{{format{shared}(item.price)}}</span>
            </button>
            <button type="button" aria-label="Favourite" onClick={{() => toggle(item.id)}}>
              ★
            </button>
          </li>
        ))}}
      </ul>
      <footer>
        <button type="button" disabled={{page === 0}} onClick={{() => setPage(page - 1)}}>
          Back
        </button>
        <span>
          {{page + 1}} of {{pages}}
        </span>
        <button type="button" disabled={{page + 1 === pages}} onClick={{() => setPage(page + 1)}}>
          Next
        </button>
      </footer>
    </section>
  );
}}

ProductList{number}.propTypes = {{
  items: PropTypes.arrayOf(PropTypes.object).isRequired,
  title: PropTypes.string.isRequired,
  onSelect: PropTypes.func,
  className: PropTypes.string,
}};

export default ProductList{number};
"""
_CLASS = """\
import React, {{ Component }} from 'react';
import PropTypes from 'prop-types';
import {{ format{shared} }} from '../shared/format{shared}';

/** The details of one order, which can be edited in place. */
class OrderDetails{number} extends Component {{
  constructor(props) {{
    super(props);
    this.state = {{ editing: false, note: props.order.note || '', error: null }};
    this.handleChange = this.handleChange.bind(this);
    this.handleSubmit = this.handleSubmit.bind(this);
  }}

  {lifecycle}(nextProps) {{
    if (nextProps && nextProps.order && nextProps.order.id !== this.props.order.id) {{
      this.setState({{ editing: false, note: nextProps.order.note || '', error: null }});
    }}
  }}

  componentWillUnmount() {{
    clearTimeout(this.timer);
  }}

  handleChange(event) {{
    this.setState({{ note: event.target.value }});
  }}

  handleSubmit(event) {{
    event.preventDefault();
    if (!this.state.note) {{
      this.setState({{ error: 'Please write something.' }});
      return;
    }}
    this.props.onSave({{ ...this.props.order, note: this.state.note }});
    this.timer = setTimeout(() => this.setState({{ editing: false }}), {size});
  }}

  renderRows() {{
    return this.props.order.lines.map((line, index) => (
      <tr key={{line.id}} className={{index % 2 ? 'odd' : 'even'}}>
        <td>{{line.name}}</td>
        <td>{{line.count}}</td>
        <td>{{format{shared}(line.count * line.price)}}</td>
      </tr>
    ));
  }}

  render() {{
    const {{ order }} = this.props;
    const {{ editing, note, error }} = this.state;
    const total = order.lines.reduce((sum, line) => sum + line.count * line.price, 0);
    return (
      <article className="order">
        <h3>Order {{order.id}}</h3>
        <table>
          <thead>
            <tr>
              <th>Product</th>
              <th>Count</th>
              <th>Price</th>
            </tr>
          </thead>
          <tbody>{{this.renderRows()}}</tbody>
          <tfoot>
            <tr>
              <td colSpan="2">Total</td>
              <td>{{format{shared}(total)}}</td>
            </tr>
          </tfoot>
        </table>
        {{editing ? (
          <form onSubmit={{this.handleSubmit}}>
            <textarea value={{note}} onChange={{this.handleChange}} />
            {{error && <p role="alert">{{error}}</p>}}
            <button type="submit">Save</button>
          </form>
        ) : (
          <p onDoubleClick={{() => this.setState({{ editing: true }})}}>{{note || 'No note.'}}</p>
        )}}
      </article>
    );
  }}
}}

OrderDetails{number}.propTypes = {{ order: PropTypes.object.isRequired, onSave: PropTypes.func.isRequired }};

export default OrderDetails{number};
"""
_STORE = """\
import {{ useEffect, useReducer }} from 'react';
import {{ load{shared}, save{shared} }} from '../shared/format{shared}';

const initial = {{ favourites: new Set(), loading: true, failed: false }};

function reducer(state, action) {{
  switch (action.type) {{
    case 'loaded':
      return {{ ...state, loading: false, favourites: new Set(action.ids) }};
    case 'toggled': {{
      const favourites = new Set(state.favourites);
      if (!favourites.delete(action.id)) favourites.add(action.id);
      return {{ ...state, favourites }};
    }}
    case 'failed':
      return {{ ...state, loading: false, failed: true }};
    default:
      return state;
  }}
}}

/** What the customer likes, kept on the server. */
export function useStore{number}() {{
  const [state, dispatch] = useReducer(reducer, initial);
  useEffect(() => {{
    let gone = false;
    load{shared}()
      .then((ids) => gone || dispatch({{ type: 'loaded', ids }}))
      .catch(() => gone || dispatch({{ type: 'failed' }}));
    return () => {{
      gone = true;
    }};
  }}, []);
  useEffect(() => {{
    if (!state.loading) save{shared}([...state.favourites]);
  }}, [state.favourites, state.loading]);
  return {{ ...state, toggle: (id) => dispatch({{ type: 'toggled', id }}) }};
}}
"""
_SHARED = """\
const CURRENCIES = {{ eur: '€', usd: '$', gbp: '£' }};

export function format{number}(cents, currency = 'eur') {{
  if (!Number.isFinite(cents)) return '';
  const sign = cents < 0 ? '-' : '';
  const whole = Math.floor(Math.abs(cents) / 100);
  const rest = String(Math.abs(cents) % 100).padStart(2, '0');
  const grouped = String(whole).replace(/\\B(?=(\\d{{3}})+$)/g, ',');
  return `${{sign}}${{CURRENCIES[currency] || currency}}${{grouped}}.${{rest}}`;
}}

export function group{number}(items, key) {{
  const groups = new Map();
  for (const item of items) {{
    const name = typeof key === 'function' ? key(item) : item[key];
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(item);
  }}
  return groups;
}}

export async function load{number}() {{
  const response = await fetch('/api/favourites/{number}');
  if (!response.ok) throw new Error(`The server answered ${{response.status}}`);
  return (await response.json()).ids;
}}

export async function save{number}(ids) {{
  await fetch('/api/favourites/{number}', {{ method: 'PUT', body: JSON.stringify({{ ids }}) }});
}}
"""
_TYPED = """\
import React, {{ useRef, useState }} from 'react';

interface Field {{
  name: string;
  label: string;
  required?: boolean;
  validate?: (value: string) => string | undefined;
}}

interface Props {{
  fields: Field[];
  onSubmit: (values: Record<string, string>) => Promise<void>;
}}

type Errors = Partial<Record<string, string>>;

export const AddressForm{number}: React.FC<Props> = ({{ fields, onSubmit }}) => {{
  const form = useRef<HTMLFormElement>(null);
  const [values, setValues] = useState<Record<string, string>>({{}});
  const [errors, setErrors] = useState<Errors>({{}});
  const [busy, setBusy] = useState(false);

  const check = (): Errors => {{
    const found: Errors = {{}};
    for (const field of fields) {{
      const value = values[field.name] ?? '';
      if (field.required && !value.trim()) found[field.name] = `${{field.label}} is needed.`;
      else if (field.validate) found[field.name] = field.validate(value);
    }}
    return found;
  }};

  const submit = async (event: React.FormEvent<HTMLFormElement>): Promise<void> => {{
    event.preventDefault();
    const found = check();
    setErrors(found);
    if (Object.values(found).some(Boolean)) return;
    setBusy(true);
    try {{
      await onSubmit(values);
      form.current?.reset();
    }} finally {{
      setBusy(false);
    }}
  }};

  return (
    <form ref={{form}} onSubmit={{submit}} noValidate>
      {{fields.map((field) => (
        <label key={{field.name}}>
          {{field.label}}
          <input
            name={{field.name}}
            value={{values[field.name] ?? ''}}
            onChange={{(event) => setValues({{ ...values, [field.name]: event.target.value }})}}
          />
          {{errors[field.name] && <span role="alert">{{errors[field.name]}}</span>}}
        </label>
      ))}}
      <button type="submit" disabled={{busy}}>
        Save
      </button>
    </form>
  );
}};
"""
_MOUNT = """\
import React from 'react';
import ReactDOM from 'react-dom';
import {{ ProductList{listed} }} from '../components/ProductList{listed}';

/** Puts the list of products into a page that is no React application. */
export function mountProducts{number}(container, options = {{}}) {{
  const items = options.items || JSON.parse(container.dataset.items || '[]');
  const onSelect = (item) => {{
    container.dispatchEvent(new CustomEvent('product', {{ detail: item, bubbles: true }}));
  }};
  ReactDOM.render(
    <ProductList{listed} items={{items}} title={{options.title || 'Products'}} onSelect={{onSelect}} />,
    container,
  );
}}

export function unmountProducts{number}(container) {{
  ReactDOM.unmountComponentAtNode(container);
}}
"""
_ENTRY = """\
import React from 'react';
import ReactDOM from 'react-dom';
import {{ ProductList{listed} }} from '../components/ProductList{listed}';

const settings = window.__SETTINGS__ || {{}};

ReactDOM.render(
  <React.StrictMode>
    <ProductList{listed} items={{settings.items || []}} title="Shop" />
  </React.StrictMode>,
  document.getElementById('root-{number}'),
);
"""
_PORTAL = """\
import React, {{ useEffect, useState }} from 'react';
import {{ createPortal }} from 'react-dom';

/** A dialog above everything else on the page. */
export function Dialog{number}({{ open, title, onClose, children }}) {{
  const [host] = useState(() => document.createElement('div'));
  useEffect(() => {{
    document.body.appendChild(host);
    return () => host.remove();
  }}, [host]);
  if (!open) return null;
  return createPortal(
    <div className="dialog" role="dialog" aria-label={{title}}>
      <header>
        <h2>{{title}}</h2>
        <button type="button" onClick={{onClose}}>
          Close
        </button>
      </header>
      {{children}}
    </div>,
    host,
  );
}}
"""

_KINDS: tuple[tuple[range, str, str], ...] = (
    (range(0, 2), "widgets/products{number}.js", _MOUNT),
    (range(2, 4), "entries/entry{number}.jsx", _ENTRY),
    (range(4, 6), "dialogs/Dialog{number}.jsx", _PORTAL),
    (range(6, 26), "orders/OrderDetails{number}.jsx", _CLASS),
    (range(26, 44), "forms/AddressForm{number}.tsx", _TYPED),
    (range(44, 56), "stores/useStore{number}.js", _STORE),
    (range(56, 68), "shared/format{number}.js", _SHARED),
    (range(68, 100), "components/ProductList{number}.jsx", _FUNCTION),
)
"""Which files of a hundred are of a kind, where they are, and their text."""


def files(count: int = 500) -> Iterator[tuple[str, str]]:
    """(path, text) of `count` files of code, and of the manifest."""
    yield "package.json", _PACKAGE
    for number in range(count):
        kind, first = number % 100, number // 100 * 100
        path, text = next((path, text) for kinds, path, text in _KINDS if kind in kinds)
        values = {
            "number": number,
            "shared": first + 56 + kind % 12,
            "store": first + 44 + kind % 12,
            "listed": first + 68 + kind % 32,
            "size": 20 + kind,
            "lifecycle": "componentWillReceiveProps" if kind < 12 else "UNSAFE_componentWillReceiveProps",
        }
        yield f"src/area{first // 100}/{path.format(number=number)}", text.format(**values)


def lay_out(folder: Path, count: int = 500) -> None:
    """The files, without a repository around them."""
    for path, text in files(count):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
