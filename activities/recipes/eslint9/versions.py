"""Which versions of ESLint's packages work with ESLint 9, by their own peer ranges. They are fixed, so that a migration
gives the same result on every day."""

ESLINT = "9.39.5"

SUPPORTING = {
    "eslint": ESLINT,
    "@babel/eslint-parser": "7.29.13",
    "@babel/eslint-plugin": "7.29.7",
    "@eslint/eslintrc": "3.3.7",
    "@eslint/js": ESLINT,
    "@typescript-eslint/eslint-plugin": "8.74.0",
    "@typescript-eslint/parser": "8.74.0",
    "@typescript-eslint/utils": "8.74.0",
    "eslint-config-next": "15.5.29",
    "eslint-config-prettier": "8.10.2",
    "eslint-config-react-app": "7.0.1",
    "eslint-plugin-ava": "15.1.0",
    "eslint-plugin-compat": "6.2.1",
    "eslint-plugin-cypress": "3.6.0",
    "eslint-plugin-html": "8.1.2",
    "eslint-plugin-import": "2.32.0",
    "eslint-plugin-jest": "28.14.0",
    "eslint-plugin-jest-dom": "5.10.1",
    "eslint-plugin-jsdoc": "61.7.1",
    "eslint-plugin-jsx-a11y": "6.10.2",
    "eslint-plugin-mocha": "10.5.0",
    "eslint-plugin-n": "17.24.0",
    "eslint-plugin-promise": "7.3.0",
    "eslint-plugin-react": "7.37.5",
    "eslint-plugin-react-hooks": "5.2.0",
    "eslint-plugin-simple-import-sort": "12.1.1",
    "eslint-plugin-storybook": "0.12.0",
    "eslint-plugin-svelte": "2.46.1",
    "eslint-plugin-testing-library": "6.5.0",
    "eslint-plugin-unicorn": "56.0.1",
    "eslint-plugin-unused-imports": "4.4.1",
    "eslint-plugin-vue": "9.33.0",
    "eslint-plugin-yml": "1.19.1",
    "typescript-eslint": "8.74.0",
    "vue-eslint-parser": "9.4.3",
}
"""The first major version for ESLint 9 that still has its configurations in the old format, which `FlatCompat` reads,
and of that the last one."""

EXCLUDING = frozenset(
    (
        "eslint-config-airbnb", "eslint-config-airbnb-base", "eslint-config-airbnb-typescript",
        "eslint-config-react-app", "eslint-config-semistandard", "eslint-config-standard", "eslint-config-standard-jsx",
        "eslint-config-standard-with-typescript", "eslint-plugin-flowtype",
    )
)  # fmt: skip
"""No version of these names ESLint 9 among its peers. Their rules run with it."""

PLAIN = frozenset(
    (
        "eslint-config-airbnb", "eslint-config-airbnb-base", "eslint-config-google", "eslint-config-prettier",
        "eslint-config-semistandard", "eslint-config-standard", "eslint-config-standard-jsx",
    )
)  # fmt: skip
"""Shared configurations whose plug-ins are all in `SUPPORTING`: nothing of them has to be wrapped."""

ADDED = {
    "@eslint/compat": "^1.4.1",
    "@eslint/eslintrc": f"^{SUPPORTING['@eslint/eslintrc']}",
    "@eslint/js": f"^{ESLINT}",
    "globals": "^16.5.0",
}
"""What a flat configuration imports beside what the old one named."""

WITHOUT_FORMATTERS = frozenset(
    ("checkstyle", "codeframe", "compact", "jslint-xml", "junit", "tap", "table", "unix", "visualstudio")
)
"""Formatters that are packages of their own since ESLint 9."""
