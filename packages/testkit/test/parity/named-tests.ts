/** The tests of the repository, by what stands in their names. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

export const readText = (path: string): string => readFileSync(root + path, 'utf8');

const places = ['packages', 'signaling-server', 'e2e', 'examples'];
const isTest = (path: string) => /\.(test|spec)\.ts$/.test(path);
const isOwn = (path: string) => !/(^|[\\/])(node_modules|dist)[\\/]/.test(path);

/** Functions that make a test of a name. One that is skipped or still to be written makes none. */
const makers: ReadonlySet<string> = new Set([
  'it',
  'test',
  'attack',
  'attackOnTwo',
  'attackByOwner',
  'areNoOps',
]);
const modifiers: ReadonlySet<string> = new Set(['each', 'for']);

/** `it`, `it.each(…)`. */
function makesTest(callee: ts.Expression): boolean {
  if (ts.isIdentifier(callee)) return makers.has(callee.text);
  if (!ts.isCallExpression(callee) || !ts.isPropertyAccessExpression(callee.expression))
    return false;
  const { expression, name } = callee.expression;
  return modifiers.has(name.text) && makesTest(expression);
}

/** The texts of an argument: a string, the fixed parts of a template, or a list of strings. */
function textsOf(argument: ts.Expression): string[] {
  if (ts.isStringLiteralLike(argument)) return [argument.text];
  if (ts.isTemplateExpression(argument)) {
    const parts = argument.templateSpans.map(({ literal }) => literal.text);
    return [[argument.head.text, ...parts].join('…')];
  }
  return ts.isArrayLiteralExpression(argument) ? argument.elements.flatMap(textsOf) : [];
}

/** The names of the tests in a source, each as one text. */
export function testNames(source: string): string[] {
  const file = ts.createSourceFile('test.ts', source, ts.ScriptTarget.Latest);
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && makesTest(node.expression)) {
      // Ids and words come before the function, and no list of steps or calls that follows is a name.
      const name = node.arguments.slice(0, 2).flatMap(textsOf).join(' ');
      if (name !== '') names.push(name);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

/** The names of all tests of the repository in which an id like `D17`, `Duet 3` or `A1` stands. */
export function allTestNames(): string[] {
  return places.flatMap((place) =>
    readdirSync(root + place, { recursive: true, encoding: 'utf8' })
      .filter((path) => isOwn(path) && isTest(path))
      .map((path) => readText(`${place}/${path}`))
      .filter((source) => /['"`\s](?:[A-HLMP]|Duet )\d{1,2}\b/.test(source))
      .flatMap(testNames),
  );
}

/** The ids in names: of cases (`Duet 3`, `D17`) and of attacks (`A1`, `D3`). */
export function idsIn(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => name.match(/\b(?:[A-HLMP]|Duet )\d{1,2}\b/g) ?? []));
}

/** The cells of the rows of a Markdown table whose first cell matches. */
export function rowsIn(text: string, first: RegExp): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([cell = '']) => first.test(cell));
}
