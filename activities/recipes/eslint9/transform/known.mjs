/** What the versions that the step `packages` asks for support, and what they no longer have. */

const TYPESCRIPT = '@typescript-eslint/';
const STYLE = ['block-spacing', 'brace-style', 'comma-dangle', 'comma-spacing', 'func-call-spacing', 'indent', 'key-spacing', 'keyword-spacing', 'lines-around-comment', 'lines-between-class-members', 'member-delimiter-style', 'no-extra-parens', 'no-extra-semi', 'object-curly-spacing', 'padding-line-between-statements', 'quotes', 'semi', 'space-before-blocks', 'space-before-function-paren', 'space-infix-ops', 'type-annotation-spacing'];

/** Rule → what happened to it, what to do, and its new name where that means the same. */
export const REMOVED = new Map([
  ['require-jsdoc', ['is no longer part of ESLint', 'Use `jsdoc/require-jsdoc` of eslint-plugin-jsdoc.']],
  ['valid-jsdoc', ['is no longer part of ESLint', 'Use the rules of eslint-plugin-jsdoc.']],
  ...STYLE.map((name) => [`${TYPESCRIPT}${name}`, ['is no longer part of typescript-eslint', `Use \`@stylistic/${name}\` of @stylistic/eslint-plugin, or a formatter.`]]),
  [`${TYPESCRIPT}ban-types`, ['is no longer part of typescript-eslint', 'Use `@typescript-eslint/no-restricted-types`, `no-unsafe-function-type` and `no-wrapper-object-types`.']],
  [`${TYPESCRIPT}no-empty-interface`, ['was replaced', '', `${TYPESCRIPT}no-empty-object-type`]],
  [`${TYPESCRIPT}no-var-requires`, ['was replaced', '', `${TYPESCRIPT}no-require-imports`]],
  [`${TYPESCRIPT}no-throw-literal`, ['was renamed', '', `${TYPESCRIPT}only-throw-error`]],
  [`${TYPESCRIPT}no-useless-template-literals`, ['was renamed', '', `${TYPESCRIPT}no-unnecessary-template-expression`]],
  [`${TYPESCRIPT}prefer-ts-expect-error`, ['is no longer part of typescript-eslint', 'Use `@typescript-eslint/ban-ts-comment`.']],
  [`${TYPESCRIPT}camelcase`, ['is no longer part of typescript-eslint', 'Use `@typescript-eslint/naming-convention`.']],
  [`${TYPESCRIPT}no-duplicate-imports`, ['is no longer part of typescript-eslint', 'Use `import/no-duplicates`.']],
  [`${TYPESCRIPT}no-parameter-properties`, ['is no longer part of typescript-eslint', 'Use `@typescript-eslint/parameter-properties`.']],
  [`${TYPESCRIPT}no-implicit-any-catch`, ['is no longer part of typescript-eslint', 'Set `useUnknownInCatchVariables` for the compiler.']],
]);

/** Rules that look at unused errors of `catch` by default now. */
export const UNUSED = new Set(['no-unused-vars', `${TYPESCRIPT}no-unused-vars`]);
