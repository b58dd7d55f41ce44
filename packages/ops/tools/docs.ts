/** The text of docs/ops.md, from the policy. */

import { allowedOps, chainedMethods, findOp, type OpSpec, type ParamSpec } from '../src';
import type { Denied, Policy } from '../src/policy';
import { policy } from '../src/policy';

const kinds: Readonly<Record<ParamSpec['kind'], string>> = {
  tensor: 'tensor',
  tensors: 'tensors',
  number: 'number',
  integer: 'integer',
  flag: 'boolean',
  dtype: 'dtype',
  shape: 'shape',
  integers: 'integers',
  integerOrIntegers: 'integer or integers',
  pairs: 'pairs',
  choice: 'choice',
  numberOrNumbers: 'number or numbers',
  padding: 'padding',
  equation: 'equation',
};

function parameter({ name, kind, optional, choices, dtype }: ParamSpec): string {
  const choice = choices === undefined ? kinds[kind] : choices.join(' or ');
  const what = kind === 'padding' ? `${choice} or number or pairs` : choice;
  return `${name}${optional ? '?' : ''}: ${dtype === undefined ? what : `${dtype} ${what}`}`;
}

function parameters({ params, optionsFrom }: OpSpec): string {
  const words = params.map((each) => `${parameter(each)}${each.rest === true ? ' …' : ''}`);
  if (optionsFrom === undefined) return words.join(', ');
  return [...words.slice(0, optionsFrom), `{ ${words.slice(optionsFrom).join(', ')} }`].join(', ');
}

function row(spec: OpSpec): string {
  const notes = [
    ...(spec.dataDependence === 'clamped' || spec.guard !== undefined ? ['guarded'] : []),
    ...(spec.composed === undefined ? [] : [spec.composed]),
    ...(spec.dataDependence === 'random' ? ['`seed` is drawn and sent where it is left out'] : []),
    ...(spec.form.kind === 'fields' ? [`gives ${spec.form.fields.join(' and ')}`] : []),
    ...(spec.form.kind === 'list' ? ['gives a list'] : []),
  ];
  return `| \`${spec.name}\` | ${parameters(spec)} | ${notes.join('; ')} |`;
}

type NamedDenial = Denied & { readonly name: string };

/** What the engine does so that no value can make the op fail; undefined where none could. */
function guardWords({ clamps, guard, params }: OpSpec): string | undefined {
  if (guard !== undefined) return `${guard.words}.`;
  const [clamp] = clamps;
  if (clamp === undefined) return undefined;
  return `an index of ${params[clamp.indices]?.name} outside its axis is moved to the nearest inside.`;
}

function valuesSection(denied: readonly NamedDenial[]): string[] {
  const byShape = denied.filter((each) => each.shapeByValues);
  const names = byShape.map((each) => `\`${each.name}\``).toSorted();
  const guarded = allowedOps.flatMap((spec) => {
    const words = guardWords(spec);
    return words === undefined ? [] : [`| \`${spec.name}\` | ${words} |`];
  });
  return [
    '## What depends on values',
    '',
    'Shapes, dtypes and failures follow from public facts alone. Where in TensorFlow.js they follow from what a tensor holds,',
    'an op is refused or guarded.',
    '',
    `Refused, each with an alternative under [denied](#denied), since the shape of the result depends on values: ${names.join(', ')}.`,
    '',
    'Guarded: what would fail, or give something else on another backend, is mended on the owner’s side, in silence. What fails',
    'in TensorFlow.js in a list that you wrote yourself throws where you wrote it.',
    '',
    '| op | what becomes of an entry out of range |',
    '| --- | --- |',
    ...guarded,
    '',
    'By what a gradient can be taken is in `packages/ops/src/gradients.generated.ts`, found by trying.',
    '',
  ];
}

export function opsPage(): string {
  const denied = Object.entries<Policy>(policy).flatMap(([name, stance]): NamedDenial[] =>
    stance.kind === 'deny' ? [{ name, ...stance }] : [],
  );
  const reason = (each: (typeof denied)[number]) => `| \`${each.name}\` | ${each.reason} |`;
  const byName = [...denied].sort((a, b) => (a.name < b.name ? -1 : 1));
  const aliases = chainedMethods.filter((each) => findOp(each.method) === undefined);
  return [
    '# Ops',
    '',
    'What can be called on pointers, as `duet.tf.<op>(…)`, and what cannot, with the reason. Made from the policy in',
    '`packages/ops/src/policy.ts` by `npm run generate`; do not edit.',
    '',
    `Of the ${allowedOps.length + denied.length} ops of TensorFlow.js, ${allowedOps.length} can be called and ${denied.length} cannot.`,
    '',
    '- Shapes, dtypes and errors are those of TensorFlow.js. A call that cannot work throws where it is written.',
    '- A tensor is a pointer, a local tensor, a number or a nested array. A parameter with a dtype takes that dtype alone.',
    '- No value can make an op fail: see [what depends on values](#what-depends-on-values). A wrong index that you wrote',
    '  yourself is an error.',
    '- Strings can be sent, got and hashed to numbers. complex64 goes where an op only moves, adds or transforms elements.',
    '',
    '## Allowed',
    '',
    '| op | parameters | notes |',
    '| --- | --- | --- |',
    ...allowedOps.map(row),
    '',
    '## Methods of pointers',
    '',
    `Pointers have these ${chainedMethods.length} methods, as tensors do: every one of the ops above that tensors have as a method, and`,
    `${aliases.map((each) => `\`${each.method}\``).join(', ')}.`,
    '',
    ...valuesSection(denied),
    '## Denied',
    '',
    '| op | why |',
    '| --- | --- |',
    ...byName.map(reason),
    '',
  ].join('\n');
}
