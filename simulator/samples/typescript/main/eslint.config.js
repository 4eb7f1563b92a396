import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["coverage/"] },
  ...tseslint.configs.recommended,
  { rules: { eqeqeq: "error", "prefer-const": "error" } },
);
