import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SourceTextModule } from 'node:vm';

const FOLDERS = ['src', 'scripts', 'test'];
const RULES = [
  [/\t|\s+$/, 'tab or space at the end of the line'],
  [/^\s*var\s/, 'var: use const or let'],
  [/^\s*debugger\b/, 'debugger left behind'],
  [/[^=!<>]==[^=]|!=[^=]/, 'loose comparison: use === or !=='],
  [/\bconsole\.(log|error)\(/, 'console: use log() from src/log.js'],
  [/\b(test|describe|it)\.(only|skip)\(/, 'a test left out'],
];

const files = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true })
    .filter((file) => /\.js(on)?$/.test(file))
    .map((file) => join(folder, file)),
);
const problems = files.flatMap(problemsOf);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`${files.length} files, ${problems.length} problems\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

function problemsOf(file) {
  const text = readFileSync(file, 'utf8');
  return [...syntax(file, text), ...(file.endsWith('.js') ? style(file, text) : [])];
}

function syntax(file, text) {
  try {
    if (file.endsWith('.json')) JSON.parse(text);
    else new SourceTextModule(text); // parsed, never run
    return [];
  } catch (error) {
    return [`${file}: ${file.endsWith('.js') ? placed(file) : error.message}`];
  }
}

// A process for each file takes its time, and is the one that says in which line.
function placed(file) {
  return spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' }).stderr;
}

function style(file, text) {
  if (file === join('scripts', 'lint.js')) return []; // it quotes what it forbids
  return text
    .split('\n')
    .flatMap((line, i) =>
      RULES.filter(([rule]) => rule.test(line)).map(([, message]) => `${file}:${i + 1}: ${message}`),
    );
}
