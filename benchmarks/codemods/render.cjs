/** The same rewrite for jscodeshift: `ReactDOM.render(element, container)` gets a root. */
module.exports = function (file, { jscodeshift: j }) {
  const calls = j(file.source).find(j.CallExpression, {
    callee: { object: { name: 'ReactDOM' }, property: { name: 'render' } },
  });
  if (!calls.length) return undefined;
  return calls
    .replaceWith(({ node: { arguments: [element, container] } }) =>
      j.callExpression(j.memberExpression(j.callExpression(j.identifier('createRoot'), [container]), j.identifier('render')), [element]),
    )
    .toSource();
};
