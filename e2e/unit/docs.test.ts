/** What the documents say is what the code has. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  crossesWire,
  defaultSessionLimits,
  describeError,
  errorCodes,
  limits,
  protocolVersion,
  signalingLimits,
  toWireCode,
} from '@duet/protocol';
import { defaultServerLimits, type Setting, settings } from 'duetjs-signaling';
import { describe, expect, test } from 'vitest';
import { inRepository } from '../../scripts/tools';

const read = (path: string): string => readFileSync(inRepository(path), 'utf8');

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'examples/README.md',
  'packages/duet/README.md',
  ...readdirSync(inRepository('docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** The part of a document under one heading. */
function section(text: string, heading: string): string {
  const [, ...parts] = text.split(/^## /m);
  return parts.find((part) => part.startsWith(`${heading}\n`)) ?? '';
}

/** The cells of all rows of the tables in a text. */
function rowsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
}

const namesAndValues = (text: string): Record<string, string> =>
  Object.fromEntries(rowsOf(text).map(([, name = '', value = '']) => [name, value]));

const written = (numbers: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries<number>({ ...numbers }).map(([name, value]) => [
      `\`${name}\``,
      value.toLocaleString('en-US', { maximumFractionDigits: 20 }),
    ]),
  );

describe('docs/limits.md', () => {
  test.each([
    ['The wire', limits],
    ['One scientist’s session', defaultSessionLimits],
    ['Signaling', { ...signalingLimits, ...defaultServerLimits }],
  ] as const)('%s: has every number with its value, and no other', (heading, numbers) => {
    const text = section(read('docs/limits.md').replaceAll("'", '’'), heading);
    expect(namesAndValues(text)).toEqual(written(numbers));
  });
});

test('docs/errors.md has every code with its number and sentences, and no other', () => {
  const said = rowsOf(read('docs/errors.md')).map((row) => row.slice(1, 5));
  const known = errorCodes.map((code) => {
    const { text, hint } = describeError(code);
    return [`\`${code}\``, crossesWire(code) ? String(toWireCode(code)) : '', text, hint];
  });
  expect(said).toEqual(known);
});

test('every code in backquotes that looks like an error’s is one', () => {
  const outcomes = /rejects? with[^.]*\./gi;
  const known = new Set<string>(errorCodes);
  const named = [...read('docs/guide.md').matchAll(outcomes)]
    .flatMap(([sentence]) => [...sentence.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)])
    .map(([, code]) => code ?? '');
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((code) => !known.has(code))).toEqual([]);
});

test('the settings of the command are in docs/hosting.md, each as --help has it, and in README.md', () => {
  const all: readonly Setting[] = settings;
  const code = (text: string | undefined): string => (text ? `\`${text}\`` : '');
  const rows = rowsOf(section(read('docs/hosting.md'), 'Settings')).map((row) => row.slice(1, 5));
  expect(rows).toEqual(
    all.map(({ name, value, variable, default: without, meaning, isRepeatable }) => [
      code(value === undefined ? `--${name}` : `--${name} <${value}>`),
      code(variable),
      code(without),
      isRepeatable === true ? `${meaning}; may be repeated` : meaning,
    ]),
  );
  const missing = all.filter(({ name }) => !read('README.md').includes(`\`--${name}`));
  expect(missing.map(({ name }) => name)).toEqual(['help', 'version']);
});

test('docs/protocol.md is of this version, and names every message', () => {
  const text = read('docs/protocol.md');
  expect(text).toContain(`\nVersion ${protocolVersion}. `);
  const unions = read('packages/protocol/duet.proto').matchAll(/^ {2}oneof body \{([^}]*)\}/gm);
  const messages = [...unions].flatMap(([, body = '']) =>
    [...body.matchAll(/^ +(\w+) \w+ = \d+;/gm)].map(([, name = '']) => name),
  );
  expect(messages).toContain('Collect');
  expect(messages.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

test.each([
  ['packages/duet/src/owner-duet.ts', 'OwnerDuetEvents'],
  ['packages/scientist/src/session-events.ts', 'SessionEvents'],
])('docs/guide.md tells of every event: %s', (path, name) => {
  const [, body = ''] =
    new RegExp(`^export interface ${name} \\{\\n([^]*?)^\\}`, 'm').exec(read(path)) ?? [];
  const events = [...body.matchAll(/^ {2}(\w+): \(/gm)].map(([, event = '']) => event);
  expect(events).toContain('closed');
  const text = section(read('docs/guide.md'), 'Events');
  expect(events.filter((event) => !text.includes(`\`${event}\``))).toEqual([]);
});

test('docs/audit.md has every kind of entry', () => {
  const kinds = [
    ...read('packages/owner/src/audit/events.ts').matchAll(/readonly kind: '([a-z-]+)'/g),
  ];
  const wanted = new Set(kinds.map(([, kind = '']) => `\`${kind}\``));
  expect(wanted.size).toBeGreaterThan(12);
  const rows = section(read('docs/audit.md'), 'What it holds');
  expect([...wanted].filter((kind) => !rows.includes(kind))).toEqual([]);
});

test('docs/guide.md has every option of launchDuet', () => {
  const sources = ['launch', 'owner-duet', 'invite', 'ice-servers', 'engines', 'storage-option'];
  const options = sources.flatMap((file) => {
    const text = read(`packages/duet/src/${file}.ts`);
    const bodies = text.matchAll(/^export interface \w*Options\b[^{]*\{\n([\s\S]*?)^\}/gm);
    return [...bodies].flatMap(([, body = '']) =>
      [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, option = '']) => option),
    );
  });
  expect(options).toContain('minRecords');
  // A clock is for tests.
  const wanted = new Set(options.filter((option) => option !== 'clock'));
  const text = read('docs/guide.md');
  expect([...wanted].filter((option) => !text.includes(`\`${option}\``))).toEqual([]);
});

test('the README counts the ops that can be called', () => {
  const [, count] =
    /Of the \d+ ops of TensorFlow\.js, (\d+) can be called/.exec(read('docs/ops.md')) ?? [];
  for (const path of ['README.md', 'docs/migration.md']) {
    expect(read(path)).toContain(`${count} ops`);
  }
});

// ---- links ---------------------------------------------------------------------------------------------------------

/** As GitHub makes them of headings. */
function anchorsOf(path: string): string[] {
  return [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Links that lead nowhere. */
function brokenLinks(path: string): string[] {
  const prose = read(path).replaceAll(/^```[\s\S]*?^```$/gm, '');
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '');
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : join(dirname(path), file);
    if (!existsSync(inRepository(target))) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
}

test.each(documents)(
  '%s: every relative link leads to a file, and to a heading where it names one',
  (path) => {
    expect(brokenLinks(path)).toEqual([]);
  },
);
