import tseslint from 'typescript-eslint';
import { importX } from 'eslint-plugin-import-x';

/** Rooms and what each may import as a value. Types may cross; values may not. */
const sandbox = {
  patterns: [
    {
      group: ['**/activities/**'],
      message: 'workflow code sees activities as types only',
      allowTypeImports: true,
    },
    {
      regex: '^zod$|/src/(?!domain/)',
      message: 'workflow code imports only src/domain',
      allowTypeImports: true,
    },
    { regex: '^node:', message: 'no Node in the sandbox' },
    { regex: '^@temporalio/(?!workflow$|common$)', message: 'only workflow and common in the sandbox' },
  ],
};
const domain = {
  patterns: [{ regex: '^(?!\\./)', message: 'src/domain is pure: it imports only itself' }],
};
const cli = {
  patterns: [
    {
      regex: '/(store|adapters|activities|workflows)/',
      message: 'the CLI goes through client, config and domain',
      allowTypeImports: true,
    },
    { regex: '^(pg|@temporalio/worker)$', message: 'the CLI holds no database and runs no worker' },
  ],
};
const api = {
  patterns: [
    {
      regex: '/(cli|config|activities|workflows|dev)/',
      message: 'the API uses store and adapters',
      allowTypeImports: true,
    },
  ],
};
const adapters = {
  patterns: [
    {
      regex: '/(cli|config|api|activities|workflows|store|dev)/',
      message: 'adapters know only the domain',
      allowTypeImports: true,
    },
  ],
};
const activities = {
  patterns: [
    {
      regex: '/(cli|config|api|workflows|dev)/',
      message: 'activities use adapters, store, client and domain',
      allowTypeImports: true,
    },
  ],
};
const room = (files, rule) => ({
  files,
  rules: { '@typescript-eslint/no-restricted-imports': ['error', rule] },
});

export default tseslint.config(
  { ignores: ['.cache/', 'dist/', 'node_modules/', 'examples/', '.shipway/', 'coverage/'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['*.js', 'bin/*.js', 'scripts/*.js'] } },
    },
  },
  {
    files: ['**/*.ts'],
    plugins: { 'import-x': importX },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      'import-x/no-default-export': 'error',
      'max-lines': ['error', { max: 250, skipComments: false, skipBlankLines: false }],
      'max-lines-per-function': ['error', { max: 40, skipComments: true, skipBlankLines: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'use a const object or a union' },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'vitest.config.ts'],
    rules: { 'max-lines-per-function': 'off', 'import-x/no-default-export': 'off' },
  },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
  room(['workflows/**/*.ts'], sandbox),
  room(['src/domain/**/*.ts'], domain),
  room(['src/cli/**/*.ts'], cli),
  room(['src/api/**/*.ts'], api),
  room(['src/adapters/**/*.ts'], adapters),
  room(['activities/**/*.ts'], activities),
);
